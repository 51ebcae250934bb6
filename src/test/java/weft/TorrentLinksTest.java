package weft;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import weft.kit.Await;
import weft.kit.LinkedFolder;
import weft.kit.StateLog;

/** A torrent with symbolic links and an empty file keeps its bytes, however often it is started. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TorrentLinksTest {
    @TempDir
    private Path seeded;

    @TempDir
    private Path downloaded;

    @Test
    void itIsDownloadedAndSeededAgainAndAgain() throws Exception {
        LinkedFolder.writeInto(seeded);

        for (int run = 0; run < 2; run++) {
            try (var ours = Client.open();
                    var theirs = Client.open()) {
                var ofSeed = new StateLog();
                var seed = ours.add(
                        LinkedFolder.metainfo(), AddOptions.into(seeded).withListener(ofSeed));
                assertThat(seed.awaitComplete(Await.PATIENCE)).isTrue();
                var ofLeecher = new StateLog();
                var leecher = theirs.add(
                        LinkedFolder.metainfo(),
                        AddOptions.into(downloaded)
                                .withListener(ofLeecher)
                                .withPeers(List.of(new InetSocketAddress("127.0.0.1", ours.port()))));
                assertThat(leecher.awaitComplete(Await.PATIENCE)).isTrue();
                restart(seed, ofSeed);
                restart(leecher, ofLeecher);
            }
            LinkedFolder.assertLiesIn(seeded);
            LinkedFolder.assertLiesIn(downloaded);
        }
    }

    private static void restart(Torrent torrent, StateLog states) {
        torrent.stop();
        states.forgetUpTo(TorrentState.STOPPED);
        torrent.start();
        states.await(TorrentState.SEEDING);
        assertThat(states.told()).containsExactly(TorrentState.SEEDING);
    }
}

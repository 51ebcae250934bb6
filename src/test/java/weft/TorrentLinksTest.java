package weft;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import weft.kit.Await;
import weft.kit.LinkedFolder;

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
                var seed = ours.add(LinkedFolder.metainfo(), AddOptions.into(seeded));
                assertThat(seed.awaitComplete(Await.PATIENCE)).isTrue();
                var leecher = theirs.add(
                        LinkedFolder.metainfo(),
                        AddOptions.into(downloaded)
                                .withPeers(List.of(new InetSocketAddress("127.0.0.1", ours.port()))));
                assertThat(leecher.awaitComplete(Await.PATIENCE)).isTrue();
                for (var torrent : List.of(seed, leecher)) {
                    restart(torrent);
                }
            }
            LinkedFolder.assertLiesIn(seeded);
            LinkedFolder.assertLiesIn(downloaded);
        }
    }

    private static void restart(Torrent torrent) {
        torrent.stop();
        Await.until("stopped", () -> torrent.state() == TorrentState.STOPPED);
        var states = new CopyOnWriteArrayList<TorrentState>();
        torrent.addListener(new TorrentListener() {
            @Override
            public void onStateChanged(TorrentState state) {
                states.add(state);
            }
        });
        torrent.start();
        Await.until(() -> "seeding, but it is " + torrent.snapshot(), () -> states.contains(TorrentState.SEEDING));
        assertThat(states).containsExactly(TorrentState.SEEDING);
    }
}

package weft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.FileLease;
import weft.kit.Jvm;
import weft.kit.JvmProcess;
import weft.kit.SharedTorrent;
import weft.kit.SwarmExtension;

/** No call waits for the disk or the network unless its name says so. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class NoCallWaitsTest {
    private static final String[] ONE_CARRIER = {
        "-Djdk.virtualThreadScheduler.parallelism=1", "-Djdk.virtualThreadScheduler.maxPoolSize=1"
    };

    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension();

    private SharedTorrent share(String name) throws Exception {
        return swarm.share(Content.folder()
                .withFile(name + "0", 300_000)
                .withFile(name + "1", 300_000)
                .withFile(name + "2", 300_000));
    }

    @Test
    void noCallWaitsForAStalledStorage() throws Exception {
        var shared = share("f");
        var storage = shared.emptyStorage();
        storage.stall();
        var seed = shared.seed();
        var node = shared.leecher(options -> options.withStorage(storage).withPeers(List.of(seed.address())));
        Await.until("somebody waits for the disk", storage::isWaitedFor);

        new CallProbe(node.client(), node.torrent()).assertNoCallWaits(200);

        assertThat(storage.isWaitedFor()).as("still").isTrue();
        storage.resume();
    }

    @Test
    void allMethodsButThoseThatSayTheyWaitAreProbed() throws Exception {
        var node = share("f").leecher();

        assertThat(new CallProbe(node.client(), node.torrent()).names())
                .contains("snapshot", "peers", "files", "start", "stop", "setPriority", "addListener", "torrents")
                .doesNotContain("close", "hashCheck", "awaitComplete", "add");
    }

    /** One storage holds whoever calls it, in native code; another torrent goes on, though there is one carrier only. */
    @Test
    void noCallWaitsAndOthersGoOnWithOneCarrier() throws Exception {
        try (var program = startStalledClient(swarm.directory(), ONE_CARRIER)) {
            assertThat(program.awaitExit(Duration.ofSeconds(60)))
                    .as(program.output())
                    .isZero();
        }
    }

    @Test
    void noCallWaitsAndOthersGoOnWithAsManyCarriersAsThereAre() throws Exception {
        try (var program = startStalledClient(swarm.directory())) {
            assertThat(program.awaitExit(Duration.ofSeconds(60)))
                    .as(program.output())
                    .isZero();
        }
    }

    /** Files of our own that cannot be opened. */
    @Test
    void ourOwnFilesOnAStalledDiskHoldNobodyUpWithOneCarrier() throws Exception {
        var directory = swarm.directory();
        var file = Files.createDirectories(directory.resolve("leased/folder")).resolve("b0");
        Files.write(file, new byte[300_000]);
        try (var lease = FileLease.take(file);
                var program = startStalledClient(directory, ONE_CARRIER)) {
            lease.checkHeld();
            assertThat(program.awaitExit(Duration.ofSeconds(60)))
                    .as(program.output())
                    .isZero();
            assertThat(program.output())
                    .containsPattern("others: CHECKING, 0 pieces, disk_busy: the disk does not get on: "
                            + "hashing what lies on it stands still at \\d+ of \\d+ pieces");
        }
    }

    private JvmProcess startStalledClient(Path directory, String... options) throws Exception {
        var torrents = List.of(share("a"), share("b"), swarm.share(Content.ofLength(8_000_000)));
        var ports = new String[3];
        for (int i = 0; i < 3; i++) {
            ports[i] = String.valueOf(torrents.get(i).seed().address().getPort());
        }
        return Jvm.of(
                        StalledClient.class,
                        directory.toString(),
                        ports[0],
                        ports[1],
                        ports[2],
                        torrents.get(0).torrentFile().toString(),
                        torrents.get(1).torrentFile().toString(),
                        torrents.get(2).torrentFile().toString())
                .withOptions(options)
                .start(directory.resolve("output"));
    }
}

package weft.lan;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import weft.AddOptions;
import weft.Client;
import weft.ClientOptions;
import weft.TestData;
import weft.kit.Jvm;
import weft.kit.NetworkNamespace;
import weft.metainfo.TorrentCreator;

/** Two clients on all interfaces of a machine that has one beside loopback, with addresses of one family. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class LocalDiscoveryProcessTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"192.168.77.1/24", "fd77::1/64 nodad"})
    void neighboursFindEachOther(String address) throws Exception {
        try (var process = Jvm.of(Neighbours.class, directory.toString())
                .under(NetworkNamespace.wrapper(address))
                .start(directory.resolve("output"))) {
            assertThat(process.awaitExit(Duration.ofSeconds(100)))
                    .as(process::output)
                    .isZero();
            var expected = address.startsWith("192") ? "from /192.168.77.1" : "from /fd77:";
            assertThat(process.output()).contains(expected, "complete");
        }
    }

    /** In a process of its own. */
    static final class Neighbours {
        private Neighbours() {}

        public static void main(String[] args) throws Exception {
            var root = Path.of(args[0]);
            var there = Files.createDirectory(root.resolve("there"));
            Files.write(there.resolve("content"), TestData.generated(1, 300_000));
            var torrent = TorrentCreator.ofPath(there.resolve("content")).create(1, TorrentCreator.Progress.NONE);
            var options = ClientOptions.defaults().withLocalDiscovery(true);
            try (var one = Client.open(options);
                    var other = Client.open(options)) {
                var leecher = one.add(torrent, AddOptions.into(root.resolve("here")));
                other.add(torrent, AddOptions.into(there)).awaitComplete();
                leecher.onPieceVerified(piece -> leecher.peers()
                        .forEach(peer ->
                                System.out.println("from " + peer.address().getAddress())));
                if (!leecher.awaitComplete(Duration.ofSeconds(60))) {
                    throw new AssertionError("not complete: " + leecher.snapshot() + leecher.disconnects());
                }
                System.out.println("complete");
            }
        }
    }
}

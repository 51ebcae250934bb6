package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.app.Main;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.Hostile;
import weft.kit.Jvm;
import weft.kit.JvmProcess;
import weft.kit.SharedTorrent;
import weft.kit.SilentCrowd;
import weft.kit.SwarmExtension;

/** The whole catalogue of hostile peers at a seed that has hardly any memory, descriptors and carriers. */
@Timeout(120)
@EnabledOnOs(OS.LINUX)
class HostileProcessTest {
    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension().withoutFaults();

    @Test
    void besiegedSeedServesOthersWithinItsMemory() throws Exception {
        var shared = swarm.share(Content.ofLength(2_000_000));
        var output = swarm.directory().resolve("seed.txt");
        int port = freePort();
        try (var seed = seed(shared, port, output)) {
            var address = new InetSocketAddress("127.0.0.1", port);
            Await.until("the seed listens", () -> accepts(address));
            var hostile = List.of(Hostile.values());
            for (int i = 0; i < hostile.size(); i++) {
                swarm.besiege(
                        shared, address, "127.0.3." + (i + 1), hostile.get(i).script());
            }
            var crowd = swarm.own(new SilentCrowd(address)).come(200);
            Await.until("the crowd is more than it can bear", () -> crowd.standing() < 100);

            shared.leecher(options -> options.withPeers(List.of(address)))
                    .awaitComplete()
                    .assertHasContent();

            assertThat(seed.isAlive()).isTrue();
            assertThat(output).content().doesNotContain("WARNING", "ERROR", "OutOfMemory");
        }
    }

    private static JvmProcess seed(SharedTorrent shared, int port, Path output) throws IOException {
        return Jvm.of(
                        Main.class,
                        "seed",
                        shared.torrentFile().toString(),
                        "-d",
                        shared.seededDirectory().toString(),
                        "--port",
                        "" + port)
                .withOptions("-Xmx64m")
                .withOneCarrier()
                .withDescriptors(200)
                .start(output);
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static boolean accepts(InetSocketAddress address) {
        try (var socket = new Socket(address.getAddress(), address.getPort())) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}

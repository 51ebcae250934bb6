package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.app.Main;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.FakeServer;
import weft.kit.Hostile;
import weft.kit.Jvm;
import weft.kit.JvmProcess;
import weft.kit.Ports;
import weft.kit.SharedTorrent;
import weft.kit.SilentCrowd;
import weft.kit.SwarmExtension;

/** The whole catalogue of hostile peers at who has hardly any memory, descriptors and carriers. */
@Timeout(120)
@EnabledOnOs(OS.LINUX)
class HostileProcessTest {
    private static final List<Hostile> HOSTILE = List.of(Hostile.values());

    /** What lives in the heap of a besieged leecher: 9 MiB were seen. */
    private static final long LIVE_AT_MOST = 12 << 20;

    private static final Pattern LIVE = Pattern.compile("live: (\\d+)");

    /** Beside the catalogue, so that it is noticed if something is kept of what nobody asked for. */
    private static final int FLOODERS = 10;

    private static final int FLOODS = 100;

    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension().withoutFaults();

    /** {@code weft} that says how much of its heap is alive, whenever that is more than before. */
    static final class Measured {
        private static final Duration PAUSE = Duration.ofMillis(200);

        private Measured() {}

        public static void main(String[] args) {
            Thread.ofPlatform().daemon().start(Measured::measure);
            Main.main(args);
        }

        private static void measure() {
            long most = 0;
            while (true) {
                System.gc();
                long live = ManagementFactory.getMemoryPoolMXBeans().stream()
                        .filter(pool -> pool.getType() == MemoryType.HEAP)
                        .mapToLong(pool -> pool.getCollectionUsage().getUsed())
                        .sum();
                if (live > most) {
                    most = live;
                    System.out.println("live: " + live);
                }
                Await.within(PAUSE, () -> false);
            }
        }
    }

    @Test
    void besiegedSeedServesOthersWithinItsMemory() throws Exception {
        var shared = swarm.share(Content.ofLength(2_000_000));
        var output = swarm.directory().resolve("seed.txt");
        int port = Ports.free();
        try (var seed = seed(shared, port, output)) {
            var address = new InetSocketAddress("127.0.0.1", port);
            Await.until("the seed listens", () -> accepts(address));
            for (Hostile each : HOSTILE) {
                swarm.besiege(shared, address, "127.0.3." + number(each), each.script());
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

    /** Each of them twice: as one that it dials, and as one that comes. The honest seed waits until all have been there. */
    @Test
    void besiegedLeecherCompletesWithinItsMemory() throws Exception {
        var shared = swarm.share(Content.ofLength(4_000_000));
        var storage = shared.seededStorage();
        var seed = shared.seed(options -> options.withStorage(storage));
        storage.stall();
        var servers = new ArrayList<FakeServer>();
        for (Hostile each : HOSTILE) {
            servers.add(shared.listen("127.0.4." + number(each)).serve(each.script()));
        }
        var peers = new ArrayList<>(List.of(seed.address()));
        servers.forEach(server -> peers.add(server.address()));
        var directory = swarm.directory();
        var output = swarm.directory().resolve("leecher.txt");
        var address = Ports.loopback(Ports.free());
        try (var leecher = leecher(shared, directory, address.getPort(), peers, output)) {
            leecher.awaitOutput("Downloading");
            for (Hostile each : HOSTILE) {
                swarm.besiege(shared, address, "127.0.3." + number(each), each.script());
            }
            var floods = new ArrayList<IntSupplier>();
            for (int i = 1; i <= FLOODERS; i++) {
                floods.add(swarm.besiege(shared, address, "127.0.5." + i, Hostile.UNREQUESTED_BLOCKS.script()));
            }
            Await.until("all are dialled", () -> servers.stream().allMatch(server -> server.accepted() > 0));
            Await.until(
                    "the floods have gone down",
                    () -> floods.stream().mapToInt(IntSupplier::getAsInt).sum() >= FLOODS);
            storage.resume();

            assertThat(leecher.awaitExit(Duration.ofSeconds(60))).isZero();

            shared.content().assertLiesIn(directory);
            assertThat(leecher.output()).doesNotContain("OutOfMemory", "a bug of ours");
            assertThat(LIVE.matcher(leecher.output()).results().map(live -> Long.parseLong(live.group(1))))
                    .isNotEmpty()
                    .allMatch(live -> live <= LIVE_AT_MOST);
            assertThat(HOSTILE.stream().filter(each -> isFoundOut(each, leecher.output())))
                    .as("who did what they do, and what became of them")
                    .hasSizeGreaterThan(HOSTILE.size() / 2);
        } finally {
            storage.resume();
        }
    }

    /** The last part of its addresses. */
    private static int number(Hostile hostile) {
        return HOSTILE.indexOf(hostile) + 1;
    }

    private static boolean isFoundOut(Hostile hostile, String log) {
        var from = "127\\.0\\.[34]\\." + number(hostile) + ":\\d+: ";
        return !hostile.reason().isEmpty()
                && Pattern.compile(from + ".*(" + hostile.reason() + ")")
                        .matcher(log)
                        .find();
    }

    private static JvmProcess leecher(
            SharedTorrent shared, Path directory, int port, List<InetSocketAddress> peers, Path output)
            throws IOException {
        var command = new ArrayList<>(List.of(
                "download",
                "--verbose",
                "--no-dht",
                "--no-lsd",
                "--port",
                "" + port,
                "-d",
                directory.toString(),
                shared.torrentFile().toString()));
        peers.forEach(peer -> command.addAll(List.of("--peer", peer.getHostString() + ":" + peer.getPort())));
        return besieged(Jvm.of(Measured.class, command.toArray(String[]::new))).start(output);
    }

    private static JvmProcess seed(SharedTorrent shared, int port, Path output) throws IOException {
        return besieged(Jvm.of(
                        Main.class,
                        "seed",
                        shared.torrentFile().toString(),
                        "-d",
                        shared.seededDirectory().toString(),
                        "--port",
                        "" + port))
                .start(output);
    }

    private static Jvm besieged(Jvm jvm) {
        return jvm.withOptions("-Xmx64m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
                .withOneCarrier()
                .withDescriptors(200);
    }

    private static boolean accepts(InetSocketAddress address) {
        try (var socket = new Socket(address.getAddress(), address.getPort())) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}

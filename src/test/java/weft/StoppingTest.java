package weft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.FakeTracker;
import weft.kit.Node;
import weft.kit.SharedTorrent;
import weft.kit.SteeredStorage;
import weft.kit.SwarmExtension;
import weft.tracker.HostResolver;
import weft.tracker.HttpTrackerOptions;

/**
 * Stopping stops: hundreds of times open, download, close in one JVM, with trackers that hang and storages that stall
 * among them, and nothing is left. {@code -Dweft.stopping.cycles=1000} makes it more of them.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class StoppingTest {
    private static final int CYCLES = Integer.getInteger("weft.stopping.cycles", 200);
    private static final int WARM_UP = 50;

    /** Among so many quick cycles, some closes that must wait: all at the same time, for each takes seconds. */
    private static final int CYCLES_BETWEEN_STALLS = Math.max(100, CYCLES / 5);

    private static final Duration BOUND = Duration.ofSeconds(5);

    /** What a close takes that waits for nothing. */
    private static final Duration QUICK = Duration.ofMillis(500);

    private static final long HEAP_SLACK = 4 << 20;

    /** A receive buffer of each kind that the kit's own nodes may hold now, and did not hold before. */
    private static final long BUFFER_SLACK = 4 << 20;

    private static final int DESCRIPTOR_SLACK = 8;

    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension();

    private final List<Duration> closes = Collections.synchronizedList(new ArrayList<>());
    private final List<WeakReference<Torrent>> closed = Collections.synchronizedList(new ArrayList<>());

    /** An address that takes no connection and refuses none: its backlog is full. */
    private record BlackHole(ServerSocket listener, List<SocketChannel> callers) implements AutoCloseable {
        static BlackHole open() throws IOException {
            var listener = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
            var callers = new ArrayList<SocketChannel>();
            for (int i = 0; i < 4; i++) {
                var caller = SocketChannel.open();
                caller.configureBlocking(false);
                caller.connect(listener.getLocalSocketAddress());
                callers.add(caller);
            }
            return new BlackHole(listener, callers);
        }

        InetSocketAddress address() {
            return (InetSocketAddress) listener.getLocalSocketAddress();
        }

        @Override
        public void close() throws IOException {
            for (SocketChannel caller : callers) {
                caller.close();
            }
            listener.close();
        }
    }

    /** What a process holds. */
    private record Holdings(long heap, long direct, long mapped, int descriptors) {
        static Holdings now() {
            System.gc();
            long direct = 0;
            long mapped = 0;
            for (var pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
                direct += pool.getName().equals("direct") ? pool.getMemoryUsed() : 0;
                mapped += pool.getName().equals("mapped") ? pool.getMemoryUsed() : 0;
            }
            return new Holdings(
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
                    direct,
                    mapped,
                    openDescriptors());
        }

        private static int openDescriptors() {
            var directory = Path.of("/proc/self/fd");
            if (!Files.isDirectory(directory)) {
                return 0; // not on this system
            }
            try (Stream<Path> descriptors = Files.list(directory)) {
                return (int) descriptors.count();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        boolean isNoMoreThan(Holdings before) {
            return heap <= before.heap + HEAP_SLACK
                    && direct <= before.direct + BUFFER_SLACK
                    && mapped <= before.mapped + BUFFER_SLACK
                    && descriptors <= before.descriptors + DESCRIPTOR_SLACK;
        }
    }

    @Test
    void hundredsOfCyclesLeaveNothing() throws Exception {
        var shared = swarm.share(Content.ofLength(300_000));
        var seed = shared.seed();
        var hanging = swarm.silentTracker();
        Holdings before = null;
        try (var blackHole = BlackHole.open()) {
            for (int cycle = 1; cycle <= CYCLES; cycle++) {
                cycle(shared, seed, hanging, blackHole);
                if (cycle % CYCLES_BETWEEN_STALLS == 0) {
                    closeWhatStalls(shared, seed);
                }
                if (cycle == WARM_UP) {
                    before = Holdings.now();
                }
            }
        }

        seed.close();
        swarm.assertNoThreadLeft();
        assertThat(closed).hasSizeGreaterThanOrEqualTo(CYCLES);
        assertNobodyHoldsThem();
        assertNoMoreThan(before);
        assertThat(closes).allMatch(time -> time.compareTo(BOUND) < 0);
    }

    private void cycle(SharedTorrent shared, Node seed, FakeTracker hanging, BlackHole blackHole) throws Exception {
        var directory = swarm.directory();
        var options = AddOptions.into(directory)
                .withPeers(List.of(seed.address(), blackHole.address()))
                .withTracker(hanging.url())
                .withTracker("http://127.0.0.1:" + blackHole.address().getPort() + "/announce");
        int port;
        try (var torrent = Torrent.open(shared.torrentFile(), options)) {
            port = torrent.port();
            assertThat(torrent.awaitComplete(Await.PATIENCE)).isTrue();
            assertThat(close(torrent)).isLessThan(BOUND);
        }
        assertIsFree(port);
        shared.content().assertLiesIn(directory);
        delete(directory);
    }

    /** At once, but for what another process has been given meanwhile. */
    private static void assertIsFree(int port) {
        Await.until("port " + port + " is free", () -> {
            try (var tcp = new ServerSocket(port);
                    var udp = new DatagramSocket(port)) {
                return tcp.isBound() && udp.isBound();
            } catch (BindException taken) {
                return false;
            }
        });
    }

    private Duration close(Torrent torrent) {
        closed.add(new WeakReference<>(torrent));
        long began = System.nanoTime();
        torrent.close();
        var time = Duration.ofNanos(System.nanoTime() - began);
        closes.add(time);
        return time;
    }

    /**
     * Two storages that stall in the middle of a download, two trackers that take no {@code stopped}, a tracker that
     * answers no datagram, and a name that is looked up for ever.
     */
    private void closeWhatStalls(SharedTorrent shared, Node seed) throws Exception {
        assertThat(median(closes)).isLessThan(QUICK);
        var storages = List.of(shared.emptyStorage(), shared.emptyStorage());
        var torrents = new ArrayList<Torrent>();
        for (var storage : storages) {
            storage.stall();
            torrents.add(Torrent.open(
                    shared.torrentFile(),
                    AddOptions.into(swarm.directory()).withStorage(storage).withPeers(List.of(seed.address()))));
            Await.until("it stalls", storage::isWaitedFor);
        }
        for (int i = 0; i < 2; i++) {
            var tracker = swarm.tracker("200 OK", "d8:intervali1800e5:peers0:e").silentAfter(1);
            var torrent = Torrent.open(
                    shared.torrentFile(), AddOptions.into(swarm.directory()).withTracker(tracker.url()));
            torrents.add(torrent);
            Await.until(
                    "it has announced",
                    () -> torrent.trackers().getFirst().peers() == 0
                            && torrent.trackers().getFirst().nextAnnounceIn().isPresent());
        }
        try (var silent = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            silent.setSoTimeout((int) Await.PATIENCE.toMillis());
            torrents.add(Torrent.open(
                    shared.torrentFile(),
                    AddOptions.into(swarm.directory()).withTracker("udp://127.0.0.1:" + silent.getLocalPort())));
            silent.receive(new DatagramPacket(new byte[100], 100));
            torrents.add(whoseTrackerIsLookedUp(shared));
            closeAll(torrents);
        }
        storages.forEach(SteeredStorage::resume);
    }

    private Torrent whoseTrackerIsLookedUp(SharedTorrent shared) throws IOException, InterruptedException {
        var asked = new CountDownLatch(2);
        HostResolver hanging = host -> {
            asked.countDown();
            new CountDownLatch(1).await();
            throw new UnknownHostException(host);
        };
        var client = Client.open(
                ClientOptions.defaults(), HttpTrackerOptions.defaults().withResolver(hanging));
        var torrent = client.add(
                shared.metainfo(),
                AddOptions.into(swarm.directory())
                        .withTracker("http://tracker.invalid/announce")
                        .withTracker("udp://tracker.invalid:6969"),
                true);
        assertThat(asked.await(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return torrent;
    }

    private void closeAll(List<Torrent> torrents) throws Exception {
        var ports = torrents.stream().map(Torrent::port).toList();
        var ends = new ArrayList<CompletableFuture<Duration>>();
        for (Torrent torrent : torrents) {
            var end = new CompletableFuture<Duration>();
            ends.add(end);
            Thread.ofPlatform().daemon().start(() -> end.complete(close(torrent)));
        }

        for (var end : ends) {
            assertThat(end.get(20, TimeUnit.SECONDS)).isLessThan(BOUND);
        }
        for (int port : ports) {
            assertIsFree(port);
        }
    }

    private static Duration median(List<Duration> times) {
        var sorted = times.stream().sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    private void assertNobodyHoldsThem() {
        Await.until(() -> held() + " torrents that were closed are held by somebody", () -> {
            System.gc();
            return held() == 0;
        });
    }

    private long held() {
        return closed.stream().filter(torrent -> torrent.get() != null).count();
    }

    private static void assertNoMoreThan(Holdings before) {
        // Cleaners take a moment after the collector, and on JDK 21 so do mappings.
        if (!Await.within(Await.PATIENCE, () -> Holdings.now().isNoMoreThan(before))) {
            assertThat(Holdings.now()).as("held after %d cycles", CYCLES).isEqualTo(before);
        }
    }

    private static void delete(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}

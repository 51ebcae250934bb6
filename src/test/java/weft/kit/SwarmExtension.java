package weft.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import weft.AddOptions;
import weft.AddOptions.InitialState;
import weft.Client;
import weft.ClientOptions;
import weft.metainfo.Magnet;
import weft.metainfo.TorrentCreator;
import weft.net.TcpListener;
import weft.tracker.TrackerServer;
import weft.tracker.TrackerServerOptions;

/**
 * A swarm in this process, on loopback and in temporary directories:
 *
 * <pre>{@code
 * @RegisterExtension
 * final SwarmExtension swarm = new SwarmExtension();
 *
 * swarm.share(Content.ofLength(4 << 20)).seeds(1).leechers(20).awaitComplete();
 * }</pre>
 *
 * After each test it closes all there is, and fails the test if a close took longer than promised or anything is left
 * behind: a thread of Weft's, virtual or not, a port that is not free, a file that cannot be deleted.
 */
public final class SwarmExtension implements BeforeEachCallback, AfterEachCallback {
    /** NEEDS: close returns within five seconds, whatever does not answer. */
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);

    /** Long enough to leave this machine something to do beside them, when there are many. */
    private static final long BETWEEN_SIEGES_MILLIS = 100;

    /** A thread that {@code close} has seen to its end may take a moment to be gone; one that a test had stuck, longer. */
    private static final Duration THREAD_END = Duration.ofSeconds(5);

    /** Hundreds of torrents live in these tests; what they do is no news. Kept, or the level would be forgotten. */
    private static final Logger WEFT_LOG = Logger.getLogger("weft");

    static {
        WEFT_LOG.setLevel(Level.WARNING);
    }

    /** What runs in a thread of the kit's. */
    interface Work {
        void run() throws IOException, InterruptedException;
    }

    private final ConcurrentLinkedDeque<AutoCloseable> owned = new ConcurrentLinkedDeque<>();
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final List<Node> nodes = new CopyOnWriteArrayList<>(); // tests add some in threads of their own
    private Map<Long, String> before = Map.of();
    private LogBook log;
    private boolean faultsAreFailures;
    private Path root;
    private final AtomicInteger directories = new AtomicInteger();
    private volatile boolean ending;

    /** The same, for swarms in which nothing is wrong with Weft: a warning or an error in its log fails the test. */
    public SwarmExtension withoutFaults() {
        faultsAreFailures = true;
        return this;
    }

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        ending = false;
        log = LogBook.open();
        root = Files.createTempDirectory("weft-swarm");
        before = WeftThreads.alive();
    }

    // --- building

    /** A torrent of {@code content} with pieces of 32 KiB, two blocks each. */
    public SharedTorrent share(Content content) throws IOException, InterruptedException {
        return share(content, 32 * 1024);
    }

    /** A torrent of {@code content}; peers must be told of each other. */
    public SharedTorrent share(Content content, int pieceLength) throws IOException, InterruptedException {
        return share(content, pieceLength, false, Optional.empty());
    }

    /** A torrent of {@code content} whose peers come from its trackers only (BEP 27); it names none. */
    public SharedTorrent sharePrivately(Content content) throws IOException, InterruptedException {
        return share(content, 32 * 1024, true, Optional.empty());
    }

    /** A torrent of {@code content} that names a tracker of its own. */
    public SharedTorrent shareByTracker(Content content) throws IOException, InterruptedException {
        return share(content, 32 * 1024, false, Optional.of(own(TrackerServer.open(TrackerServerOptions.loopback()))));
    }

    private SharedTorrent share(Content content, int pieceLength, boolean isPrivate, Optional<TrackerServer> tracker)
            throws IOException, InterruptedException {
        var original = directory();
        content.writeInto(original);
        var creator = TorrentCreator.ofPath(original.resolve(content.name())).withPieceLength(pieceLength);
        if (tracker.isPresent()) {
            creator = creator.withTrackers(
                    List.of(List.of(tracker.get().announceUri().toString())));
        }
        creator = isPrivate ? creator.withPrivate() : creator;
        var metainfo = creator.create(1, TorrentCreator.Progress.NONE);
        var shared = new SharedTorrent(this, content, metainfo, directory().resolve("shared.torrent"), tracker);
        shared.writeTorrentFile();
        return shared;
    }

    /** Listens on a port that the system picks, and has no mind of a whole swarm being at one address. */
    public static ClientOptions clientOptions() {
        return ClientOptions.defaults().withMaxConnectionsPerAddress(1000);
    }

    /** A new, empty directory. */
    public Path directory() throws IOException {
        return Files.createDirectory(root.resolve("d" + directories.getAndIncrement()));
    }

    /** What Weft has logged during this test. */
    public LogBook log() {
        return log;
    }

    Node open(SharedTorrent shared, ClientOptions clientOptions, AddOptions options) throws IOException {
        var client = Client.open(clientOptions);
        try {
            var node = new Node(shared, client, client.add(shared.metainfo(), options));
            nodes.add(node);
            if (options.initialState() != InitialState.STOPPED
                    && options.initialState() != InitialState.METADATA_ONLY) {
                node.awaitRunning();
            }
            return node;
        } catch (IOException | RuntimeException e) {
            client.close();
            throw e;
        }
    }

    /** A node that knows a magnet link. */
    public Node openByMagnet(SharedTorrent shared, Magnet magnet, ClientOptions clientOptions, AddOptions options)
            throws IOException {
        var client = Client.open(clientOptions);
        try {
            var node = new Node(shared, client, client.add(magnet, options));
            nodes.add(node);
            return node;
        } catch (RuntimeException e) {
            client.close();
            throw e;
        }
    }

    FakePeer dial(SharedTorrent shared, InetSocketAddress target, String from) throws IOException {
        var socket = new Socket();
        try {
            socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
            socket.connect(target, (int) Await.PATIENCE.toMillis());
            return own(new FakePeer(socket, shared));
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** A tracker that answers everybody with this status, such as {@code 404 Not Found}, and this body. */
    public FakeTracker tracker(String status, String body) throws IOException {
        return own(new FakeTracker(
                this, "HTTP/1.1 " + status + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body));
    }

    /** A tracker that takes connections and requests and answers nothing. */
    public FakeTracker silentTracker() throws IOException {
        return own(new FakeTracker(this, ""));
    }

    /** An address on loopback where nobody listens. */
    public static InetSocketAddress nobody() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return (InetSocketAddress) socket.getLocalSocketAddress();
        }
    }

    /** Plays {@code script} on this connection in a thread of its own. */
    public void play(FakePeer peer, Script script) {
        fork("script " + peer.address(), () -> {
            try (peer) {
                script.run(peer);
            }
        });
    }

    /**
     * Plays {@code script} at {@code target} again and again until the test ends, each time with a new connection, soon
     * after the one before has ended. In a thread of the system's: in a virtual one a flood would keep a carrier from all
     * others here, and not only there.
     *
     * @return how many connections have ended so far
     */
    public IntSupplier besiege(SharedTorrent shared, InetSocketAddress target, String from, Script script) {
        var ended = new AtomicInteger();
        run("siege from " + from, Thread.ofPlatform().daemon(), () -> {
            var never = new CountDownLatch(1);
            while (!ending && !never.await(BETWEEN_SIEGES_MILLIS, TimeUnit.MILLISECONDS)) {
                try (var peer = dial(shared, target, from)) {
                    owned.remove(peer);
                    script.run(peer);
                } catch (IOException e) {
                    // dropped, or not let in: so much the better
                }
                ended.incrementAndGet();
            }
        });
        return ended::get;
    }

    /** Closes {@code what} after the test. */
    public <T extends AutoCloseable> T own(T what) {
        owned.push(what);
        return what;
    }

    void fork(String name, Work work) {
        run(name, Thread.ofVirtual(), work);
    }

    private void run(String name, Thread.Builder builder, Work work) {
        var thread = builder.name("kit " + name).unstarted(() -> {
            try {
                work.run();
            } catch (IOException | InterruptedException | UncheckedIOException e) {
                // A script ends when its connection does, whoever ended it.
            } catch (RuntimeException | Error e) {
                if (!ending) {
                    failures.add(e);
                }
            } finally {
                threads.remove(Thread.currentThread());
            }
        });
        threads.add(thread);
        thread.start();
    }

    // --- the end

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        ending = true;
        var faults = new ArrayList<Throwable>(failures);
        failures.clear();
        var listened = nodes.stream().map(Node::listenedAt).toList();
        nodes.forEach(node -> attempt(faults, () -> closeInTime(node)));
        nodes.clear();
        for (var what = owned.poll(); what != null; what = owned.poll()) {
            var closing = what;
            attempt(faults, closing::close);
        }
        for (Thread thread : threads) {
            thread.interrupt();
            thread.join(Await.PATIENCE);
        }
        attempt(faults, this::assertNoThreadLeft);
        listened.forEach(address -> attempt(faults, () -> assertBindsAgain(address)));
        attempt(faults, () -> Directories.delete(root));
        log.close();
        if (faultsAreFailures) {
            attempt(
                    faults,
                    () -> assertThat(log.faults()).as("faults in the log").isEmpty());
        }
        report(context, faults);
    }

    private static void report(ExtensionContext context, List<Throwable> faults) {
        if (faults.isEmpty()) {
            return;
        }
        var failed = context.getExecutionException();
        if (failed.isPresent()) {
            faults.forEach(failed.get()::addSuppressed); // the test's own failure comes first
            return;
        }
        var first = faults.removeFirst();
        faults.forEach(first::addSuppressed);
        fail("after the test: " + first.getMessage(), first);
    }

    private interface Attempt {
        void run() throws Exception;
    }

    private static void attempt(List<Throwable> faults, Attempt attempt) {
        try {
            attempt.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            faults.add(e);
        } catch (Exception | AssertionError e) {
            faults.add(e);
        }
    }

    private static void closeInTime(Node node) {
        long began = System.nanoTime();
        node.close();
        assertThat(Duration.ofNanos(System.nanoTime() - began))
                .as("time of close")
                .isLessThan(CLOSE_WITHIN);
    }

    /** Fails unless all threads of Weft's that this test has seen are gone. */
    public void assertNoThreadLeft() {
        if (!Await.within(THREAD_END, () -> threadsLeft().isEmpty())) {
            assertThat(threadsLeft()).as("threads of Weft's that are left").isEmpty();
        }
    }

    private List<String> threadsLeft() {
        var alive = WeftThreads.alive();
        alive.keySet().removeAll(before.keySet());
        return List.copyOf(alive.values());
    }

    /**
     * At the same address: another may be in use by connections of others, from this very port. And what is not free may
     * have been given to another process in the meantime, which will return it; ours would keep it.
     */
    private static void assertBindsAgain(InetSocketAddress address) throws IOException {
        if (!Await.within(Await.PATIENCE, () -> binds(address))) {
            TcpListener.open(address.getAddress(), address.getPort()).close();
        }
    }

    private static boolean binds(InetSocketAddress address) {
        try {
            TcpListener.open(address.getAddress(), address.getPort()).close();
            return true;
        } catch (IOException taken) {
            return false;
        }
    }
}

package weft;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import weft.concurrent.TaskScope;
import weft.concurrent.Watchdog;
import weft.dht.Dht;
import weft.dht.DhtOptions;
import weft.dht.DhtState;
import weft.dht.DhtStatistics;
import weft.lan.LocalDiscovery;
import weft.metainfo.InfoHash;
import weft.metainfo.Magnet;
import weft.metainfo.Metainfo;
import weft.net.AddressVotes;
import weft.net.BufferPool;
import weft.net.ConnectionLimits;
import weft.net.Descriptors;
import weft.net.PortPair;
import weft.net.TcpListener;
import weft.net.UdpSocket;
import weft.storage.Disk;
import weft.storage.DiskOptions;
import weft.swarm.Bans;
import weft.swarm.Swarm;
import weft.tracker.AnnouncerOptions;
import weft.tracker.HttpTracker;
import weft.tracker.HttpTrackerOptions;
import weft.tracker.UdpTracker;
import weft.wire.PeerId;

/**
 * Any number of torrents that share a port, limits and memory.
 *
 * <pre>{@code
 * try (var client = Client.open(ClientOptions.defaults().withPort(6881))) {
 *     var torrent = client.add(Path.of("some.torrent"), AddOptions.into(Path.of("storage")));
 *     torrent.awaitComplete();
 * }
 * }</pre>
 *
 * <p>All methods may be called from any thread; only {@link #open}, {@link #add} (they read files and take a port) and
 * {@link #close} wait for anything.
 */
public final class Client implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("weft");

    /**
     * NEEDS: close returns within five seconds, whatever does not answer. What is left of them is for a machine that is so
     * busy that a thread which is woken must wait for its turn.
     */
    private static final Duration CLOSE_WITHIN = Duration.ofMillis(4200);

    /** Of these, what is left for the threads and the disk after the torrents. */
    private static final Duration LAST_OF_ALL = Duration.ofMillis(500);

    /** A socket's worth: one read brings many blocks, and the buffer stays in the processor's cache. */
    private static final int RECEIVE_BUFFER_BYTES = 1 << 20;

    /**
     * 64 MiB in all, and in a small JVM half of the direct memory, which it limits as it does the heap: the rest is the
     * disk's. Peers beyond that receive into small buffers.
     */
    private static final int RECEIVE_BUFFERS =
            (int) Math.min(64, Runtime.getRuntime().maxMemory() / 2 / RECEIVE_BUFFER_BYTES);

    /** What the JVM, the application and trackers have open, beside peers and files: jars, sockets, epoll. */
    private static final int OTHER_DESCRIPTORS = 40;

    /** With fewer there is no swarm; files are opened one by one then. */
    private static final int LEAST_CONNECTIONS = 8;

    private final ClientOptions options;
    private final TcpListener listener;
    private final TaskScope scope;
    private final Disk disk;
    private final HttpTracker httpTracker;
    private final AnnouncerOptions announcerOptions;
    private final Swarm.Shared shared;
    private final Optional<LocalDiscovery> localDiscovery;
    private final Optional<Dht> dht;
    private final Map<InfoHash, Torrent> torrents = new ConcurrentHashMap<>(); // by the 20 bytes used on the wire

    private final ReentrantLock addLock = new ReentrantLock(); // held for memory work only
    private boolean closed; // guarded by addLock

    private Client(
            ClientOptions options,
            HttpTrackerOptions trackerOptions,
            TaskScope scope,
            PortPair<TcpListener> port,
            LongSupplier nanoTime) {
        this.options = options;
        this.scope = scope;
        this.listener = port.tcp();
        var diskDefaults = DiskOptions.defaults();
        this.disk = Disk.open(
                new DiskOptions(
                        options.maxMappedBytes(),
                        diskDefaults.openFiles(),
                        diskDefaults.fileThreads(),
                        options.diskThreads()),
                nanoTime);
        var votes = new AddressVotes();
        this.dht = options.dht().map(settings -> Dht.open(scope, port.udp(), settings, votes));
        var watchdog = new Watchdog(System::nanoTime);
        var random = new SecureRandom();
        this.shared = new Swarm.Shared(
                PeerId.generate(random),
                new ConnectionLimits(
                        affordable(options.maxConnections(), diskDefaults.openFiles()),
                        options.maxConnectionsPerAddress(),
                        options.maxHalfOpen()),
                new BufferPool(RECEIVE_BUFFER_BYTES, RECEIVE_BUFFERS),
                watchdog,
                new Bans(),
                random,
                nanoTime,
                votes,
                listener.port(),
                options.peerExchange(),
                dht.map(node -> node::addNode));
        this.httpTracker = HttpTracker.open(scope, trackerOptions);
        this.announcerOptions = AnnouncerOptions.of(
                List.of(httpTracker, new UdpTracker(port.udp(), httpTracker.resolver(), random)), random);
        scope.closeFirst(listener);
        scope.fork("watchdog", watchdog::run);
        scope.fork("disk", disk::run);
        var incoming = new IncomingPeers(scope, watchdog, shared.limits(), shared.bans(), this::receiver);
        scope.fork("acceptor", () -> listener.acceptInto(incoming::accept, shared.limits()::makeWay));
        this.localDiscovery = options.localDiscovery()
                ? Optional.of(LocalDiscovery.start(
                        scope, options.bindAddress(), listener.port(), new LanTorrents(this), random, System::nanoTime))
                : Optional.empty();
    }

    /** Connections must leave descriptors for the files, or strangers who connect could stop the torrents. */
    private static int affordable(int maxConnections, int openFiles) {
        int spare = Descriptors.limit().orElse(Integer.MAX_VALUE) - openFiles - OTHER_DESCRIPTORS;
        return Math.min(maxConnections, Math.max(LEAST_CONNECTIONS, spare));
    }

    /** Opens a client with the default options. */
    public static Client open() throws IOException {
        return open(ClientOptions.defaults());
    }

    /**
     * Opens a client: takes its port, for TCP and UDP, and waits for peers there.
     *
     * @throws java.net.BindException if the port is in use
     */
    public static Client open(ClientOptions options) throws IOException {
        return open(options, HttpTrackerOptions.defaults());
    }

    /** With another way to trackers: for tests, which have no name service and no patience. */
    static Client open(ClientOptions options, HttpTrackerOptions trackerOptions) throws IOException {
        return open(options, trackerOptions, System::nanoTime);
    }

    /** With another clock for its torrents: for tests that do not wait. */
    static Client open(ClientOptions options, HttpTrackerOptions trackerOptions, LongSupplier nanoTime)
            throws IOException {
        var address = options.bindAddress().orElse(new InetSocketAddress(0).getAddress());
        var scope = TaskScope.supervised("weft", Client::logFailure);
        try {
            var port = PortPair.open(
                    options.port(),
                    number -> TcpListener.open(address, number),
                    TcpListener::port,
                    number -> UdpSocket.open(scope, address, number));
            return new Client(options, trackerOptions, scope, port, nanoTime);
        } catch (IOException e) {
            scope.close();
            throw e;
        }
    }

    private static void logFailure(String task, Throwable failure) {
        LOG.log(System.Logger.Level.ERROR, () -> "client: " + task + " failed", failure);
    }

    /**
     * Adds the torrent of a torrent file.
     *
     * @throws weft.metainfo.MetainfoException if the file is not a torrent that can be used; the message says why
     * @throws IOException if the file cannot be read
     * @throws IllegalStateException if the torrent was added before, or the client is closed
     */
    public Torrent add(Path torrentFile, AddOptions addOptions) throws IOException {
        return add(Metainfo.read(torrentFile), addOptions);
    }

    /** Adds a torrent whose metainfo is at hand. See {@link #add(Path, AddOptions)}. */
    public Torrent add(Metainfo metainfo, AddOptions addOptions) throws IOException {
        return add(metainfo, addOptions, false);
    }

    /**
     * Adds the torrent that a magnet link means. Its metadata is fetched from peers first; priorities of files that are
     * set in the options go before what the link selects (BEP 53).
     *
     * @throws IllegalStateException if the torrent was added before, or the client is closed
     */
    public Torrent add(Magnet magnet, AddOptions addOptions) {
        return add(magnet, addOptions, false);
    }

    Torrent add(Magnet magnet, AddOptions addOptions, boolean ownsClient) {
        Objects.requireNonNull(addOptions, "addOptions");
        return add(magnet.infoHash(), () -> new Torrent(this, ownsClient, magnet, addOptions));
    }

    Torrent add(Metainfo metainfo, AddOptions addOptions, boolean ownsClient) throws IOException {
        Objects.requireNonNull(addOptions, "addOptions");
        return add(metainfo.infoHash(), () -> new Torrent(this, ownsClient, metainfo, addOptions));
    }

    private Torrent add(InfoHash infoHash, Supplier<Torrent> maker) {
        addLock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the client is closed");
            }
            var other = torrents.get(key(infoHash));
            if (other != null) {
                throw new IllegalStateException("this torrent was added before: " + other.name());
            }
            var torrent = maker.get();
            torrents.put(key(infoHash), torrent);
            torrent.begin();
            return torrent;
        } finally {
            addLock.unlock();
        }
    }

    /** The torrents that were added and are not closed. */
    public List<Torrent> torrents() {
        return List.copyOf(torrents.values());
    }

    /** The torrent with this info-hash. */
    public Optional<Torrent> torrent(InfoHash infoHash) {
        return Optional.ofNullable(torrents.get(key(infoHash)));
    }

    /** The port that peers can connect to; the same number for TCP and UDP. */
    public int port() {
        return listener.port();
    }

    /** What the client was opened with. */
    public ClientOptions options() {
        return options;
    }

    /**
     * Closes all torrents and lets go of the port, the threads and the memory. Takes at most a few seconds, whatever does
     * not answer. May be called twice.
     */
    @Override
    public void close() {
        addLock.lock();
        try {
            closed = true; // whoever adds a torrent has either done so by now, or is told so
        } finally {
            addLock.unlock();
        }
        try {
            listener.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "closing the port", e);
        }
        long deadline = System.nanoTime() + CLOSE_WITHIN.toNanos();
        close(List.copyOf(torrents.values()), deadline - LAST_OF_ALL.toNanos());
        httpTracker.close(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
        scope.close(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
        disk.close(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
    }

    void close(Torrent torrent) {
        close(
                List.of(torrent),
                System.nanoTime() + CLOSE_WITHIN.minus(LAST_OF_ALL).toNanos());
    }

    private void close(List<Torrent> closing, long deadline) {
        closing.forEach(Torrent::closeSoon); // all begin to end at the same time
        for (Torrent torrent : closing) {
            torrent.awaitEnd(deadline);
            torrents.remove(key(torrent.infoHash()), torrent);
        }
    }

    /** What the DHT node of a later run should begin with ({@link DhtOptions#withState}); empty if there is no node. */
    public Optional<DhtState> dhtState() {
        return dht.map(Dht::state);
    }

    /** How the DHT node is going; empty if there is none. */
    public Optional<DhtStatistics> dhtStatistics() {
        return dht.map(Dht::statistics);
    }

    // --- for its torrents

    Optional<Dht> dht() {
        return dht;
    }

    /** The address of a peer or node that a link or a torrent file names; empty if its name is not known. */
    Optional<InetSocketAddress> resolve(InetSocketAddress named) throws InterruptedException {
        try {
            var address = httpTracker.resolver().resolve(named.getHostString()).getFirst();
            return Optional.of(new InetSocketAddress(address, named.getPort()));
        } catch (UnknownHostException e) {
            LOG.log(System.Logger.Level.DEBUG, "{0}: {1}", named, e.getMessage());
            return Optional.empty();
        }
    }

    /** Tells the DHT of nodes that a link or a torrent file names (BEP 5). */
    void tellNodes(Dht node, List<InetSocketAddress> names) throws InterruptedException {
        for (InetSocketAddress name : names) {
            resolve(name).ifPresent(node::addNode);
        }
    }

    TaskScope scope() {
        return scope;
    }

    Disk disk() {
        return disk;
    }

    PeerId peerId() {
        return shared.peerId();
    }

    Swarm.Shared shared() {
        return shared;
    }

    Swarm.Limits swarmLimits() {
        return new Swarm.Limits(options.maxPeersPerTorrent(), options.uploadSlotsPerTorrent());
    }

    AnnouncerOptions announcerOptions() {
        return announcerOptions;
    }

    /** One of its torrents is doing something else than before. */
    void torrentChanged() {
        localDiscovery.ifPresent(LocalDiscovery::wake);
    }

    private Optional<IncomingPeers.Receiver> receiver(InfoHash infoHash) {
        return torrent(infoHash).map(torrent -> torrent::accept);
    }

    private static InfoHash key(InfoHash infoHash) {
        return InfoHash.ofV1(infoHash.truncated());
    }
}

package weft;

import java.net.InetAddress;
import java.util.Objects;
import java.util.Optional;
import weft.dht.DhtOptions;

/**
 * How a {@link Client} behaves: immutable, each {@code with…} returns a changed copy. The defaults suit a desktop; the
 * system picks the port.
 */
public final class ClientOptions {
    /** What the storage needs to work on a few files at a time. */
    private static final long LEAST_MAPPED_BYTES = 16L << 20;

    // Assigned in the constructors and, on a copy nobody else has seen yet, in the with… methods.
    private int port = 0;
    private int maxConnections = 500;
    private int maxConnectionsPerAddress = 16;
    private int maxHalfOpen = 50;
    private int maxPeersPerTorrent = 100;
    private int uploadSlotsPerTorrent = 8;
    private int diskThreads = Math.max(2, Runtime.getRuntime().availableProcessors());
    private long maxMappedBytes = 256L << 20;
    private InetAddress bindAddress; // or null: all
    private boolean peerExchange = true;
    private boolean localDiscovery;
    private DhtOptions dht; // or null: none

    private ClientOptions() {}

    private ClientOptions(ClientOptions other) {
        this.port = other.port;
        this.maxConnections = other.maxConnections;
        this.maxConnectionsPerAddress = other.maxConnectionsPerAddress;
        this.maxHalfOpen = other.maxHalfOpen;
        this.maxPeersPerTorrent = other.maxPeersPerTorrent;
        this.uploadSlotsPerTorrent = other.uploadSlotsPerTorrent;
        this.diskThreads = other.diskThreads;
        this.maxMappedBytes = other.maxMappedBytes;
        this.bindAddress = other.bindAddress;
        this.peerExchange = other.peerExchange;
        this.localDiscovery = other.localDiscovery;
        this.dht = other.dht;
    }

    /** The defaults. */
    public static ClientOptions defaults() {
        return new ClientOptions();
    }

    private static int positive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " < 1: " + value);
        }
        return value;
    }

    /** The port to listen on, the same for TCP and UDP; 0, the default, lets the system pick one. */
    public ClientOptions withPort(int port) {
        var copy = new ClientOptions(this);
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port not in 0..65535: " + port);
        }
        copy.port = port;
        return copy;
    }

    /** Connections of all torrents together; fewer where the system does not allow a process as many open files. */
    public ClientOptions withMaxConnections(int maxConnections) {
        var copy = new ClientOptions(this);
        copy.maxConnections = positive("maxConnections", maxConnections);
        return copy;
    }

    /** Connections from and to one address. */
    public ClientOptions withMaxConnectionsPerAddress(int maxConnectionsPerAddress) {
        var copy = new ClientOptions(this);
        copy.maxConnectionsPerAddress = positive("maxConnectionsPerAddress", maxConnectionsPerAddress);
        return copy;
    }

    /** Peers being dialled at a time. */
    public ClientOptions withMaxHalfOpen(int maxHalfOpen) {
        var copy = new ClientOptions(this);
        copy.maxHalfOpen = positive("maxHalfOpen", maxHalfOpen);
        return copy;
    }

    /** Peers of one torrent. */
    public ClientOptions withMaxPeersPerTorrent(int maxPeersPerTorrent) {
        var copy = new ClientOptions(this);
        copy.maxPeersPerTorrent = positive("maxPeersPerTorrent", maxPeersPerTorrent);
        return copy;
    }

    /** Peers that a torrent serves at a time, the optimistic one among them. */
    public ClientOptions withUploadSlotsPerTorrent(int uploadSlotsPerTorrent) {
        var copy = new ClientOptions(this);
        copy.uploadSlotsPerTorrent = positive("uploadSlotsPerTorrent", uploadSlotsPerTorrent);
        return copy;
    }

    /** Threads for hashing and for reads that may have to wait for the disk. */
    public ClientOptions withDiskThreads(int diskThreads) {
        var copy = new ClientOptions(this);
        copy.diskThreads = positive("diskThreads", diskThreads);
        return copy;
    }

    /** Bytes of files that are mapped into memory at a time. */
    public ClientOptions withMaxMappedBytes(long maxMappedBytes) {
        var copy = new ClientOptions(this);
        if (maxMappedBytes < LEAST_MAPPED_BYTES) {
            throw new IllegalArgumentException("mapped bytes < " + LEAST_MAPPED_BYTES + ": " + maxMappedBytes);
        }
        copy.maxMappedBytes = maxMappedBytes;
        return copy;
    }

    /** The local address to listen on; without it all, IPv4 and IPv6. */
    public ClientOptions withBindAddress(InetAddress bindAddress) {
        var copy = new ClientOptions(this);
        copy.bindAddress = Objects.requireNonNull(bindAddress, "bindAddress");
        return copy;
    }

    /**
     * Whether peers tell each other of peers (BEP 11), for all torrents but private ones. They do by default.
     */
    public ClientOptions withPeerExchange(boolean peerExchange) {
        var copy = new ClientOptions(this);
        copy.peerExchange = peerExchange;
        return copy;
    }

    /**
     * Whether to look for peers in the local network (BEP 14), for all torrents but private ones. Not by default: it tells
     * everybody near which torrents there are, which is for the application to decide.
     */
    public ClientOptions withLocalDiscovery(boolean localDiscovery) {
        var copy = new ClientOptions(this);
        copy.localDiscovery = localDiscovery;
        return copy;
    }

    /**
     * Whether to run a node of the DHT (BEP 5), by which all torrents but private ones find peers and are found; where it
     * listens is the client's to say, not {@link DhtOptions#bind}. Not by default: it tells strangers which torrents there
     * are, and begins with asking hosts of others. {@link Client#dhtState} is what the next run should begin with.
     */
    public ClientOptions withDht(DhtOptions options) {
        var copy = new ClientOptions(this);
        copy.dht = Objects.requireNonNull(options, "options");
        return copy;
    }

    /** See {@link #withDht}. */
    public Optional<DhtOptions> dht() {
        return Optional.ofNullable(dht);
    }

    /** See {@link #withPort}. */
    public int port() {
        return port;
    }

    /** See {@link #withMaxConnections}. */
    public int maxConnections() {
        return maxConnections;
    }

    /** See {@link #withMaxConnectionsPerAddress}. */
    public int maxConnectionsPerAddress() {
        return maxConnectionsPerAddress;
    }

    /** See {@link #withMaxHalfOpen}. */
    public int maxHalfOpen() {
        return maxHalfOpen;
    }

    /** See {@link #withMaxPeersPerTorrent}. */
    public int maxPeersPerTorrent() {
        return maxPeersPerTorrent;
    }

    /** See {@link #withUploadSlotsPerTorrent}. */
    public int uploadSlotsPerTorrent() {
        return uploadSlotsPerTorrent;
    }

    /** See {@link #withDiskThreads}. */
    public int diskThreads() {
        return diskThreads;
    }

    /** See {@link #withMaxMappedBytes}. */
    public long maxMappedBytes() {
        return maxMappedBytes;
    }

    /** See {@link #withBindAddress}; empty for all addresses. */
    public Optional<InetAddress> bindAddress() {
        return Optional.ofNullable(bindAddress);
    }

    /** See {@link #withPeerExchange}. */
    public boolean peerExchange() {
        return peerExchange;
    }

    /** See {@link #withLocalDiscovery}. */
    public boolean localDiscovery() {
        return localDiscovery;
    }
}

package weft.dht;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;

/**
 * How a {@link Dht} node is set up: immutable, each {@code with…} returns a changed copy. The bounds are for each of the two
 * families.
 */
public final class DhtOptions {
    /** The port that most nodes use. */
    public static final int DEFAULT_PORT = 6881;

    /** Those that other clients begin with. */
    public static final List<InetSocketAddress> PUBLIC_ROUTERS = List.of(
            InetSocketAddress.createUnresolved("dht.libtorrent.org", 25401),
            InetSocketAddress.createUnresolved("router.bittorrent.com", 6881),
            InetSocketAddress.createUnresolved("dht.transmissionbt.com", 6881),
            InetSocketAddress.createUnresolved("router.utorrent.com", 6881),
            InetSocketAddress.createUnresolved("dht.aelitis.com", 6881));

    // Assigned in the constructors and, on a copy nobody else has seen yet, in the with… methods.
    private InetSocketAddress bind = new InetSocketAddress(DEFAULT_PORT);
    private List<InetSocketAddress> routers = PUBLIC_ROUTERS;
    private List<InetSocketAddress> nodes = List.of();
    private DhtState state = DhtState.NONE;
    private boolean readOnly;
    private int queriesPerSecond = 250;
    private int answersPerSecond = 500;
    private int datagramsPerAddress = 200;
    private int maxTorrents = 2000;
    private int maxPeersPerTorrent = 500;
    private int maxPeers = 100_000;
    private int maxItems = 700;

    private DhtOptions() {}

    private DhtOptions(DhtOptions other) {
        this.bind = other.bind;
        this.routers = other.routers;
        this.nodes = other.nodes;
        this.state = other.state;
        this.readOnly = other.readOnly;
        this.queriesPerSecond = other.queriesPerSecond;
        this.answersPerSecond = other.answersPerSecond;
        this.datagramsPerAddress = other.datagramsPerAddress;
        this.maxTorrents = other.maxTorrents;
        this.maxPeersPerTorrent = other.maxPeersPerTorrent;
        this.maxPeers = other.maxPeers;
        this.maxItems = other.maxItems;
    }

    /** A node of the public DHT, on port 6881 of all addresses, within what a home connection carries. */
    public static DhtOptions defaults() {
        return new DhtOptions();
    }

    /** A node on a free port of the loopback address that asks nobody outside: for tests and demonstrations. */
    public static DhtOptions loopback() {
        return defaults()
                .withBind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .withRouters(List.of());
    }

    private static int positive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " < 1: " + value);
        }
        return value;
    }

    /** Listens on this port of all the machine's addresses, IPv4 and IPv6; 0 for any free one. */
    public DhtOptions withPort(int port) {
        return withBind(new InetSocketAddress(port));
    }

    /** Listens here, and takes part only in the family of this address unless it is the wildcard. */
    public DhtOptions withBind(InetSocketAddress address) {
        var copy = new DhtOptions(this);
        if (address.isUnresolved()) {
            throw new IllegalArgumentException("cannot listen on a name that does not resolve: " + address);
        }
        copy.bind = address;
        return copy;
    }

    /**
     * Nodes, in place of the public ones, that do nothing but help others to find their way; asked while hardly any other
     * nodes are known. May be names that are yet to be looked up.
     */
    public DhtOptions withRouters(List<InetSocketAddress> addresses) {
        var copy = new DhtOptions(this);
        copy.routers = List.copyOf(addresses);
        return copy;
    }

    /** Nodes to begin with, such as a torrent's own (BEP 5); may be names too. */
    public DhtOptions withNodes(List<InetSocketAddress> addresses) {
        var copy = new DhtOptions(this);
        copy.nodes = List.copyOf(addresses);
        return copy;
    }

    /** Goes on where an earlier run was: {@link Dht#state}. */
    public DhtOptions withState(DhtState earlier) {
        var copy = new DhtOptions(this);
        copy.state = Objects.requireNonNull(earlier, "earlier");
        return copy;
    }

    /**
     * Whether to answer nobody (BEP 43), for a program that runs a short time only. A node that nobody can reach becomes so
     * by itself.
     */
    public DhtOptions withReadOnly(boolean answerNobody) {
        var copy = new DhtOptions(this);
        copy.readOnly = answerNobody;
        return copy;
    }

    /**
     * Other limits for what is sent and taken.
     *
     * @param queries how many others are asked in a second at the most; a lookup then takes longer
     * @param answers how many queries are answered in a second at the most; others are dropped, as nobody could tell them
     *     from lost ones
     * @param datagrams how many datagrams from an address are taken within ten seconds, answers to our own queries not
     *     counted, of which a fifth may be queries that are answered; what else comes is ignored
     */
    public DhtOptions withRates(int queries, int answers, int datagrams) {
        var copy = new DhtOptions(this);
        copy.queriesPerSecond = positive("queries per second", queries);
        copy.answersPerSecond = positive("answers per second", answers);
        copy.datagramsPerAddress = positive("datagrams per address", datagrams);
        return copy;
    }

    /**
     * Other limits for what is kept.
     *
     * @param torrents of how many torrents peers are kept
     * @param peersPerTorrent how many peers of each
     * @param peers how many peers in all
     * @param items how many items are kept (BEP 44)
     */
    public DhtOptions withCapacity(int torrents, int peersPerTorrent, int peers, int items) {
        var copy = new DhtOptions(this);
        copy.maxTorrents = positive("torrents", torrents);
        copy.maxPeersPerTorrent = positive("peers per torrent", peersPerTorrent);
        copy.maxPeers = positive("peers", peers);
        copy.maxItems = positive("items", items);
        return copy;
    }

    /** See {@link #withBind}. */
    public InetSocketAddress bind() {
        return bind;
    }

    /** See {@link #withRouters}. */
    public List<InetSocketAddress> routers() {
        return routers;
    }

    /** See {@link #withNodes}. */
    public List<InetSocketAddress> nodes() {
        return nodes;
    }

    /** See {@link #withState}. */
    public DhtState state() {
        return state;
    }

    /** See {@link #withReadOnly}. */
    public boolean readOnly() {
        return readOnly;
    }

    /** See {@link #withRates}. */
    public int queriesPerSecond() {
        return queriesPerSecond;
    }

    /** See {@link #withRates}. */
    public int answersPerSecond() {
        return answersPerSecond;
    }

    /** See {@link #withRates}. */
    public int datagramsPerAddress() {
        return datagramsPerAddress;
    }

    /** See {@link #withCapacity}. */
    public int maxTorrents() {
        return maxTorrents;
    }

    /** See {@link #withCapacity}. */
    public int maxPeersPerTorrent() {
        return maxPeersPerTorrent;
    }

    /** See {@link #withCapacity}. */
    public int maxPeers() {
        return maxPeers;
    }

    /** See {@link #withCapacity}. */
    public int maxItems() {
        return maxItems;
    }
}

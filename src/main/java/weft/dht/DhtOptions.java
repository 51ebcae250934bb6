package weft.dht;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;

/**
 * How a {@link Dht} node is set up. The bounds are for each of the two families.
 *
 * @param bind where to listen; the wildcard address for all of the machine's, IPv4 and IPv6, port 0 for any free one
 * @param routers nodes that do nothing but help others to find their way; asked while hardly any other nodes are known.
 *     May be names that are yet to be looked up
 * @param nodes nodes to begin with, such as a torrent's own (BEP 5); may be names too
 * @param state what an earlier run had, {@link DhtState#NONE} if there was none
 * @param readOnly answer nobody (BEP 43), for a program that runs a short time only. A node that nobody can reach becomes so
 *     by itself
 * @param queriesPerSecond how many others are asked at the most; a lookup then takes longer
 * @param answersPerSecond how many queries are answered at the most; others are dropped, as nobody could tell them from lost
 *     ones
 * @param datagramsPerAddress how many datagrams from an address are taken within ten seconds; whoever sends more is ignored
 *     for five minutes
 * @param maxTorrents of how many torrents peers are kept
 * @param maxPeersPerTorrent how many peers of each
 * @param maxPeers how many peers in all
 * @param maxItems how many items are kept (BEP 44)
 */
public record DhtOptions(
        InetSocketAddress bind,
        List<InetSocketAddress> routers,
        List<InetSocketAddress> nodes,
        DhtState state,
        boolean readOnly,
        int queriesPerSecond,
        int answersPerSecond,
        int datagramsPerAddress,
        int maxTorrents,
        int maxPeersPerTorrent,
        int maxPeers,
        int maxItems) {
    /** The port that most nodes use. */
    public static final int DEFAULT_PORT = 6881;

    /** Those that other clients begin with. */
    public static final List<InetSocketAddress> PUBLIC_ROUTERS = List.of(
            InetSocketAddress.createUnresolved("dht.libtorrent.org", 25401),
            InetSocketAddress.createUnresolved("router.bittorrent.com", 6881),
            InetSocketAddress.createUnresolved("dht.transmissionbt.com", 6881),
            InetSocketAddress.createUnresolved("router.utorrent.com", 6881),
            InetSocketAddress.createUnresolved("dht.aelitis.com", 6881));

    /** Checks the limits and copies the lists. */
    public DhtOptions {
        Objects.requireNonNull(state, "state");
        if (bind.isUnresolved()) {
            throw new IllegalArgumentException("cannot listen on a name that does not resolve: " + bind);
        }
        if (queriesPerSecond < 1 || answersPerSecond < 1 || datagramsPerAddress < 1) {
            throw new IllegalArgumentException("rates must be positive");
        }
        if (maxTorrents < 1 || maxPeersPerTorrent < 1 || maxPeers < 1 || maxItems < 1) {
            throw new IllegalArgumentException("limits must be positive");
        }
        routers = List.copyOf(routers);
        nodes = List.copyOf(nodes);
    }

    /** A node of the public DHT, on port 6881 of all addresses, within what a home connection carries. */
    public static DhtOptions defaults() {
        return new DhtOptions(
                new InetSocketAddress(DEFAULT_PORT),
                PUBLIC_ROUTERS,
                List.of(),
                DhtState.NONE,
                false,
                250,
                500,
                200,
                2000,
                500,
                100_000,
                700);
    }

    /** A node on a free port of the loopback address that asks nobody outside: for tests and demonstrations. */
    public static DhtOptions loopback() {
        return defaults()
                .withBind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .withRouters(List.of());
    }

    /** These options, listening on this port of all addresses. */
    public DhtOptions withPort(int port) {
        return withBind(new InetSocketAddress(port));
    }

    /** These options, listening here. */
    public DhtOptions withBind(InetSocketAddress address) {
        return new DhtOptions(
                address,
                routers,
                nodes,
                state,
                readOnly,
                queriesPerSecond,
                answersPerSecond,
                datagramsPerAddress,
                maxTorrents,
                maxPeersPerTorrent,
                maxPeers,
                maxItems);
    }

    /** These options, with these routers in place of the public ones. */
    public DhtOptions withRouters(List<InetSocketAddress> addresses) {
        return new DhtOptions(
                bind,
                addresses,
                nodes,
                state,
                readOnly,
                queriesPerSecond,
                answersPerSecond,
                datagramsPerAddress,
                maxTorrents,
                maxPeersPerTorrent,
                maxPeers,
                maxItems);
    }

    /** These options, beginning with these nodes. */
    public DhtOptions withNodes(List<InetSocketAddress> addresses) {
        return new DhtOptions(
                bind,
                routers,
                addresses,
                state,
                readOnly,
                queriesPerSecond,
                answersPerSecond,
                datagramsPerAddress,
                maxTorrents,
                maxPeersPerTorrent,
                maxPeers,
                maxItems);
    }

    /** These options, going on where an earlier run was. */
    public DhtOptions withState(DhtState earlier) {
        return new DhtOptions(
                bind,
                routers,
                nodes,
                earlier,
                readOnly,
                queriesPerSecond,
                answersPerSecond,
                datagramsPerAddress,
                maxTorrents,
                maxPeersPerTorrent,
                maxPeers,
                maxItems);
    }

    /** These options, answering nobody or everybody. */
    public DhtOptions withReadOnly(boolean answerNobody) {
        return new DhtOptions(
                bind,
                routers,
                nodes,
                state,
                answerNobody,
                queriesPerSecond,
                answersPerSecond,
                datagramsPerAddress,
                maxTorrents,
                maxPeersPerTorrent,
                maxPeers,
                maxItems);
    }

    /** These options with other limits for what is sent, and for what is taken from one address. */
    public DhtOptions withRates(int queries, int answers, int datagrams) {
        return new DhtOptions(
                bind,
                routers,
                nodes,
                state,
                readOnly,
                queries,
                answers,
                datagrams,
                maxTorrents,
                maxPeersPerTorrent,
                maxPeers,
                maxItems);
    }

    /** These options with other limits for what is kept. */
    public DhtOptions withCapacity(int torrents, int peersPerTorrent, int peers, int items) {
        return new DhtOptions(
                bind,
                routers,
                nodes,
                state,
                readOnly,
                queriesPerSecond,
                answersPerSecond,
                datagramsPerAddress,
                torrents,
                peersPerTorrent,
                peers,
                items);
    }
}

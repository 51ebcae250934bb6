package weft.tracker;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import weft.metainfo.InfoHash;

/**
 * How a {@link TrackerServer} is set up.
 *
 * @param bind where to listen; the wildcard address for all of the machine's, IPv4 and IPv6, port 0 for any free one
 * @param interval how often clients are told to announce; who is silent for two intervals is forgotten
 * @param minInterval how soon clients may announce again
 * @param requestTimeout how long a client may take to send its request and to take the answer
 * @param maxConnections how many clients are served at the same time; more are turned away
 * @param maxConnectionsPerAddress how many of them may be at one address, or in one /64 of IPv6
 * @param maxTorrents how many torrents are kept; announces for more are refused
 * @param maxPeersPerTorrent how many peers of a torrent are kept; more are answered, but nobody hears of them
 * @param maxPeers how many peers are kept in all
 * @param allowed the only torrents that are tracked; empty for any
 * @param trustIpParameter whether a client may announce another address than the one it comes from (the {@code ip}
 *     parameter of BEP 3): anybody could then send swarms to anybody, so only where all clients are friends
 */
public record TrackerServerOptions(
        InetSocketAddress bind,
        Duration interval,
        Duration minInterval,
        Duration requestTimeout,
        int maxConnections,
        int maxConnectionsPerAddress,
        int maxTorrents,
        int maxPeersPerTorrent,
        int maxPeers,
        Optional<Set<InfoHash>> allowed,
        boolean trustIpParameter) {
    /** The port that most trackers use. */
    public static final int DEFAULT_PORT = 6969;

    /** Checks the limits and copies the set. */
    public TrackerServerOptions {
        Objects.requireNonNull(bind, "bind");
        if (bind.isUnresolved()) {
            throw new IllegalArgumentException("cannot listen on a name that does not resolve: " + bind);
        }
        if (interval.toSeconds() < 1 || minInterval.isNegative() || !requestTimeout.isPositive()) {
            throw new IllegalArgumentException("intervals must be positive, the regular one at least a second");
        }
        if (maxConnections < 1
                || maxConnectionsPerAddress < 1
                || maxTorrents < 1
                || maxPeersPerTorrent < 1
                || maxPeers < 1) {
            throw new IllegalArgumentException("limits must be positive");
        }
        allowed = allowed.map(Set::copyOf);
    }

    /** Any torrent, on port 6969 of all addresses; a small machine can carry it. */
    public static TrackerServerOptions defaults() {
        return new TrackerServerOptions(
                new InetSocketAddress(DEFAULT_PORT),
                Duration.ofMinutes(30),
                Duration.ofSeconds(30),
                Duration.ofSeconds(10),
                1000,
                100,
                10_000,
                5_000,
                200_000,
                Optional.empty(),
                false);
    }

    /** These options, listening on this port of all addresses. */
    public TrackerServerOptions withPort(int port) {
        return withBind(new InetSocketAddress(port));
    }

    /** These options, listening on a free port of the loopback address: for tests and demonstrations. */
    public static TrackerServerOptions loopback() {
        return defaults().withBind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    /** These options, listening here. */
    public TrackerServerOptions withBind(InetSocketAddress address) {
        return new TrackerServerOptions(
                address,
                interval,
                minInterval,
                requestTimeout,
                maxConnections,
                maxConnectionsPerAddress,
                maxTorrents,
                maxPeersPerTorrent,
                maxPeers,
                allowed,
                trustIpParameter);
    }

    /** These options with other intervals. */
    public TrackerServerOptions withIntervals(Duration regular, Duration minimum) {
        return new TrackerServerOptions(
                bind,
                regular,
                minimum,
                requestTimeout,
                maxConnections,
                maxConnectionsPerAddress,
                maxTorrents,
                maxPeersPerTorrent,
                maxPeers,
                allowed,
                trustIpParameter);
    }

    /** These options with other limits for single connections. */
    public TrackerServerOptions withConnections(int max, int perAddress, Duration timeout) {
        return new TrackerServerOptions(
                bind,
                interval,
                minInterval,
                timeout,
                max,
                perAddress,
                maxTorrents,
                maxPeersPerTorrent,
                maxPeers,
                allowed,
                trustIpParameter);
    }

    /** These options with other limits for what is kept. */
    public TrackerServerOptions withCapacity(int torrents, int peersPerTorrent, int peers) {
        return new TrackerServerOptions(
                bind,
                interval,
                minInterval,
                requestTimeout,
                maxConnections,
                maxConnectionsPerAddress,
                torrents,
                peersPerTorrent,
                peers,
                allowed,
                trustIpParameter);
    }

    /** These options, tracking these torrents only. */
    public TrackerServerOptions withAllowed(Set<InfoHash> only) {
        return new TrackerServerOptions(
                bind,
                interval,
                minInterval,
                requestTimeout,
                maxConnections,
                maxConnectionsPerAddress,
                maxTorrents,
                maxPeersPerTorrent,
                maxPeers,
                Optional.of(only),
                trustIpParameter);
    }

    /** These options, believing the {@code ip} parameter or not. */
    public TrackerServerOptions withTrustIpParameter(boolean trust) {
        return new TrackerServerOptions(
                bind,
                interval,
                minInterval,
                requestTimeout,
                maxConnections,
                maxConnectionsPerAddress,
                maxTorrents,
                maxPeersPerTorrent,
                maxPeers,
                allowed,
                trust);
    }
}

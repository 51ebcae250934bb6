package weft.swarm;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import weft.concurrent.TaskScope;
import weft.concurrent.Watchdog;
import weft.extension.Extension;
import weft.metainfo.InfoHash;
import weft.net.ConnectionLimits;
import weft.net.PeerChannel;
import weft.wire.ExtensionHandshake;
import weft.wire.Handshake;
import weft.wire.MetadataMessage;
import weft.wire.PeerId;

/**
 * A torrent among its peers while no more is known of it than its info-hash: fetches the info dictionary from all who
 * have it (BEP 9). Then a {@link Swarm} succeeds it, and takes its connections over.
 *
 * <p>Made by a torrent, which calls {@link #start} and {@link #stop} from one thread. The rest may be called from any
 * thread.
 */
public final class MetadataSwarm {
    private static final System.Logger LOG = System.getLogger("weft.swarm");

    /** How often it is looked whether a peer that was asked is too slow, and whom else to ask. */
    private static final Duration TICK = Duration.ofMillis(500);

    /**
     * How the search for the metadata stands.
     *
     * @param peers how many are connected
     * @param having how many of them say that they have the metadata
     * @param refusing how many of them have refused to send it
     * @param failures how often what was put together did not have the info-hash
     */
    public record Standing(int peers, int having, int refusing, int failures) {}

    /** What the torrent is told. */
    public interface Listener {
        /** The info dictionary is there, and has the info-hash. Called on a peer's thread, once: must not block. */
        void metadataFetched(byte[] info);
    }

    private final InfoHash infoHash;
    private final String torrent; // in events and names of threads
    private final Swarm.Shared shared;
    private final int maxPeers;
    private final Listener listener;
    private final Optional<PeerExchange> peerExchange;
    private final ExtensionTable table;
    private final Door door;
    private final MetadataDownload download;
    private final Entrance entrance = new Entrance();
    private final Set<MetadataPeer> peers = ConcurrentHashMap.newKeySet();

    private volatile TaskScope scope; // of the peers; null while stopped
    private volatile TaskScope diallers; // of those who look for more
    private volatile boolean fetched;
    private volatile Swarm successor; // started; or null

    /** A swarm without peers, stopped. */
    public MetadataSwarm(InfoHash infoHash, Swarm.Shared shared, int maxPeers, Listener listener) {
        this.infoHash = infoHash;
        this.torrent = infoHash.toHex().substring(0, 8);
        this.shared = shared;
        this.maxPeers = maxPeers;
        this.listener = listener;
        this.door = new Door(infoHash, shared.reserved(false), shared);
        this.peerExchange = shared.peerExchange()
                ? Optional.of(new PeerExchange(new Acquaintances(), door.candidates(), shared.nanoTime()))
                : Optional.empty();
        this.table = ExtensionTable.beforeMetadata(
                peerExchange.stream().map(Extension.class::cast).toList());
        this.download = new MetadataDownload(infoHash, shared.nanoTime());
    }

    // --- the order of life

    /** Starts to connect and fetch, in a scope below {@code parent}. */
    public void start(TaskScope parent) {
        var peersScope = parent.childSupervised("", this::taskFailed);
        var dialScope = peersScope.childSupervised("", this::taskFailed);
        scope = peersScope;
        diallers = dialScope;
        door.candidates().hurry();
        dialScope.fork("connector", () -> new Connector(torrent, shared, door, entrance).run(peersScope));
        dialScope.fork("keeper", this::keep);
    }

    /** Ends all connections and threads, waiting at most {@code patience}. Says whether all have ended. */
    public boolean stop(Duration patience) {
        var ending = scope;
        scope = null;
        if (ending == null) {
            return true;
        }
        peers.forEach(peer -> peer.close(Swarm.STOPPED));
        return ending.close(patience);
    }

    /** The swarm that goes on from here when the metadata is known: its start takes the connections over. */
    public Swarm succeededBy(Swarm.Subject subject, Swarm.Limits limits, Swarm.Listener swarmListener) {
        return new Swarm(subject, door, Optional.of(this), shared, limits, swarmListener);
    }

    /** The successor has started: nobody is dialled from here any more, and every reader takes its peer there. */
    void handOver(Swarm started) {
        var dialling = diallers;
        if (dialling != null) {
            dialling.close();
        }
        successor = started;
    }

    private void taskFailed(String task, Throwable failure) {
        LOG.log(System.Logger.Level.ERROR, () -> infoHash + ": " + task + " failed", failure);
    }

    private void keep() throws InterruptedException {
        while (true) {
            Thread.sleep(TICK);
            peers.forEach(MetadataPeer::ask);
            peerExchange.ifPresent(PeerExchange::tick);
        }
    }

    private final class Acquaintances implements PeerExchange.Host {
        @Override
        public Map<InetSocketAddress, Integer> contacts() {
            var contacts = new HashMap<InetSocketAddress, Integer>();
            for (MetadataPeer peer : peers) {
                if (!peer.isClosing()) {
                    int flags = peer.extensions().contactFlags();
                    peer.extensions()
                            .listenAddress()
                            .ifPresent(address -> contacts.merge(address, flags, (a, b) -> a | b));
                }
            }
            return contacts;
        }

        @Override
        public boolean wantsUploadOnly() {
            return true;
        }
    }

    // --- peers come

    /** Adds addresses that were found in the DHT or the local network; a private torrent has no use for them (BEP 27). */
    public void addFound(Collection<InetSocketAddress> addresses) {
        addresses.forEach(door.candidates()::addFound);
    }

    /** Adds addresses at which peers may be, as a tracker or the user has told. */
    public void addCandidates(Collection<InetSocketAddress> addresses) {
        addresses.forEach(door.candidates()::add);
    }

    /** A peer has connected to us and named this torrent. The connection is taken over, or closed. */
    public void accept(
            PeerChannel channel, Watchdog.Guard deadline, Handshake.Head head, ConnectionLimits.Place place) {
        var current = scope;
        boolean taken = current != null
                && isRoomFor(1)
                && current.tryFork(
                        "peer " + Swarm.text(channel.remoteAddress()) + " reader",
                        () -> door.answer(current, channel, deadline, head, place, entrance));
        if (!taken) {
            deadline.close();
            channel.close();
            place.close();
        }
    }

    private boolean isRoomFor(int more) {
        return peers.stream().filter(peer -> !peer.isClosing()).count() + more <= maxPeers;
    }

    private final class Entrance implements Connector.Host {
        @Override
        public Parting converse(Connection connection) {
            var current = scope;
            if (current == null) {
                return new Parting(Swarm.STOPPED, Parting.Again.SOON);
            }
            var next = successor;
            if (next != null) {
                return handOver(next, connection);
            }
            if (!connection.reserved().extensionProtocol()) {
                return new Parting("does not speak the extension protocol", Parting.Again.LATE);
            }
            return MetadataSwarm.this.converse(current, connection);
        }

        @Override
        public boolean hasRoomToDial(int beingDialled) {
            return isRoomFor(beingDialled + 1);
        }

        @Override
        public void refusedBanned(InetAddress address) {
            LOG.log(System.Logger.Level.DEBUG, "{0}: banned, not dialled", address);
        }
    }

    private Parting converse(TaskScope parent, Connection connection) {
        var peer = new MetadataPeer(this, connection, download, table);
        Connection.Earlier said;
        String reason;
        try (var peerScope = parent.childAllTogether("peer " + peer)) {
            peerScope.closeFirst(connection.channel());
            try {
                if (!isRoomFor(1)) {
                    return new Parting("no room for more peers", Parting.Again.SOON);
                }
                if (isConnected(connection.peerId())) {
                    return new Parting("is connected already", Parting.Again.LATE);
                }
                peers.add(peer);
                peer.greet(ourHandshake(connection));
                said = peer.converse(peerScope);
                peerScope.forget(connection.channel());
            } catch (IOException | RuntimeException e) {
                if (e instanceof RuntimeException) {
                    LOG.log(System.Logger.Level.ERROR, () -> peer + ": a bug of ours ended the connection", e);
                }
                reason = peer.closeReason()
                        .orElseGet(() -> peerScope
                                .failure()
                                .map(Swarm::message)
                                .orElseGet(() -> Swarm.failureReason(e, connection.deadline())));
                return new Parting(reason, Parting.Again.SOON);
            } catch (InterruptedException stopping) {
                Thread.currentThread().interrupt();
                return new Parting(Swarm.STOPPED, Parting.Again.SOON);
            }
        } catch (IllegalStateException stopping) {
            return new Parting(Swarm.STOPPED, Parting.Again.SOON);
        } finally {
            peers.remove(peer);
            peer.left();
        }
        return handOver(successor, connection.after(said));
    }

    private static Parting handOver(Swarm next, Connection connection) {
        if (!next.mayKeep(connection)) {
            return new Parting("the torrent is private, and no tracker has told of this peer", Parting.Again.LATE);
        }
        return next.adopt(connection)
                ? new Parting("the metadata is known", Parting.Again.HANDED_OVER)
                : new Parting(Swarm.STOPPED, Parting.Again.SOON);
    }

    private boolean isConnected(PeerId id) {
        return peers.stream().anyMatch(peer -> peer.connection().peerId().equals(id) && !peer.isClosing());
    }

    private ExtensionHandshake ourHandshake(Connection connection) {
        return new ExtensionHandshake(
                table.ids(),
                Optional.of(PeerId.OUR_CLIENT),
                connection.outgoing() ? OptionalInt.of(shared.port()) : OptionalInt.empty(),
                Optional.of(connection.channel().remoteAddress().getAddress()),
                OptionalInt.of(Outbox.MAX_QUEUED_BLOCKS),
                OptionalLong.empty(),
                Optional.empty());
    }

    // --- what peers' threads tell

    Watchdog watchdog() {
        return shared.watchdog();
    }

    int port() {
        return shared.port();
    }

    long now() {
        return shared.nanoTime().getAsLong();
    }

    boolean isFetching() {
        return !fetched;
    }

    boolean isSucceeded() {
        return successor != null;
    }

    /** The peer has said something of itself. */
    void introduced(MetadataPeer peer) {
        LOG.log(
                System.Logger.Level.DEBUG,
                () -> peer + ": " + peer.extensions().handshake().client().orElse("?") + ", "
                        + (peer.extensions().knows(MetadataMessage.NAME) ? "sends metadata" : "no metadata"));
    }

    void outcome(MetadataDownload.Outcome outcome) {
        for (Object liar : outcome.liars()) {
            var peer = (MetadataPeer) liar;
            LOG.log(System.Logger.Level.DEBUG, "{0}: banned, sent wrong metadata", peer);
            shared.bans().add(peer.connection().channel().remoteAddress().getAddress());
            peer.close("banned: sent wrong metadata");
        }
        outcome.metadata().ifPresent(info -> {
            fetched = true;
            listener.metadataFetched(info);
        });
    }

    // --- looking

    /** How the search stands. */
    public Standing standing() {
        var standing = download.standing();
        return new Standing(standing.sources(), standing.having(), standing.refusing(), standing.failures());
    }

    /** The addresses at which peers may be. */
    public Swarm.Addresses addresses() {
        return door.candidates().addresses();
    }

    /** Why the last connections ended, oldest first. */
    public List<Swarm.Disconnect> disconnects() {
        return door.disconnects();
    }

    /** A connected peer. */
    public record ConnectedPeer(InetSocketAddress address, String client, boolean outgoing, Duration connectedFor) {}

    /** The connected peers. */
    public List<ConnectedPeer> peers() {
        return peers.stream().map(MetadataPeer::snapshot).toList();
    }
}

package weft.swarm;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import weft.concurrent.TaskScope;
import weft.concurrent.Watchdog;
import weft.extension.Extension;
import weft.metainfo.InfoHash;
import weft.net.ConnectionLimits;
import weft.net.PeerChannel;
import weft.wire.EarlyDecoder;
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

    private static final String PRIVATE = "the torrent is private, and no tracker has told of this peer";

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
    private final Listener listener;
    private final Optional<PeerExchange> peerExchange;
    private final Door door;
    private final MetadataDownload download;
    private final Entrance entrance = new Entrance();
    private final ConnectedPeers<MetadataPeer> peers;
    private final EarlyDecoder.Room earlyRoom = new EarlyDecoder.Room();

    private volatile TaskScope scope; // of the peers; null while stopped
    private volatile TaskScope diallers; // of those who look for more
    private volatile boolean fetched;
    private volatile boolean isPrivate; // as has turned out
    private volatile Conversations successor; // started; or null

    /** A swarm without peers, stopped. */
    public MetadataSwarm(InfoHash infoHash, Swarm.Shared shared, int maxPeers, Listener listener) {
        this.infoHash = infoHash;
        this.torrent = infoHash.toHex().substring(0, 8);
        this.shared = shared;
        this.listener = listener;
        this.door = new Door(infoHash, shared.reserved(false), shared);
        this.peers = new ConnectedPeers<>(shared, door.candidates(), maxPeers, () -> 0);
        this.peerExchange = shared.peerExchange()
                ? Optional.of(new PeerExchange(new Acquaintances(), door.candidates(), shared.nanoTime()))
                : Optional.empty();
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

    /**
     * The swarm that goes on from here when the metadata is known: its start takes the connections over. Until then they
     * are looked after here, as what the torrent has turned out to be.
     */
    public Swarm succeededBy(Swarm.Subject subject, Swarm.Limits limits, Swarm.Listener swarmListener) {
        if (subject.isPrivate()) {
            becomePrivate();
        }
        return new Swarm(subject, door, Optional.of(this), shared, limits, swarmListener);
    }

    /** No peer is told of another any more, and those stay that trackers led to, or that came to us (BEP 27). */
    private void becomePrivate() {
        isPrivate = true;
        door.becomePrivate();
        peers.tellAll(
                peer -> { // who joins after that finds out himself
                    if (isForPublicOnly(peer.connection())) {
                        peer.close(PRIVATE);
                    }
                });
    }

    private boolean isForPublicOnly(Connection connection) {
        return connection.outgoing()
                && door.candidates().isForPublicOnly(connection.channel().remoteAddress());
    }

    /** The successor has started: nobody is dialled from here any more, and every reader takes its peer there. */
    void handOver(Conversations started) {
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
            if (!isPrivate) {
                peerExchange.ifPresent(PeerExchange::tick);
            }
            peers.learnOwnAddresses();
        }
    }

    /** What peers are told of, and tell us, of others; its conversations are handed over with the connections. */
    Optional<PeerExchange> peerExchange() {
        return peerExchange;
    }

    /** The peers that are connected, of whom others are told. */
    Map<InetSocketAddress, Integer> contacts() {
        return peers.contacts(peer -> peer.extensions().contactFlags());
    }

    private final class Acquaintances implements PeerExchange.Host {
        @Override
        public Map<InetSocketAddress, Integer> contacts() {
            return MetadataSwarm.this.contacts();
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
                && peers.mayCome(channel.remoteAddress().getAddress())
                && current.tryFork(
                        "peer " + Swarm.text(channel.remoteAddress()) + " reader",
                        () -> door.answer(current, channel, deadline, head, place, entrance));
        if (!taken) {
            deadline.close();
            channel.close();
            place.close();
        }
    }

    /** In which connections live while it is started. */
    TaskScope scope() {
        return scope;
    }

    /** With whom peers talk that the door lets in. */
    Connector.Host entrance() {
        return entrance;
    }

    /** Where peers come in. */
    Door door() {
        return door;
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
            return peers.isFree(beingDialled + 1) || (beingDialled == 0 && peers.mayBeDialled());
        }

        @Override
        public void refusedBanned(InetAddress address) {
            LOG.log(System.Logger.Level.DEBUG, "{0}: banned, not dialled", address);
        }
    }

    private Parting converse(TaskScope parent, Connection connection) {
        var peer = new MetadataPeer(this, connection, download, table());
        var parting = converse(parent, peer);
        if (parting.again() == Parting.Again.HANDED_OVER) {
            peers.remove(peer); // only now: until its new place was kept for it, it had the old one
        } else {
            peers.leave(peer, false);
        }
        return parting;
    }

    private Parting converse(TaskScope parent, MetadataPeer peer) {
        var connection = peer.connection();
        Connection.Earlier said;
        try (var peerScope = parent.childAllTogether("peer " + peer)) {
            peerScope.closeFirst(connection.channel());
            try {
                var refusal = join(peer);
                if (refusal.isPresent()) {
                    return parting(peer, refusal.get());
                }
                said = peer.converse(peerScope);
                peerExchange.ifPresent(exchange -> exchange.handOver(peer.address()));
                peerScope.forget(connection.channel());
            } catch (IOException | RuntimeException e) {
                if (e instanceof RuntimeException) {
                    LOG.log(System.Logger.Level.ERROR, () -> peer + ": a bug of ours ended the connection", e);
                }
                return parting(
                        peer,
                        peer.closeReason()
                                .orElseGet(() -> peerScope
                                        .failure()
                                        .map(Swarm::message)
                                        .orElseGet(() -> Swarm.failureReason(e, connection.deadline()))));
            } catch (InterruptedException stopping) {
                Thread.currentThread().interrupt();
                return new Parting(Swarm.STOPPED, Parting.Again.SOON);
            }
        } catch (IllegalStateException stopping) {
            return new Parting(Swarm.STOPPED, Parting.Again.SOON);
        } finally {
            peer.left();
        }
        return handOver(successor, connection.after(said));
    }

    /** Counts the peer in and greets it, unless there is a reason why not. */
    private Optional<String> join(MetadataPeer peer) {
        var connection = peer.connection();
        var refusal = peers.join(peer, connection.channel(), () -> peer.greet(ourHandshake(connection)));
        if (refusal.isEmpty()
                && isPrivate
                && isForPublicOnly(connection)) { // asked last, or it might become so meanwhile
            peer.close(PRIVATE);
            return Optional.of(PRIVATE);
        }
        return refusal;
    }

    private Parting parting(MetadataPeer peer, String reason) {
        var again = reason.equals(PRIVATE) ? Optional.of(Parting.Again.LATE) : peers.again(peer, reason);
        return new Parting(reason, again.orElse(Parting.Again.SOON));
    }

    private Parting handOver(Conversations next, Connection connection) {
        if (isPrivate && isForPublicOnly(connection)) {
            return new Parting(PRIVATE, Parting.Again.LATE);
        }
        return next.adopt(connection)
                ? new Parting("the metadata is known", Parting.Again.HANDED_OVER)
                : new Parting(Swarm.STOPPED, Parting.Again.SOON);
    }

    /** What we speak. Of a private torrent's peers none is spoken of. */
    private ExtensionTable table() {
        return ExtensionTable.beforeMetadata(peerExchange.stream()
                .filter(exchange -> !isPrivate)
                .map(Extension.class::cast)
                .toList());
    }

    private ExtensionHandshake ourHandshake(Connection connection) {
        return new ExtensionHandshake(
                table().ids(),
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

    /** What peers may say of their pieces in all. */
    EarlyDecoder.Room earlyRoom() {
        return earlyRoom;
    }

    /** How many pieces there are; asked when the torrent has begun. */
    int pieceCount() {
        return successor.pieceCount();
    }

    /** The peer has said something of itself. */
    void introduced(MetadataPeer peer) {
        peers.introduced(peer);
        LOG.log(
                System.Logger.Level.DEBUG,
                () -> peer + ": " + peer.extensions().handshake().client().orElse("?") + ", "
                        + (peer.extensions().knows(MetadataMessage.NAME) ? "sends metadata" : "no metadata"));
    }

    /** A peer says that its DHT node is here. To ask a node tells nobody of the torrent. */
    void dhtNode(InetSocketAddress address) {
        if (!isPrivate) {
            shared.dht().ifPresent(nodes -> nodes.accept(address));
        }
    }

    void outcome(MetadataDownload.Outcome outcome) {
        for (Object liar : outcome.liars()) {
            var peer = (MetadataPeer) liar;
            LOG.log(System.Logger.Level.DEBUG, "{0}: banned, sent wrong metadata", peer);
            shared.bans().add(peer.connection().channel().remoteAddress().getAddress());
            peers.closeBanned("banned: sent wrong metadata");
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

    /** How a connected peer stands. */
    public record PeerStanding(InetSocketAddress address, String client, boolean outgoing, Duration connectedFor) {}

    /** The connected peers. */
    public List<PeerStanding> peers() {
        return peers.stream().map(MetadataPeer::standing).toList();
    }

    /** How many peers are connected and to stay. */
    int peerCount() {
        return (int) peers.stream().filter(peer -> !peer.isClosing()).count();
    }
}

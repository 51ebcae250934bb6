package weft.swarm;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Stream;
import weft.concurrent.FlightRecording;
import weft.concurrent.TaskScope;
import weft.concurrent.Watchdog;
import weft.extension.Extension;
import weft.net.ConnectionLimits;
import weft.net.PeerChannel;
import weft.picker.PiecePicker;
import weft.wire.ExtensionHandshake;
import weft.wire.Handshake;
import weft.wire.PeerId;
import weft.wire.PexMessage;

/**
 * The connections of a {@link Swarm}, each from the door to the parting: who is let in, how he is greeted, who talks with
 * him, when there is nothing more to say, and when to try again. What is asked and served meanwhile is not its business.
 *
 * <p>One of each swarm, which starts and stops it; all else from any thread. Each conversation is a thread of the swarm's
 * scope, and a child scope with the peer's writer.
 */
final class Conversations {
    private static final System.Logger LOG = System.getLogger("weft.swarm");

    private static final String NOTHING_TO_TRADE = "nothing to trade: ";

    private final Swarm swarm;
    private final Swarm.Subject subject;
    private final Swarm.Shared shared;
    private final PiecePicker picker;
    private final Optional<PeerExchange> peerExchange;
    private final ExtensionTable extensions;
    private final Optional<MetadataSwarm> predecessor;
    private final Door door;
    private final Entrance entrance = new Entrance();
    private final Candidates candidates;
    private final ConnectedPeers<Peer> peers;

    /** Nobody is connected but those that the predecessor has, which are taken over at the start. */
    Conversations(
            Swarm swarm,
            Swarm.Subject subject,
            Door door,
            Optional<MetadataSwarm> predecessor,
            Swarm.Shared shared,
            int maxPeers,
            PiecePicker picker) {
        this.swarm = swarm;
        this.subject = subject;
        this.shared = shared;
        this.picker = picker;
        this.peerExchange = subject.isPrivate() || !shared.peerExchange()
                ? Optional.empty()
                : Optional.of(predecessor
                        .flatMap(MetadataSwarm::peerExchange)
                        .orElseGet(() -> new PeerExchange(new Acquaintances(), door.candidates(), shared.nanoTime())));
        this.extensions = ExtensionTable.of(Stream.of(
                        subject.metadata().map(MetadataServer::new).stream(),
                        peerExchange.stream(),
                        subject.extensions().stream())
                .flatMap(part -> part.map(Extension.class::cast))
                .toList());
        if (subject.isPrivate()) {
            door.becomePrivate();
        }
        this.predecessor = predecessor;
        this.door = door;
        this.candidates = door.candidates();
        this.peers = new ConnectedPeers<>(
                shared,
                candidates,
                maxPeers,
                () -> predecessor.map(MetadataSwarm::peerCount).orElse(0));
        peerExchange.ifPresent(exchange -> exchange.become(new Acquaintances())); // which asks for all of the above
    }

    // --- the order of life

    /** Begins to connect, in this scope; first the connections are taken over that the predecessor has. */
    void start(TaskScope scope) {
        predecessor.ifPresent(before -> before.handOver(this)); // before anybody is dialled who could take their places
        candidates.hurry();
        scope.fork("connector", () -> new Connector(swarm.torrent(), shared, door, entrance).run(scope));
    }

    /** One round of the keeper. */
    void tick() {
        peerExchange.ifPresent(PeerExchange::tick);
        peers.learnOwnAddresses();
    }

    /** Ends all connections. Says whether those of the predecessor have ended, for which it waits. */
    boolean stop(Duration patience) {
        boolean allEnded = predecessor.map(before -> before.stop(patience)).orElse(true);
        peers.forEach(peer -> peer.close(Swarm.STOPPED));
        return allEnded;
    }

    // --- who is there

    /** Those who are connected. */
    ConnectedPeers<Peer> peers() {
        return peers;
    }

    /** How many are connected; also those that are since the metadata was fetched, and are not taken over yet. */
    int peerCount() {
        return peers.all().size() + predecessor.map(MetadataSwarm::peerCount).orElse(0);
    }

    /** Where others may be. */
    Candidates candidates() {
        return candidates;
    }

    /** Why the last connections ended, oldest first. */
    List<Swarm.Disconnect> disconnects() {
        return door.disconnects();
    }

    /** How many pieces there are of what we talk about. */
    int pieceCount() {
        return subject.layout().pieceCount();
    }

    // --- peers come

    /**
     * A peer has connected to us and named this torrent. The connection is taken over and served in a thread of the
     * swarm, or closed.
     */
    void accept(PeerChannel channel, Watchdog.Guard deadline, Handshake.Head head, ConnectionLimits.Place place) {
        var current = swarm.session();
        if (current == null && predecessor.isPresent()) {
            predecessor.get().accept(channel, deadline, head, place); // it is handed over when this has started
            return;
        }
        boolean taken = current != null
                && peers.mayCome(channel.remoteAddress().getAddress())
                && current.scope()
                        .tryFork(
                                "peer " + Swarm.text(channel.remoteAddress()) + " reader",
                                () -> door.answer(current.scope(), channel, deadline, head, place, entrance));
        if (!taken) {
            deadline.close();
            channel.close();
            place.close();
        }
    }

    /** With whom peers talk that the door lets in. */
    Connector.Host entrance() {
        return entrance;
    }

    /**
     * Takes a connection over that was begun while the metadata was fetched; false if it cannot, and it stays the caller's.
     * A peer that was greeted then has a place already, and keeps it.
     */
    boolean adopt(Connection connection) {
        var current = swarm.session();
        if (current == null) {
            return false;
        }
        var channel = connection.channel();
        if (connection.earlier().isPresent()) {
            peers.expect(channel);
        }
        boolean taken = current.scope()
                .tryFork(
                        "peer " + Swarm.text(channel.remoteAddress()) + " reader",
                        () -> converseAdopted(current, connection));
        if (!taken) {
            peers.expectNoLonger(channel);
        }
        return taken;
    }

    private void converseAdopted(Swarm.Session current, Connection connection) {
        var channel = connection.channel();
        current.scope().closeFirst(channel);
        try {
            var parting = entrance.converse(connection);
            if (connection.outgoing()) {
                door.left(channel.remoteAddress(), parting);
            } else {
                door.ended(channel.remoteAddress(), parting.reason());
            }
        } finally {
            peers.expectNoLonger(channel);
            current.scope().forget(channel);
            connection.close();
        }
    }

    private Parting converse(Swarm.Session current, Connection connection) {
        var channel = connection.channel();
        var deadline = connection.deadline();
        var earlier = connection.earlier();
        var peer = new Peer(
                swarm.torrent(),
                channel,
                connection.outgoing(),
                connection.peerId(),
                connection.reserved(),
                picker,
                extensions,
                earlier.map(Connection.Earlier::handshake).orElse(ExtensionHandshake.EMPTY),
                shared.nanoTime());
        TaskScope scope;
        try {
            scope = current.scope().childAllTogether("peer " + peer);
        } catch (IllegalStateException stopping) {
            picker.disconnect(peer.source());
            return new Parting(Swarm.STOPPED, Parting.Again.SOON);
        }
        String reason;
        try (scope) {
            scope.closeFirst(channel);
            scope.closeFirst(peer.outbox()::close);
            var refusal = join(peer, earlier.isPresent());
            if (refusal.isPresent()) {
                return parting(peer, refusal.get());
            }
            if (FlightRecording.isOn()) {
                PeerConnectedEvent.of(peer);
            }
            LOG.log(System.Logger.Level.DEBUG, "{0}: connected, {1}", peer, peer.clientName());
            if (scope.tryFork("writer", new PeerWriter(peer, swarm, current.storage())::run)) {
                var unread = earlier.map(Connection.Earlier::unread).orElse(ByteBuffer.allocate(0));
                new PeerReader(peer, swarm, this, picker, current.storage(), shared.buffers(), deadline).run(unread);
            }
            reason = Swarm.STOPPED;
        } catch (IOException | RuntimeException e) {
            if (e instanceof RuntimeException) {
                LOG.log(System.Logger.Level.ERROR, () -> peer + ": a bug of ours ended the connection", e);
            }
            reason = peer.closeReason()
                    .orElseGet(() ->
                            scope.failure().map(Swarm::message).orElseGet(() -> Swarm.failureReason(e, deadline)));
        } finally {
            peer.outbox().close();
            peer.extensions().closed();
            leave(peer);
        }
        if (FlightRecording.isOn()) {
            PeerDisconnectedEvent.of(peer, reason);
        }
        return parting(peer, reason);
    }

    /**
     * Counts the peer in and greets it, unless there is a reason why not. {@code isMet} says that it was greeted while the
     * metadata was not known, and told that we have nothing.
     */
    private Optional<String> join(Peer peer, boolean isMet) {
        return peers.join(peer, peer.channel(), () -> {
            if (peer.isExtended()) {
                peer.sendExtensionHandshake(ourExtensionHandshake(peer, isMet));
            }
            var have = picker.have();
            if (isMet) {
                have.stream().forEach(peer::sendHave);
            } else {
                peer.sendPieces(have, pieceCount());
                if (!subject.isPrivate()) {
                    peer.sendPort(shared.port());
                }
            }
        });
    }

    private ExtensionHandshake ourExtensionHandshake(Peer peer, boolean isMet) {
        return new ExtensionHandshake(
                isMet ? extensions.idsAfterMetadata() : extensions.ids(),
                Optional.of(PeerId.OUR_CLIENT),
                peer.isOutgoing() ? OptionalInt.of(shared.port()) : OptionalInt.empty(), // who dialled us knows it
                Optional.of(peer.address().getAddress()),
                OptionalInt.of(Outbox.MAX_QUEUED_BLOCKS),
                subject.metadata()
                        .map(metadata -> OptionalLong.of(metadata.remaining()))
                        .orElse(OptionalLong.empty()),
                swarm.wantsNothing() ? Optional.of(true) : Optional.empty());
    }

    // --- peers go

    private void leave(Peer peer) {
        boolean joined = peers.leave(peer, swarm.wantsNothing());
        picker.disconnect(peer.source());
        if (joined) {
            swarm.peerHasLeft();
        }
    }

    private Parting parting(Peer peer, String reason) {
        var again = peers.again(peer, reason);
        if (again.isPresent()) {
            return new Parting(reason, again.get());
        }
        if (!swarm.wantsNothing()) {
            return new Parting(reason, Parting.Again.SOON);
        }
        if (peer.isSeed() || peer.isUploadOnly()) {
            return new Parting(reason, Parting.Again.LATE);
        }
        // Transmission begins anew when it has fetched the metadata from us; others may not want us at all.
        boolean wasOfUse = peer.uploaded().total() > 0;
        return new Parting(reason, wasOfUse ? Parting.Again.SOON : Parting.Again.AS_AFTER_A_FAILURE);
    }

    /** Two that both want nothing have nothing to say to each other. */
    void closeIfUseless(Peer peer) {
        if (swarm.wantsNothing() && peer.isSeed()) {
            peer.close(NOTHING_TO_TRADE + "both have everything");
        } else if (swarm.wantsNothing() && peer.isUploadOnly()) {
            peer.close(NOTHING_TO_TRADE + "neither wants anything");
        }
    }

    /** Everything that is wanted is there now, or is so no more: whom that makes useless goes, and the others are told. */
    void completionChanged() {
        if (swarm.wantsNothing()) {
            peers.forEach(this::closeIfUseless);
        } else {
            candidates.hurry(); // seeds are of use again
        }
        peers.tellAll(peer -> {
            if (!peer.isClosing() && peer.isExtended()) {
                // As it is by now: the last word must be true.
                peer.sendExtensionHandshake(uploadOnly(swarm.wantsNothing()));
            }
        });
    }

    private static ExtensionHandshake uploadOnly(boolean yes) {
        return new ExtensionHandshake(
                Map.of(),
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                OptionalLong.empty(),
                Optional.of(yes));
    }

    // --- what peers say of themselves and others

    /** A peer has said something of itself by the extension protocol. */
    void peerIntroduced(Peer peer) {
        peers.introduced(peer);
        peer.extensions().handshake().uploadOnly().ifPresent(yes -> peerUploadOnly(peer, yes));
    }

    /** A peer wants nothing any more, or something again (BEP 21). */
    void peerUploadOnly(Peer peer, boolean yes) {
        peer.uploadOnly(yes);
        closeIfUseless(peer);
    }

    /** A peer says that its DHT node is here. */
    void dhtNode(InetSocketAddress address) {
        if (!subject.isPrivate()) {
            shared.dht().ifPresent(nodes -> nodes.accept(address));
        }
    }

    // --- whom peers are told of (BEP 11)

    private final class Acquaintances implements PeerExchange.Host {
        @Override
        public Map<InetSocketAddress, Integer> contacts() {
            var contacts = peers.contacts(
                    peer -> peer.extensions().contactFlags() | (peer.isSeed() ? PexMessage.UPLOAD_ONLY : 0));
            predecessor.ifPresent(before -> before.contacts().forEach(contacts::putIfAbsent)); // they are to come over
            return contacts;
        }

        @Override
        public boolean wantsUploadOnly() {
            return !swarm.wantsNothing();
        }
    }

    // --- whom the door lets in

    private final class Entrance implements Connector.Host {
        @Override
        public Parting converse(Connection connection) {
            var current = swarm.session();
            if (current == null) {
                return new Parting(Swarm.STOPPED, Parting.Again.SOON);
            }
            return Conversations.this.converse(current, connection);
        }

        @Override
        public boolean hasRoomToDial(int beingDialled) {
            return peers.isFree(beingDialled + 1)
                    || (beingDialled == 0 && !swarm.wantsNothing() && peers.mayBeDialled());
        }

        @Override
        public void refusedBanned(InetAddress address) {
            swarm.refusedBanned(address);
        }
    }
}

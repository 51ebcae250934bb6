package weft.swarm;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import weft.concurrent.TaskScope;
import weft.concurrent.Watchdog;
import weft.metainfo.InfoHash;
import weft.net.ConnectionLimits;
import weft.net.PeerChannel;
import weft.wire.Handshake;
import weft.wire.PeerId;
import weft.wire.ProtocolException;
import weft.wire.Reserved;

/**
 * Where peers of a torrent come in: the addresses at which they may be, the handshake with those whom we dial and those
 * who dial us (BEP 3), and the book of why connections ended. The same one while the torrent's metadata is fetched and
 * after.
 *
 * <p>One per torrent; all methods from any thread, those that shake hands block.
 */
final class Door {
    private static final System.Logger LOG = System.getLogger("weft.swarm");

    /** libtorrent drops a connection whose handshake makes no progress for so long. */
    private static final Duration HANDSHAKE = Duration.ofSeconds(10);

    private static final int DISCONNECTS_KEPT = 64;

    private static final String OURSELVES = "connected to ourselves";

    /** With whom a conversation begins once hands are shaken. */
    interface Host {
        /**
         * Talks with the peer, in this thread, until the connection ends or somebody else takes it over; the connection
         * is closed by the caller, but not when it is handed over.
         */
        Parting converse(Connection connection);
    }

    private final InfoHash infoHash;
    private volatile Reserved ours;
    private final Swarm.Shared shared;
    private final Candidates candidates;

    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Swarm.Disconnect> disconnects = new ArrayDeque<>(); // guarded by lock

    /** {@code ours} is what we can do beyond BEP 3. */
    Door(InfoHash infoHash, Reserved ours, Swarm.Shared shared) {
        this.ours = ours;
        this.infoHash = infoHash;
        this.shared = shared;
        this.candidates = new Candidates(shared.nanoTime());
    }

    /** The torrent has turned out to be private: from now on the DHT is not spoken of, and peers come from trackers. */
    void becomePrivate() {
        ours = Reserved.OURS;
        candidates.becomePrivate();
    }

    Candidates candidates() {
        return candidates;
    }

    /** Why the last connections ended, oldest first. */
    List<Swarm.Disconnect> disconnects() {
        lock.lock();
        try {
            return List.copyOf(disconnects);
        } finally {
            lock.unlock();
        }
    }

    /** A peer has connected to us and named this torrent. */
    void answer(
            TaskScope scope,
            PeerChannel channel,
            Watchdog.Guard deadline,
            Handshake.Head head,
            ConnectionLimits.Place place,
            Host host) {
        boolean handedOver = false;
        scope.closeFirst(channel);
        try {
            channel.write(ourHandshake());
            var id = ByteBuffer.allocate(PeerId.LENGTH);
            channel.readFully(id);
            place.established();
            var peerId = Handshake.decodePeerId(id.flip());
            if (peerId.equals(shared.peerId())) {
                ended(channel.remoteAddress(), OURSELVES);
                return;
            }
            var parting = host.converse(connection(channel, deadline, place, false, head.reserved(), peerId));
            handedOver = parting.again() == Parting.Again.HANDED_OVER;
            if (!handedOver) {
                ended(channel.remoteAddress(), parting.reason());
            }
        } catch (IOException e) {
            ended(channel.remoteAddress(), Swarm.failureReason(e, deadline));
        } finally {
            scope.forget(channel);
            if (!handedOver) {
                deadline.close();
                channel.close();
                place.close();
            }
        }
    }

    /** We have connected to a peer: shake hands and stay with it until the connection ends. */
    void greet(
            TaskScope scope, PeerChannel channel, InetSocketAddress address, ConnectionLimits.Place place, Host host) {
        boolean handedOver = false;
        var deadline = shared.watchdog().watch(channel);
        scope.closeFirst(channel);
        try {
            Connection connection;
            try {
                connection = shakeHands(channel, deadline, place);
            } catch (IOException e) {
                var reason = Swarm.failureReason(e, deadline);
                candidates.failed(address, reason);
                ended(address, reason);
                return;
            }
            if (connection.peerId().equals(shared.peerId())) {
                candidates.isOurs(address); // the tracker told us our own address
                ended(address, OURSELVES);
                return;
            }
            var parting = host.converse(connection);
            handedOver = parting.again() == Parting.Again.HANDED_OVER;
            if (!handedOver) {
                left(address, parting);
            }
        } finally {
            scope.forget(channel);
            if (!handedOver) {
                deadline.close();
                channel.close();
                place.close();
            }
        }
    }

    private Connection shakeHands(PeerChannel channel, Watchdog.Guard deadline, ConnectionLimits.Place place)
            throws IOException {
        deadline.expect("sent its handshake", HANDSHAKE);
        channel.write(ourHandshake());
        var theirs = ByteBuffer.allocate(Handshake.LENGTH);
        channel.readFully(theirs);
        var head = Handshake.decodeHead(theirs.flip());
        var id = Handshake.decodePeerId(theirs);
        if (!head.infoHash().equals(InfoHash.ofV1(infoHash.truncated()))) {
            throw new ProtocolException("handshake: for torrent " + head.infoHash());
        }
        return connection(channel, deadline, place, true, head.reserved(), id);
    }

    private Connection connection(
            PeerChannel channel,
            Watchdog.Guard deadline,
            ConnectionLimits.Place place,
            boolean outgoing,
            Reserved theirs,
            PeerId peerId) {
        return new Connection(channel, deadline, place, outgoing, theirs.and(ours), peerId, Optional.empty());
    }

    private ByteBuffer ourHandshake() {
        return new Handshake(ours, infoHash, shared.peerId()).encode();
    }

    /** A conversation with a peer that we dialled has ended. */
    void left(InetSocketAddress address, Parting parting) {
        ended(address, parting.reason());
        switch (parting.again()) {
            case SOON -> candidates.ended(address, parting.reason(), false);
            case LATE -> candidates.ended(address, parting.reason(), true);
            case AS_AFTER_A_FAILURE -> candidates.failed(address, parting.reason());
            case HANDED_OVER -> throw new IllegalArgumentException("the connection stands: " + address);
        }
    }

    /** A connection has ended for this reason. */
    void ended(InetSocketAddress address, String reason) {
        LOG.log(System.Logger.Level.DEBUG, "{0}: {1}", Swarm.text(address), reason);
        lock.lock();
        try {
            if (disconnects.size() == DISCONNECTS_KEPT) {
                disconnects.removeFirst();
            }
            disconnects.addLast(new Swarm.Disconnect(address, reason));
        } finally {
            lock.unlock();
        }
    }
}

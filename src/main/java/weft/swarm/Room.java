package weft.swarm;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * How many peers a torrent may have, and who makes room when it has them: a peer with which nothing of use was exchanged
 * for a minute, the idlest first. Otherwise strangers who connect, shake hands and do nothing more would keep everybody else
 * out. Only one makes room every few seconds, or a swarm in which many must wait would always be on the move; those whom
 * we dial and those who come to us each have their own turn, so that a crowd at the door does not keep us from dialling.
 *
 * <p>If nobody is idle, who comes to us can still take the place of the peer of the lowest canonical priority, if its own is
 * higher (BEP 40): otherwise a swarm in which everybody has enough peers would have no place for anybody new.
 *
 * <p>One of each swarm; memory work only. Whoever lets a peer in holds the join lock of {@link ConnectedPeers}.
 */
final class Room {
    /** As long as it takes until a peer that was asked and sends nothing counts as snubbed. */
    static final Duration IDLE = RequestPipeline.SNUBBED_AFTER;

    /** How soon after one peer has made room the next one may have to. */
    static final Duration TURNOVER = Duration.ofSeconds(5);

    private static final String IDLE_REASON = "made room for another peer, with nothing exchanged for a minute";

    private static final String PRIORITY_REASON = "made room for another peer, of a higher canonical priority";

    private final int maxPeers;
    private final Supplier<Collection<? extends ConnectedPeer>> peers;
    private final IntSupplier others;
    private final Supplier<OwnAddresses> own;
    private final LongSupplier nanoTime;
    private volatile long lastForIncoming;
    private volatile long lastForOutgoing;

    /**
     * Room for {@code maxPeers}.
     *
     * @param others how many beside {@code peers} have a place
     */
    Room(
            int maxPeers,
            Supplier<Collection<? extends ConnectedPeer>> peers,
            IntSupplier others,
            Supplier<OwnAddresses> own,
            LongSupplier nanoTime) {
        this.maxPeers = maxPeers;
        this.peers = peers;
        this.others = others;
        this.own = own;
        this.nanoTime = nanoTime;
        this.lastForIncoming = nanoTime.getAsLong() - TURNOVER.toNanos();
        this.lastForOutgoing = lastForIncoming;
    }

    /** Whether there is room for this many more. */
    boolean isFree(int more) {
        long taken = peers.get().stream().filter(peer -> !peer.isClosing()).count() + others.getAsInt();
        return taken + more <= maxPeers;
    }

    /** Whether a peer that we dial would be let in now. */
    boolean mayBeDialled() {
        return isFree(1) || idlest(true).isPresent();
    }

    /** Whether a peer that comes to us from this address would be let in now. */
    boolean mayCome(InetAddress from) {
        return isFree(1) || idlest(false).or(() -> lowest(from)).isPresent();
    }

    /** Makes room for one more peer; false if there is none to be had. */
    boolean make(InetAddress newcomer, boolean outgoing) {
        if (isFree(1)) {
            return true;
        }
        var idlest = idlest(outgoing);
        var lowest = idlest.isPresent() || outgoing ? Optional.<ConnectedPeer>empty() : lowest(newcomer);
        idlest.ifPresent(peer -> peer.close(IDLE_REASON));
        lowest.ifPresent(peer -> peer.close(PRIORITY_REASON));
        if (idlest.isEmpty() && lowest.isEmpty()) {
            return false;
        }
        if (outgoing) {
            lastForOutgoing = nanoTime.getAsLong();
        } else {
            lastForIncoming = nanoTime.getAsLong();
        }
        return true;
    }

    private Optional<ConnectedPeer> idlest(boolean outgoing) {
        long now = nanoTime.getAsLong();
        if (!isTurn(outgoing)) {
            return Optional.empty();
        }
        return peers.get().stream()
                .<ConnectedPeer>map(peer -> peer)
                .filter(peer -> !peer.isClosing() && peer.idleNanos(now) >= IDLE.toNanos())
                .max(Comparator.comparingLong(peer -> peer.idleNanos(now)));
    }

    /** The peer of the lowest priority, if a newcomer's is higher, and both are known. */
    private Optional<ConnectedPeer> lowest(InetAddress newcomer) {
        var us = own.get();
        var priority = us.priority(newcomer);
        if (priority.isEmpty() || !isTurn(false)) {
            return Optional.empty();
        }
        ToLongFunction<ConnectedPeer> of =
                peer -> us.priority(peer.address().getAddress()).orElse(Long.MAX_VALUE);
        return peers.get().stream()
                .<ConnectedPeer>map(peer -> peer)
                .filter(peer -> !peer.isClosing() && of.applyAsLong(peer) < priority.getAsLong())
                .min(Comparator.comparingLong(of));
    }

    private boolean isTurn(boolean outgoing) {
        return nanoTime.getAsLong() - (outgoing ? lastForOutgoing : lastForIncoming) >= TURNOVER.toNanos();
    }
}

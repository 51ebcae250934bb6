package weft.swarm;

import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * How many peers a torrent may have, and who makes room when it has them: a peer with which nothing was exchanged for a
 * minute, the idlest first. Otherwise strangers who connect, shake hands and do nothing more would keep everybody else
 * out. Only one makes room every few seconds, or a swarm in which many must wait would always be on the move; those whom
 * we dial and those who come to us each have their own turn, so that a crowd at the door does not keep us from dialling.
 *
 * <p>One per torrent; memory work only. Whoever lets a peer in holds the swarm's join lock.
 */
final class Room {
    /** As long as it takes until a peer that was asked and sends nothing counts as snubbed. */
    static final Duration IDLE = Peer.SNUBBED_AFTER;

    /** How soon after one peer has made room the next one may have to. */
    static final Duration TURNOVER = Duration.ofSeconds(5);

    private static final String REASON = "made room for another peer, with nothing exchanged for a minute";

    private final int maxPeers;
    private final Supplier<Collection<Peer>> peers;
    private final LongSupplier nanoTime;
    private volatile long lastForIncoming;
    private volatile long lastForOutgoing;

    Room(int maxPeers, Supplier<Collection<Peer>> peers, LongSupplier nanoTime) {
        this.maxPeers = maxPeers;
        this.peers = peers;
        this.nanoTime = nanoTime;
        this.lastForIncoming = nanoTime.getAsLong() - TURNOVER.toNanos();
        this.lastForOutgoing = lastForIncoming;
    }

    /** Whether there is room for this many more. */
    boolean isFree(int more) {
        return peers.get().stream().filter(peer -> !peer.isClosing()).count() + more <= maxPeers;
    }

    /** Whether one more peer would be let in now. */
    boolean mayCome(boolean outgoing) {
        return isFree(1) || idlest(outgoing).isPresent();
    }

    /** Makes room for one more peer; false if there is none to be had. */
    boolean make(boolean outgoing) {
        if (isFree(1)) {
            return true;
        }
        var idlest = idlest(outgoing);
        if (idlest.isPresent()) {
            if (outgoing) {
                lastForOutgoing = nanoTime.getAsLong();
            } else {
                lastForIncoming = nanoTime.getAsLong();
            }
            idlest.get().close(REASON);
        }
        return idlest.isPresent();
    }

    private Optional<Peer> idlest(boolean outgoing) {
        long now = nanoTime.getAsLong();
        if (now - (outgoing ? lastForOutgoing : lastForIncoming) < TURNOVER.toNanos()) {
            return Optional.empty();
        }
        return peers.get().stream()
                .filter(peer -> !peer.isClosing() && peer.idleNanos(now) >= IDLE.toNanos())
                .max(Comparator.comparingLong(peer -> peer.idleNanos(now)));
    }
}

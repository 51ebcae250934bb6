package weft.net;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * By which address the world sees us, as far as others agree: nodes of the DHT say it with each answer (BEP 42), trackers
 * (BEP 24) and peers (BEP 10) may say it. Each has one vote, his latest; the latest {@value #BALLOTS} count, and an address
 * is agreed on when at least {@value #QUORUM} have voted and more than half of them for it. It stays until another is.
 * A client has one of these for all its torrents: whoever speaks by several protocols has one vote all the same.
 *
 * <p>IPv4 and IPv6 are voted on apart. Any thread may use this; memory work only, and bounded.
 */
public final class AddressVotes {
    /** DHT nodes: "a majority of some 10 to 20". So few that a new address is known soon. */
    private static final int BALLOTS = 20;

    private static final int QUORUM = 10;

    private final ReentrantLock lock = new ReentrantLock();
    private final Box ipv4 = new Box(); // guarded by lock
    private final Box ipv6 = new Box(); // guarded by lock

    /**
     * {@code voter} says that he sees us at {@code seen}. What a stranger says about an address that only its own network
     * knows does not count, nor what somebody says who is in our own network, as he sees us from inside, nor about an address
     * of the other family than his own, as he cannot see that.
     */
    public void vote(InetAddress voter, InetAddress seen) {
        boolean canSee = voter instanceof Inet4Address == seen instanceof Inet4Address;
        if (!canSee || LocalAddresses.isLocal(seen) || LocalAddresses.isLocal(voter)) {
            return;
        }
        lock.lock();
        try {
            (seen instanceof Inet4Address ? ipv4 : ipv6).vote(Subscriber.of(voter), seen);
        } finally {
            lock.unlock();
        }
    }

    /** Our IPv4 address, if it is agreed on. */
    public Optional<InetAddress> ipv4() {
        return winner(ipv4);
    }

    /** Our IPv6 address, if it is agreed on. */
    public Optional<InetAddress> ipv6() {
        return winner(ipv6);
    }

    private Optional<InetAddress> winner(Box box) {
        lock.lock();
        try {
            return Optional.ofNullable(box.winner);
        } finally {
            lock.unlock();
        }
    }

    /** The votes on one family's address. */
    private static final class Box {
        private final Map<InetAddress, InetAddress> votes = new LinkedHashMap<>(); // by voter, the oldest first
        private InetAddress winner; // or null

        void vote(InetAddress voter, InetAddress seen) {
            votes.remove(voter); // and is put last
            votes.put(voter, seen);
            if (votes.size() > BALLOTS) {
                var oldest = votes.keySet().iterator();
                oldest.next();
                oldest.remove();
            }
            if (votes.size() >= QUORUM && !seen.equals(winner) && 2 * votesFor(seen) > votes.size()) {
                winner = seen;
            }
        }

        private int votesFor(InetAddress seen) {
            return Collections.frequency(votes.values(), seen);
        }
    }
}

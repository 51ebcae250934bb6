package weft.swarm;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Decides whom we serve: a few peers at a time, because many slow uploads are worth less to everyone than a few quick
 * ones. BEP 3: while leeching, those who give us most (tit for tat); while seeding, those who have waited longest get
 * their turn, so that all are served. One slot is optimistic: it goes to somebody at random, newcomers more often, who
 * can then show what he gives. A peer that has snubbed us keeps no slot but the optimistic one.
 *
 * <p>One per torrent. {@link #round} is called every ten seconds by the swarm's keeper; a free slot is filled at once
 * when a peer becomes interested, and one that loses interest has its slot no more. The lock is taken before those of
 * peers, picker and outboxes.
 */
final class Choker {
    /** BEP 3: choking is reconsidered every ten seconds, so that TCP has time to get up to speed. */
    static final Duration ROUND = Duration.ofSeconds(10);

    /** BEP 3: the optimistic unchoke moves on every thirty seconds. */
    private static final int ROUNDS_PER_OPTIMISTIC = 3;

    /** BEP 3: new peers are three times as likely to get the optimistic unchoke. */
    private static final int NEWCOMER_WEIGHT = 3;

    /** While seeding a peer keeps its slot so long, if others wait for one. */
    private static final Duration SEEDING_TURN = Duration.ofSeconds(60);

    private final int slots;
    private final Supplier<Collection<Peer>> peers;
    private final BooleanSupplier seeding;
    private final RandomGenerator random;
    private final LongSupplier nanoTime;

    private final ReentrantLock lock = new ReentrantLock();
    private boolean serving; // guarded by lock, as are all below
    private int rounds;
    private Peer optimistic; // or null

    /**
     * A choker with {@code slots} places, the optimistic one among them.
     *
     * @param seeding whether those who are served are chosen as a seed does; asked under the lock, so that whoever has seen
     *     it change may not have the last word
     */
    Choker(
            int slots,
            Supplier<Collection<Peer>> peers,
            BooleanSupplier seeding,
            RandomGenerator random,
            LongSupplier nanoTime) {
        if (slots < 1) {
            throw new IllegalArgumentException("upload slots < 1: " + slots);
        }
        this.slots = slots;
        this.peers = peers;
        this.seeding = seeding;
        this.random = random;
        this.nanoTime = nanoTime;
    }

    /** From now on everybody is choked, or peers are served again. */
    void serve(boolean nowServing) {
        lock.lock();
        try {
            serving = nowServing;
            if (serving) {
                fillFreeSlots();
            } else {
                optimistic = null;
                peers.get().forEach(peer -> peer.choke(true, false));
            }
        } finally {
            lock.unlock();
        }
    }

    /** Every ten seconds: who has earned a slot? */
    void round() {
        lock.lock();
        try {
            if (!serving) {
                return;
            }
            var interested = new ArrayList<>(
                    peers.get().stream().filter(Peer::peerInterested).toList());
            if (optimistic == null || !interested.contains(optimistic) || rounds % ROUNDS_PER_OPTIMISTIC == 0) {
                optimistic = drawOptimistic(interested);
            }
            rounds++;
            boolean asSeed = seeding.getAsBoolean();
            var served = new HashSet<Peer>();
            interested.stream()
                    .filter(peer -> peer != optimistic && !(peer.isSnubbed() && !asSeed))
                    .sorted(asSeed ? byTurn() : byWhatTheyGive())
                    .limit(optimistic == null ? slots : slots - 1L)
                    .forEach(served::add);
            for (Peer peer : peers.get()) {
                peer.choke(!served.contains(peer) && peer != optimistic, peer == optimistic);
            }
            fillFreeSlots();
        } finally {
            lock.unlock();
        }
    }

    /**
     * A peer has become interested, or has lost interest, or gone, or we have begun to seed, or ceased to: what that
     * changes need not wait for the next round. Who is not interested is choked before another gets its slot: it would be
     * one too many once it is interested again.
     */
    void changed() {
        lock.lock();
        try {
            if (serving) {
                chokeWhoIsNotInterested();
                fillFreeSlots();
            }
        } finally {
            lock.unlock();
        }
    }

    private void chokeWhoIsNotInterested() {
        for (Peer peer : peers.get()) {
            if (!peer.amChoking() && !peer.peerInterested()) {
                peer.choke(true, false);
            }
        }
    }

    private void fillFreeSlots() {
        boolean asSeed = seeding.getAsBoolean();
        var waiting = new ArrayList<Peer>();
        int taken = 0;
        for (Peer peer : peers.get()) {
            if (peer.peerInterested()) {
                if (!peer.amChoking()) {
                    taken++;
                } else if (!peer.isSnubbed() || asSeed) {
                    waiting.add(peer);
                }
            }
        }
        while (taken < slots && !waiting.isEmpty()) {
            waiting.remove(random.nextInt(waiting.size())).choke(false, false);
            taken++;
        }
    }

    private Comparator<Peer> byWhatTheyGive() {
        return Comparator.comparingLong((Peer peer) -> peer.downloaded().bytesPerSecond())
                .reversed()
                .thenComparing(Peer::amChoking); // a slot is not moved without a reason
    }

    // Those in the middle of their turn stay; then whoever has waited longest, then whoever has been served longest.
    private Comparator<Peer> byTurn() {
        long now = nanoTime.getAsLong();
        return Comparator.comparingInt((Peer peer) -> turn(peer, now))
                .thenComparingLong(peer -> peer.unchokedNanos() - now);
    }

    private static int turn(Peer peer, long now) {
        if (peer.amChoking()) {
            return 1;
        }
        return now - peer.unchokedNanos() < SEEDING_TURN.toNanos() ? 0 : 2;
    }

    private Peer drawOptimistic(List<Peer> interested) {
        var lots = new ArrayList<Peer>();
        for (Peer peer : interested) {
            if (peer.amChoking()) {
                int weight = peer.downloaded().total() == 0 && peer.uploaded().total() == 0 ? NEWCOMER_WEIGHT : 1;
                for (int i = 0; i < weight; i++) {
                    lots.add(peer);
                }
            }
        }
        if (lots.isEmpty()) { // everybody who wants one has a slot already
            return interested.contains(optimistic) ? optimistic : null;
        }
        return lots.get(random.nextInt(lots.size()));
    }
}

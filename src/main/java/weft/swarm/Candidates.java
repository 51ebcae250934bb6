package weft.swarm;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * The addresses at which peers of a torrent may be, and when each may be tried (again). Addresses come from trackers, from
 * the user and from peers; one that cannot be reached is tried less and less often. Of those that may be tried, those that
 * did not fail come first, and of these who has the highest canonical priority (BEP 40). Bounded, by where they come from:
 * strangers tell us addresses, and what they tell must not push out, nor hold up, what others did.
 *
 * <p>One per torrent; all methods from any thread; only {@link #take} waits.
 */
final class Candidates {
    /** More than a tracker tells in many announces, and small enough to be searched. */
    private static final int MAX = 2000;

    /** The first try after a failure comes soon: the peer may just be starting. Then three times as long each time. */
    private static final Duration FIRST_RETRY = Duration.ofSeconds(5);

    private static final Duration LONGEST_RETRY = Duration.ofMinutes(30);

    /** After a proper connection has ended, whatever the reason was, the peer is left alone for a moment. */
    private static final Duration AFTER_CONNECTION = Duration.ofSeconds(15);

    /** Of what one peer tells so much is kept: no swarm should be known from one peer alone (BEP 11). */
    static final int MOST_OF_ONE_PEER = 100;

    /** One in so many that are tried is one that peers have told of, if others are to be tried too. */
    private static final int SHARE_OF_PEERS = 3;

    /** Our own addresses, as they were found out. */
    private static final int MOST_OF_OURS = 16;

    /** Below are services that a crowd of peers could be pointed at. */
    private static final int FIRST_UNPRIVILEGED_PORT = 1024;

    /** Where an address comes from; the better source first. */
    enum Origin {
        /** A tracker or the user. */
        TOLD(MAX),
        /** The peer itself, which had connected to us. */
        CAME(200),
        /** The DHT or the local network, where anybody can say anything. */
        FOUND(500),
        /** Another peer (BEP 11). */
        PEER_EXCHANGE(500);

        private final int most;

        Origin(int most) {
            this.most = most;
        }
    }

    private static final class Candidate {
        private Origin origin;
        private InetAddress teller; // of peer exchange: who told of it; or null
        private boolean busy; // being dialled, or connected
        private int failures; // in a row
        private long notBeforeNanos;
        private String lastReason; // of its last disconnect or failure, or null
        private long priority; // BEP 40; 0 while it is not known

        private boolean isBefore(Candidate other, boolean isTurnOfPeers) {
            boolean exchanged = origin == Origin.PEER_EXCHANGE;
            if (exchanged != (other.origin == Origin.PEER_EXCHANGE)) {
                return exchanged == isTurnOfPeers;
            }
            return failures != other.failures ? failures < other.failures : priority > other.priority;
        }
    }

    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<InetSocketAddress, Candidate> candidates = new HashMap<>(); // guarded by lock
    private OwnAddresses own = OwnAddresses.UNKNOWN; // guarded by lock
    private final Set<InetSocketAddress> ours = new LinkedHashSet<>(); // guarded by lock
    private boolean isPrivate; // guarded by lock
    private int taken; // guarded by lock

    Candidates(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** How peers see us, by which their priorities go. */
    void weAre(OwnAddresses addresses) {
        lock.lock();
        try {
            if (!addresses.equals(own)) {
                own = addresses;
                candidates.forEach((address, candidate) ->
                        candidate.priority = own.priority(address).orElse(0));
            }
        } finally {
            lock.unlock();
        }
    }

    /** Adds an address that a tracker or the user has told, to be tried at once; false if it is known, senseless, or there is no room. */
    boolean add(InetSocketAddress address) {
        return add(address, Origin.TOLD, null);
    }

    /** Adds an address that was found in the DHT or the local network; not one at which there are no peers, but services. */
    boolean addFound(InetSocketAddress address) {
        return address.getPort() >= FIRST_UNPRIVILEGED_PORT && add(address, Origin.FOUND, null);
    }

    /** Adds an address that the peer at {@code teller} has told of (BEP 11). */
    boolean addExchanged(InetSocketAddress address, InetAddress teller) {
        return add(address, Origin.PEER_EXCHANGE, teller);
    }

    private boolean add(InetSocketAddress address, Origin origin, InetAddress teller) {
        if (address.isUnresolved()
                || address.getPort() == 0
                || address.getAddress().isMulticastAddress()) {
            return false;
        }
        lock.lock();
        try {
            var known = candidates.get(address);
            if (known != null) {
                if (origin.compareTo(known.origin) < 0) {
                    known.origin = origin;
                    known.teller = null;
                }
                return false;
            }
            if (ours.contains(address) || (isPrivate && origin != Origin.TOLD) || !makeRoom(origin, teller)) {
                return false;
            }
            var candidate = new Candidate();
            candidate.origin = origin;
            candidate.teller = teller;
            candidate.notBeforeNanos = nanoTime.getAsLong();
            candidate.priority = own.priority(address).orElse(0);
            candidates.put(address, candidate);
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private boolean makeRoom(Origin origin, InetAddress teller) {
        return makeRoom(origin.most, candidate -> candidate.origin == origin)
                && (teller == null || makeRoom(MOST_OF_ONE_PEER, candidate -> teller.equals(candidate.teller)));
    }

    /** Among those of a kind there must be room for one more; if need be the one that has failed most makes way. */
    private boolean makeRoom(int most, Predicate<Candidate> kind) {
        if (candidates.values().stream().filter(kind).count() < most) {
            return true;
        }
        var worst = candidates.entrySet().stream()
                .filter(entry -> kind.test(entry.getValue()))
                .filter(entry -> !entry.getValue().busy && entry.getValue().failures > 0)
                .max(Comparator.comparingInt(entry -> entry.getValue().failures));
        worst.ifPresent(entry -> candidates.remove(entry.getKey()));
        return worst.isPresent();
    }

    /**
     * The torrent has turned out to be private (BEP 27): only what trackers and the user tell counts from now on. Where
     * there is a connection already, {@link #isForPublicOnly} knows it.
     */
    void becomePrivate() {
        lock.lock();
        try {
            isPrivate = true;
            candidates.values().removeIf(candidate -> !candidate.busy && candidate.origin != Origin.TOLD);
        } finally {
            lock.unlock();
        }
    }

    /** Whether we should not have dialled this address if the torrent is private. */
    boolean isForPublicOnly(InetSocketAddress address) {
        lock.lock();
        try {
            var candidate = candidates.get(address);
            return candidate != null && candidate.origin != Origin.TOLD;
        } finally {
            lock.unlock();
        }
    }

    /** The address is our own: it is not tried again, whoever tells of it. */
    void isOurs(InetSocketAddress address) {
        lock.lock();
        try {
            candidates.remove(address);
            if (ours.size() < MOST_OF_OURS) {
                ours.add(address);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until an address may be tried, and marks it busy; {@link #ended} or {@link #failed} must follow. */
    InetSocketAddress take() throws InterruptedException {
        lock.lock();
        try {
            while (true) {
                long now = nanoTime.getAsLong();
                long wait = TimeUnit.HOURS.toNanos(1);
                boolean isTurnOfPeers = taken % SHARE_OF_PEERS == SHARE_OF_PEERS - 1;
                Map.Entry<InetSocketAddress, Candidate> best = null;
                for (var entry : candidates.entrySet()) {
                    var candidate = entry.getValue();
                    if (!candidate.busy) {
                        long left = candidate.notBeforeNanos - now;
                        if (left > 0) {
                            wait = Math.min(wait, left);
                        } else if (best == null || candidate.isBefore(best.getValue(), isTurnOfPeers)) {
                            best = entry;
                        }
                    }
                }
                if (best != null) {
                    best.getValue().busy = true;
                    taken++;
                    return best.getKey();
                }
                changed.awaitNanos(wait);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Gives an address back that could not be tried for want of a free connection. */
    void putBack(InetSocketAddress address, Duration pause) {
        lock.lock();
        try {
            var candidate = candidates.get(address);
            if (candidate != null) {
                again(candidate, pause);
            }
        } finally {
            lock.unlock();
        }
    }

    /** There was nobody, or not whom we looked for. */
    void failed(InetSocketAddress address, String reason) {
        lock.lock();
        try {
            var candidate = candidates.get(address);
            if (candidate != null) {
                candidate.lastReason = reason;
                double seconds = FIRST_RETRY.toSeconds() * Math.pow(3, Math.min(candidate.failures++, 10));
                again(candidate, Duration.ofSeconds(Math.min((long) seconds, LONGEST_RETRY.toSeconds())));
            }
        } finally {
            lock.unlock();
        }
    }

    /** A connection to this address stood, and has ended. */
    void ended(InetSocketAddress address, String reason, boolean useless) {
        lock.lock();
        try {
            var candidate = candidates.get(address);
            if (candidate != null) {
                candidate.lastReason = reason;
                candidate.failures = 0;
                again(candidate, useless ? LONGEST_RETRY : AFTER_CONNECTION);
            }
        } finally {
            lock.unlock();
        }
    }

    /** A peer that had connected to us, and has gone, has said that it can be reached at this address. */
    void came(InetSocketAddress address, boolean useless) {
        lock.lock();
        try {
            if (!candidates.containsKey(address) && add(address, Origin.CAME, null)) {
                again(candidates.get(address), useless ? LONGEST_RETRY : AFTER_CONNECTION);
            }
        } finally {
            lock.unlock();
        }
    }

    /** The other connection to this host, for which some were found to be {@code reason}, has ended. */
    void noLongerDuplicates(InetAddress host, String reason) {
        lock.lock();
        try {
            candidates.forEach((address, candidate) -> {
                if (!candidate.busy
                        && reason.equals(candidate.lastReason)
                        && address.getAddress().equals(host)) {
                    again(candidate, AFTER_CONNECTION);
                }
            });
        } finally {
            lock.unlock();
        }
    }

    private void again(Candidate candidate, Duration pause) {
        if (isPrivate && candidate.origin != Origin.TOLD) {
            candidates.values().remove(candidate);
            return;
        }
        candidate.busy = false;
        candidate.notBeforeNanos = nanoTime.getAsLong() + pause.toNanos();
        changed.signalAll();
    }

    /** The address is our own, or that of a banned peer. */
    void remove(InetSocketAddress address) {
        lock.lock();
        try {
            candidates.remove(address);
        } finally {
            lock.unlock();
        }
    }

    /** Everything may be tried at once again: the torrent has started anew, or wants peers that it had no use for. */
    void hurry() {
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            candidates.values().forEach(candidate -> candidate.notBeforeNanos = now);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** How many addresses are known, wait and are busy, and what is known against them. */
    Swarm.Addresses addresses() {
        var failed = new ArrayList<Swarm.Disconnect>();
        int busy = 0;
        lock.lock();
        try {
            for (var entry : candidates.entrySet()) {
                var candidate = entry.getValue();
                busy += candidate.busy ? 1 : 0;
                if (candidate.lastReason != null) {
                    failed.add(new Swarm.Disconnect(entry.getKey(), candidate.lastReason));
                }
            }
            return new Swarm.Addresses(candidates.size(), candidates.size() - busy, busy, failed);
        } finally {
            lock.unlock();
        }
    }

    /** How many addresses are known. */
    int size() {
        lock.lock();
        try {
            return candidates.size();
        } finally {
            lock.unlock();
        }
    }

    /** Why the last connection to this address ended, or why there was none. */
    Optional<String> lastReason(InetSocketAddress address) {
        lock.lock();
        try {
            return Optional.ofNullable(candidates.get(address)).map(candidate -> candidate.lastReason);
        } finally {
            lock.unlock();
        }
    }
}

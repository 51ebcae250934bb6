package weft.dht;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import weft.bencode.BString;

/**
 * The queries that one node has on their way, so many at most. Their ids are random, so that who cannot see them cannot
 * answer in another's name; and only who was asked may answer.
 *
 * <p>Also knows how long answers take here. Used by any thread, guarded by {@code lock}.
 */
final class Transactions {
    /** So many fit a home router's table of connections beside everything else. */
    static final int MAX_OPEN = 256;

    /** After this long no answer comes any more. */
    static final long GIVE_UP_NANOS = 10_000_000_000L;

    /** An answer that takes longer than usual, and in any case longer than a second, is no longer waited for alone. */
    private static final long SLOWEST_NANOS = 1_000_000_000L;

    private static final long QUICKEST_NANOS = 100_000_000L;

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Integer, Transaction> open = new LinkedHashMap<>(); // guarded by lock; oldest first
    private long smoothedNanos = SLOWEST_NANOS / 2; // guarded by lock
    private long deviationNanos = SLOWEST_NANOS / 4; // guarded by lock

    private final RandomGenerator random;

    Transactions(RandomGenerator random) {
        this.random = random;
    }

    /** Opens one; nothing if too many are open. */
    Optional<Transaction> open(InetSocketAddress to, long nowNanos, Exchange exchange, Object subject) {
        lock.lock();
        try {
            if (open.size() >= MAX_OPEN) {
                return Optional.empty();
            }
            int id = random.nextInt();
            while (open.containsKey(id)) {
                id = random.nextInt();
            }
            var transaction = new Transaction(id, to, nowNanos, exchange, subject);
            open.put(id, transaction);
            return Optional.of(transaction);
        } finally {
            lock.unlock();
        }
    }

    /** How {@code transaction} is written in messages. */
    static BString name(Transaction transaction) {
        return BString.of(
                ByteBuffer.allocate(Integer.BYTES).putInt(transaction.id()).array());
    }

    /** Ends the transaction of that name, if there is one and {@code from} is who was asked. */
    Optional<Transaction> close(BString name, InetSocketAddress from, long nowNanos) {
        if (name.length() != Integer.BYTES) {
            return Optional.empty();
        }
        int id = name.asByteBuffer().getInt();
        lock.lock();
        try {
            var transaction = open.get(id);
            if (transaction == null || !transaction.to().equals(from)) {
                return Optional.empty();
            }
            open.remove(id);
            measure(nowNanos - transaction.sentNanos());
            return Optional.of(transaction);
        } finally {
            lock.unlock();
        }
    }

    /** Whether an answer is to come from there. */
    boolean isAwaited(InetSocketAddress from) {
        lock.lock();
        try {
            return open.values().stream()
                    .anyMatch(transaction -> transaction.to().equals(from));
        } finally {
            lock.unlock();
        }
    }

    /** As TCP does it: RFC 6298. */
    private void measure(long tookNanos) {
        deviationNanos += (Math.abs(tookNanos - smoothedNanos) - deviationNanos) / 4;
        smoothedNanos += (tookNanos - smoothedNanos) / 8;
    }

    /** Ends and returns those that nobody will answer any more. */
    List<Transaction> expire(long nowNanos) {
        lock.lock();
        try {
            var expired = new ArrayList<Transaction>();
            for (var transaction : open.values()) {
                if (nowNanos - transaction.sentNanos() < GIVE_UP_NANOS) {
                    break;
                }
                expired.add(transaction);
            }
            expired.forEach(transaction -> open.remove(transaction.id()));
            return expired;
        } finally {
            lock.unlock();
        }
    }

    /** How long an answer takes at most, if it is not slow. */
    long slowAfterNanos() {
        lock.lock();
        try {
            return Math.clamp(smoothedNanos + 4 * deviationNanos, QUICKEST_NANOS, SLOWEST_NANOS);
        } finally {
            lock.unlock();
        }
    }

    /** How many are open. */
    int size() {
        lock.lock();
        try {
            return open.size();
        } finally {
            lock.unlock();
        }
    }
}

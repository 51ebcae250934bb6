package weft.dht;

import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import weft.net.Subscriber;

/**
 * How much a node takes and gives: datagrams from one address, and answers and queries in all. What is too much is dropped,
 * never queued, so that a flood costs neither memory nor the time in which others could be answered.
 *
 * <p>Used by any thread, guarded by {@code lock}.
 */
final class Gate {
    /** libtorrent counts over as long. */
    private static final long WINDOW_NANOS = 10_000_000_000L;

    /** libtorrent ignores who floods it for as long. */
    private static final long BAN_NANOS = 300_000_000_000L;

    /** Of so many addresses it is known what they have sent; then the one heard of longest ago is forgotten. */
    private static final int MAX_ADDRESSES = 4096;

    /** Signatures: each takes as long as hundreds of answers. */
    private static final int VERIFICATIONS_PER_SECOND = 100;

    private static final class Sender {
        private long windowNanos;
        private int datagrams;
        private boolean isBanned;
    }

    private final int datagramsPerAddress;
    private final LongSupplier nanoTime;

    private final ReentrantLock lock = new ReentrantLock();
    private final Bucket answers; // guarded by lock
    private final Bucket queries; // guarded by lock
    private final Bucket verifications; // guarded by lock
    private final Map<InetAddress, Sender> senders = new LinkedHashMap<>(16, 0.75f, true) { // guarded by lock
                @Override
                protected boolean removeEldestEntry(Map.Entry<InetAddress, Sender> eldest) {
                    return size() > MAX_ADDRESSES;
                }
            };

    Gate(DhtOptions options, LongSupplier nanoTime) {
        this.datagramsPerAddress = options.datagramsPerAddress();
        this.nanoTime = nanoTime;
        this.answers = new Bucket(options.answersPerSecond(), nanoTime.getAsLong());
        this.queries = new Bucket(options.queriesPerSecond(), nanoTime.getAsLong());
        this.verifications = new Bucket(VERIFICATIONS_PER_SECOND, nanoTime.getAsLong());
    }

    /** Whether another datagram from this address is taken; of IPv6 all of a /64 are one. */
    boolean admits(InetAddress address) {
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            var sender = sender(address, now);
            if (now - sender.windowNanos >= (sender.isBanned ? BAN_NANOS : WINDOW_NANOS)) {
                sender.windowNanos = now;
                sender.datagrams = 0;
                sender.isBanned = false;
            }
            if (!sender.isBanned && ++sender.datagrams > datagramsPerAddress) {
                sender.isBanned = true;
                sender.windowNanos = now;
            }
            return !sender.isBanned;
        } finally {
            lock.unlock();
        }
    }

    /** A query goes to this address: its answer is not to count against it. */
    void asks(InetAddress address) {
        lock.lock();
        try {
            sender(address, nanoTime.getAsLong()).datagrams--;
        } finally {
            lock.unlock();
        }
    }

    private Sender sender(InetAddress address, long now) {
        return senders.computeIfAbsent(Subscriber.of(address), unknown -> {
            var fresh = new Sender();
            fresh.windowNanos = now;
            return fresh;
        });
    }

    /** Whether another query may be answered now. */
    boolean mayAnswer() {
        return take(answers);
    }

    /** Whether another query may be sent now. */
    boolean mayAsk() {
        return take(queries);
    }

    /** Whether another signature of a stranger's may be verified now. */
    boolean mayVerify() {
        return take(verifications);
    }

    private boolean take(Bucket bucket) {
        lock.lock();
        try {
            return bucket.take(nanoTime.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    /** A token bucket that holds two seconds' worth. */
    private static final class Bucket {
        private final double perNano;
        private final double capacity;
        private double tokens;
        private long filledNanos;

        Bucket(int perSecond, long now) {
            this.perNano = perSecond / 1e9;
            this.capacity = 2.0 * perSecond;
            this.tokens = capacity;
            this.filledNanos = now;
        }

        boolean take(long now) {
            tokens = Math.min(capacity, tokens + (now - filledNanos) * perNano);
            filledNanos = now;
            if (tokens < 1) {
                return false;
            }
            tokens--;
            return true;
        }
    }
}

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
 * <p>Anybody can send in another's name. So what the gate holds against an address must not keep out the answers that we
 * wait for, or else a flood in the name of a router, or of the nodes nearest to a torrent, would cut us off from them: the
 * node looks at what comes from where it has asked, whatever the gate says, and an answer must still have the id of the
 * transaction, which is not to be guessed. Nor is anybody ignored for longer than he, or who sends in his name, goes on:
 * libtorrent does so for five minutes, which a forger could have with one burst. What remains to the forger: the victim's
 * queries are not answered here meanwhile, which he has to see to at each node of the network for the victim to notice; and
 * he can use up the answers that we give to all, as can everybody who has as many addresses.
 *
 * <p>Used by any thread, guarded by {@code lock}.
 */
final class Gate {
    /** libtorrent counts over as long. */
    private static final long WINDOW_NANOS = 10_000_000_000L;

    /** Of so many addresses it is known what they have sent; then the one heard of longest ago is forgotten. */
    private static final int MAX_ADDRESSES = 4096;

    /**
     * Of what is taken from an address, one in so many is answered, which are 40 in ten seconds by default: libtorrent
     * ignores who sends it 50, and whoever asks us in its name must not bring that about.
     */
    private static final int DATAGRAMS_PER_ANSWER = 5;

    /** Signatures: each takes as long as hundreds of answers. */
    private static final int VERIFICATIONS_PER_SECOND = 100;

    private static final class Sender {
        private long windowNanos;
        private int datagrams;
        private int answers;
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
            if (now - sender.windowNanos >= WINDOW_NANOS) {
                sender.windowNanos = now;
                sender.datagrams = 0;
                sender.answers = 0;
            }
            if (sender.datagrams >= datagramsPerAddress) {
                return false;
            }
            sender.datagrams++;
            return true;
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

    /** Whether another query from this address may be answered now. In our own network nobody forges addresses. */
    boolean mayAnswer(InetAddress address) {
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            var sender = sender(address, now);
            boolean mayHaveMore = NodeId.isExempt(address)
                    || sender.answers < Math.max(1, datagramsPerAddress / DATAGRAMS_PER_ANSWER);
            if (!mayHaveMore || !answers.take(now)) {
                return false;
            }
            sender.answers++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Whether another query may be sent now. */
    boolean mayAsk() {
        return take(queries);
    }

    /** Whether there is time to verify another signature of a stranger's. */
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

package weft.swarm;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import weft.picker.PiecePicker;
import weft.picker.Source;
import weft.wire.MessageEncoder;

/**
 * What we want of one peer: whether we are interested, which blocks it is asked for, how many at a time, and whether it
 * leaves us waiting. The picker says which blocks, the {@link PipelineWindow} how many. Any thread may call it; nothing
 * here blocks. Methods that say something to the peer are false if it does not read what we send.
 */
final class RequestPipeline {
    /** libtorrent's figure: a peer that was asked and sends nothing for so long is snubbed. BEP 3 clients agree. */
    static final Duration SNUBBED_AFTER = Duration.ofSeconds(60);

    private final PiecePicker picker;
    private final Source source;
    private final PeerExtensions extensions;
    private final Outbox outbox;
    private final LongSupplier nanoTime;

    /**
     * Held while interest is told, and while blocks are asked for: no request follows the word that we want nothing. Taken
     * before the picker's and the outbox's.
     */
    private final ReentrantLock lock = new ReentrantLock();

    private final PipelineWindow window = new PipelineWindow(); // guarded by lock
    private final ByteBuffer requests = // guarded by lock
            ByteBuffer.allocate(PipelineWindow.LARGEST * MessageEncoder.MAX_CONTROL_LENGTH);

    // Each is written by one thread at a time and read by any.
    private volatile boolean interested;
    private volatile boolean snubbed;
    private volatile long lastBlockNanos; // when it last sent a block that we took, or was first asked for one since

    RequestPipeline(
            PiecePicker picker, Source source, PeerExtensions extensions, Outbox outbox, LongSupplier nanoTime) {
        this.picker = picker;
        this.source = source;
        this.extensions = extensions;
        this.outbox = outbox;
        this.nanoTime = nanoTime;
        this.lastBlockNanos = nanoTime.getAsLong();
    }

    boolean isInterested() {
        return interested;
    }

    boolean isSnubbed() {
        return snubbed;
    }

    /** How many blocks the peer was asked for and has not sent. */
    int outstanding() {
        return picker.outstanding(source);
    }

    /** How many blocks it would be asked for at a time. */
    int window() {
        lock.lock();
        try {
            return requestsAtATime();
        } finally {
            lock.unlock();
        }
    }

    // Under lock. One at a time is enough to learn that a peer which snubbed us has changed its mind.
    private int requestsAtATime() {
        return snubbed
                ? 1
                : Math.min(window.size(), extensions.handshake().requestQueue().orElse(Integer.MAX_VALUE));
    }

    // --- asking

    /** See {@link Peer#updateInterest}. */
    boolean updateInterest(BooleanSupplier transferring) {
        lock.lock();
        try {
            boolean now = transferring.getAsBoolean() && picker.isInteresting(source);
            if (now == interested) {
                return true;
            }
            interested = now;
            return outbox.append(now ? MessageEncoder::interested : MessageEncoder::notInterested);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Asks for more blocks, as many as the window has room for, once a good part of it is free: in batches, so that the
     * picker's lock and the writer are bothered once for many.
     */
    boolean refill() {
        lock.lock();
        try {
            if (!interested) {
                return true;
            }
            int outstanding = outstanding();
            int size = requestsAtATime();
            int room = size - outstanding;
            if (room <= 0 || (outstanding > 0 && room < size / 4)) {
                return true;
            }
            requests.clear();
            long now = nanoTime.getAsLong();
            int picked = picker.pick(source, Math.min(room, PipelineWindow.LARGEST), (piece, begin, length) -> {
                MessageEncoder.request(requests, piece, begin, length);
                window.asked(piece, begin, now);
            });
            if (picked == 0) {
                return true;
            }
            if (outstanding == 0) {
                lastBlockNanos = now; // the wait for a block begins here
            }
            requests.flip();
            return outbox.append(requests.remaining(), out -> out.put(requests));
        } finally {
            lock.unlock();
        }
    }

    /** Takes a request back that the picker has taken back: another peer was faster. */
    boolean cancel(int piece, int begin, int length) {
        lock.lock();
        try {
            window.forget(piece, begin);
        } finally {
            lock.unlock();
        }
        return outbox.append(out -> MessageEncoder.cancel(out, piece, begin, length));
    }

    // --- what comes of it

    void choked(boolean fast) {
        picker.choked(source, fast);
        resetWindow();
    }

    void unchoked() {
        picker.unchoked(source);
    }

    /** The peer has a piece no more. False if that is no news. */
    boolean lost(int piece) {
        resetWindow();
        return picker.lost(source, piece);
    }

    /** A block that was asked for has come. */
    void arrived(int piece, int begin, long now) {
        lastBlockNanos = now;
        snubbed = false;
        lock.lock();
        try {
            window.arrived(piece, begin, now);
        } finally {
            lock.unlock();
        }
    }

    /** The peer will not serve a request (BEP 6). False if it was not asked. */
    boolean rejected(int piece, int begin, boolean choking) {
        // A reject that answers a cancel, or comes with a choke, says nothing about how many it takes.
        if (!choking && picker.isAsked(source, piece, begin)) {
            lock.lock();
            try {
                window.rejected();
            } finally {
                lock.unlock();
            }
        }
        return picker.rejected(source, piece, begin);
    }

    /** More blocks may have come, but it is our disk that keeps us from looking: the peer is not to blame. */
    void waitsForOurDisk(long now) {
        lastBlockNanos = now;
    }

    /**
     * Finds out whether the peer has just snubbed us: true once. What it is asked for then is given up as well when it
     * stays silent.
     */
    boolean tick(long now) {
        boolean silent = now - lastBlockNanos > SNUBBED_AFTER.toNanos();
        if (!silent || outstanding() == 0) {
            return false;
        }
        boolean news = !snubbed;
        snubbed = true;
        picker.snubbed(source);
        resetWindow();
        return news;
    }

    private void resetWindow() {
        lock.lock();
        try {
            window.reset();
        } finally {
            lock.unlock();
        }
    }
}

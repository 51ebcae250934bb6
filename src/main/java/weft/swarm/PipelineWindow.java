package weft.swarm;

/**
 * How many requests to keep outstanding with one peer, so that it never runs dry and never has so many that it is asked
 * for what others could deliver sooner. The window doubles per round trip while blocks come quickly, and shrinks when they
 * queue: it settles where a block waits about a quarter of a second longer than the quickest one did, which is the round
 * trip to the peer.
 *
 * <p>One block at a time is timed, as TCP times one segment. Guarded by the lock of its {@link RequestPipeline}.
 */
final class PipelineWindow {
    /** Enough to see how quick the peer is; a window at 20 peers at once must not be all of a small torrent. */
    private static final int START = 8;

    private static final int SMALLEST = 4;

    /** BEP 10: a peer that does not say how many requests it queues is taken to queue 250. */
    static final int LARGEST = 250;

    /** How long a block may queue at the peer: below it the window grows, above three times as much it shrinks. */
    private static final long QUEUE_NANOS = 250_000_000L;

    private int size = START;
    private long timedRequest = -1; // piece and block being timed, or -1
    private long askedNanos;
    private long quickestNanos = Long.MAX_VALUE; // of all timed blocks
    private boolean queues; // whether the last timed block waited longer than it should

    int size() {
        return size;
    }

    void asked(int piece, int begin, long nowNanos) {
        if (timedRequest < 0) {
            timedRequest = key(piece, begin);
            askedNanos = nowNanos;
        }
    }

    void arrived(int piece, int begin, long nowNanos) {
        if (timedRequest == key(piece, begin)) {
            long waited = nowNanos - askedNanos;
            timedRequest = -1;
            quickestNanos = Math.min(quickestNanos, waited);
            long queued = waited - quickestNanos;
            queues = queued > QUEUE_NANOS;
            if (queued > 3 * QUEUE_NANOS) {
                size = Math.max(SMALLEST, (int) (2L * size * QUEUE_NANOS / queued));
            }
        }
        if (!queues && size < LARGEST) {
            size++; // one per block: doubles while a window's worth of blocks comes in
        }
    }

    /** The peer does not take as many. */
    void rejected() {
        size = Math.max(SMALLEST, size / 2);
        queues = true;
        timedRequest = -1;
    }

    /** This request was taken back; if it was the timed one, it may never be answered. */
    void forget(int piece, int begin) {
        if (timedRequest == key(piece, begin)) {
            timedRequest = -1;
        }
    }

    /** What was asked for is void: choked, snubbed. */
    void reset() {
        timedRequest = -1;
    }

    private static long key(int piece, int begin) {
        return ((long) piece << 32) | begin;
    }
}

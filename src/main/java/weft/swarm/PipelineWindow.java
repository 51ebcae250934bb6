package weft.swarm;

/**
 * How many requests to keep outstanding with one peer, so that it never runs dry and never has so many that a slow peer
 * sits on blocks which others could deliver. The window doubles per round trip while blocks come quickly, and shrinks
 * when they take long: it settles where a block comes about a second after it was asked for.
 *
 * <p>One block at a time is timed, as TCP times one segment. Guarded by the peer's request lock.
 */
final class PipelineWindow {
    /** Enough to keep a peer busy for one round trip of a quick start. */
    private static final int START = 32;

    private static final int SMALLEST = 4;

    /** BEP 10: a peer that does not say how many requests it queues is taken to queue 250. */
    static final int LARGEST = 250;

    /** Below this wait the window grows, above three times it shrinks. */
    private static final long AIM_NANOS = 1_000_000_000L;

    private int size = START;
    private long timedRequest = -1; // piece and block being timed, or -1
    private long askedNanos;
    private boolean slow; // whether the last timed block took longer than aimed at

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
            slow = waited > AIM_NANOS;
            if (waited > 3 * AIM_NANOS) {
                size = Math.max(SMALLEST, (int) (2 * AIM_NANOS * size / waited));
            }
        }
        if (!slow && size < LARGEST) {
            size++; // one per block: doubles while a window's worth of blocks comes in
        }
    }

    /** The peer does not take as many. */
    void rejected() {
        size = Math.max(SMALLEST, size / 2);
        slow = true;
        timedRequest = -1;
    }

    /** What was asked for is void: choked, snubbed. */
    void reset() {
        timedRequest = -1;
    }

    private static long key(int piece, int begin) {
        return ((long) piece << 32) | begin;
    }
}

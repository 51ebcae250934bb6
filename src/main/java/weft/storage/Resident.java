package weft.storage;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * Something of the operating system's (an open file, mapped memory) that is kept while it is in use, and after that for
 * as long as its {@link ResidentSet} has room. Whoever uses it pins it, so that it is not taken away under him.
 *
 * <p>Its life: idle and pinned by turns, until it is evicted when idle, or doomed, which lets go of it when the last pin
 * goes. Pinning takes no lock.
 */
abstract class Resident {

    private static final AtomicIntegerFieldUpdater<Resident> STATE =
            AtomicIntegerFieldUpdater.newUpdater(Resident.class, "state");

    private static final int IDLE = 0;
    private static final int DOOMED = 1;
    private static final int PIN = 2;
    private static final int GONE = -1;

    private final ResidentSet set;
    private final long cost;

    private volatile int state; // GONE, or the number of pins × PIN + (DOOMED or 0)
    private volatile long lastUsed; // by the set's clock

    /** A resident that takes {@code cost} of what its set has; to be added to the set by the caller. */
    Resident(ResidentSet set, long cost) {
        this.set = set;
        this.cost = cost;
        this.lastUsed = set.clock();
    }

    /** Closes or unmaps. Called once, by any thread, when there are no pins and will be none. */
    abstract void release();

    /** Calls {@link #release}, and {@code done} after that; where it may take long, it may leave both to another thread. */
    void release(Runnable done) {
        try {
            release();
        } finally {
            done.run();
        }
    }

    /** False if releasing this would be no gain for others, as it may take for ever. */
    boolean isReleasable() {
        return true;
    }

    final long cost() {
        return cost;
    }

    final long lastUsed() {
        return lastUsed;
    }

    /** Keeps this from being released until {@link #unpin}. False if it is too late for that. */
    final boolean pin() {
        while (true) {
            int now = state;
            if (now == GONE || (now & DOOMED) != 0) {
                return false;
            }
            if (STATE.compareAndSet(this, now, now + PIN)) {
                long clock = set.clock();
                if (lastUsed != clock) {
                    lastUsed = clock;
                }
                return true;
            }
        }
    }

    /** Takes back one {@link #pin}. */
    final void unpin() {
        if (STATE.addAndGet(this, -PIN) == DOOMED) {
            releaseFrom(DOOMED);
        }
    }

    /** Allows no more pins, and releases this when there are none. A second call does nothing. */
    final void doom() {
        while (true) {
            int now = state;
            if (now == GONE || (now & DOOMED) != 0) {
                return;
            }
            if (STATE.compareAndSet(this, now, now | DOOMED)) {
                if (now == IDLE) {
                    releaseFrom(DOOMED);
                }
                return;
            }
        }
    }

    /** Releases this if it is idle, and says whether it was. */
    final boolean evict() {
        return releaseFrom(IDLE);
    }

    final boolean isIdle() {
        return state == IDLE;
    }

    private boolean releaseFrom(int expected) {
        if (!STATE.compareAndSet(this, expected, GONE)) {
            return false;
        }
        release(() -> set.gone(this));
        return true;
    }
}

package weft.swarm;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts bytes and tells how fast they go: a moving average over about {@value #WINDOW_SECONDS} seconds. Any thread may
 * count; one thread calls {@link #tick} about once a second.
 */
public final class RateMeter {
    private static final double WINDOW_SECONDS = 4;

    private final LongAdder total = new LongAdder();
    private volatile long lastTotal; // written by the ticking thread, as are all below
    private volatile long movedNanos; // the last tick that saw something move
    private volatile boolean moved; // any has
    private long lastNanos;
    private int ticks;
    private volatile double bytesPerSecond;

    RateMeter(long nowNanos) {
        this.lastNanos = nowNanos;
    }

    void add(long bytes) {
        total.add(bytes);
    }

    /** All bytes counted so far. */
    public long total() {
        return total.sum();
    }

    /** The average as of the last tick. */
    public long bytesPerSecond() {
        return Math.round(bytesPerSecond);
    }

    /** Whether anything was counted within the last so many nanoseconds, give or take a tick. */
    boolean hasMoved(long nowNanos, long withinNanos) {
        return total.sum() != lastTotal || (moved && nowNanos - movedNanos <= withinNanos);
    }

    void tick(long nowNanos) {
        double seconds = (nowNanos - lastNanos) / 1e9;
        if (seconds <= 0) {
            return;
        }
        long now = total.sum();
        if (now != lastTotal) {
            movedNanos = nowNanos;
            moved = true;
        }
        double current = (now - lastTotal) / seconds;
        // A plain mean until there is a window's worth: an average that starts at zero would lie for a while.
        double weight = Math.max(1.0 / ++ticks, 1 - Math.exp(-seconds / WINDOW_SECONDS));
        double average = bytesPerSecond; // ticks come from one thread
        bytesPerSecond = average + (current - average) * weight;
        lastTotal = now;
        lastNanos = nowNanos;
    }
}

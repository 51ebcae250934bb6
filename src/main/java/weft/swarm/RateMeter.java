package weft.swarm;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts bytes and tells how fast they go: a moving average over about {@value #WINDOW_SECONDS} seconds, until what is left
 * of it after an end says nothing any more. Any thread may count; one thread calls {@link #tick} about once a second.
 */
public final class RateMeter {
    private static final double WINDOW_SECONDS = 4;

    /** When nothing has come for so long, an average that is next to nothing is nothing. */
    private static final long STILL_NANOS = TimeUnit.SECONDS.toNanos(3);

    /** Next to nothing: a block of 16 KiB in three minutes, or a hundredth of what it was when something came last. */
    private static final double FAINT_BYTES_PER_SECOND = 100;

    private static final double FAINT_SHARE = 0.01;

    private final LongAdder total = new LongAdder();
    private volatile long lastTotal; // written by the ticking thread, as are all below
    private volatile long movedNanos; // the last tick that saw something move
    private volatile boolean moved; // any has
    private long lastNanos;
    private int ticks;
    private double bytesPerSecondMoving; // when something was last seen to move
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
        double next = average + (current - average) * weight;
        if (now != lastTotal) {
            bytesPerSecondMoving = next;
        }
        bytesPerSecond = isOver(next, nowNanos) ? 0 : next;
        lastTotal = now;
        lastNanos = nowNanos;
    }

    private boolean isOver(double average, long nowNanos) {
        boolean isFaint = average < FAINT_BYTES_PER_SECOND || average < bytesPerSecondMoving * FAINT_SHARE;
        return isFaint && nowNanos - movedNanos >= STILL_NANOS;
    }
}

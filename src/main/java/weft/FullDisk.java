package weft;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Whether a torrent waits for room on its disk, and when to look for it next. No locking of its own: guarded by the lock of
 * its {@link TorrentBoard}.
 */
final class FullDisk {
    /** How often we look whether a disk that was full has room again; asking costs next to nothing. */
    private static final Duration LOOK_EVERY = Duration.ofSeconds(2);

    /** If there is room and yet none, as with a quota that the file system does not tell: twice as long each time. */
    private static final Duration LOOK_AT_LEAST_EVERY = Duration.ofMinutes(5);

    private final LongSupplier nanoTime;
    private boolean isFull;
    private Duration lookEvery = LOOK_EVERY;
    private long nextLookNanos;
    private long foundNanos; // when there was room last, after there was none

    /** There is room, as far as is known. */
    FullDisk(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.foundNanos = nanoTime.getAsLong() - LOOK_AT_LEAST_EVERY.toNanos();
    }

    /** There is no room. */
    void filled() {
        isFull = true;
        boolean atOnceAgain = nanoTime.getAsLong() - foundNanos < TimeUnit.MINUTES.toNanos(1);
        lookEvery = !atOnceAgain
                ? LOOK_EVERY
                : lookEvery.compareTo(LOOK_AT_LEAST_EVERY.dividedBy(2)) < 0
                        ? lookEvery.multipliedBy(2)
                        : LOOK_AT_LEAST_EVERY;
        looked();
    }

    /** It was looked, and there is still none. */
    void looked() {
        nextLookNanos = nanoTime.getAsLong() + lookEvery.toNanos();
    }

    /** There is room again. */
    void found() {
        isFull = false;
        foundNanos = nanoTime.getAsLong();
    }

    /** It does not matter any more: another wish, or another error. */
    void forget() {
        isFull = false;
    }

    /** Whether it is waited for room. */
    boolean isFull() {
        return isFull;
    }

    /** Whether to look for room now. */
    boolean isLookDue() {
        return isFull && nanosUntilLook() <= 0;
    }

    /** How long until it is to be looked next; long if it is not. */
    long nanosUntilLook() {
        return isFull ? nextLookNanos - nanoTime.getAsLong() : TimeUnit.HOURS.toNanos(1);
    }
}

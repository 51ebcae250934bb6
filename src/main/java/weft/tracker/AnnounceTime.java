package weft.tracker;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Time as an {@link Announcer} sees it; a plug-in point so that tests do not wait for half an hour. */
public interface AnnounceTime {
    /** Nanoseconds since some moment in the past; differences count, and it never overflows. */
    long nanos();

    /** Waits until {@code wake} has a permit, and takes it, or until {@link #nanos} is {@code deadlineNanos}. */
    void awaitUntil(Semaphore wake, long deadlineNanos) throws InterruptedException;

    /** The time of the machine. */
    static AnnounceTime system() {
        long origin = System.nanoTime() - Duration.ofDays(1).toNanos();
        return new AnnounceTime() {
            @Override
            public long nanos() {
                return System.nanoTime() - origin;
            }

            @Override
            public void awaitUntil(Semaphore wake, long deadlineNanos) throws InterruptedException {
                if (wake.tryAcquire(deadlineNanos - nanos(), TimeUnit.NANOSECONDS)) {
                    wake.drainPermits();
                }
            }
        };
    }
}

package weft.concurrent;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Closes what is past its deadline. A blocking {@code SocketChannel} has no time-out of its own, so whoever waits on one
 * says here how long it is ready to wait, and is woken by the channel being closed under it.
 *
 * <p>Made by the client, which forks {@link #run} in its scope. Moving a deadline is one volatile write, so that it can
 * be done for every message; the price is that deadlines are met with the precision of one {@link #TICK}.
 */
public final class Watchdog {
    /** How often deadlines are looked at: fine enough for a handshake of ten seconds, coarse enough to cost nothing. */
    public static final Duration TICK = Duration.ofMillis(250);

    private static final System.Logger LOG = System.getLogger("weft.concurrent");

    private final LongSupplier nanoTime;
    private final Set<Guard> guards = ConcurrentHashMap.newKeySet();

    /** Makes a watchdog with a clock of nanoseconds, {@code System::nanoTime} but in tests. */
    public Watchdog(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Starts watching {@code target}, without a deadline at first. The guard must be closed when the target is. */
    public Guard watch(AutoCloseable target) {
        var guard = new Guard(target);
        guards.add(guard);
        return guard;
    }

    /** Looks at all deadlines every {@link #TICK}, until interrupted. */
    public void run() throws InterruptedException {
        while (true) {
            Thread.sleep(TICK);
            tick();
        }
    }

    /** Closes every target that is past its deadline now. */
    void tick() {
        long now = nanoTime.getAsLong();
        for (Guard guard : guards) {
            if (guard.isOverdue(now)) {
                guard.expire();
            }
        }
    }

    /** The deadline of one target. */
    public final class Guard implements AutoCloseable {
        private static final long NEVER = Long.MAX_VALUE;

        private final AutoCloseable target;
        private volatile long deadlineNanos = NEVER;
        private long leftNanos; // while paused; of the thread that waits
        private volatile String expectation = "";
        private volatile boolean expired;

        private Guard(AutoCloseable target) {
            this.target = target;
        }

        /** From now on, {@code what} must have happened within {@code time}, or the target is closed. */
        public void expect(String what, Duration time) {
            expectation = what;
            deadlineNanos = nanoTime.getAsLong() + time.toNanos();
        }

        /** Takes the deadline away. */
        public void relax() {
            deadlineNanos = NEVER;
        }

        /** Takes the deadline away until {@link #resume}: we keep the target waiting ourselves. */
        public void pause() {
            leftNanos = deadlineNanos - nanoTime.getAsLong();
            deadlineNanos = NEVER;
        }

        /** After {@link #pause}: sets the deadline again, with the time that was left. */
        public void resume() {
            deadlineNanos = nanoTime.getAsLong() + leftNanos;
        }

        /** Whether the target was closed by the watchdog. */
        public boolean hasExpired() {
            return expired;
        }

        /** What did not happen in time, for the reason of a disconnect. */
        public String expectation() {
            return expectation;
        }

        /** Ends the watch; the target is left alone. */
        @Override
        public void close() {
            guards.remove(this);
        }

        private boolean isOverdue(long now) {
            long deadline = deadlineNanos;
            return deadline != NEVER && now - deadline >= 0;
        }

        private void expire() {
            expired = true;
            guards.remove(this);
            try {
                target.close();
            } catch (Exception e) {
                LOG.log(System.Logger.Level.DEBUG, () -> "closing overdue " + target, e);
            }
        }
    }
}

package weft.tracker;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** A clock that stands still until the test moves it. */
final class FakeTime implements AnnounceTime {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<Semaphore, Long> sleepers = new HashMap<>(); // until when each sleeps; guarded by lock
    private long now = 1_000_000; // guarded by lock

    @Override
    public long nanos() {
        lock.lock();
        try {
            return now;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void awaitUntil(Semaphore wake, long deadlineNanos) throws InterruptedException {
        lock.lock();
        try {
            if (deadlineNanos <= now) {
                return; // the clock was moved since the deadline was read
            }
            sleepers.put(wake, deadlineNanos);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            wake.acquire();
        } finally {
            lock.lock();
            try {
                sleepers.remove(wake);
            } finally {
                lock.unlock();
            }
        }
    }

    /** Moves the clock, and wakes who has slept long enough. */
    void advance(Duration time) {
        lock.lock();
        try {
            now += time.toNanos();
            sleepers.forEach((wake, until) -> {
                if (until <= now) {
                    wake.release();
                }
            });
            sleepers.values().removeIf(until -> until <= now);
        } finally {
            lock.unlock();
        }
    }

    /** Waits until this many threads sleep. */
    void awaitSleepers(int count) throws InterruptedException {
        await(() -> sleepers.size() == count, count + " sleepers");
    }

    /** Waits until some thread sleeps until this time. */
    void awaitSleepUntil(long nanos) throws InterruptedException {
        await(() -> sleepers.containsValue(nanos), "a sleeper until " + nanos);
    }

    private void await(BooleanSupplier condition, String what) throws InterruptedException {
        lock.lock();
        try {
            long left = TimeUnit.SECONDS.toNanos(10);
            while (!condition.getAsBoolean()) {
                left = changed.awaitNanos(left);
                if (left <= 0) {
                    throw new AssertionError("no " + what + ", but " + sleepers.values());
                }
            }
        } finally {
            lock.unlock();
        }
    }
}

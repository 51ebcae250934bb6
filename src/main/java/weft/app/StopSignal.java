package weft.app;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How a running command learns that it shall stop, or that there is something to look at. The command's own thread waits
 * here between two looks; a signal handler asks it to stop, listeners wake it. So it is always the command itself that
 * closes what it has opened.
 *
 * <p>Work that waits in other places goes through {@link #interruptibly}: its thread is interrupted, and nothing else is.
 */
final class StopSignal {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean requested; // guarded by lock
    private boolean awake; // guarded by lock
    private Thread interruptible; // guarded by lock; or null

    /** Asks the command to stop. */
    void request() {
        lock.lock();
        try {
            requested = true;
            changed.signalAll();
            if (interruptible != null) {
                interruptible.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether the command shall stop. */
    boolean isRequested() {
        lock.lock();
        try {
            return requested;
        } finally {
            lock.unlock();
        }
    }

    /** Ends the command's wait, now or the next one. */
    void wake() {
        lock.lock();
        try {
            awake = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until somebody wakes us, for so long at most. Says whether to stop; an interrupt asks for it, too. */
    boolean await(Duration patience) {
        lock.lock();
        try {
            long nanos = patience.toNanos();
            while (!requested && !awake && nanos > 0) {
                nanos = changed.awaitNanos(nanos);
            }
            awake = false;
            return requested;
        } catch (InterruptedException e) {
            requested = true; // the command unwinds, in order and not disturbed by a second interrupt
            return true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Does work that ends early, with an exception of its own, if its thread is interrupted, as it is when a stop is
     * asked for. What it throws then is an {@link InterruptedException} to our caller, and the interrupt is over.
     */
    <T> T interruptibly(Callable<T> work) throws Exception {
        lock.lock();
        try {
            if (requested) {
                throw new InterruptedException();
            }
            interruptible = Thread.currentThread();
        } finally {
            lock.unlock();
        }
        try {
            return work.call();
        } catch (Exception e) {
            if (isRequested()) {
                var interrupted = new InterruptedException();
                interrupted.initCause(e);
                throw interrupted;
            }
            throw e;
        } finally {
            lock.lock();
            try {
                interruptible = null;
                if (requested) {
                    Thread.interrupted();
                }
            } finally {
                lock.unlock();
            }
        }
    }
}

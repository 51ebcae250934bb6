package weft.storage;

import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import weft.concurrent.WorkerPool;

/**
 * Closes one torrent's files for others, who need their place: closing may wait for a disk that has come to a halt, and
 * that is not the others' disk. One for each share of a {@link Disk}. Any thread may call it.
 */
final class FileCloser {

    private static final System.Logger LOG = System.getLogger("weft.storage");

    /** How long a caller waits: closing takes microseconds, or the disk has come to a halt. */
    private static final long PATIENCE_MILLIS = 100;

    private final WorkerPool.Lane lane;
    private final AtomicInteger overdue = new AtomicInteger(); // that nobody waits for any more

    FileCloser(WorkerPool.Lane lane) {
        this.lane = lane;
    }

    /** True while a file takes so long to close that there is no use in closing more of them. */
    boolean isStuck() {
        return overdue.get() > 0;
    }

    /** Has {@code close} run by another thread and waits for it, but only for a moment. */
    void close(Runnable close) {
        var closing = new Closing(close);
        try {
            lane.submit(closing);
        } catch (RejectedExecutionException e) {
            close.run(); // the disk is closed
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close.run(); // no file is to be left open
            return;
        }
        closing.await();
    }

    private enum Outcome {
        AWAITED,
        DONE,
        OVERDUE
    }

    private final class Closing extends FutureTask<Void> {
        private final Runnable close;
        private final AtomicReference<Outcome> outcome = new AtomicReference<>(Outcome.AWAITED);

        Closing(Runnable close) {
            super(close, null);
            this.close = close;
        }

        void await() {
            try {
                get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (TimeoutException e) {
                if (outcome.compareAndSet(Outcome.AWAITED, Outcome.OVERDUE)) {
                    overdue.incrementAndGet();
                }
            } catch (CancellationException e) {
                // The disk was closed before its turn came: see done().
            } catch (ExecutionException e) {
                LOG.log(System.Logger.Level.ERROR, "closing a file", e);
            }
        }

        @Override
        protected void done() {
            if (isCancelled() && !isStuck()) {
                close.run();
            }
            if (!outcome.compareAndSet(Outcome.AWAITED, Outcome.DONE)) {
                overdue.decrementAndGet();
            }
        }
    }
}

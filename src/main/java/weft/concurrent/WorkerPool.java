package weft.concurrent;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A small, fixed number of platform threads for work that would hold a carrier thread: page faults on cold mapped
 * memory, file calls, hashing. A virtual thread hands such work over and waits for it here like for anything else.
 *
 * <p>The number of tasks that wait or run is bounded too: whoever comes when it is reached waits for a place. A task is
 * never interrupted, because an interrupt inside a {@code FileChannel} closes that channel for everyone; a caller that
 * is interrupted stops waiting, and its task runs to its end.
 *
 * <p>One per client, which closes it. All methods may be called from any thread, but not from the pool's own.
 */
public final class WorkerPool implements AutoCloseable {
    /** How many tasks may wait per thread before callers are made to wait. */
    private static final int QUEUED_PER_THREAD = 64;

    private final ThreadPoolExecutor executor;
    private final Semaphore places;
    private final int size;

    /** Makes a pool of {@code size} daemon threads named {@code name 1}, {@code name 2}, …; each starts when needed. */
    public WorkerPool(String name, int size) {
        if (size < 1) {
            throw new IllegalArgumentException("size < 1: " + size);
        }
        var counter = new AtomicInteger();
        this.size = size;
        this.places = new Semaphore(size * QUEUED_PER_THREAD);
        this.executor = new ThreadPoolExecutor(
                size,
                size,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                task -> Thread.ofPlatform()
                        .name(name + " " + counter.incrementAndGet())
                        .daemon(true)
                        .unstarted(task));
        executor.allowCoreThreadTimeOut(true);
    }

    /** The number of threads. */
    public int size() {
        return size;
    }

    /**
     * Runs {@code work} in the pool and waits for its result. What {@code work} throws is thrown here.
     *
     * @throws RejectedExecutionException if the pool is closed before the work has begun
     */
    public <T> T call(Callable<T> work) throws Exception {
        var task = new FutureTask<>(work);
        submit(task);
        try {
            return task.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case Exception cause -> throw cause;
                case Error cause -> throw cause;
                case Throwable cause -> throw new IllegalStateException(cause);
            }
        }
    }

    /**
     * Hands {@code work} over and returns as soon as there is a place in the queue.
     *
     * @throws RejectedExecutionException if the pool is closed
     */
    public void submit(Runnable work) throws InterruptedException {
        places.acquire();
        var place = new Place(work, places);
        try {
            executor.execute(place);
        } catch (RejectedExecutionException e) {
            places.release();
            throw e;
        }
    }

    /** Takes no more work, drops what has not begun (its callers are told), and waits a bounded time for the rest. */
    @Override
    public void close() {
        close(TaskScope.PATIENCE);
    }

    /** Like {@link #close()}, with a patience of the caller's. Says whether every task has ended. */
    public boolean close(Duration patience) {
        executor.shutdown();
        var queue = executor.getQueue();
        for (Runnable dropped = queue.poll(); dropped != null; dropped = queue.poll()) {
            ((Place) dropped).drop();
        }
        try {
            return executor.awaitTermination(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** A task with its place in the queue, given back when the task has run or is dropped. */
    private record Place(Runnable work, Semaphore places) implements Runnable {
        @Override
        public void run() {
            try {
                work.run();
            } finally {
                places.release();
            }
        }

        void drop() {
            if (work instanceof FutureTask<?> task) {
                task.cancel(false); // its caller's get() ends with a CancellationException
            }
            places.release();
        }
    }
}

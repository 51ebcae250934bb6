package weft.concurrent;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A small number of platform threads for work that would hold a carrier thread: page faults on cold mapped memory, file
 * calls, hashing. A virtual thread hands such work over and waits for it here like for anything else.
 *
 * <p>Work comes in {@linkplain Lane lanes}, one for each whose work may stand still on its own: a torrent whose disk has
 * come to a halt. A lane never has more threads than the pool's size, and while some of the threads are stuck
 * {@link #relieve} lends the other lanes as many more, and more: one disk's halt keeps nobody waiting but those who wait
 * for that disk. If very many lanes are stuck, as all torrents of a disk that is gone are, lanes get a single thread each:
 * so there are never more threads than the pool's size, {@value #MAX_SPARE}, and one for each lane that is stuck.
 *
 * <p>The number of tasks of a lane that wait or run is bounded too: whoever comes when it is reached waits for a place. A
 * task is never interrupted, because an interrupt inside a {@code FileChannel} closes that channel for everyone; a caller
 * that is interrupted stops waiting, and its task runs to its end.
 *
 * <p>Closed by whoever made it. All methods may be called from any thread, but not from the pool's own.
 */
public final class WorkerPool implements AutoCloseable {
    /** How many tasks of a lane may wait per thread before callers are made to wait. */
    private static final int QUEUED_PER_THREAD = 64;

    /** How long a thread without work stays. */
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** A thread that has been at one task for so long counts as stuck. A slow disk needs some 20 ms, a long hash 300. */
    private static final long STUCK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /** When so many threads are at work, a lane gets no second one. */
    private static final int MAX_SPARE = 64;

    private final String name;
    private final int size;
    private final Lane common;

    private final ReentrantLock lock = new ReentrantLock(); // held for memory work only
    private final Condition work = lock.newCondition();
    private final Condition workerGone = lock.newCondition();
    private final LinkedHashSet<Lane> waiting = new LinkedHashSet<>(); // guarded by lock, as are all below: with tasks
    private final Set<Worker> workers = new HashSet<>();
    private final List<Thread> leaving = new ArrayList<>(); // threads of former workers that may not have ended yet
    private int idle; // workers that wait for work
    private int busy; // workers that do something
    private int stuck; // of these
    private int stuckLanes; // lanes that have stuck workers
    private int started; // workers, ever
    private boolean closed;

    /** Makes a pool of {@code size} daemon threads named {@code name 1}, {@code name 2}, …; each starts when needed. */
    public WorkerPool(String name, int size) {
        if (size < 1) {
            throw new IllegalArgumentException("size < 1: " + size);
        }
        this.name = name;
        this.size = size;
        this.common = new Lane();
    }

    /** The number of threads. */
    public int size() {
        return size;
    }

    /** Makes a lane of its own for work that may get stuck without the rest of the pool's work. Needs no closing. */
    public Lane lane() {
        return new Lane();
    }

    /** {@link Lane#call} in a lane that all share who have none of their own. */
    public <T> T call(Callable<T> task) throws Exception {
        return common.call(task);
    }

    /** {@link Lane#submit} in a lane that all share who have none of their own. */
    public void submit(Runnable task) throws InterruptedException {
        common.submit(task);
    }

    /**
     * Finds out how many threads are stuck, and lends others to the lanes that wait. To be called every fraction of a
     * second by whoever wants lanes to be independent of each other.
     */
    public void relieve() {
        lock.lock();
        try {
            long now = System.nanoTime();
            for (Worker worker : workers) {
                if (worker.lane != null && !worker.isStuck && now - worker.busySinceNanos > STUCK_NANOS) {
                    worker.isStuck = true;
                    stuck++;
                    stuckLanes += worker.lane.stuck++ == 0 ? 1 : 0;
                }
            }
            startWorkers();
        } finally {
            lock.unlock();
        }
    }

    /** Takes no more work, drops what has not begun (its callers are told), and waits a bounded time for the rest. */
    @Override
    public void close() {
        close(TaskScope.PATIENCE);
    }

    /** Like {@link #close()}, with a patience of the caller's. Says whether every task has ended. */
    public boolean close(Duration patience) {
        List<Place> dropped = new ArrayList<>();
        lock.lock();
        try {
            closed = true;
            waiting.forEach(lane -> {
                dropped.addAll(lane.queue);
                lane.queue.clear();
            });
            waiting.clear();
            work.signalAll();
        } finally {
            lock.unlock();
        }
        dropped.forEach(Place::drop);
        return awaitWorkers(patience.toNanos());
    }

    private boolean awaitWorkers(long patienceNanos) {
        List<Thread> last;
        lock.lock();
        try {
            long left = patienceNanos;
            while (!workers.isEmpty() && left > 0) {
                left = workerGone.awaitNanos(left);
            }
            if (!workers.isEmpty()) {
                return false;
            }
            last = List.copyOf(leaving);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
        return awaitEnd(last);
    }

    /** Waits for the last steps of threads that have nothing left to do; before, it would hold a carrier on JDK 21. */
    private static boolean awaitEnd(List<Thread> threads) {
        try {
            for (Thread thread : threads) {
                thread.join();
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * Under the lock: how many threads there may be. Twice as many are lent as are stuck: those who wait may get stuck as
     * well, all torrents of a disk, and then it takes few rounds until the others have their turn. And never fewer than are
     * stuck, as beyond {@link #MAX_SPARE} each has a lane of its own.
     */
    private int maxWorkers() {
        return size + Math.min(2 * stuck, MAX_SPARE + stuckLanes);
    }

    /** Under the lock: wakes a thread for the work there is, and starts as many as are needed more and allowed. */
    private void startWorkers() {
        int runnable = 0;
        for (Lane lane : waiting) {
            runnable += Math.min(lane.queue.size(), Math.max(0, lane.maxRunning() - lane.running));
        }
        if (runnable > 0) {
            work.signal(); // who takes some wakes the next
        }
        while (runnable > idle && workers.size() < maxWorkers()) {
            var worker = new Worker();
            workers.add(worker);
            Thread.ofPlatform().name(name + " " + ++started).daemon(true).start(worker);
            runnable--;
        }
    }

    /** Work of one kind: in order, in at most as many threads as the pool has in quiet times. */
    public final class Lane {
        private final Semaphore places = new Semaphore(size * QUEUED_PER_THREAD);
        private final ArrayDeque<Place> queue = new ArrayDeque<>(); // guarded by lock
        private int running; // guarded by lock
        private int stuck; // guarded by lock; of these

        private Lane() {}

        /** Under the lock. */
        private int maxRunning() {
            return busy < MAX_SPARE ? size : 1;
        }

        /**
         * Runs {@code task} in the pool and waits for its result. What {@code task} throws is thrown here.
         *
         * @throws RejectedExecutionException if the pool is closed before the work has begun
         */
        public <T> T call(Callable<T> task) throws Exception {
            var future = new FutureTask<>(task);
            submit(future);
            try {
                return future.get();
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case Exception cause -> throw cause;
                    case Error cause -> throw cause;
                    case Throwable cause -> throw new IllegalStateException(cause);
                }
            }
        }

        /**
         * Hands {@code task} over and returns as soon as there is a place in the queue.
         *
         * @throws RejectedExecutionException if the pool is closed
         */
        public void submit(Runnable task) throws InterruptedException {
            places.acquire();
            lock.lock();
            try {
                if (!closed) {
                    queue.add(new Place(task, this));
                    waiting.add(this);
                    startWorkers();
                    return;
                }
            } finally {
                lock.unlock();
            }
            places.release();
            throw new RejectedExecutionException("closed: " + name);
        }
    }

    /** A task with its place in its lane, given back when the task has run or is dropped. */
    private record Place(Runnable task, Lane lane) {
        void drop() {
            if (task instanceof FutureTask<?> future) {
                future.cancel(false); // its caller's get() ends with a CancellationException
            }
            lane.places.release();
        }
    }

    /** One thread. Its fields are guarded by the pool's lock. */
    private final class Worker implements Runnable {
        private Lane lane; // whose work it does, or null
        private boolean isStuck;
        private long busySinceNanos;

        @Override
        public void run() {
            try {
                for (Place place = next(); place != null; place = next()) {
                    try {
                        place.task().run();
                    } finally {
                        done();
                        place.lane().places.release();
                    }
                }
            } finally {
                gone();
            }
        }

        /** Waits for a task; null if this thread is not needed any more. */
        private Place next() {
            lock.lock();
            try {
                long left = IDLE_NANOS;
                while (true) {
                    if (workers.size() > maxWorkers()) {
                        return null; // others' threads have come free
                    }
                    for (Lane next : waiting) {
                        if (next.running < next.maxRunning()) {
                            return taken(next);
                        }
                    }
                    if (closed || left <= 0) {
                        return null;
                    }
                    idle++;
                    try {
                        left = work.awaitNanos(left);
                    } finally {
                        idle--;
                    }
                }
            } catch (InterruptedException e) {
                return null; // nobody does that; if somebody did, the thread would just end
            } finally {
                lock.unlock();
            }
        }

        private Place taken(Lane next) {
            Place place = next.queue.poll();
            next.running++;
            busy++;
            waiting.remove(next);
            if (!next.queue.isEmpty()) {
                waiting.add(next); // behind the others: they take turns
            }
            if (idle > 0 && !waiting.isEmpty()) {
                work.signal(); // a lane that had all its threads may have one free again
            }
            lane = next;
            busySinceNanos = System.nanoTime();
            return place;
        }

        private void done() {
            lock.lock();
            try {
                lane.running--;
                busy--;
                if (isStuck) {
                    isStuck = false;
                    stuck--;
                    stuckLanes -= --lane.stuck == 0 ? 1 : 0;
                }
                lane = null;
            } finally {
                lock.unlock();
            }
        }

        private void gone() {
            lock.lock();
            try {
                workers.remove(this);
                leaving.removeIf(thread -> !thread.isAlive());
                leaving.add(Thread.currentThread());
                if (!closed) {
                    startWorkers(); // for what came while this thread was on its way out, or waited for it to come free
                }
                workerGone.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }
}

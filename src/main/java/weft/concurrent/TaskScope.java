package weft.concurrent;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;

/**
 * A scope in which threads run, virtual ones but for a few, and which none of them outlives. It follows the shape of the JDK's
 * {@code StructuredTaskScope} (JEP 505), which is still in preview, and should be replaced by it one day.
 *
 * <p>Two policies. <em>Supervised</em>: a task that fails is reported to a handler and the others live on (the peers of
 * a torrent). <em>All together</em>: the first failure shuts the whole scope down (a peer's reader and writer).
 *
 * <p>Shutting down goes from the outside in: first child scopes, then the resources registered with {@link #closeFirst}
 * (closing a channel is what ends a thread blocked in it), then an interrupt for what still waits in memory.
 * {@link #close()} also waits until all threads have ended, for at most the scope's patience.
 *
 * <p>All methods may be called from any thread.
 */
public final class TaskScope implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("weft.concurrent");

    /** How long {@link #close()} waits for threads that do not end: closing a client is to take five seconds at most. */
    public static final Duration PATIENCE = Duration.ofSeconds(5);

    /** What a thread of the scope does; an exception that leaves it is the task's failure. */
    @FunctionalInterface
    public interface Task {
        /** Runs to its end in a virtual thread of the scope. */
        void run() throws Exception;
    }

    private final String name;
    private final BiConsumer<String, Throwable> onFailure;
    private final TaskScope parent; // or null: a root

    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

    private final ReentrantLock lock = new ReentrantLock();
    private final Set<TaskScope> children = new LinkedHashSet<>(); // guarded by lock
    private final Set<AutoCloseable> resources = new LinkedHashSet<>(); // guarded by lock
    private boolean shutDown; // guarded by lock
    private Throwable failure; // guarded by lock; the first one, or null

    private TaskScope(String name, TaskScope parent, BiConsumer<String, Throwable> onFailure) {
        this.name = name;
        this.parent = parent;
        this.onFailure = onFailure;
    }

    /**
     * Opens a root scope in which a failing task harms no other. {@code onFailure} gets the task's name and what it
     * threw, on the failed task's thread.
     */
    public static TaskScope supervised(String name, BiConsumer<String, Throwable> onFailure) {
        return new TaskScope(name, null, onFailure);
    }

    /** Opens a root scope that the first failing task shuts down. */
    public static TaskScope allTogether(String name) {
        return new TaskScope(name, null, null);
    }

    /** Opens a supervised scope below this one, closed at the latest when this one is. */
    public TaskScope childSupervised(String childName, BiConsumer<String, Throwable> onChildFailure) {
        return adopt(new TaskScope(nameOf(childName), this, onChildFailure));
    }

    /** Opens an all-together scope below this one, closed at the latest when this one is. */
    public TaskScope childAllTogether(String childName) {
        return adopt(new TaskScope(nameOf(childName), this, null));
    }

    // A child without a name of its own goes under this one's.
    private String nameOf(String childName) {
        return childName.isEmpty() ? name : name + " " + childName;
    }

    private TaskScope adopt(TaskScope child) {
        lock.lock();
        try {
            if (shutDown) {
                throw new IllegalStateException("scope is closed: " + name);
            }
            children.add(child);
        } finally {
            lock.unlock();
        }
        return child;
    }

    /**
     * Starts a virtual thread named after this scope and {@code task}.
     *
     * @throws IllegalStateException if the scope has been shut down
     */
    public void fork(String taskName, Task task) {
        if (!tryFork(taskName, task)) {
            throw new IllegalStateException("scope is closed: " + name);
        }
    }

    /** Like {@link #fork}, for callers to whom a scope that is closing is nothing unusual: says whether it started. */
    public boolean tryFork(String taskName, Task task) {
        return tryStart(Thread.ofVirtual(), taskName, task);
    }

    /** Like {@link #fork}, with a platform thread: for what would hold a carrier while it waits, such as a selector. */
    public void forkPlatform(String taskName, Task task) {
        if (!tryStart(Thread.ofPlatform().daemon(), taskName, task)) {
            throw new IllegalStateException("scope is closed: " + name);
        }
    }

    private boolean tryStart(Thread.Builder kind, String taskName, Task task) {
        var thread = kind.name(name + " " + taskName).unstarted(() -> runTask(taskName, task));
        lock.lock();
        try {
            if (shutDown) {
                return false;
            }
            threads.add(thread);
            thread.start(); // under the lock: a join must not meet a thread that has not begun
        } finally {
            lock.unlock();
        }
        return true;
    }

    /** The scope as an {@link Executor}, for JDK classes that want one: every command is a thread of this scope. */
    public Executor asExecutor(String taskName) {
        return command -> {
            if (!tryFork(taskName, command::run)) {
                throw new RejectedExecutionException("scope is closed: " + name);
            }
        };
    }

    /**
     * Registers something to be closed when the scope shuts down, before its threads are interrupted. If the scope is
     * shut down already it is closed at once.
     */
    public void closeFirst(AutoCloseable resource) {
        boolean late;
        lock.lock();
        try {
            late = shutDown;
            if (!late) {
                resources.add(resource);
            }
        } finally {
            lock.unlock();
        }
        if (late) {
            closeQuietly(resource);
        }
    }

    /** Takes back {@link #closeFirst}, for a resource whose life ended before the scope's. */
    public void forget(AutoCloseable resource) {
        lock.lock();
        try {
            resources.remove(resource);
        } finally {
            lock.unlock();
        }
    }

    /** The first failure of an all-together scope. */
    public Optional<Throwable> failure() {
        lock.lock();
        try {
            return Optional.ofNullable(failure);
        } finally {
            lock.unlock();
        }
    }

    /** Ends everything in the scope without waiting for it; no task can be forked from now on. */
    public void shutdown() {
        List<TaskScope> childrenNow;
        List<AutoCloseable> resourcesNow;
        lock.lock();
        try {
            shutDown = true;
            childrenNow = List.copyOf(children);
            resourcesNow = new ArrayList<>(resources);
            resources.clear();
        } finally {
            lock.unlock();
        }
        childrenNow.forEach(TaskScope::shutdown);
        resourcesNow.forEach(this::closeQuietly);
        for (Thread thread : threads) {
            if (thread != Thread.currentThread()) {
                thread.interrupt();
            }
        }
    }

    /**
     * Waits until every thread of the scope and of its children has ended.
     *
     * @return false if {@code patience} ran out before
     */
    public boolean join(Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        for (Thread thread : threads) {
            if (thread != Thread.currentThread()
                    && !thread.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())))) {
                return false;
            }
        }
        for (TaskScope child : childrenNow()) {
            if (!child.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Shuts the scope down and waits for its threads, at most {@link #PATIENCE}; what still runs then is logged by name.
     * May be called twice, and by a thread of the scope, which then is not waited for.
     */
    @Override
    public void close() {
        close(PATIENCE);
    }

    /** Like {@link #close()}, with a patience of the caller's. Says whether every thread has ended. */
    public boolean close(Duration patience) {
        shutdown();
        boolean interrupted = false;
        boolean ended = false;
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                ended = join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
                break;
            } catch (InterruptedException e) {
                interrupted = true; // closing is finished first, the interrupt is handed on after
            }
        }
        if (!ended) {
            LOG.log(System.Logger.Level.ERROR, "{0}: still running after {1}: {2}", name, patience, runningTasks());
        }
        if (parent != null) {
            parent.disown(this);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return ended;
    }

    private void disown(TaskScope child) {
        lock.lock();
        try {
            children.remove(child);
        } finally {
            lock.unlock();
        }
    }

    private List<TaskScope> childrenNow() {
        lock.lock();
        try {
            return List.copyOf(children);
        } finally {
            lock.unlock();
        }
    }

    private List<String> runningTasks() {
        var names = new ArrayList<String>();
        threads.forEach(thread -> names.add(thread.getName()));
        childrenNow().forEach(child -> names.addAll(child.runningTasks()));
        return names;
    }

    private void runTask(String taskName, Task task) {
        try {
            task.run();
        } catch (Throwable e) {
            taskFailed(taskName, e);
        } finally {
            threads.remove(Thread.currentThread());
        }
    }

    private void taskFailed(String taskName, Throwable e) {
        boolean stopping;
        lock.lock();
        try {
            stopping = shutDown;
            if (failure == null && !stopping) {
                failure = e;
            }
        } finally {
            lock.unlock();
        }
        if (stopping) {
            return; // a task that ends because its scope was closed has not failed
        }
        if (onFailure != null) {
            onFailure.accept(taskName, e);
        } else {
            shutdown();
        }
    }

    private void closeQuietly(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            LOG.log(System.Logger.Level.DEBUG, () -> name + ": closing " + resource, e);
        }
    }
}

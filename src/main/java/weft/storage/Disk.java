package weft.storage;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import weft.concurrent.TaskScope;
import weft.concurrent.WorkerPool;

/**
 * What the storages of one client share: threads for work that would hold a carrier thread, the set of open files, the
 * set of mapped windows. Opened by the client, which closes it after its storages. All methods may be called from any
 * thread.
 *
 * <p>There are two kinds of threads, platform threads both, because a hash check of a terabyte must not keep a peer
 * waiting for a file to be opened: <em>file threads</em>, which nobody interrupts and which wait for the disk, and
 * <em>hashing threads</em>.
 *
 * <p>Who waits for whom: anybody may wait for a file thread. A file thread waits for no other thread's work, only for the
 * disk and for locks that are held across file calls; those are taken by file threads alone. So there is always one that
 * gets on.
 */
public final class Disk implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("weft.storage");

    /** What takes this long is mentioned in the log. */
    private static final Duration LONG = Duration.ofMinutes(1);

    /** As long as there is room in the system's cache, writing a block takes some 10 microseconds. */
    private static final long CALL_PATIENCE_MILLIS = 20;

    /** Set in the pools' own threads while they work. */
    private static final ThreadLocal<WorkerPool> POOL_OF_THREAD = new ThreadLocal<>();

    private final WorkerPool fileThreads;
    private final WorkerPool hashingThreads;
    private final ResidentSet openFiles;
    private final ResidentSet windows;
    private final CopyBuffers copies = new CopyBuffers();
    private final Semaphore callers = new Semaphore(Math.max(1, carriers() - 1)); // see mayCall

    private Disk(DiskOptions options) {
        this.fileThreads = new WorkerPool("weft disk", options.fileThreads());
        this.hashingThreads = new WorkerPool("weft hashing", options.hashingThreads());
        this.openFiles = new ResidentSet(options.openFiles());
        this.windows = new ResidentSet(options.mappedBytes());
    }

    /** A disk with default bounds. */
    public static Disk open() {
        return open(DiskOptions.defaults());
    }

    /** A disk with these bounds. */
    public static Disk open(DiskOptions options) {
        return new Disk(Objects.requireNonNull(options, "options"));
    }

    /** Bytes of files that are mapped now, never more than the options allow. (On JDK 21 the garbage collector unmaps.) */
    public long mappedBytes() {
        return windows.used();
    }

    /** Files that are open now. */
    public int openFiles() {
        return (int) openFiles.used();
    }

    /** Ends the threads, in bounded time; storages that are still open fail from now on. A second call does nothing. */
    @Override
    public void close() {
        close(TaskScope.PATIENCE);
    }

    /** Like {@link #close()}, waiting at most so long for what is being done. */
    public void close(Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        fileThreads.close(patience);
        hashingThreads.close(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
    }

    ResidentSet openFileSet() {
        return openFiles;
    }

    ResidentSet windowSet() {
        return windows;
    }

    CopyBuffers copies() {
        return copies;
    }

    /**
     * Hands over something that will call {@link PieceVerifier#verify}, which then hashes on the spot, and returns. Waits
     * only if very much has been handed over already.
     *
     * @throws RejectedExecutionException if the disk is closed
     */
    public void submit(Runnable work) throws InterruptedException {
        hashingThreads.submit(() -> {
            POOL_OF_THREAD.set(hashingThreads);
            try {
                work.run();
            } finally {
                POOL_OF_THREAD.remove();
            }
        });
    }

    /**
     * Runs {@code work} on a file thread (on the spot if this is one) and waits for it. A caller that is interrupted
     * leaves with an {@link InterruptedIOException} while the work goes on: it may touch nothing that is the caller's.
     */
    <T> T onFileThread(Callable<T> work) throws IOException {
        return on(fileThreads, work);
    }

    /** Like {@link #onFileThread}, on a hashing thread. */
    <T> T onHashingThread(Callable<T> work) throws IOException {
        return on(hashingThreads, work);
    }

    private <T> T on(WorkerPool pool, Callable<T> work) throws IOException {
        if (!Thread.currentThread().isVirtual() && POOL_OF_THREAD.get() == pool) {
            return explained(work);
        }
        return explained(() -> pool.call(() -> {
            POOL_OF_THREAD.set(pool);
            try {
                return work.call();
            } finally {
                POOL_OF_THREAD.remove();
            }
        }));
    }

    /**
     * Runs {@code step} on all file threads at once, again and again until it says that nothing is left. Between two steps
     * a thread is there for others. For many small waits for the disk, such as forcing files: at once they take little
     * longer than one.
     */
    void onAllFileThreads(String name, Callable<Boolean> step) throws IOException {
        onAll(name, fileThreads, step);
    }

    /** Like {@link #onAllFileThreads}, for hashing. */
    void onAllHashingThreads(String name, Callable<Boolean> step) throws IOException {
        onAll(name, hashingThreads, step);
    }

    private void onAll(String name, WorkerPool pool, Callable<Boolean> step) throws IOException {
        Optional<Throwable> failure;
        // A virtual thread for each thread of the pool, which hands over one step after the other.
        try (var scope = TaskScope.allTogether("weft " + name)) {
            for (int i = 0; i < pool.size(); i++) {
                scope.tryFork("" + i, () -> {
                    boolean more = true;
                    while (more) {
                        more = on(pool, step);
                    }
                });
            }
            while (!scope.join(LONG)) {
                LOG.log(System.Logger.Level.INFO, "still at work: {0}", name);
            }
            failure = scope.failure();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for: " + name);
        }
        if (failure.isPresent()) {
            throw failure.get() instanceof IOException e ? e : new IOException(failure.get());
        }
    }

    /**
     * True if this thread may now make a short file call itself; {@link #callMade} is to follow. A virtual thread that
     * waits inside a file call holds its carrier, so all but one of the carriers may do so at a time: if the disk comes to
     * a halt, there is still one for everybody else. Who finds no place within a moment had better use a file thread.
     */
    boolean mayCall() throws InterruptedIOException {
        if (!Thread.currentThread().isVirtual()) {
            return true;
        }
        try {
            return callers.tryAcquire() || callers.tryAcquire(CALL_PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the disk");
        }
    }

    /** The call is over for which {@link #mayCall} gave leave. */
    void callMade() {
        if (Thread.currentThread().isVirtual()) {
            callers.release();
        }
    }

    private static int carriers() {
        return Integer.getInteger(
                "jdk.virtualThreadScheduler.parallelism", Runtime.getRuntime().availableProcessors());
    }

    private static <T> T explained(Callable<T> work) throws IOException {
        try {
            return work.call();
        } catch (IOException | RuntimeException e) {
            if (e instanceof RejectedExecutionException || e instanceof CancellationException) {
                throw new ClosedChannelException(); // the disk is closed
            }
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the disk");
        } catch (Exception e) {
            throw new IOException(e);
        }
    }
}

package weft.storage;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import weft.concurrent.TaskScope;
import weft.concurrent.WorkerPool;

/**
 * What the storages of one client share: threads for work that would hold a carrier thread, the set of open files, the
 * set of mapped windows. Opened by the client, which closes it after its storages. All methods may be called from any
 * thread.
 *
 * <p>There are two kinds of threads, platform threads all, because a hash check of a terabyte must not keep a peer
 * waiting for a file to be opened: <em>file threads</em>, which nobody interrupts and which wait for the disk, and
 * <em>hashing threads</em>. Each torrent has a {@linkplain #share share} of its own in them, so that where one torrent's
 * disk comes to a halt the others' work goes on. (A few more close one torrent's files to make room for another's.)
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

    /** After somebody has waited for that in vain nobody waits for so long: the calls of another are stuck. */
    private static final long CALLS_STUCK_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** A disk that spins up or is at others' work takes a second or two; whoever waits for longer wants to know. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** How often is looked for threads that are stuck. */
    private static final Duration RELIEF = Duration.ofMillis(250);

    /** For files that make room for others'. */
    private static final int CLOSING_THREADS = 2;

    /** Set in the pools' own threads while they work: for whom. */
    private static final ThreadLocal<Pool> POOL_OF_THREAD = new ThreadLocal<>();

    private final LongSupplier nanoTime;
    private final Optional<Disk> whole; // of which this is a share
    private final Pool fileThreads;
    private final Pool hashingThreads;
    private final WorkerPool closingThreads;
    private final ResidentSet openFiles;
    private final ResidentSet windows;
    private final CopyBuffers copies;
    private final Callers callers;
    private final FileCloser closer;

    private final AtomicInteger calls = new AtomicInteger(); // of this share that its threads are making now
    private volatile long lastStepNanos; // when one of them began, ended, or got on in between

    private Disk(DiskOptions options, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.whole = Optional.empty();
        this.fileThreads = Pool.of(new WorkerPool("weft disk", options.fileThreads()));
        this.hashingThreads = Pool.of(new WorkerPool("weft hashing", options.hashingThreads()));
        this.closingThreads = new WorkerPool("weft closing", CLOSING_THREADS);
        this.closer = new FileCloser(closingThreads.lane());
        this.openFiles = new ResidentSet(options.openFiles());
        this.windows = new ResidentSet(options.mappedBytes());
        this.copies = new CopyBuffers();
        this.callers = new Callers(carriers() - 1);
    }

    private Disk(Disk whole) {
        this.nanoTime = whole.nanoTime;
        this.whole = Optional.of(whole);
        this.fileThreads = Pool.of(whole.fileThreads.threads());
        this.hashingThreads = Pool.of(whole.hashingThreads.threads());
        this.closingThreads = whole.closingThreads;
        this.closer = new FileCloser(closingThreads.lane());
        this.openFiles = whole.openFiles;
        this.windows = whole.windows;
        this.copies = whole.copies;
        this.callers = whole.callers;
    }

    /** A disk with default bounds. */
    public static Disk open() {
        return open(DiskOptions.defaults());
    }

    /** A disk with these bounds. */
    public static Disk open(DiskOptions options) {
        return open(options, System::nanoTime);
    }

    /** Like {@link #open(DiskOptions)}, with another clock for {@link #isStuck}. */
    public static Disk open(DiskOptions options, LongSupplier nanoTime) {
        return new Disk(Objects.requireNonNull(options, "options"), Objects.requireNonNull(nanoTime, "nanoTime"));
    }

    /** Bytes of files that are mapped now, never more than the options allow. (On JDK 21 the garbage collector unmaps.) */
    public long mappedBytes() {
        return windows.used();
    }

    /** Files that are open now. */
    public int openFiles() {
        return (int) openFiles.used();
    }

    /**
     * A share for one torrent: the same threads, open files and windows, but a queue of its own before the threads. While
     * {@link #run} runs, work of a share that is stuck does not keep that of others waiting. Needs no closing; it ends with
     * this disk.
     */
    public Disk share() {
        return new Disk(whole.orElse(this));
    }

    /**
     * True if calls of this share wait for the disk, and none of them has got on for two seconds. One that takes many
     * steps gets on with each file that it looks at and with each stretch that it reads: that it takes long is not enough.
     * Work that waits for its turn, and what virtual threads do themselves, does not count.
     */
    public boolean isStuck() {
        return calls.get() > 0 && nanoTime.getAsLong() - lastStepNanos > PATIENCE.toNanos();
    }

    /** A call that takes many steps has made one. */
    void step() {
        lastStepNanos = nanoTime.getAsLong();
    }

    /** Finds threads that are stuck, and lends others to those shares that wait; until interrupted. */
    public void run() throws InterruptedException {
        while (true) {
            Thread.sleep(RELIEF);
            fileThreads.threads().relieve();
            hashingThreads.threads().relieve();
            closingThreads.relieve();
        }
    }

    /**
     * Ends the threads, in bounded time; storages that are still open fail from now on. A second call does nothing, nor
     * does closing a share.
     */
    @Override
    public void close() {
        close(TaskScope.PATIENCE);
    }

    /** Like {@link #close()}, waiting at most so long for what is being done. */
    public void close(Duration patience) {
        if (whole.isPresent()) {
            return;
        }
        long deadline = System.nanoTime() + patience.toNanos();
        fileThreads.threads().close(patience);
        hashingThreads.threads().close(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
        closingThreads.close(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
    }

    /** Closes a storage on a file thread, since that may take its time too; or on the spot if there is none to be had. */
    public void closeStorage(Storage storage) throws IOException {
        try {
            onFileThread(() -> {
                storage.close();
                return null;
            });
        } catch (ClosedChannelException | InterruptedIOException e) {
            storage.close(); // this disk is closed, or the caller to end: in any case no file is to be left open
        }
    }

    /**
     * Bytes that may still be written in a directory, or where it would be made; empty if the file system does not say.
     * Waits for the disk.
     */
    public OptionalLong usableSpace(Path directory) throws IOException {
        return onFileThread(() -> new DownloadDirectory(directory).usableSpace());
    }

    /** The pieces that a storage may hold, as far as it knows without reading. Waits for the disk. */
    public BitSet mayHold(Storage storage, int pieceCount) throws IOException {
        return onFileThread(() -> {
            var pieces = new BitSet();
            for (int piece = 0; piece < pieceCount; piece++) {
                pieces.set(piece, storage.mayHold(piece));
                step();
            }
            return pieces;
        });
    }

    /**
     * Closes an open file of this share: on the spot if this thread works for this share, and may be held up by its disk;
     * else on a thread for the purpose, as closing may wait for a disk that has come to a halt. After a moment it is not
     * waited for any more.
     */
    void closeFile(Runnable close) {
        var own = Thread.currentThread().isVirtual() ? null : POOL_OF_THREAD.get();
        if (own != null && (own.equals(fileThreads) || own.equals(hashingThreads))) {
            close.run();
            step();
            return;
        }
        closer.close(close);
    }

    /** True while closing a file of this share takes so long that others had better not ask for it. */
    boolean isClosingStuck() {
        return closer.isStuck();
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
        hashingThreads.lane().submit(() -> {
            begin(hashingThreads);
            try {
                work.run();
            } finally {
                end();
            }
        });
    }

    private void begin(Pool pool) {
        POOL_OF_THREAD.set(pool);
        step();
        calls.incrementAndGet();
    }

    private void end() {
        calls.decrementAndGet();
        step();
        POOL_OF_THREAD.remove();
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

    private <T> T on(Pool pool, Callable<T> work) throws IOException {
        var own = Thread.currentThread().isVirtual() ? null : POOL_OF_THREAD.get();
        if (own != null && own.threads() == pool.threads()) {
            return explained(work);
        }
        return explained(() -> pool.lane().call(() -> {
            begin(pool);
            try {
                return work.call();
            } finally {
                end();
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

    private void onAll(String name, Pool pool, Callable<Boolean> step) throws IOException {
        Optional<Throwable> failure;
        // A virtual thread for each thread of the pool, which hands over one step after the other.
        try (var scope = TaskScope.allTogether("weft " + name)) {
            for (int i = 0; i < pool.threads().size(); i++) {
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
     * a halt, there is still one for everybody else. Where there is only one carrier nobody may. Who finds no place within
     * a moment had better use a file thread.
     */
    boolean mayCall() throws InterruptedIOException {
        return !Thread.currentThread().isVirtual() || callers.tryEnter();
    }

    /** The call is over for which {@link #mayCall} gave leave. */
    void callMade() {
        if (Thread.currentThread().isVirtual()) {
            callers.leave();
        }
    }

    /** As many as the JDK makes; it has no method that tells. */
    private static int carriers() {
        int parallelism = Integer.getInteger(
                "jdk.virtualThreadScheduler.parallelism", Runtime.getRuntime().availableProcessors());
        return Math.min(parallelism, Integer.getInteger("jdk.virtualThreadScheduler.maxPoolSize", parallelism));
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

    /** Threads, and the lane in which work of this share gets to them. */
    private record Pool(WorkerPool threads, WorkerPool.Lane lane) {
        static Pool of(WorkerPool threads) {
            return new Pool(threads, threads.lane());
        }
    }

    /** The virtual threads that make file calls themselves, at most {@code places} at a time. */
    private static final class Callers {
        private final boolean none;
        private final Semaphore free;
        private volatile long stuckSinceNanos = System.nanoTime() - CALLS_STUCK_NANOS;

        Callers(int places) {
            this.none = places < 1;
            this.free = new Semaphore(places);
        }

        boolean tryEnter() throws InterruptedIOException {
            if (none) {
                return false;
            }
            if (free.tryAcquire()) {
                return true;
            }
            if (System.nanoTime() - stuckSinceNanos < CALLS_STUCK_NANOS) {
                return false;
            }
            try {
                boolean entered = free.tryAcquire(CALL_PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
                if (!entered) {
                    stuckSinceNanos = System.nanoTime();
                }
                return entered;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while waiting for the disk");
            }
        }

        void leave() {
            free.release();
        }
    }
}

package weft.kit;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import weft.metainfo.Layout;
import weft.storage.Lease;
import weft.storage.MemoryStorage;
import weft.storage.Storage;
import weft.storage.StorageException;

/**
 * A storage in memory that a test can make slow, still, or broken: so that a seed has a bounded line, a disk hangs, a
 * disk is full.
 */
public final class SteeredStorage implements Storage {
    private final MemoryStorage memory;
    private final AtomicLong busyUntilNanos = new AtomicLong(System.nanoTime());
    private volatile long nanosPerByte; // of what is lent
    private final AtomicInteger longestLease = new AtomicInteger(); // in bytes
    private final AtomicInteger longestWrite = new AtomicInteger();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean stalled; // guarded by lock, as are all below
    private int waiting;
    private IOException writeFault; // or null
    private RuntimeException writeBug; // or null
    private RuntimeException readBug; // or null
    private int withheld; // of all that is lent
    private boolean flushed;

    /** A storage in which nothing lies yet, and which does as it should. */
    public SteeredStorage(Layout layout) {
        this.memory = new MemoryStorage(layout);
    }

    // --- steering

    /** From now on at most so many bytes per second are lent to be sent, to all peers together. */
    public SteeredStorage withBytesPerSecond(long bytesPerSecond) {
        nanosPerByte = TimeUnit.SECONDS.toNanos(1) / bytesPerSecond;
        return this;
    }

    /** From now on reading and writing waits, interrupted or not, until {@link #resume}. */
    public void stall() {
        setStalled(true);
    }

    /**
     * The same, after the first flush. A torrent that has been checked is saved when it seeds already, so that whoever sees it
     * seed might stall that, and not what he does next.
     */
    public void stallWhenSaved() {
        Await.until("what the check found is saved", () -> {
            lock.lock();
            try {
                return flushed;
            } finally {
                lock.unlock();
            }
        });
        stall();
    }

    /** Ends {@link #stall}. */
    public void resume() {
        setStalled(false);
    }

    private void setStalled(boolean now) {
        lock.lock();
        try {
            stalled = now;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether somebody waits in a {@link #stall}. */
    public boolean isWaitedFor() {
        lock.lock();
        try {
            return waiting > 0;
        } finally {
            lock.unlock();
        }
    }

    /** From now on every write fails so; empty to end that. */
    public void failWrites(Optional<IOException> fault) {
        lock.lock();
        try {
            writeFault = fault.orElse(null);
        } finally {
            lock.unlock();
        }
    }

    /** From now on every write throws this, as no storage should. */
    public void throwOnWrites(RuntimeException bug) {
        lock.lock();
        try {
            writeBug = bug;
        } finally {
            lock.unlock();
        }
    }

    /** From now on every read, and whatever is to be lent, throws this, as no storage should. */
    public void throwOnReads(RuntimeException bug) {
        lock.lock();
        try {
            readBug = bug;
        } finally {
            lock.unlock();
        }
    }

    /** From now on so many bytes less are lent than were asked for, as no storage should. */
    public void withhold(int bytes) {
        lock.lock();
        try {
            withheld = bytes;
        } finally {
            lock.unlock();
        }
    }

    /** The most bytes that were written by one call. */
    public int longestWrite() {
        return longestWrite.get();
    }

    /** The most bytes that were lent in one piece. */
    public int longestLease() {
        return longestLease.get();
    }

    // --- being a storage

    @Override
    public void write(int piece, int begin, ByteBuffer block) throws IOException {
        longestWrite.accumulateAndGet(block.remaining(), Math::max);
        lock.lock();
        try {
            awaitResume();
            if (writeBug != null) {
                throw writeBug;
            }
            if (writeFault != null) {
                throw writeFault instanceof StorageException e
                        ? new StorageException(e.reason(), e.getMessage(), e)
                        : new IOException(writeFault.getMessage(), writeFault);
            }
        } finally {
            lock.unlock();
        }
        memory.write(piece, begin, block);
    }

    @Override
    public void read(int piece, int begin, ByteBuffer target) throws IOException {
        awaitReading();
        memory.read(piece, begin, target);
    }

    @Override
    public Lease lend(int piece, int begin, int length) throws IOException {
        longestLease.accumulateAndGet(length, Math::max);
        long turn = busyUntilNanos.accumulateAndGet(
                length * nanosPerByte, (until, cost) -> Math.max(until, System.nanoTime()) + cost);
        try {
            // One line for all peers: each waits until what was lent before has gone out.
            var never = new CountDownLatch(1);
            if (nanosPerByte > 0 && never.await(turn - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                throw new AssertionError();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
        return memory.lend(piece, begin, length - awaitReading());
    }

    /** Returns how much is to be withheld. */
    private int awaitReading() {
        lock.lock();
        try {
            awaitResume();
            if (readBug != null) {
                throw readBug;
            }
            return withheld;
        } finally {
            lock.unlock();
        }
    }

    private void awaitResume() {
        waiting++;
        while (stalled) {
            changed.awaitUninterruptibly();
        }
        waiting--;
    }

    @Override
    public boolean mayHoldCarrier() {
        return false;
    }

    @Override
    public boolean mayHold(int piece) {
        return memory.mayHold(piece);
    }

    @Override
    public void flush() throws IOException {
        lock.lock();
        try {
            awaitResume();
            memory.flush();
            flushed = true;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        memory.close();
    }
}

package weft.app;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.locks.ReentrantLock;
import weft.storage.Lease;
import weft.storage.Storage;

/**
 * A storage that lends no faster than a given rate, for the demonstration: over loopback a swarm would be done before
 * anybody could see it. It also shows how little a storage has to do.
 */
final class PacedStorage implements Storage {
    private final Storage storage;

    private final ReentrantLock lock = new ReentrantLock();
    private long bytesPerSecond; // guarded by lock; 0: as fast as it goes
    private long freeNanos; // guarded by lock; when the next bytes may go

    PacedStorage(Storage storage) {
        this.storage = storage;
    }

    /** From now on lend this fast, all callers together. */
    void pace(long newBytesPerSecond) {
        lock.lock();
        try {
            bytesPerSecond = newBytesPerSecond;
            freeNanos = System.nanoTime();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Lease lend(int piece, int begin, int length) throws IOException {
        try {
            Thread.sleep(Duration.ofNanos(reserve(length)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // a connection that ends: nothing to hold up
        }
        return storage.lend(piece, begin, length);
    }

    /** Takes so many bytes of the rate; returns for how many nanoseconds to wait for them. */
    private long reserve(int bytes) {
        lock.lock();
        try {
            if (bytesPerSecond == 0) {
                return 0;
            }
            long now = System.nanoTime();
            long begin = Math.max(now, freeNanos);
            freeNanos = begin + bytes * 1_000_000_000L / bytesPerSecond;
            return begin - now;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void write(int piece, int begin, ByteBuffer block) throws IOException {
        storage.write(piece, begin, block);
    }

    @Override
    public void read(int piece, int begin, ByteBuffer target) throws IOException {
        storage.read(piece, begin, target);
    }

    @Override
    public boolean mayHoldCarrier() {
        return storage.mayHoldCarrier();
    }

    @Override
    public boolean mayHold(int piece) {
        return storage.mayHold(piece);
    }

    @Override
    public void setWanted(BitSet files) throws IOException {
        storage.setWanted(files);
    }

    @Override
    public void flush() throws IOException {
        storage.flush();
    }

    @Override
    public void close() throws IOException {
        storage.close();
    }
}

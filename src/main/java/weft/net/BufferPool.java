package weft.net;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Direct buffers to receive data into, lent to peers while data flows. A heap buffer would be copied through a hidden
 * direct one on every read. The pool's memory is bounded: when all large buffers are lent, peers get one that just
 * holds a block.
 *
 * <p>One per client; memory work only.
 */
public final class BufferPool {
    /** A block of 16 KiB with its header, and the beginning of the next message. */
    private static final int BLOCK_SIZED = 32 * 1024;

    private final int bufferSize;
    private final int maxBuffers;

    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>(); // guarded by lock
    private final ArrayDeque<ByteBuffer> freeBlockSized = new ArrayDeque<>(); // guarded by lock; one per peer at most
    private int made; // guarded by lock

    /** A pool of at most {@code maxBuffers} buffers of {@code bufferSize} bytes, made when they are first needed. */
    public BufferPool(int bufferSize, int maxBuffers) {
        if (bufferSize <= BLOCK_SIZED) {
            throw new IllegalArgumentException("buffers of " + bufferSize + " bytes <= " + BLOCK_SIZED);
        }
        this.bufferSize = bufferSize;
        this.maxBuffers = maxBuffers;
    }

    /** A buffer lent until the lease is closed, by the thread that took it. */
    public final class Lease implements AutoCloseable {
        private ByteBuffer buffer; // or null: given back

        private Lease(ByteBuffer buffer) {
            this.buffer = buffer;
        }

        /** The buffer; its contents are whatever the last user left. */
        public ByteBuffer buffer() {
            return buffer;
        }

        @Override
        public void close() {
            var lent = buffer;
            buffer = null;
            if (lent != null) {
                lock.lock();
                try {
                    // The one used last is the one still in the processor's cache.
                    (lent.capacity() == bufferSize ? free : freeBlockSized).push(lent);
                } finally {
                    lock.unlock();
                }
            }
        }
    }

    /** Lends a buffer; never waits. */
    public Lease lease() {
        lock.lock();
        try {
            var buffer = free.poll();
            if (buffer != null) {
                return new Lease(buffer.clear());
            }
            if (made >= maxBuffers) {
                var blockSized = freeBlockSized.poll();
                return new Lease(blockSized != null ? blockSized.clear() : ByteBuffer.allocateDirect(BLOCK_SIZED));
            }
            made++;
        } finally {
            lock.unlock();
        }
        return new Lease(ByteBuffer.allocateDirect(bufferSize));
    }
}

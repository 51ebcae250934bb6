package weft.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lends copies of what is in files, in direct memory that is used again: from the heap it would be copied a second time
 * on its way to a socket. One per {@link Disk}. The memory that is kept has a bound; what does not fit, or is longer than
 * what a peer is sent at once, is copied into the heap.
 */
final class CopyBuffers {

    /** A block, and what a peer's writer hands to its socket at once. */
    private static final int[] SIZES = {16 << 10, 256 << 10};

    private static final long MAX_BYTES = 16L << 20;

    private final ReentrantLock lock = new ReentrantLock(); // held for memory work only
    private final ArrayDeque<ByteBuffer> small = new ArrayDeque<>(); // guarded by lock; of SIZES[0]
    private final ArrayDeque<ByteBuffer> large = new ArrayDeque<>(); // guarded by lock; of SIZES[1]
    private long made; // guarded by lock: bytes, those lent included

    /** Fills what remains of a buffer. */
    interface Source {
        void read(ByteBuffer target) throws IOException;
    }

    /** Lends a copy of {@code length} bytes that a file thread reads. A caller who is interrupted meanwhile leaves. */
    Lease lend(Disk disk, int length, Source source) throws IOException {
        var copy = new Copy(length);
        boolean filled = false;
        try {
            disk.onFileThread(() -> {
                copy.fill(source);
                return null;
            });
            filled = true;
            return copy;
        } finally {
            if (!filled) {
                copy.close();
            }
        }
    }

    private ByteBuffer take(int length) {
        if (length > SIZES[1]) {
            return ByteBuffer.allocate(length);
        }
        ArrayDeque<ByteBuffer> free = length <= SIZES[0] ? small : large;
        int size = length <= SIZES[0] ? SIZES[0] : SIZES[1];
        lock.lock();
        try {
            // The one used last is the one still in the processor's cache.
            ByteBuffer buffer = free.poll();
            if (buffer != null) {
                return buffer.clear().limit(length);
            }
            if (made + size > MAX_BYTES) {
                return ByteBuffer.allocate(length);
            }
            made += size;
        } finally {
            lock.unlock();
        }
        boolean allocated = false;
        try {
            ByteBuffer buffer = ByteBuffer.allocateDirect(size).limit(length);
            allocated = true;
            return buffer;
        } finally {
            if (!allocated) {
                unmake(size); // there is no direct memory left
            }
        }
    }

    private void unmake(int size) {
        lock.lock();
        try {
            made -= size;
        } finally {
            lock.unlock();
        }
    }

    private void giveBack(ByteBuffer buffer) {
        if (!buffer.isDirect()) {
            return;
        }
        lock.lock();
        try {
            (buffer.capacity() == SIZES[0] ? small : large).push(buffer);
        } finally {
            lock.unlock();
        }
    }

    /** Of two: the file thread that fills it, and who has it lent. Its memory goes back when both are done with it. */
    private final class Copy implements Lease {

        private final int length;
        private final AtomicInteger users = new AtomicInteger(2);
        private final AtomicBoolean closed = new AtomicBoolean();
        private ByteBuffer memory; // once it is being filled
        private ByteBuffer[] readOnly; // once it is filled

        Copy(int length) {
            this.length = length;
        }

        void fill(Source source) throws IOException {
            memory = take(length);
            try {
                source.read(memory);
                readOnly = new ByteBuffer[] {memory.flip().asReadOnlyBuffer()};
            } finally {
                leave();
            }
        }

        @Override
        public ByteBuffer[] buffers() {
            return readOnly;
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                leave();
            }
        }

        private void leave() {
            if (users.decrementAndGet() == 0) {
                giveBack(memory);
            }
        }
    }
}

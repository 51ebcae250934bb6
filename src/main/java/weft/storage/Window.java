package weft.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A stretch of a file, mapped for reading. Pinned while bytes of it are lent. Made by {@link MappedFile}.
 *
 * <p>It remembers which of its chunks were known to be in memory a short while ago: touching those will not make a thread
 * wait for the disk.
 */
final class Window extends Resident {

    /**
     * A multiple of the page size of any processor. Measured with 50 and 200 readers at random places of 1 GiB: 2, 4 and
     * 8 MiB cost the same, 1 MiB half as much again; the smallest of them lets most readers have their own.
     */
    static final int LENGTH = 2 << 20;

    /** What is read ahead when one byte is wanted: the system's own default for files. */
    static final int CHUNK = 128 << 10;

    /** Windows of small files cost their descriptors at least: bounds their number too. */
    private static final int LEAST_COST = 64 << 10;

    /** After this the system may have taken pages back for something else. */
    private static final long WARM_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Mapping mapping;
    private final int length;
    private final AtomicReferenceArray<Window> table; // where this is found
    private final int index;

    private volatile int warmChunks; // a bit for each chunk; a lost update costs a second look
    private volatile long warmSinceNanos = System.nanoTime();

    Window(ResidentSet set, Mapping mapping, int length, AtomicReferenceArray<Window> table, int index) {
        super(set, cost(length));
        this.mapping = mapping;
        this.length = length;
        this.table = table;
        this.index = index;
    }

    static long cost(int length) {
        return Math.max(length, LEAST_COST);
    }

    /** A read-only view. The caller has pinned the window. */
    ByteBuffer slice(int offset, int count) {
        return mapping.slice(offset, count);
    }

    /**
     * True if these bytes can be touched without waiting for the disk. Asks the system if it must, which is a matter of a
     * microsecond; {@code mayAsk} is whether this system tells the truth to this user.
     */
    boolean isWarm(int offset, int count, boolean mayAsk) {
        if (System.nanoTime() - warmSinceNanos > WARM_NANOS) {
            warmChunks = 0;
            warmSinceNanos = System.nanoTime();
        }
        int chunks = chunks(offset, count);
        if ((warmChunks & chunks) == chunks) {
            return true;
        }
        int from = offset / CHUNK * CHUNK;
        int to = Math.min(length, (offset + count + CHUNK - 1) / CHUNK * CHUNK);
        if (mayAsk && mapping.slice(from, to - from).isLoaded()) {
            warmChunks |= chunks;
            return true;
        }
        return false;
    }

    /** Brings these bytes, and the chunks they are in, into memory. On a file thread, the window being pinned. */
    void warm(int offset, int count) throws IOException {
        int from = offset / CHUNK * CHUNK;
        int to = Math.min(length, (offset + count + CHUNK - 1) / CHUNK * CHUNK);
        try {
            mapping.slice(from, to - from).load();
        } catch (InternalError e) {
            throw new IOException("a fault in mapped memory", e);
        }
        warmChunks |= chunks(offset, count);
    }

    @Override
    void release() {
        table.compareAndSet(index, this, null);
        mapping.unmap();
    }

    private static int chunks(int offset, int count) {
        int first = offset / CHUNK;
        int last = (offset + count - 1) / CHUNK;
        return (-1 >>> (Integer.SIZE - 1 - last + first)) << first;
    }
}

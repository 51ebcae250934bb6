package weft.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A storage whose calls may hold the thread that makes them, made safe for virtual threads: their calls are made by the
 * disk's file threads, and they wait. Platform threads call directly. See {@link Storage#mayHoldCarrier}.
 */
public final class OffloadedStorage implements Storage {

    private static final Lease NOBODYS = Lease.of();

    private final Disk disk;
    private final Storage storage;

    private OffloadedStorage(Disk disk, Storage storage) {
        this.disk = Objects.requireNonNull(disk, "disk");
        this.storage = storage;
    }

    /** {@code storage} itself if it holds nobody up, else in a safe wrapping. */
    public static Storage of(Disk disk, Storage storage) {
        return storage.mayHoldCarrier() ? new OffloadedStorage(disk, storage) : storage;
    }

    @Override
    public void write(int piece, int begin, ByteBuffer block) throws IOException {
        if (!Thread.currentThread().isVirtual()) {
            storage.write(piece, begin, block);
            return;
        }
        // A caller that is interrupted takes its buffer with it, while the file thread is still at it.
        var copy = ByteBuffer.allocate(block.remaining()).put(block).flip();
        disk.onFileThread(() -> {
            storage.write(piece, begin, copy);
            return null;
        });
    }

    @Override
    public void read(int piece, int begin, ByteBuffer target) throws IOException {
        if (!Thread.currentThread().isVirtual()) {
            storage.read(piece, begin, target);
            return;
        }
        int length = target.remaining();
        target.put(disk.onFileThread(() -> {
            var copy = ByteBuffer.allocate(length);
            storage.read(piece, begin, copy);
            return copy.flip();
        }));
    }

    @Override
    public Lease lend(int piece, int begin, int length) throws IOException {
        if (!Thread.currentThread().isVirtual()) {
            return storage.lend(piece, begin, length);
        }
        var lent = new AtomicReference<Lease>();
        boolean taken = false;
        try {
            Lease lease = disk.onFileThread(() -> {
                Lease fresh = storage.lend(piece, begin, length);
                if (!lent.compareAndSet(null, fresh)) {
                    fresh.close(); // the caller was interrupted and has gone
                }
                return fresh;
            });
            taken = true;
            return lease;
        } finally {
            if (!taken) {
                Lease late = lent.getAndSet(NOBODYS);
                if (late != null) {
                    late.close();
                }
            }
        }
    }

    @Override
    public boolean mayHold(int piece) {
        if (!Thread.currentThread().isVirtual()) {
            return storage.mayHold(piece);
        }
        try {
            return disk.onFileThread(() -> storage.mayHold(piece));
        } catch (IOException e) {
            return true; // the disk is closed, or this thread interrupted: nobody knows
        }
    }

    @Override
    public boolean mayHoldCarrier() {
        return false;
    }

    @Override
    public void setWanted(BitSet files) throws IOException {
        var copy = (BitSet) files.clone();
        disk.onFileThread(() -> {
            storage.setWanted(copy);
            return null;
        });
    }

    @Override
    public void flush() throws IOException {
        disk.onFileThread(() -> {
            storage.flush();
            return null;
        });
    }

    @Override
    public void close() throws IOException {
        disk.closeStorage(storage);
    }
}

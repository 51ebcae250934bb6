package weft.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import weft.metainfo.Layout;

/**
 * Keeps a torrent in memory: for tests, and for content that is watched or served but not kept. A piece takes its memory,
 * outside the heap, when its first byte is written, and gives it back some time after {@link #close}.
 *
 * <p>Bytes of a piece that was never written to are missing; other bytes never written are zeros. Nothing here blocks.
 */
public final class MemoryStorage implements Storage {

    private final Layout layout;
    private final AtomicReferenceArray<ByteBuffer> pieces; // null where nothing was written
    private volatile boolean closed;

    /** An empty storage. */
    public MemoryStorage(Layout layout) {
        this.layout = Objects.requireNonNull(layout, "layout");
        this.pieces = new AtomicReferenceArray<>(layout.pieceCount());
    }

    @Override
    public void write(int piece, int begin, ByteBuffer block) throws IOException {
        Objects.checkFromIndexSize(begin, block.remaining(), layout.pieceLength(piece));
        ensureOpen();

        int length = block.remaining();
        memoryOf(piece).put(begin, block, block.position(), length);
        block.position(block.position() + length);
    }

    @Override
    public void read(int piece, int begin, ByteBuffer target) throws IOException {
        target.put(written(piece, begin, target.remaining()));
    }

    /** Lends the memory itself. */
    @Override
    public Lease lend(int piece, int begin, int length) throws IOException {
        return Lease.of(written(piece, begin, length));
    }

    @Override
    public boolean mayHoldCarrier() {
        return false;
    }

    @Override
    public boolean mayHold(int piece) {
        return pieces.get(piece) != null;
    }

    /** Does nothing: memory survives no power cut. */
    @Override
    public void flush() throws IOException {
        ensureOpen();
    }

    @Override
    public void close() {
        closed = true;
        for (int piece = 0; piece < pieces.length(); piece++) {
            pieces.set(piece, null);
        }
    }

    private ByteBuffer memoryOf(int piece) {
        ByteBuffer memory = pieces.get(piece);
        if (memory != null) {
            return memory;
        }
        var fresh = ByteBuffer.allocateDirect(layout.pieceLength(piece));
        ByteBuffer earlier = pieces.compareAndExchange(piece, null, fresh);
        return earlier == null ? fresh : earlier;
    }

    private ByteBuffer written(int piece, int begin, int length) throws IOException {
        Objects.checkFromIndexSize(begin, length, layout.pieceLength(piece));
        ensureOpen();
        ByteBuffer memory = pieces.get(piece);
        if (memory == null) {
            throw new StorageException(StorageException.Reason.MISSING, "nothing was written to piece " + piece);
        }
        return memory.slice(begin, length);
    }

    private void ensureOpen() throws ClosedChannelException {
        if (closed) {
            throw new ClosedChannelException();
        }
    }
}

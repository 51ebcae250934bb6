package weft.swarm;

import java.nio.ByteBuffer;
import weft.picker.PartialPiece;

/**
 * Blocks of a piece that have come one right after the other, to be hashed and written in one go: a file system takes half a
 * megabyte at once for less than half of what it takes for it block by block. The blocks lie in the receive buffer with
 * the headers of their messages between them, and are moved together over these. Of one peer's reader, which writes what
 * there is before it receives more.
 */
final class BlockRun {
    private PartialPiece partial; // null while there is nothing
    private int begin;
    private int blocks;
    private ByteBuffer bytes; // a view of the receive buffer; what comes is put at its limit

    boolean isEmpty() {
        return partial == null;
    }

    /** Whether a block there can be appended. */
    @SuppressWarnings("ReferenceEquality") // this very attempt at the piece
    boolean isContinuedBy(PartialPiece of, int blockBegin) {
        return partial == of && blockBegin == begin + bytes.remaining();
    }

    /** Begins a run with a block, a view of the receive buffer that from now on is the run's. */
    void begin(PartialPiece of, int blockBegin, ByteBuffer block) {
        partial = of;
        begin = blockBegin;
        blocks = 1;
        bytes = block;
    }

    /** Appends a block that continues the run, and lies behind it in the same buffer. */
    void append(ByteBuffer block) {
        int end = bytes.limit();
        bytes.limit(end + block.remaining());
        bytes.put(end, block, block.position(), block.remaining());
        blocks++;
    }

    void clear() {
        partial = null;
        bytes = null;
    }

    PartialPiece partial() {
        return partial;
    }

    /** Where in the piece it begins, in bytes. */
    int begin() {
        return begin;
    }

    int blocks() {
        return blocks;
    }

    /** The bytes of all blocks. */
    ByteBuffer bytes() {
        return bytes;
    }
}

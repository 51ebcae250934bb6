package weft.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import weft.metainfo.Layout;

/** Bytes of any storage, read into an array a slice at a time, however long the piece is. */
final class SlicedBytes implements PieceBytes {

    /** Small enough to stay in a processor's own cache between reading and hashing. */
    private static final int SLICE_LENGTH = 64 << 10;

    private final Disk disk;
    private final Layout layout;
    private final Storage storage;
    private final byte[] slice = new byte[SLICE_LENGTH];

    SlicedBytes(Disk disk, Layout layout, Storage storage) {
        this.disk = disk;
        this.layout = layout;
        this.storage = storage;
    }

    @Override
    public void feed(int piece, MessageDigest digest) throws IOException {
        feed(piece, 0, layout.pieceLength(piece), digest);
    }

    /** Feeds {@code length} bytes from {@code begin} of a piece on. */
    void feed(int piece, int begin, int length, MessageDigest digest) throws IOException {
        for (int done = 0; done < length; ) {
            int count = Math.min(slice.length, length - done);
            storage.read(piece, begin + done, ByteBuffer.wrap(slice, 0, count));
            disk.step();
            digest.update(slice, 0, count);
            done += count;
        }
    }
}

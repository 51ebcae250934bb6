package weft.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.commons.codec.digest.DigestUtils;
import weft.metainfo.InfoHash;
import weft.metainfo.Layout;
import weft.metainfo.TorrentFile;

/** A torrent for tests: a layout, and bytes to fill it with. Padding is zeros, all else is random but always the same. */
final class Content {

    static final InfoHash INFO_HASH = InfoHash.ofV1(new byte[20]);

    private final Layout layout;
    private final byte[] bytes;

    private Content(Layout layout) {
        this.layout = layout;
        this.bytes = new byte[Math.toIntExact(layout.totalLength())];
        new Random(layout.totalLength()).nextBytes(bytes);
        for (TorrentFile file : layout.files()) {
            for (long i = 0; file.isPadding() && i < file.length(); i++) {
                bytes[(int) (file.offset() + i)] = 0;
            }
        }
    }

    /** Files named {@code t/0}, {@code t/1}, … of these lengths; a negative length is padding. */
    static Layout layout(int pieceLength, long... lengths) {
        var files = new ArrayList<TorrentFile>();
        long offset = 0;
        for (int i = 0; i < lengths.length; i++) {
            long length = Math.abs(lengths[i]);
            files.add(
                    lengths[i] < 0
                            ? TorrentFile.padding(i, List.of("t", ".pad", "" + length), offset, length)
                            : TorrentFile.of(i, List.of("t", "" + i), offset, length));
            offset += length;
        }
        return Layout.of(pieceLength, files);
    }

    static Content of(int pieceLength, long... lengths) {
        return new Content(layout(pieceLength, lengths));
    }

    Layout layout() {
        return layout;
    }

    int pieceCount() {
        return layout.pieceCount();
    }

    /** The bytes of a block or of any other stretch of a piece. */
    ByteBuffer slice(int piece, int begin, int length) {
        return ByteBuffer.wrap(bytes, (int) layout.pieceOffset(piece) + begin, length)
                .slice();
    }

    ByteBuffer piece(int piece) {
        return slice(piece, 0, layout.pieceLength(piece));
    }

    ByteBuffer block(int piece, int block) {
        return slice(piece, layout.blockOffset(block), layout.blockLength(piece, block));
    }

    /** The bytes that a file should have. */
    byte[] file(int index) {
        TorrentFile file = layout.files().get(index);
        var content = new byte[(int) file.length()];
        ByteBuffer.wrap(bytes, (int) file.offset(), content.length).get(content);
        return content;
    }

    boolean matches(int piece, byte[] sha1) {
        var content = new byte[layout.pieceLength(piece)];
        piece(piece).get(content);
        return Arrays.equals(DigestUtils.sha1(content), sha1);
    }

    void writeTo(Storage storage, int piece) throws IOException {
        for (int block = 0; block < layout.blockCount(piece); block++) {
            storage.write(piece, layout.blockOffset(block), block(piece, block));
        }
    }

    void writeTo(Storage storage) throws IOException {
        for (int piece = 0; piece < pieceCount(); piece++) {
            writeTo(storage, piece);
        }
    }

    static ByteBuffer read(Storage storage, int piece, int begin, int length) throws IOException {
        var target = ByteBuffer.allocate(length);
        storage.read(piece, begin, target);
        return target.flip();
    }

    /** What a lease lends, as one buffer. */
    static ByteBuffer lent(Storage storage, int piece, int begin, int length) throws IOException {
        var copy = ByteBuffer.allocate(length);
        try (Lease lease = storage.lend(piece, begin, length)) {
            for (ByteBuffer buffer : lease.buffers()) {
                copy.put(buffer);
            }
        }
        return copy.flip();
    }
}

package weft.metainfo;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * How a torrent's bytes are divided, and the only place that computes with it: files laid end to end, cut into pieces of
 * equal length (the last one may be shorter), pieces cut into blocks of 16 KiB (the last one may be shorter; BEP 3). In
 * a v2-only torrent each file begins with a new piece instead and ends a piece early (BEP 52). Immutable.
 *
 * <p>Pieces, blocks and files count from 0; a number out of range is an {@link IndexOutOfBoundsException}.
 */
public final class Layout {

    /** The bytes that peers ask for at a time: 16 KiB, which every client since has kept to (BEP 3, BEP 52). */
    public static final int BLOCK_LENGTH = 16 * 1024;

    /** The largest piece length. libtorrent's limit: 2^29 - 16 KiB. */
    public static final int MAX_PIECE_LENGTH = 536_854_528;
    /** The most pieces. libtorrent's limit: 2^21. */
    public static final int MAX_PIECES = 2_097_152;

    private final int pieceLength;
    private final boolean aligned; // files begin with a piece, with gaps between them
    private final List<TorrentFile> files;
    private final long[] offsets; // of the files, ascending
    private final long totalLength;
    private final int pieceCount;

    private Layout(int pieceLength, boolean aligned, List<TorrentFile> files) {
        if (pieceLength < 1 || pieceLength > MAX_PIECE_LENGTH) {
            throw new IllegalArgumentException("piece length not in 1.." + MAX_PIECE_LENGTH + ": " + pieceLength);
        }
        this.pieceLength = pieceLength;
        this.aligned = aligned;
        this.files = List.copyOf(files);
        this.offsets = files.stream().mapToLong(TorrentFile::offset).toArray();
        this.totalLength = endOfLastFile(this.files, aligned ? pieceLength : 1);
        long pieces = ceilDiv(totalLength, pieceLength);
        if (pieces > MAX_PIECES) {
            throw new IllegalArgumentException("more than " + MAX_PIECES + " pieces: " + pieces);
        }
        this.pieceCount = (int) pieces;
    }

    /** The layout of files that follow each other without gaps, as in every v1 and hybrid torrent. */
    public static Layout of(int pieceLength, List<TorrentFile> files) {
        return new Layout(pieceLength, false, files);
    }

    /** The layout of files that each begin with a new piece, as in a v2-only torrent. */
    public static Layout ofAlignedFiles(int pieceLength, List<TorrentFile> files) {
        return new Layout(pieceLength, true, files);
    }

    /** The layout of a single file. */
    public static Layout ofSingleFile(int pieceLength, String name, long length) {
        return of(pieceLength, List.of(TorrentFile.of(0, List.of(name), 0, length)));
    }

    private static long endOfLastFile(List<TorrentFile> files, int alignment) {
        long end = 0;
        for (int i = 0; i < files.size(); i++) {
            TorrentFile file = files.get(i);
            // Empty files are in no piece and need not begin one.
            long expected = file.length() == 0 ? end : ceilDiv(end, alignment) * alignment;
            if (file.index() != i || file.offset() != expected) {
                throw new IllegalArgumentException("file " + file.index() + " at byte " + file.offset()
                        + ", expected file " + i + " at byte " + expected);
            }
            end = Math.addExact(file.offset(), file.length());
        }
        return end;
    }

    private static long ceilDiv(long a, long b) {
        return a / b + (a % b == 0 ? 0 : 1);
    }

    /** The files, in order, padding included. */
    public List<TorrentFile> files() {
        return files;
    }

    /** Bytes from the beginning of the first piece to the end of the last, padding included. */
    public long totalLength() {
        return totalLength;
    }

    /** Bytes of all files without padding: what there is to have. */
    public long contentLength() {
        return files.stream()
                .filter(file -> !file.isPadding())
                .mapToLong(TorrentFile::length)
                .sum();
    }

    /** Bytes of every piece but the last. */
    public int pieceLength() {
        return pieceLength;
    }

    /** The number of pieces. */
    public int pieceCount() {
        return pieceCount;
    }

    /** Bytes of this piece. */
    public int pieceLength(int piece) {
        long begin = pieceOffset(piece);
        long end = totalLength;
        if (aligned) {
            int file = fileIndexAt(begin);
            end = offsets[file] + files.get(file).length();
        }
        return (int) Math.min(pieceLength, end - begin);
    }

    /** Where a piece begins in the torrent's bytes. */
    public long pieceOffset(int piece) {
        return (long) Objects.checkIndex(piece, pieceCount) * pieceLength;
    }

    /** The number of blocks of a piece. */
    public int blockCount(int piece) {
        return (int) ceilDiv(pieceLength(piece), BLOCK_LENGTH);
    }

    /** Bytes of a block. */
    public int blockLength(int piece, int block) {
        int length = pieceLength(piece);
        Objects.checkIndex(block, (int) ceilDiv(length, BLOCK_LENGTH));
        return Math.min(BLOCK_LENGTH, length - block * BLOCK_LENGTH);
    }

    /** Where a block begins in its piece: the {@code begin} of a request. */
    public int blockOffset(int block) {
        return Math.multiplyExact(block, BLOCK_LENGTH);
    }

    /** The piece that holds the byte at {@code offset} of the torrent. */
    public int pieceAt(long offset) {
        return (int) (Objects.checkIndex(offset, totalLength) / pieceLength);
    }

    /** The pieces that hold bytes of a file; the first and the last may hold bytes of its neighbours too. */
    public PieceRange piecesOf(int file) {
        long offset = offsets[file];
        long length = files.get(file).length();
        int first = (int) (offset / pieceLength);
        return new PieceRange(first, length == 0 ? first : (int) ((offset + length - 1) / pieceLength) + 1);
    }

    /** The files that have bytes in a piece, in order, padding included. */
    public List<TorrentFile> filesOf(int piece) {
        return slices(piece, 0, pieceLength(piece)).stream()
                .map(FileSlice::file)
                .toList();
    }

    /**
     * Where {@code length} bytes from {@code begin} of a piece lie, in order, padding included.
     *
     * @throws IndexOutOfBoundsException if they are not all within the piece
     */
    public List<FileSlice> slices(int piece, int begin, int length) {
        Objects.checkFromIndexSize(begin, length, pieceLength(piece));
        var slices = new ArrayList<FileSlice>(1);
        long position = pieceOffset(piece) + begin;
        long end = position + length;
        while (position < end) {
            TorrentFile file = files.get(fileIndexAt(position));
            long offsetInFile = position - file.offset();
            int count = (int) Math.min(end - position, file.length() - offsetInFile);
            slices.add(new FileSlice(file, offsetInFile, count));
            position += count;
        }
        return slices;
    }

    /**
     * The file that holds the byte at {@code offset} of the torrent, by binary search. (In a v2-only torrent the bytes
     * between the end of a file and the next piece are in no file; asked for one of them this names the file before.)
     */
    public int fileIndexAt(long offset) {
        Objects.checkIndex(offset, totalLength);
        // The last file that begins at or before it: empty files share their offset with the next one that is not.
        int low = 0;
        int high = offsets.length - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (offsets[middle] <= offset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }
}

package weft.metainfo;

/**
 * Pieces that follow each other, such as those that hold a file.
 *
 * @param first the first piece
 * @param end the piece after the last one; equal to {@code first} if there are none, as for an empty file
 */
public record PieceRange(int first, int end) {

    /** Checks that there is no negative piece and that it does not end before it begins. */
    public PieceRange {
        if (first < 0 || end < first) {
            throw new IllegalArgumentException("not a range of pieces: from " + first + " to before " + end);
        }
    }

    /** The pieces from {@code first} to {@code last}, both included. */
    public static PieceRange closed(int first, int last) {
        return new PieceRange(first, last + 1);
    }

    /** The number of pieces. */
    public int count() {
        return end - first;
    }

    /** True if {@code piece} is one of them. */
    public boolean contains(int piece) {
        return piece >= first && piece < end;
    }
}

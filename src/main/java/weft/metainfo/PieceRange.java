package weft.metainfo;

/**
 * The pieces that hold a file.
 *
 * @param first the first piece
 * @param end the piece after the last one; equal to {@code first} if the file is empty and so in no piece
 */
public record PieceRange(int first, int end) {

    /** The number of pieces. */
    public int count() {
        return end - first;
    }

    /** True if {@code piece} is one of them. */
    public boolean contains(int piece) {
        return piece >= first && piece < end;
    }
}

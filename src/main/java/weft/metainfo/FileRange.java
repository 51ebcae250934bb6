package weft.metainfo;

/**
 * Files that follow each other, as a magnet link selects them (BEP 53).
 *
 * @param first the index of the first file, counted from 0
 * @param last the index of the last file, which is one of them
 */
public record FileRange(int first, int last) {

    /** Checks that there is no negative index and that it does not end before it begins. */
    public FileRange {
        if (first < 0 || last < first) {
            throw new IllegalArgumentException("not a range of files: from " + first + " to " + last);
        }
    }

    /** True if {@code file} is one of them. */
    public boolean contains(int file) {
        return file >= first && file <= last;
    }

    /** As in a link: {@code 4-6}, or {@code 2} for a file alone. */
    @Override
    public String toString() {
        return first == last ? Integer.toString(first) : first + "-" + last;
    }
}

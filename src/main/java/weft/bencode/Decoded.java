package weft.bencode;

import java.util.List;

/**
 * What {@link Bencode#decode} read.
 *
 * @param value the first value of the input
 * @param warnings what is not as BEP 3 wants it and was accepted all the same, a sentence each; many are summed up
 * @param end offset of the first byte after the value: the length of the input, or where trailing bytes begin, as the
 *     piece does in a metadata message (BEP 9)
 */
public record Decoded(BValue value, List<String> warnings, int end) {

    /** Copies the list. */
    public Decoded {
        warnings = List.copyOf(warnings);
    }
}

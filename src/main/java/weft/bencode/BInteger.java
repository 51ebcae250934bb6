package weft.bencode;

/**
 * An integer. BEP 3 sets no bound; Weft reads what fits 64 bits, which is more than any field of any BEP needs, and
 * rejects the rest.
 *
 * @param value the number
 */
public record BInteger(long value) implements BValue {

    /** The same as the constructor, to read well beside {@link BString#of(String)}. */
    public static BInteger of(long value) {
        return new BInteger(value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}

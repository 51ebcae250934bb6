package weft.dht;

import weft.bencode.BString;
import weft.bencode.BValue;
import weft.bencode.Bencode;
import weft.bencode.BencodeException;
import weft.bencode.BencodeLimits;

/**
 * An item's value as it is hashed, signed and kept: its canonical encoding, of at most 1000 bytes. A value that was decoded
 * can take twenty times as much, and keeps the datagram alive that it came in.
 */
record ItemValue(BString encoded) {
    /** As deep and as many as fit: it was a value once. */
    private static final BencodeLimits LIMITS =
            new BencodeLimits(Item.MAX_VALUE_BYTES / 2, Item.MAX_VALUE_BYTES, Item.MAX_VALUE_BYTES);

    /**
     * The value of an item to be made.
     *
     * @throws IllegalArgumentException if it is too long
     */
    static ItemValue of(BValue value) {
        var encoded = new ItemValue(BString.of(Bencode.encode(value)));
        if (encoded.isTooLong()) {
            throw new IllegalArgumentException("an item's value may have " + Item.MAX_VALUE_BYTES + " bytes, not "
                    + encoded.encoded().length());
        }
        return encoded;
    }

    /** A value that came over the network, and may be too long. */
    static ItemValue received(BValue value) {
        return new ItemValue(BString.of(Bencode.encode(value)));
    }

    boolean isTooLong() {
        return encoded.length() > Item.MAX_VALUE_BYTES;
    }

    BValue decode() {
        try {
            return Bencode.decodeStrict(encoded.toBytes(), LIMITS);
        } catch (BencodeException e) {
            throw new IllegalStateException("it was encoded from a value", e);
        }
    }
}

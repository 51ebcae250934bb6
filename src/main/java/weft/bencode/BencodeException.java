package weft.bencode;

import java.io.IOException;

/** What was to be decoded is not bencoding, or is more of it than the limits allow. */
public final class BencodeException extends IOException {

    private static final long serialVersionUID = 1L;

    private final long offset;
    private final String reason;

    /** Makes one for the byte at {@code offset}, counted from 0. */
    public BencodeException(long offset, String reason) {
        super("byte " + offset + ": " + reason);
        this.offset = offset;
        this.reason = reason;
    }

    /** The byte where the error was noticed, counted from the first of what was to be decoded. */
    public long offset() {
        return offset;
    }

    /** The message without the offset. */
    public String reason() {
        return reason;
    }
}

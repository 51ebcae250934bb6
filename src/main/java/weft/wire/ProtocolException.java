package weft.wire;

import java.io.IOException;

/** A peer broke the protocol. The message says which rule and with what value; the connection ends with it. */
public final class ProtocolException extends IOException {
    private static final long serialVersionUID = 1L;

    /** A breach, told as "message: rule and value". */
    public ProtocolException(String message) {
        super(message);
    }
}

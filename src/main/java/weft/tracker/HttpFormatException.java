package weft.tracker;

import java.io.IOException;

/** What came over a connection is not HTTP as far as we take it. */
final class HttpFormatException extends IOException {
    private static final long serialVersionUID = 1;

    HttpFormatException(String message) {
        super(message);
    }
}

package weft.tracker;

import java.io.IOException;

/** What came over a connection is not HTTP as far as we take it. */
final class HttpFormatException extends IOException {
    HttpFormatException(String message) {
        super(message);
    }
}

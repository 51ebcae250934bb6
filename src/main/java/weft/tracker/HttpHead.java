package weft.tracker;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The lines before the body of an HTTP/1.1 message (RFC 9112): a start line and headers, one character per byte. Read
 * byte by byte, so the stream should be buffered.
 *
 * <pre>
 * start-line CRLF  *( name ":" value CRLF )  CRLF
 * </pre>
 */
record HttpHead(String startLine, Map<String, String> headers) {
    private static final int MAX_HEADERS = 100;

    /** Reads a head of at most {@code maxBytes}. */
    static HttpHead read(InputStream in, int maxBytes) throws IOException {
        var bounded = new BoundedInputStream(in, maxBytes, "the head");
        var startLine = readLine(bounded);
        if (startLine.isEmpty()) {
            startLine = readLine(bounded); // RFC 9112 section 2.2: an empty line before it may be passed over
        }
        Map<String, String> headers = new HashMap<>();
        for (var line = readLine(bounded); !line.isEmpty(); line = readLine(bounded)) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                headers.putIfAbsent(
                        line.substring(0, colon).strip().toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
            if (headers.size() > MAX_HEADERS) {
                throw new HttpFormatException("more than " + MAX_HEADERS + " headers");
            }
        }
        return new HttpHead(startLine, headers);
    }

    /** A header's value; {@code name} in lower case. */
    Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    /** Reads to the end of a line, CRLF or LF, which is not part of the result. */
    static String readLine(InputStream in) throws IOException {
        var line = new StringBuilder();
        int c = in.read();
        while (c != '\n') {
            if (c < 0) {
                throw new EOFException("the connection was closed");
            }
            line.append((char) c);
            c = in.read();
        }
        if (!line.isEmpty() && line.charAt(line.length() - 1) == '\r') {
            line.setLength(line.length() - 1);
        }
        return line.toString();
    }
}

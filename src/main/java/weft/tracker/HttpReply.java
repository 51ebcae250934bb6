package weft.tracker;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * What a server replied to one GET, its body taken out of its chunks and its compression. Everything is bounded while it
 * is read: the head, the body as it comes, and the body as it unpacks.
 */
final class HttpReply {
    /** Many times what any tracker sends. */
    private static final int MAX_HEAD = 32 * 1024;

    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[0-9] ([1-5][0-9]{2})(?: (.*))?");

    private final int status;
    private final String reason;
    private final HttpHead head;
    private final byte[] body;

    private HttpReply(int status, String reason, HttpHead head, byte[] body) {
        this.status = status;
        this.reason = reason;
        this.head = head;
        this.body = body;
    }

    /** Reads a reply whose body has at most {@code maxBody} bytes, packed and unpacked. */
    static HttpReply read(InputStream stream, int maxBody) throws IOException {
        var in = new BufferedInputStream(stream);
        while (true) {
            var head = HttpHead.read(in, MAX_HEAD);
            var line = STATUS_LINE.matcher(head.startLine());
            if (!line.matches()) {
                throw new HttpFormatException("no HTTP status line");
            }
            int status = Integer.parseInt(line.group(1));
            if (status >= 200) {
                var reason = Optional.ofNullable(line.group(2)).orElse("").strip();
                return new HttpReply(status, reason, head, body(head, in, status, maxBody));
            }
            // 1xx is an interim reply, the real one follows; endless ones end at the caller's deadline
        }
    }

    boolean isOk() {
        return status == 200;
    }

    boolean isRedirect() {
        return REDIRECTS.contains(status) && head.header("location").isPresent();
    }

    String location() {
        return head.header("location").orElseThrow();
    }

    /** Status and reason, {@code 404 Not Found}. */
    String statusText() {
        var printable = reason.replaceAll("[^\\x20-\\x7e]", "?");
        return (status + " " + printable.substring(0, Math.min(100, printable.length()))).strip();
    }

    /** The body; the receiver must not change it. */
    byte[] body() {
        return body;
    }

    private static byte[] body(HttpHead head, InputStream in, int status, int maxBody) throws IOException {
        if (status == 204 || status == 304) {
            return new byte[0];
        }
        long length = contentLength(head);
        if (length > maxBody) {
            throw new HttpFormatException("the answer has " + length + " bytes, more than " + maxBody);
        }
        if (isChunked(head)) {
            return unpacked(head, new ChunkedInputStream(in), maxBody);
        }
        if (length < 0) {
            return unpacked(head, in, maxBody); // until the connection is closed
        }
        byte[] packed = in.readNBytes((int) length);
        if (packed.length < length) {
            throw new EOFException("the connection was closed after " + packed.length + " of " + length + " bytes");
        }
        return unpacked(head, new ByteArrayInputStream(packed), maxBody);
    }

    private static boolean isChunked(HttpHead head) {
        return head.header("transfer-encoding")
                .map(v -> v.toLowerCase(Locale.ROOT).contains("chunked"))
                .orElse(false);
    }

    private static long contentLength(HttpHead head) throws IOException {
        var text = head.header("content-length").orElse("-1");
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new HttpFormatException("the content length is no number");
        }
    }

    private static byte[] unpacked(HttpHead head, InputStream raw, int maxBody) throws IOException {
        var packed = new BoundedInputStream(raw, maxBody, "the answer");
        var coding = head.header("content-encoding").orElse("identity").toLowerCase(Locale.ROOT);
        return switch (coding) {
            case "identity", "" -> readAll(packed, maxBody);
            case "gzip", "x-gzip" -> readAll(new GZIPInputStream(packed), maxBody);
            case "deflate" -> inflated(packed, maxBody);
            default -> throw new HttpFormatException("the answer is packed in a way we did not offer");
        };
    }

    /** "deflate" is meant to be zlib (RFC 9110), but some servers send bare deflate (RFC 1951); the first byte tells. */
    private static byte[] inflated(InputStream packed, int maxBody) throws IOException {
        var in = new BufferedInputStream(packed);
        in.mark(1);
        boolean zlib = (in.read() & 0x0f) == 8;
        in.reset();
        var inflater = new Inflater(!zlib);
        try {
            return readAll(new InflaterInputStream(in, inflater), maxBody);
        } finally {
            inflater.end();
        }
    }

    private static byte[] readAll(InputStream in, int maxBody) throws IOException {
        var all = new ByteArrayOutputStream();
        try (var bounded = new BoundedInputStream(in, maxBody, "the unpacked answer")) {
            bounded.transferTo(all);
        }
        return all.toByteArray();
    }
}

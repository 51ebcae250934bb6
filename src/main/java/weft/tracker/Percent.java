package weft.tracker;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Percent-encoding of raw bytes (RFC 3986), as trackers want it: byte by byte, never by way of text, a space as
 * {@code %20} and never as {@code +}.
 */
final class Percent {
    private static final String UNRESERVED_MARKS = "-._~";
    private static final HexFormat HEX = HexFormat.of();

    private Percent() {}

    /** Letters, digits and {@code - . _ ~} stay; every other byte becomes {@code %xx}, in lower case like libtorrent. */
    static String encode(byte[] bytes) {
        var text = new StringBuilder(3 * bytes.length);
        for (byte b : bytes) {
            if (isUnreserved(b)) {
                text.append((char) b);
            } else {
                text.append('%').append(HEX.toHexDigits(b));
            }
        }
        return text.toString();
    }

    /**
     * Makes the rest of a URL fit to be sent: what is printable ASCII stays exactly as it was given (trackers keep keys
     * in there), and only what would break the request line is encoded, as UTF-8.
     */
    static String encodeUnsendable(String text) {
        var sendable = new StringBuilder(text.length());
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            if (b > 0x20 && b < 0x7f) {
                sendable.append((char) b);
            } else {
                sendable.append('%').append(HEX.toHexDigits(b));
            }
        }
        return sendable.toString();
    }

    /**
     * The bytes that {@code text}, one character per byte, stands for. A {@code +} is itself.
     *
     * @throws IllegalArgumentException if a {@code %} is not followed by two hex digits
     */
    static byte[] decode(String text) {
        var bytes = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '%') {
                bytes.write(c);
                continue;
            }
            if (i + 2 >= text.length()
                    || !HexFormat.isHexDigit(text.charAt(i + 1))
                    || !HexFormat.isHexDigit(text.charAt(i + 2))) {
                throw new IllegalArgumentException("% without two hex digits");
            }
            bytes.write(HexFormat.fromHexDigits(text, i + 1, i + 3));
            i += 2;
        }
        return bytes.toByteArray();
    }

    private static boolean isUnreserved(byte b) {
        return (b >= 'a' && b <= 'z')
                || (b >= 'A' && b <= 'Z')
                || (b >= '0' && b <= '9')
                || UNRESERVED_MARKS.indexOf(b) >= 0;
    }
}

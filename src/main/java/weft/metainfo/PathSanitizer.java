package weft.metainfo;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * Makes an element of a path in a torrent into the name of a file or directory: never one that leads elsewhere, and one
 * that the platform can create. The rules are those of libtorrent, so that the data of either program is found by the
 * other, but that an element of which nothing is left becomes {@code _} (as in libtorrent 2.1) rather than vanishing:
 * directories that are not the same stay apart.
 */
enum PathSanitizer {
    /** Linux, macOS and their like: a name may hold anything but a slash and NUL. */
    POSIX {
        @Override
        String adapt(String name) {
            return name;
        }
    },

    /** Also not the characters that Windows reserves, nor names of devices, nor dots and blanks at the end. */
    WINDOWS {
        @Override
        String adapt(String name) {
            String adapted = name.replaceAll("[<>:\"|?*]", "_").replaceAll("[. ]+$", "");
            int dot = adapted.indexOf('.');
            String stem = (dot < 0 ? adapted : adapted.substring(0, dot)).stripTrailing();
            return DEVICE.matcher(stem).matches() ? "_" + adapted : adapted;
        }
    };

    /** Of an element that is nothing once it is sanitised. */
    static final String NOTHING = "_";

    /** libtorrent's limit, leaving room below the 255 of most file systems for an extension and a number. */
    private static final int MAX_STEM_BYTES = 240;

    private static final int MAX_EXTENSION_BYTES = 10;

    /** The most that a file system takes for one element: NAME_MAX on Linux, near enough elsewhere. */
    private static final int MAX_ELEMENT_BYTES = 255;

    private static final Pattern DEVICE = Pattern.compile(
            "(CON|PRN|AUX|NUL|CONIN\\$|CONOUT\\$|(COM|LPT)[1-9\u00b9\u00b2\u00b3])", Pattern.CASE_INSENSITIVE);

    /** The rules of the platform that this runs on. */
    static PathSanitizer ofThisPlatform() {
        return File.separatorChar == '\\' ? WINDOWS : POSIX;
    }

    /** What the platform asks for beyond {@link #sanitize}. */
    abstract String adapt(String name);

    /** A safe name; the same for the same element, though not always another for another. */
    final String sanitize(String element) {
        String name = adapt(cut(isPlain(element) ? element : replaced(element)));
        return name.isEmpty() || name.equals(".") || name.equals("..") ? NOTHING : name;
    }

    /** Whether there is nothing to drop or replace: nearly always, in torrents of tens of thousands of names. */
    private static boolean isPlain(String element) {
        for (int i = 0; i < element.length(); i++) {
            char c = element.charAt(i);
            if (c < ' ' || c > '~' || c == '/' || c == '\\') {
                return false;
            }
        }
        return true;
    }

    /** Whether a character is a byte of UTF-8, and none composes with another. */
    static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0x7f) {
                return false;
            }
        }
        return true;
    }

    private static String replaced(String element) {
        var kept = new StringBuilder(element.length());
        element.codePoints().filter(c -> !isDropped(c)).forEach(c -> kept.appendCodePoint(isReplaced(c) ? '_' : c));
        return kept.toString();
    }

    /** {@code stem.n.extension}, for a name that is taken; no longer than a file system takes. */
    static String numbered(String name, int number) {
        int dot = extensionAt(name);
        String end = "." + number + name.substring(dot);
        return cutToBytes(name.substring(0, dot), MAX_ELEMENT_BYTES - utf8Length(end)) + end;
    }

    /** Slashes of either kind, which separate, and marks that turn the direction of text, which make names lie. */
    private static boolean isDropped(int c) {
        return c == '/'
                || c == '\\'
                || c == 0x200e
                || c == 0x200f
                || (c >= 0x202a && c <= 0x202e)
                || (c >= 0x2066 && c <= 0x2069);
    }

    private static boolean isReplaced(int c) {
        return Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE;
    }

    private static String cut(String name) {
        if (utf8Length(name) <= MAX_STEM_BYTES) {
            return name;
        }
        int dot = extensionAt(name);
        String extension = name.substring(dot);
        return utf8Length(extension) > MAX_EXTENSION_BYTES
                ? cutToBytes(name, MAX_STEM_BYTES)
                : cutToBytes(name.substring(0, dot), MAX_STEM_BYTES) + extension;
    }

    /** Where the last dot is, or the end of the name without any. */
    private static int extensionAt(String name) {
        int dot = name.lastIndexOf('.');
        return dot < 0 ? name.length() : dot;
    }

    /** The longest beginning of whole characters that is at most {@code max} bytes of UTF-8. */
    private static String cutToBytes(String text, int max) {
        int end = 0;
        int bytes = 0;
        while (end < text.length()) {
            int next = text.offsetByCodePoints(end, 1);
            bytes += utf8Length(text.substring(end, next));
            if (bytes > max) {
                break;
            }
            end = next;
        }
        return text.substring(0, end);
    }

    private static int utf8Length(String text) {
        return isAscii(text) ? text.length() : text.getBytes(StandardCharsets.UTF_8).length;
    }
}

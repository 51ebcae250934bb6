package weft.app;

/**
 * Text for a terminal. Names, comments and error texts come from strangers: {@link #printable} takes out what could move
 * the cursor, change colours, turn the direction of writing or pretend to be another line. Widths are counted in the
 * terminal's columns, in which a Chinese character takes two and an accent that is written on its own takes none.
 */
final class Text {
    /** What stands for a character that may not be shown. */
    private static final int REPLACEMENT = '?';

    private Text() {}

    /** The text on one line, with a question mark for each character that a terminal would obey or not show. */
    static String printable(String text) {
        if (text.chars().allMatch(c -> c >= ' ' && c <= '~')) {
            return text;
        }
        var printable = new StringBuilder(text.length());
        text.codePoints().map(c -> isPrintable(c) ? c : REPLACEMENT).forEach(printable::appendCodePoint);
        return printable.toString();
    }

    /** Whether a terminal shows this character and does nothing else. */
    static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }

    /** How many columns the text takes. */
    static int columns(String text) {
        return text.codePoints().map(Text::columns).sum();
    }

    private static int columns(int c) {
        if (c < 0x300) {
            return 1;
        }
        return switch (Character.getType(c)) {
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK -> 0;
            default -> isWide(c) ? 2 : 1;
        };
    }

    /** The blocks of Unicode's East Asian Width "W" and "F" that matter, and emoji. */
    private static boolean isWide(int c) {
        return (c >= 0x1100 && c <= 0x115f)
                || (c >= 0x2e80 && c <= 0xa4cf && c != 0x303f)
                || (c >= 0xac00 && c <= 0xd7a3)
                || (c >= 0xf900 && c <= 0xfaff)
                || (c >= 0xfe30 && c <= 0xfe6f)
                || (c >= 0xff01 && c <= 0xff60)
                || (c >= 0xffe0 && c <= 0xffe6)
                || (c >= 0x1f300 && c <= 0x1faff)
                || (c >= 0x20000 && c <= 0x3fffd);
    }

    /** The text if it fits into so many columns, else its beginning and its end with {@code gap} between them. */
    static String shortened(String text, int columns, String gap) {
        if (columns(text) <= columns) {
            return text;
        }
        int room = columns - columns(gap);
        if (room < 2) {
            return text.substring(0, endOf(text, Math.max(columns, 0)));
        }
        // The end holds the number and the extension, and is worth as much as the beginning.
        var head = text.substring(0, endOf(text, room - room / 2));
        var tail = new StringBuilder(text).reverse().toString();
        tail = new StringBuilder(tail.substring(0, endOf(tail, room / 2)))
                .reverse()
                .toString();
        return head + gap + tail;
    }

    /** How many chars of the text fit into so many columns. */
    private static int endOf(String text, int columns) {
        int used = 0;
        int end = 0;
        while (end < text.length()) {
            int c = text.codePointAt(end);
            used += columns(c);
            if (used > columns) {
                break;
            }
            end += Character.charCount(c);
        }
        return end;
    }

    /** The text and blanks after it, so many columns together; as it is if it is longer. */
    static String padRight(String text, int columns) {
        return text + " ".repeat(Math.max(0, columns - columns(text)));
    }

    /** Blanks and the text after them, so many columns together; as it is if it is longer. */
    static String padLeft(String text, int columns) {
        return " ".repeat(Math.max(0, columns - columns(text))) + text;
    }
}

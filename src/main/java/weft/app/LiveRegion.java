package weft.app;

import java.io.PrintStream;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The last lines of a terminal, drawn again in place. A frame is one write that overwrites the frame before and clears
 * what was longer, so that nothing flickers. For one thread at a time.
 */
final class LiveRegion {
    private static final Pattern SGR = Pattern.compile("\033\\[[0-9;]*m");
    private static final String CLEAR_TO_END_OF_LINE = "\033[K";
    private static final String CLEAR_BELOW = "\033[J";
    private static final String HIDE_CURSOR = "\033[?25l";
    private static final String SHOW_CURSOR = "\033[?25h";

    private final PrintStream stream;
    private List<String> drawn = List.of();

    LiveRegion(PrintStream stream) {
        this.stream = stream;
    }

    /** Draws lines that each fit into {@code columns} in place of those that were drawn before. */
    void draw(List<String> lines, int columns) {
        if (lines.isEmpty()) {
            erase(columns);
            return;
        }
        var frame = new StringBuilder(drawn.isEmpty() ? HIDE_CURSOR : toFirstLine(columns));
        for (int i = 0; i < lines.size(); i++) {
            frame.append(i == 0 ? "" : "\n").append(lines.get(i)).append(CLEAR_TO_END_OF_LINE);
        }
        // At the beginning of a line the cursor stays where it is when a narrower window wraps that line.
        write(frame.append(CLEAR_BELOW).append('\r'));
        drawn = List.copyOf(lines);
    }

    /** Takes away what is drawn; the cursor is then where the first line began. */
    void erase(int columns) {
        if (!drawn.isEmpty()) {
            write(toFirstLine(columns) + CLEAR_BELOW + SHOW_CURSOR);
            drawn = List.of();
        }
    }

    /** Leaves what is drawn where it is; the cursor is then below. */
    void keep() {
        if (!drawn.isEmpty()) {
            write("\n" + SHOW_CURSOR);
            drawn = List.of();
        }
    }

    /** From the beginning of the last line to that of the first; lines wrap when a window is made narrower. */
    private String toFirstLine(int columns) {
        int rows = 0;
        for (var line : drawn.subList(0, drawn.size() - 1)) {
            int used = Text.columns(SGR.matcher(line).replaceAll(""));
            rows += Math.max(1, (used + columns - 1) / columns);
        }
        return rows == 0 ? "\r" : "\r\033[" + rows + "A";
    }

    private void write(CharSequence text) {
        stream.append(text);
        stream.flush();
    }
}

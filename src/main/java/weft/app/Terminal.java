package weft.app;

import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The terminal that standard error goes to: how large it is, and whether it shall have colours.
 *
 * <p>{@link System#console} does not say it: until JDK 21 it stands for standard input and output, and what it means
 * changed twice after. So the shell is asked, once, and again when the window's size has changed.
 */
final class Terminal {
    private static final Pattern ROWS_AND_COLUMNS = Pattern.compile("\\s*(\\d+)\\s+(\\d+)\\s*");
    private static final long SHELL_PATIENCE_SECONDS = 2;

    /** What terminals had for decades, for those that do not tell. */
    private static final Size USUAL = new Size(80, 24);
    /** Narrower ones would have no room for anything: such a window gets lines that wrap. */
    private static final int MIN_COLUMNS = 20;

    /** Columns and rows of characters. */
    record Size(int columns, int rows) {}

    private final boolean colours;
    private final boolean follow; // whether the size may change
    private volatile boolean resized;
    private volatile Size size;

    private Terminal(Size size, boolean colours, boolean follow) {
        this.size = size;
        this.colours = colours;
        this.follow = follow;
    }

    /** A terminal of a size that never changes. */
    static Terminal ofSize(int columns, int rows, boolean colours) {
        return new Terminal(new Size(columns, rows), colours, false);
    }

    /** The terminal that standard error goes to, if it does and if the terminal can move its cursor. */
    static Optional<Terminal> ofStandardError(Map<String, String> environment) {
        var type = environment.getOrDefault("TERM", "");
        if (type.isEmpty() || type.equals("dumb")) {
            return Optional.empty();
        }
        return askShell().map(asked -> {
            boolean colours = environment.getOrDefault("NO_COLOR", "").isEmpty();
            var fixedColumns = columnsIn(environment);
            var terminal = new Terminal(
                    new Size(fixedColumns.orElse(asked.columns()), asked.rows()), colours, fixedColumns.isEmpty());
            terminal.watchSize();
            return terminal;
        });
    }

    /** COLUMNS wins over what the terminal says, as in other programs. */
    private static Optional<Integer> columnsIn(Map<String, String> environment) {
        var columns = environment.getOrDefault("COLUMNS", "");
        return columns.matches("\\d{1,4}") ? Optional.of(sensible(columns, USUAL.columns())) : Optional.empty();
    }

    /** Whether to use colours. */
    boolean hasColours() {
        return colours;
    }

    /** How large it is now. */
    Size size() {
        if (resized && follow) {
            resized = false;
            size = askShell().orElse(size);
        }
        return size;
    }

    /** The size if standard error is a terminal; no shell means none that we could write to. */
    private static Optional<Size> askShell() {
        try {
            var process = new ProcessBuilder("sh", "-c", "test -t 2 && stty size <&2 || { test -t 2 && echo 0 0; }")
                    .redirectInput(Redirect.INHERIT)
                    .redirectError(Redirect.INHERIT)
                    .start();
            try (InputStream answer = process.getInputStream()) {
                return parse(new String(answer.readNBytes(100), StandardCharsets.US_ASCII));
            } finally {
                if (!process.waitFor(SHELL_PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            }
        } catch (IOException noShell) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /** Reads what {@code stty size} says: rows and columns, zeros if it does not know. */
    static Optional<Size> parse(String rowsAndColumns) {
        var matcher = ROWS_AND_COLUMNS.matcher(rowsAndColumns);
        return matcher.matches()
                ? Optional.of(
                        new Size(sensible(matcher.group(2), USUAL.columns()), sensible(matcher.group(1), USUAL.rows())))
                : Optional.empty();
    }

    private static int sensible(String number, int usual) {
        int value = number.length() > 4 ? 0 : Integer.parseInt(number);
        return value == 0 ? usual : Math.max(value, MIN_COLUMNS);
    }

    /**
     * Learns of a new size by the signal WINCH, where there is one. The class that handles signals is outside of Java's
     * standard, so it is looked up by name, and without it the size stays as it was.
     */
    private void watchSize() {
        try {
            var signal = Class.forName("sun.misc.Signal");
            var handler = Class.forName("sun.misc.SignalHandler");
            var onSignal = Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, (proxy, m, a) -> {
                resized = true;
                return null;
            });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance("WINCH"), onSignal);
        } catch (ReflectiveOperationException e) {
            resized = false; // never known to change
        }
    }
}

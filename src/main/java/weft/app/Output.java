package weft.app;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Everything that the command line prints: results to standard output, the rest to standard error. Lines that are printed
 * while a live display is shown go above it. Control characters in a line become question marks, whoever wrote them;
 * only {@link #live} lets through what the display itself adds. Any thread may print.
 */
final class Output {
    private final PrintStream out;
    private final PrintStream err;
    private final Supplier<Optional<Terminal>> findTerminal;

    private final ReentrantLock lock = new ReentrantLock(); // also keeps lines whole
    private final LiveRegion region; // guarded by lock
    private List<String> live = List.of(); // guarded by lock; empty where there is no terminal
    private Optional<Terminal> terminal; // guarded by lock; null: not looked for yet

    private volatile Runnable onVerbose = () -> {};
    private volatile boolean quiet;
    private volatile boolean verbose;

    /** {@code findTerminal} is asked once, if a live display is to be shown. */
    Output(PrintStream out, PrintStream err, Supplier<Optional<Terminal>> findTerminal) {
        this.out = out;
        this.err = err;
        this.findTerminal = findTerminal;
        this.region = new LiveRegion(err);
    }

    /** Show errors only. */
    void beQuiet() {
        quiet = true;
    }

    /** Show where errors come from. */
    void beVerbose() {
        verbose = true;
        onVerbose.run();
    }

    /** Sets what is to be done when {@link #beVerbose} is called. */
    void onVerbose(Runnable action) {
        onVerbose = action;
    }

    boolean isQuiet() {
        return quiet;
    }

    boolean isVerbose() {
        return verbose;
    }

    /** The terminal for a live display, if there is one and it is wanted. */
    Optional<Terminal> terminal() {
        if (quiet) {
            return Optional.empty();
        }
        lock.lock();
        try {
            if (terminal == null) {
                terminal = findTerminal.get();
            }
            return terminal;
        } finally {
            lock.unlock();
        }
    }

    /** The characters that standard error can show. */
    Glyphs glyphs() {
        return Glyphs.of(err.charset());
    }

    /** Standard output, for what a library prints. */
    PrintWriter writer() {
        return new PrintWriter(out, true, out.charset());
    }

    /** A line of what the command was asked for, also if quiet. */
    void answer(String line) {
        above(() -> out.println(Text.printable(line)));
    }

    /** A line that says what was done, on standard output. */
    void result(String line) {
        if (!quiet) {
            answer(line);
        }
    }

    /** An object on a line of its own; JSON is UTF-8 whatever the locale is. */
    void json(Json object) {
        var bytes = (object + "\n").getBytes(StandardCharsets.UTF_8);
        above(() -> {
            out.write(bytes, 0, bytes.length);
            out.flush();
        });
    }

    /** A line about how it goes, on standard error. */
    void note(String line) {
        if (!quiet) {
            above(() -> err.println(Text.printable(line)));
        }
    }

    /** A line that says what went wrong, on standard error, also if quiet. */
    void error(String message) {
        above(() -> err.println(Text.printable("weft: " + message)));
    }

    /** Where an error comes from, if that is wanted. */
    void trace(Throwable cause) {
        if (verbose) {
            var text = new StringWriter();
            cause.printStackTrace(new PrintWriter(text));
            above(() ->
                    text.toString().lines().forEach(line -> err.println(Text.printable(line.replace("\t", "    ")))));
        }
    }

    /** Shows these lines as the last ones of the terminal, in place of those of the last call. */
    void live(List<String> lines) {
        terminal().ifPresent(shown -> {
            int columns = shown.size().columns();
            lock.lock();
            try {
                live = List.copyOf(lines);
                region.draw(lines, columns);
            } finally {
                lock.unlock();
            }
        });
    }

    /** Takes the live lines away. */
    void endLive() {
        live(List.of());
    }

    /** Leaves the live lines as they are, and goes on below them. */
    void keepLive() {
        lock.lock();
        try {
            if (!live.isEmpty()) {
                region.keep();
                live = List.of();
            }
        } finally {
            lock.unlock();
        }
    }

    private void above(Runnable print) {
        lock.lock();
        try {
            if (live.isEmpty()) {
                print.run();
                return;
            }
            int columns = terminal.orElseThrow().size().columns();
            region.erase(columns);
            print.run();
            region.draw(live, columns);
        } finally {
            lock.unlock();
        }
    }
}

package weft.net;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How many files and sockets the system lets this process have open. */
public final class Descriptors {
    /** Linux: the JVM has raised the soft limit, which comes first, as far as it may. */
    private static final Path LIMITS = Path.of("/proc/self/limits");

    private static final Pattern MAX_OPEN_FILES = Pattern.compile("Max open files +([0-9]+) .*");

    private Descriptors() {}

    /** The limit, if the system tells. */
    public static OptionalInt limit() {
        try {
            return parse(Files.readAllLines(LIMITS));
        } catch (IOException e) {
            return OptionalInt.empty(); // another system: its limits are in the thousands
        }
    }

    static OptionalInt parse(List<String> limits) {
        return limits.stream()
                .map(MAX_OPEN_FILES::matcher)
                .filter(Matcher::matches)
                .mapToInt(line -> (int) Math.min(Integer.MAX_VALUE, Double.parseDouble(line.group(1))))
                .findFirst();
    }
}

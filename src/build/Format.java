import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.ImportOrderer;
import com.palantir.javaformat.java.JavaFormatterOptions;
import com.palantir.javaformat.java.JavaFormatterOptions.Style;
import com.palantir.javaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds every Java file to palantir-java-format, 120 columns: {@code java -cp FORMATTER Format.java check|apply}. {@code check}
 * names the files that differ and exits 1; {@code apply} rewrites them.
 */
final class Format {
    private static final Formatter FORMATTER = Formatter.createFormatter(
            JavaFormatterOptions.builder().style(Style.PALANTIR).build());

    public static void main(String[] args) throws IOException {
        boolean apply = args[0].equals("apply");
        var differing =
                sources().parallelStream().filter(file -> differs(file, apply)).toList();
        for (var file : differing) {
            System.out.println((apply ? "formatted " : "not formatted: ") + file);
        }
        if (!apply && !differing.isEmpty()) {
            System.out.println("mvn -q validate -Pformat formats them");
            System.exit(1);
        }
    }

    private static List<Path> sources() throws IOException {
        var sources = new ArrayList<Path>();
        for (var root : List.of(Path.of("src"), Path.of("bench"))) {
            if (Files.isDirectory(root)) {
                try (var files = Files.walk(root)) {
                    files.filter(file -> file.toString().endsWith(".java") && !file.startsWith("bench/target"))
                            .forEach(sources::add);
                }
            }
        }
        return sources;
    }

    private static boolean differs(Path file, boolean apply) {
        try {
            var source = Files.readString(file);
            var formatted = FORMATTER.formatSource(
                    ImportOrderer.reorderImports(RemoveUnusedImports.removeUnusedImports(source), Style.PALANTIR));
            if (apply && !formatted.equals(source)) {
                Files.writeString(file, formatted);
            }
            return !formatted.equals(source);
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        } catch (FormatterException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }
}

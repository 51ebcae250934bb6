import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;

/**
 * Runs javadoc over what the module exports, with doclint, and fails at each warning: {@code java Document.java MODULEPATH
 * SOURCES RELEASE TARGET}. All that is exported needs a comment, but not a tag for each parameter and result: a sentence
 * that says what matters beats {@code @param length the length}, which doclint alone cannot tell apart.
 */
final class Document {
    private static final Pattern MISSING_TAG = Pattern.compile(".*: warning: no @(param|return|throws)\\b.*");
    private static final Pattern LOCATED = Pattern.compile(".*\\.java:\\d+: (warning|error): .*");

    public static void main(String[] args) {
        var javadoc = ToolProvider.findFirst("javadoc").orElseThrow();
        var output = new StringWriter();
        var printer = new PrintWriter(output, true);
        int status = javadoc.run(
                printer,
                printer,
                "-quiet",
                "-Xdoclint:all",
                "-Xmaxwarns",
                "100000",
                "-notimestamp",
                "--module-path=" + args[0],
                "--module-source-path=weft=" + args[1],
                "--release=" + args[2],
                "-d",
                args[3],
                "--module=weft");

        var complaints = complaints(output.toString());
        complaints.forEach(System.out::println);
        if (status != 0 || !complaints.isEmpty()) {
            System.out.println("javadoc: " + complaints.size() + " lines of complaints, see above");
            System.exit(1);
        }
    }

    /**
     * Javadoc's output, less each warning of a missing tag, and of a missing comment at a private field (an exception's,
     * which javadoc takes for part of a serialised form), with the source lines that it quotes.
     */
    private static List<String> complaints(String output) {
        var complaints = new ArrayList<String>();
        var lines = output.lines().toList();
        boolean skipping = false;
        for (int i = 0; i < lines.size(); i++) {
            var line = lines.get(i);
            if (LOCATED.matcher(line).matches()) {
                boolean atPrivate =
                        i + 1 < lines.size() && lines.get(i + 1).strip().startsWith("private ");
                skipping = MISSING_TAG.matcher(line).matches() || (line.endsWith("no comment") && atPrivate);
            }
            if (!skipping && !line.matches("\\d+ (warning|error)s?")) {
                complaints.add(line);
            }
        }
        return complaints;
    }
}

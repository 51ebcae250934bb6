import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Fuzzes for a while with each target, the test classes {@code *Fuzz}: {@code java Fuzz.java TEST-CLASSES DURATION SEED
 * TARGET CLASSPATH}, where TARGET is part of the name of those that are meant, or {@code all}, and SEED is what chance
 * begins with, 0 for another each time. Each has a JVM of its own, since Jazzer fuzzes one method in a JVM, and little
 * memory, as what a stranger's few bytes may cost is part of what is tested; as many at a time as there are processors.
 *
 * <p>What Jazzer finds it puts into {@code src/test/resources}, where the tests run over it from then on; what it says of
 * it is in {@code target/fuzz-findings.txt}, too.
 */
final class Fuzz {
    private static final int LINES_SHOWN = 60;

    private static final Path FINDINGS = Path.of("target", "fuzz-findings.txt");

    public static void main(String[] args) throws Exception {
        var testClasses = Path.of(args[0]);
        var findings = new LinkedHashMap<String, String>();
        var targets = targets(testClasses, args[3]);
        Files.deleteIfExists(FINDINGS);
        try (var processors = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
            var runs = new LinkedHashMap<String, Future<Optional<String>>>();
            targets.forEach(target ->
                    runs.put(target, processors.submit(() -> fuzz(target, args[1], args[2], args[4]))));
            for (var run : runs.entrySet()) {
                run.getValue().get().ifPresent(finding -> findings.put(run.getKey(), finding));
            }
        }
        System.out.println(targets.size() - findings.size() + " passed, " + findings.size() + " failed");
        if (targets.isEmpty() || !findings.isEmpty()) {
            System.out.println(
                    targets.isEmpty() ? "No target is called like " + args[3] : "Findings by " + findings.keySet());
            Files.writeString(FINDINGS, String.join("\n", findings.values()));
            System.exit(1);
        }
    }

    private static List<String> targets(Path testClasses, String part) throws IOException {
        try (var files = Files.walk(testClasses)) {
            return files.map(file -> testClasses.relativize(file).toString())
                    .filter(file -> file.endsWith("Fuzz.class"))
                    .map(file -> file.replace(".class", "").replace(File.separatorChar, '.'))
                    .filter(target -> part.equals("all") || target.contains(part))
                    .sorted()
                    .toList();
        }
    }

    /** What Jazzer says in the end if it has found something. */
    private static Optional<String> fuzz(String target, String duration, String seed, String classPath)
            throws IOException, InterruptedException {
        var process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx512m",
                        "-XX:+EnableDynamicAgentLoading",
                        "-cp",
                        classPath,
                        "com.code_intelligence.jazzer.Jazzer",
                        "--target_class=" + target,
                        "--max_duration=" + duration,
                        "-seed=" + seed,
                        "--reproducer_path=target")
                .redirectErrorStream(true)
                .start();
        var lines = new ArrayDeque<String>();
        var done = "no more than its seeds";
        try (var output = process.inputReader()) {
            for (var line = output.readLine(); line != null; line = output.readLine()) {
                lines.add(line);
                done = line.contains("DONE") ? line : done;
                if (lines.size() > LINES_SHOWN) {
                    lines.remove();
                }
            }
        }
        boolean clean = process.waitFor() == 0;
        var report = target + ": " + (clean ? done : "FOUND SOMETHING\n" + String.join("\n", lines));
        System.out.println(report); // at once: others report, too
        return clean ? Optional.empty() : Optional.of(report);
    }
}

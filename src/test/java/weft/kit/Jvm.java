package weft.kit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How a program of the tests' class path is to be run in a JVM of its own, for what shows only there: limits of memory,
 * descriptors and carriers, locks, signals, being killed. It is the kind of JVM that the build has for its tests, with as
 * few carriers.
 */
public final class Jvm {
    private final List<String> wrapper = new ArrayList<>();
    private final List<String> options = new ArrayList<>();
    private final List<String> program = new ArrayList<>();

    private Jvm(String main, String... arguments) {
        program.add(main);
        program.addAll(List.of(arguments));
    }

    /** Runs this class's {@code main}. */
    public static Jvm of(Class<?> main, String... arguments) {
        return new Jvm(main.getName(), arguments);
    }

    /** Runs a source file, as it is. */
    public static Jvm of(Path source) {
        return new Jvm(source.toString());
    }

    /** What the build was told by {@code -Djvm}, which may start its JVM by other means, or else the JDK's own. */
    public static String executable() {
        return System.getProperty(
                "jvm", Path.of(System.getProperty("java.home"), "bin", "java").toString());
    }

    /** With options of the JVM's. */
    public Jvm withOptions(String... more) {
        options.addAll(List.of(more));
        return this;
    }

    /** With only one carrier for all virtual threads. */
    public Jvm withOneCarrier() {
        return withOptions("-Djdk.virtualThreadScheduler.parallelism=1", "-Djdk.virtualThreadScheduler.maxPoolSize=1");
    }

    /** With so few file descriptors. */
    public Jvm withDescriptors(int count) {
        return under("sh", "-c", "ulimit -n " + count + " && exec \"$@\"", "sh");
    }

    /** Started by a program that starts what follows in its arguments. */
    public Jvm under(String... command) {
        wrapper.addAll(List.of(command));
        return this;
    }

    /** The words that start it, to which others may be added. */
    public List<String> command() {
        var command = new ArrayList<>(wrapper);
        command.add(executable());
        command.addAll(carriers());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(program);
        return command;
    }

    /** What the tests' own JVM was told about them. */
    private static List<String> carriers() {
        var properties = System.getProperties();
        return properties.stringPropertyNames().stream()
                .filter(name -> name.startsWith("jdk.virtualThreadScheduler."))
                .map(name -> "-D" + name + "=" + properties.getProperty(name))
                .toList();
    }

    /** Starts it; what it prints goes to {@code output}. */
    public JvmProcess start(Path output) throws IOException {
        var process = new ProcessBuilder(command())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        return new JvmProcess(process, output);
    }

    /** Runs it, and fails with what it has printed if it does not end, or not well. */
    public void runToItsEnd() throws IOException, InterruptedException {
        var output = Files.createTempFile("weft-jvm", ".txt");
        try (var process = start(output)) {
            assertThat(process.awaitExit(Await.PATIENCE.multipliedBy(2)))
                    .as(process::output)
                    .isZero();
        } finally {
            Files.delete(output);
        }
    }
}

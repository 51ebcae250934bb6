package weft.kit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM of its own, with the class path of the tests: for what shows only where memory, descriptors or carriers are few. */
public final class Jvm {
    private final String mainClass;
    private final List<String> options = new ArrayList<>();
    private final List<String> arguments = new ArrayList<>();
    private int descriptors; // or 0: as many as there are

    private Jvm(String mainClass) {
        this.mainClass = mainClass;
    }

    /** Runs this class's {@code main}. */
    public static Jvm of(Class<?> main) {
        return new Jvm(main.getName());
    }

    /** With options of the JVM's. */
    public Jvm withOptions(String... more) {
        options.addAll(List.of(more));
        return this;
    }

    /** With arguments of the program's. */
    public Jvm withArguments(String... more) {
        arguments.addAll(List.of(more));
        return this;
    }

    /** With only one carrier for all virtual threads. */
    public Jvm withOneCarrier() {
        return withOptions("-Djdk.virtualThreadScheduler.parallelism=1", "-Djdk.virtualThreadScheduler.maxPoolSize=1");
    }

    /** With so few file descriptors. */
    public Jvm withDescriptors(int count) {
        descriptors = count;
        return this;
    }

    /** Starts it; what it prints goes to {@code output}. To be ended by the caller. */
    public Process start(Path output) throws IOException {
        var command = new ArrayList<String>();
        if (descriptors > 0) {
            command.addAll(List.of("sh", "-c", "ulimit -n " + descriptors + " && exec \"$0\" \"$@\""));
        }
        command.add(Java.command());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
        command.addAll(arguments);
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(Redirect.to(output.toFile()))
                .start();
    }

    /** Waits until it has ended, and fails with what it has printed if it has not ended well. */
    public void runToItsEnd() throws IOException, InterruptedException {
        var output = Files.createTempFile("weft-jvm", ".txt");
        try {
            var process = start(output);
            try {
                boolean ended = process.waitFor(2 * Await.PATIENCE.toSeconds(), TimeUnit.SECONDS);
                assertThat(ended && process.exitValue() == 0)
                        .as(() -> (ended ? "ends well, but " : "ends, but ") + read(output))
                        .isTrue();
            } finally {
                process.destroyForcibly().waitFor();
            }
        } finally {
            Files.delete(output);
        }
    }

    private static String read(Path output) {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            return e.toString();
        }
    }
}

package weft.kit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program of the tests' class path in a process of its own, for what only that shows: limits, locks, being killed. */
public final class JvmProcess implements AutoCloseable {
    private final Process process;
    private final Path output;

    private JvmProcess(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /** How a program is to be started. */
    public static final class Plan {
        private final List<String> wrapper = new ArrayList<>();
        private final List<String> options = new ArrayList<>();
        private final List<String> program = new ArrayList<>();

        private Plan(Class<?> main, String... args) {
            program.add(main.getName());
            program.addAll(List.of(args));
        }

        /** Options of the virtual machine. */
        public Plan withOptions(String... more) {
            options.addAll(List.of(more));
            return this;
        }

        /** Commands of a shell before it, such as {@code ulimit -n 256}. */
        public Plan after(String shell) {
            wrapper.addAll(List.of("sh", "-c", shell + " && exec \"$@\"", "sh"));
            return this;
        }

        /** A program that starts what follows in its arguments. */
        public Plan under(String... command) {
            wrapper.addAll(List.of(command));
            return this;
        }

        /** Starts it; what it prints goes to a file. */
        public JvmProcess start(Path output) throws IOException {
            var command = new ArrayList<>(wrapper);
            command.add(Java.command());
            command.addAll(options);
            command.addAll(List.of("-cp", System.getProperty("java.class.path")));
            command.addAll(program);
            var process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            return new JvmProcess(process, output);
        }
    }

    /** A program to be started. */
    public static Plan of(Class<?> main, String... args) {
        return new Plan(main, args);
    }

    /** What it has printed. */
    public String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Waits until it has printed this. */
    public JvmProcess awaitOutput(String text) {
        Await.until(() -> "'" + text + "' in: " + output(), () -> {
            assertThat(process.isAlive() || output().contains(text))
                    .as(output())
                    .isTrue();
            return output().contains(text);
        });
        return this;
    }

    /** Its exit status, once it has ended by itself; fails if it does not within {@code patience}. */
    public int awaitExit(Duration patience) throws InterruptedException {
        assertThat(process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS))
                .as(() -> "end of " + process.info() + ", which printed " + output())
                .isTrue();
        return process.exitValue();
    }

    /** True until it has ended. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** Asks it to end (SIGTERM), and waits for that. */
    public void terminate() throws InterruptedException {
        process.destroy();
        awaitExit(Await.PATIENCE);
    }

    /** Ends it without a chance to do anything (SIGKILL), and waits for that. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}

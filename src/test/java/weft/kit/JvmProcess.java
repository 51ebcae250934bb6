package weft.kit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A program that runs as {@link Jvm} has said; closing kills it. */
public final class JvmProcess implements AutoCloseable {
    private final Process process;
    private final Path output;

    JvmProcess(Process process, Path output) {
        this.process = process;
        this.output = output;
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

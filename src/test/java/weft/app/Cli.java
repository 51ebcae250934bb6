package weft.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import weft.kit.Await;

/** A command that runs in this process, in a thread of its own, and what it prints. */
final class Cli implements AutoCloseable {
    /** What a command left behind. */
    record Result(int status, String out, String err) {
        /** The lines of standard output, each as JSON. */
        List<JsonNode> json() {
            return out.lines().map(Cli::parse).toList();
        }

        Result failsWith(int expectedStatus, String message) {
            assertThat(err).contains(message);
            assertThat(status).isEqualTo(expectedStatus);
            return this;
        }

        Result succeeds() {
            assertThat(status).as(err).isZero();
            return this;
        }
    }

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final StopSignal stop = new StopSignal();
    private final Thread thread;
    private volatile int status;

    private Cli(Optional<Terminal> terminal, String... args) {
        var output = new Output(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), () -> terminal);
        this.thread = Thread.startVirtualThread(() -> status = Main.run(alone(args), output, stop));
    }

    /** What others on the local network and in the world share meanwhile is not these tests' concern. */
    static String[] alone(String... args) {
        var all = new ArrayList<>(List.of(args));
        if (args.length > 0 && List.of("download", "seed", "info").contains(args[0]) && !all.contains("--help")) {
            all.add(1, "--no-lsd");
            if (!all.contains("--bootstrap")) {
                all.add(1, "--no-dht");
            }
        }
        return all.toArray(String[]::new);
    }

    /** Starts a command that prints to files. */
    static Cli start(String... args) {
        return new Cli(Optional.empty(), args);
    }

    /** Starts a command that prints to a terminal. */
    static Cli startOn(Terminal terminal, String... args) {
        return new Cli(Optional.of(terminal), args);
    }

    /** Runs a command to its end. */
    static Result run(String... args) {
        return start(args).await();
    }

    /** Waits until standard output has this, and returns it. */
    MatchResult awaitOut(String regex) {
        return await(out, regex);
    }

    /** Waits until standard error has this, and returns it. */
    MatchResult awaitErr(String regex) {
        return await(err, regex);
    }

    private MatchResult await(ByteArrayOutputStream stream, String regex) {
        var pattern = Pattern.compile(regex);
        Await.until(
                () -> regex + " in: " + out.toString(UTF_8) + err.toString(UTF_8),
                () -> pattern.matcher(stream.toString(UTF_8)).find());
        var matcher = pattern.matcher(stream.toString(UTF_8));
        assertThat(matcher.find()).isTrue();
        return matcher.toMatchResult();
    }

    /** Asks the command to stop, as a signal does, and waits for its end. */
    Result stop() {
        stop.request();
        return await();
    }

    /** Waits until the command ends by itself. */
    Result await() {
        Await.until(() -> "the end of: " + out.toString(UTF_8) + err.toString(UTF_8), () -> !thread.isAlive());
        return new Result(status, out.toString(UTF_8), err.toString(UTF_8));
    }

    @Override
    public void close() {
        stop();
    }

    private static JsonNode parse(String line) {
        try {
            return new ObjectMapper().readTree(line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package weft.interop;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * A process of another program. Its output is read by a thread of its own and kept, for tests to wait for a line, and to
 * say what was going on when they fail. Closing it asks the process to end and sees that it does.
 */
final class ProgramProcess implements AutoCloseable {
    /** Long enough for a loaded machine; nobody waits so long but to fail. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    /** How often a program that does not tell is asked; the process may also end meanwhile, and that is noticed at once. */
    private static final Duration ASK_EVERY = Duration.ofMillis(50);

    /** Whether all output is shown as it comes: the environment variable {@code WEFT_INTEROP_OUTPUT}. */
    private static final boolean SHOW = System.getenv("WEFT_INTEROP_OUTPUT") != null;

    private static final Pattern PROXY = Pattern.compile("(?i).*_proxy");
    private static final Duration END_WITHIN = Duration.ofSeconds(5);
    private static final int LINES_KEPT = 10_000;
    private static final int LINES_SHOWN = 60;

    /** Something that is asked until it is there. */
    interface Question<T> {
        Optional<T> ask() throws IOException;
    }

    private final String name;
    private final Process process;
    private final Thread reader;
    private final Thread atExit;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition heard = lock.newCondition();
    private final Deque<String> lines = new ArrayDeque<>(); // guarded by lock
    private boolean outputEnded; // guarded by lock

    private ProgramProcess(String name, Process process) {
        this.name = name;
        this.process = process;
        // Not a virtual thread: reading from a pipe holds its carrier, which may be the only one there is.
        this.reader =
                Thread.ofPlatform().name("interop " + name + " output").daemon().start(this::read);
        // Of use where the tests' JVM is told to stop in the middle of one.
        this.atExit = new Thread(process::destroyForcibly, "interop " + name + " end");
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    static ProgramProcess start(String name, Path directory, List<String> command) {
        var builder = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C.UTF-8"); // file names are spelled by it
        builder.environment().put("HOME", directory.toString()); // nobody's settings, and none left there
        builder.environment()
                .keySet()
                .removeIf(variable -> PROXY.matcher(variable).matches()); // we stay on loopback
        try {
            return new ProgramProcess(name, builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read() {
        try (BufferedReader output = process.inputReader()) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                hear(line);
            }
        } catch (IOException e) {
            hear("[" + e + "]");
        } finally {
            lock.lock();
            try {
                outputEnded = true;
                heard.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private void hear(String line) {
        if (SHOW) {
            System.err.println(LocalTime.now(ZoneOffset.UTC) + " " + name + ": " + line);
        }
        lock.lock();
        try {
            if (lines.size() == LINES_KEPT) {
                lines.removeFirst();
            }
            lines.addLast(line);
            heard.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Gives the process a line of input. */
    void tell(String line) {
        try {
            var input = process.outputWriter();
            input.write(line + "\n");
            input.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(failure("does not take the line " + line), e);
        }
    }

    /** Waits for a line of output that means something; lines that were heard before count. */
    <T> T awaitLine(String what, Function<String, Optional<T>> meaning) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        lock.lock();
        try {
            while (true) {
                for (String line : lines) {
                    Optional<T> meant = meaning.apply(line);
                    if (meant.isPresent()) {
                        return meant.get();
                    }
                }
                long left = deadline - System.nanoTime();
                if (outputEnded || left <= 0) {
                    throw new AssertionError(failure("did not say: " + what));
                }
                heard.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            throw interrupted(what);
        } finally {
            lock.unlock();
        }
    }

    /** Asks until there is an answer. */
    <T> T await(String what, Question<T> question) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try {
            while (true) {
                Optional<T> answer = question.ask();
                if (answer.isPresent()) {
                    return answer.get();
                }
                if (process.waitFor(ASK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                    throw new AssertionError(failure("ended before: " + what));
                }
                if (System.nanoTime() > deadline) {
                    throw new AssertionError(failure("not so in time: " + what));
                }
            }
        } catch (IOException e) {
            throw new AssertionError(failure("failed while waiting for: " + what), e);
        } catch (InterruptedException e) {
            throw interrupted(what);
        }
    }

    /** Waits until the process has ended by itself; its exit status. */
    int awaitEnd() {
        try {
            if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError(failure("has not ended"));
            }
            reader.join();
            return process.exitValue();
        } catch (InterruptedException e) {
            throw interrupted("its end");
        }
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    String name() {
        return name;
    }

    /** The last lines of output. */
    String output() {
        lock.lock();
        try {
            return String.join(
                    "\n",
                    lines.stream().skip(Math.max(0, lines.size() - LINES_SHOWN)).toList());
        } finally {
            lock.unlock();
        }
    }

    /** Ends the process at once, as a crash would. */
    void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    /** Ends its input, which some programs take as a sign to end. */
    void endInput() {
        try {
            process.outputWriter().close();
        } catch (IOException e) {
            hear("[end of input: " + e + "]");
        }
    }

    @Override
    public void close() {
        boolean interrupted = false;
        process.destroy();
        try {
            if (!process.waitFor(END_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
            process.waitFor();
            reader.join();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            interrupted = true;
        }
        forgetAtExit();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void forgetAtExit() {
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            hear("[the tests' JVM is ending: " + e + "]");
        }
    }

    private String failure(String what) {
        return name + " " + what + "\n--- its last output\n" + output();
    }

    private AssertionError interrupted(String what) {
        Thread.currentThread().interrupt();
        return new AssertionError(failure("interrupted while waiting for: " + what));
    }
}

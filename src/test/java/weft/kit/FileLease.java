package weft.kit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A write lease on a file (fcntl F_SETLEASE): Linux makes everybody who opens the file wait until it is closed, for up to
 * 45 s. So it is with files on a disk, or a server, that does not answer.
 */
public final class FileLease implements AutoCloseable {
    private static final String PROGRAM = """
            import fcntl, os, signal, sys
            signal.signal(signal.SIGIO, lambda *_: print("wanted", flush=True))
            fcntl.fcntl(os.open(sys.argv[1], os.O_RDWR), fcntl.F_SETLEASE, fcntl.F_WRLCK)
            print("held", flush=True)
            sys.stdin.read()
            """;

    private final Process process;
    private final BufferedReader output;
    private final boolean held;

    private FileLease(Process process) throws IOException {
        this.process = process;
        this.output = process.inputReader(StandardCharsets.UTF_8);
        this.held = "held".equals(output.readLine());
    }

    /** Takes a lease on a file that nobody has open. */
    public static FileLease take(Path file) throws IOException {
        try {
            return new FileLease(new ProcessBuilder("python3", "-c", PROGRAM, file.toString()).start());
        } catch (IOException e) {
            return new FileLease(new ProcessBuilder("true").start());
        }
    }

    /** Skips the test, or fails it, where there are no leases, or none of this file. */
    public void checkHeld() {
        Needs.check(held, "a system and a file system with leases, and a Python that can take one");
    }

    /** Waits until somebody wants to open the file, and so waits himself. */
    public void awaitOpener() throws IOException {
        assertThat(output.readLine()).isEqualTo("wanted");
    }

    /** Gives the lease back: who waits gets the file. */
    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}

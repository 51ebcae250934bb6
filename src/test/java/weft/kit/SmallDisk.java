package weft.kit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file system of a few MiB, in memory. Tests that want one are skipped where this user may not mount it. */
public final class SmallDisk implements AutoCloseable {
    private final Path directory;

    private SmallDisk(Path directory) {
        this.directory = directory;
    }

    /** Mounts it at a directory, which is made. */
    public static SmallDisk at(Path directory, int mebibytes) throws IOException {
        Files.createDirectories(directory);
        boolean mounted = run("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs", directory.toString());
        Needs.check(mounted, "may mount a small file system");
        return new SmallDisk(directory);
    }

    /** Where it is. */
    public Path directory() {
        return directory;
    }

    /** Fills it up: not one more byte goes in until this file is deleted. */
    public Path fillUp() throws IOException {
        Path filler = directory.resolve("filler");
        try (var out = Files.newOutputStream(filler)) {
            while (true) {
                out.write(new byte[4096]);
            }
        } catch (IOException full) {
            return filler;
        }
    }

    /** Unmounts it. */
    @Override
    public void close() throws IOException {
        if (Runtime.version().feature() < 22) {
            // Windows are only unmapped as they are collected there, and keep the file system busy.
            Await.until("unmounted", this::collectAndUnmount);
        } else {
            assertThat(run("umount", directory.toString())).isTrue();
        }
        Files.delete(directory);
    }

    private boolean collectAndUnmount() {
        System.gc();
        return run("umount", directory.toString());
    }

    private static boolean run(String... command) {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .onExit()
                            .join()
                            .exitValue()
                    == 0;
        } catch (IOException noSuchProgram) {
            return false;
        }
    }
}

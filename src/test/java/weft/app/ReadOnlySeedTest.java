package weft.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.kit.Content;
import weft.kit.Jvm;
import weft.kit.Needs;
import weft.kit.SharedTorrent;
import weft.kit.SwarmExtension;

/** Files or a directory that may not be changed, for a process that heeds it: root's rights are taken from it first. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ReadOnlySeedTest {
    private static final String READ_ONLY =
            "mount --bind '%1$s' '%1$s' && mount -o remount,bind,ro '%1$s' && exec \"$@\"";

    /** Permissions hold for whoever owns the files then, be it root; for others they do anyway. */
    private static final String[] ORDINARY = System.getProperty("user.name").equals("root")
            ? new String[] {"setpriv", "--bounding-set=-dac_override,-dac_read_search"}
            : new String[] {"env"};

    @RegisterExtension
    private final SwarmExtension swarm = new SwarmExtension();

    @Test
    void filesThatMayNotBeChangedAreSeeded() throws Exception {
        var shared = swarm.share(Content.folder().withFile("a", 300_000).withFile("b", 200_000));
        Path directory = shared.seededDirectory();
        needsMounts(directory);

        String output = seed(shared, directory, "unshare", "-m", "sh", "-c", READ_ONLY.formatted(directory), "sh");

        assertSaidToBeReadOnly(directory, output);
    }

    @Test
    void filesWithoutWritePermissionAreSeededFromADirectoryThatHasIt() throws Exception {
        needsOrdinaryUser();
        var shared = swarm.share(
                Content.folder().withFile("a", 300_000).withFile("empty", 0).withFile("b", 200_000));
        Path directory = shared.seededDirectory();
        permit(directory, "r--r--r--", "rwxr-xr-x");

        String output = seed(shared, directory, ORDINARY);

        assertThat(output).doesNotContain("read-only").doesNotContain("WARNING").doesNotContain("SEVERE");
        assertThat(directory.resolve(".weft")).isDirectoryContaining("glob:**.resume");
        shared.content().assertLiesIn(directory);
    }

    @Test
    void aDirectoryWithoutWritePermissionIsSeeded() throws Exception {
        needsOrdinaryUser();
        var shared = swarm.share(
                Content.folder().withFile("a", 300_000).withFile("empty", 0).withFile("b", 200_000));
        Path directory = shared.seededDirectory();
        Files.delete(directory.resolve("folder/empty")); // nor can it be made

        try {
            permit(directory, "r--r--r--", "r-xr-xr-x");

            assertSaidToBeReadOnly(directory, seed(shared, directory, ORDINARY));
        } finally {
            permit(directory, "rw-r--r--", "rwxr-xr-x");
        }
    }

    private static void permit(Path directory, String files, String directories) throws IOException {
        try (var all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                var permissions = Files.isDirectory(path) ? directories : files;
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
            }
        }
    }

    private static void assertSaidToBeReadOnly(Path directory, String output) {
        assertThat(directory.resolve(".weft")).doesNotExist();
        assertThat(output.lines().filter(line -> line.contains("read-only")))
                .singleElement()
                .asString()
                .contains("resume data is not written: " + directory + " is read-only");
        assertThat(output).doesNotContain("WARNING").doesNotContain("SEVERE").doesNotContain("Exception");
    }

    /** Seeds by a process to somebody who gets it all; returns what that process has printed. */
    private String seed(SharedTorrent shared, Path directory, String... wrapper) throws Exception {
        try (var seed = Jvm.of(
                        Main.class,
                        "seed",
                        "--no-lsd",
                        "--no-dht",
                        shared.torrentFile().toString(),
                        "-d",
                        directory.toString(),
                        "--verbose")
                .under(wrapper)
                .start(swarm.directory().resolve("output"))) {
            seed.awaitOutput(", until interrupted");
            var port = seed.output().replaceAll("(?s).*on port (\\d+),.*", "$1");
            var leechers = swarm.directory();

            Cli.run(
                            "download",
                            shared.torrentFile().toString(),
                            "-d",
                            leechers.toString(),
                            "--peer",
                            "127.0.0.1:" + port)
                    .succeeds();

            shared.content().assertLiesIn(leechers);
            seed.terminate();
            return seed.output();
        }
    }

    private static void needsOrdinaryUser() throws InterruptedException {
        needs("can give up root's rights", Stream.concat(Stream.of(ORDINARY), Stream.of("true")));
    }

    private static void needsMounts(Path directory) throws InterruptedException {
        var command = Stream.of("unshare", "-m", "sh", "-c", READ_ONLY.formatted(directory), "sh", "true");
        needs("may mount read-only, in a namespace of its own", command);
    }

    private static void needs(String what, Stream<String> command) throws InterruptedException {
        int status = 1;
        try {
            status = new ProcessBuilder(command.toList()).start().waitFor();
        } catch (IOException noSuchProgram) {
            // as if it may not
        }
        Needs.check(status == 0, what);
    }
}

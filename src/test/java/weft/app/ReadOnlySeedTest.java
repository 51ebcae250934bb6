package weft.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.kit.Content;
import weft.kit.Jvm;
import weft.kit.Needs;
import weft.kit.SwarmExtension;

/** A directory in which nothing may be changed, for a process in a mount namespace of its own: root may do all else. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ReadOnlySeedTest {
    private static final String READ_ONLY =
            "mount --bind '%1$s' '%1$s' && mount -o remount,bind,ro '%1$s' && exec \"$@\"";

    @RegisterExtension
    private final SwarmExtension swarm = new SwarmExtension();

    @Test
    void filesThatMayNotBeChangedAreSeeded() throws Exception {
        var shared = swarm.share(Content.folder().withFile("a", 300_000).withFile("b", 200_000));
        Path directory = shared.seededDirectory();
        needsMounts(directory);

        String output;
        try (var seed = Jvm.of(
                        Main.class,
                        "seed",
                        "--no-lsd",
                        "--no-dht",
                        shared.torrentFile().toString(),
                        "-d",
                        directory.toString(),
                        "--verbose")
                .under("unshare", "-m", "sh", "-c", READ_ONLY.formatted(directory), "sh")
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
            output = seed.output();
        }
        assertThat(directory.resolve(".weft")).doesNotExist();
        assertThat(output.lines().filter(line -> line.contains("read-only")))
                .singleElement()
                .asString()
                .contains("resume data is not written: " + directory + " is read-only");
        assertThat(output).doesNotContain("WARNING").doesNotContain("SEVERE").doesNotContain("Exception");
    }

    private static void needsMounts(Path directory) throws InterruptedException {
        int status = 1;
        try {
            status = new ProcessBuilder("unshare", "-m", "sh", "-c", READ_ONLY.formatted(directory), "sh", "true")
                    .start()
                    .waitFor();
        } catch (IOException noSuchProgram) {
            // as if it may not
        }
        Needs.check(status == 0, "may mount read-only, in a namespace of its own");
    }
}

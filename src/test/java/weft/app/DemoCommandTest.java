package weft.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.kit.SwarmExtension;

@Timeout(120)
class DemoCommandTest {
    @RegisterExtension
    private final SwarmExtension swarm = new SwarmExtension(); // sees that no thread is left

    @Test
    void leechersGetEverythingAndNothingIsLeftBehind() throws Exception {
        long before = demoDirectories();

        var result =
                Cli.startOn(Terminal.ofSize(100, 24, false), "demo").await().succeeds();

        assertThat(result.out())
                .startsWith("All 4 leechers have all 32 MiB, byte for byte, after ")
                .contains("The seed sent ");
        assertThat(result.err()).contains("tracker    http://127.0.0.1:", "leecher 4  ");
        assertThat(demoDirectories()).isEqualTo(before);
    }

    @Test
    void interruptEndsItAndCleansUp() throws Exception {
        long before = demoDirectories();
        try (var demo = Cli.start("demo")) {
            demo.awaitErr("The leechers have");

            assertThat(demo.stop().status()).isEqualTo(130);
        }

        assertThat(demoDirectories()).isEqualTo(before);
    }

    private static long demoDirectories() throws Exception {
        try (var files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().startsWith("weft-demo-"))
                    .count();
        }
    }
}

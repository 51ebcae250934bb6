package weft.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import weft.kit.Jvm;

/** {@code bin/weft}, from the shell's side. */
@Timeout(60)
class BinWeftIT {
    private static final Path SCRIPT = Path.of("bin", "weft").toAbsolutePath();
    private static final Map<String, String> THIS_JAVA = Map.of("WEFT_JAVA", Jvm.executable());

    @TempDir
    private Path directory;

    @BeforeAll
    static void needsAPosixShell() {
        assumeTrue(File.separatorChar == '/', "bin/weft is a script for POSIX shells");
    }

    @Test
    void runsThroughALinkFromAnyDirectoryWithSpacesInItsPath() throws Exception {
        var link = Files.createSymbolicLink(
                Files.createDirectory(directory.resolve("a b")).resolve("weft"), SCRIPT);

        var result = run(link, THIS_JAVA, "--version");
        Files.delete(link);

        assertThat(result.output()).contains("0.1.0");
        assertThat(result.status()).isZero();
    }

    @Test
    void passesTheExitStatusOn() throws Exception {
        assertThat(run(SCRIPT, THIS_JAVA, "--no-such-option").status()).isEqualTo(2);
    }

    @Test
    void passesArgumentsUnchangedToTheJavaOfTheEnvironment() throws Exception {
        var jdk = fakeJdk("99.0.1");

        var result =
                run(SCRIPT, Map.of("JAVA_HOME", jdk.toString(), "WEFT_JAVA_OPTS", "-Da=1 -Db=2"), "in fo", "*", "");

        assertThat(result.output()).contains("<-Da=1><-Db=2>").endsWith("<weft.app.Main><in fo><*><>\n");
    }

    @Test
    void passesOverAJavaThatIsTooOld() throws Exception {
        var result = run(SCRIPT, Map.of("JAVA_HOME", fakeJdk("17.0.15").toString()), "--version");

        assertThat(result.output()).contains("0.1.0").doesNotContain("<");
    }

    @Test
    void takesTheJavaThatItIsTold() throws Exception {
        var java = fakeJdk("17").resolve("bin/java").toString();

        assertThat(run(SCRIPT, Map.of("WEFT_JAVA", java), "x").output()).endsWith("<weft.app.Main><x>\n");
        assertThat(run(SCRIPT, Map.of("WEFT_JAVA", "/no such java"), "x"))
                .isEqualTo(new Result("weft: WEFT_JAVA is no java: /no such java\n", 1));
    }

    /** A JDK whose java prints its arguments, each in angle brackets; always in the same place, as bin/weft remembers it. */
    private static Path fakeJdk(String version) throws IOException {
        var jdk = Path.of("target", "fake jdk " + version).toAbsolutePath();
        var java = Files.createDirectories(jdk.resolve("bin")).resolve("java");
        Files.writeString(jdk.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        Files.writeString(java, "#!/bin/sh\nprintf '<%s>' \"$@\"\necho\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
        return jdk;
    }

    private Result run(Path script, Map<String, String> environment, String... arguments) throws Exception {
        var command = new ArrayList<>(List.of(script.toString()));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().keySet().removeAll(List.of("WEFT_JAVA", "WEFT_JAVA_OPTS"));
        builder.environment().putAll(environment);
        var process = builder.start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), UTF_8);
        return new Result(output, process.waitFor());
    }

    private record Result(String output, int status) {}
}

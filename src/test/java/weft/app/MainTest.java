package weft.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What users get for what they write: one clear line and the right exit status. */
@Timeout(60)
class MainTest {
    private static final String MAGNET = "magnet:?xt=urn:btih:" + "aa".repeat(20);

    @TempDir
    private Path directory;

    private String torrent() throws Exception {
        Files.writeString(directory.resolve("a.txt"), "hello");
        var file = directory.resolve("a.torrent").toString();
        Cli.run("create", directory.resolve("a.txt").toString(), "-o", file).succeeds();
        return file;
    }

    @Test
    void versionAndHelpGoToStandardOutput() {
        assertThat(Cli.run("--version").succeeds().out()).startsWith("Weft 0.1.0 (Java ");
        assertThat(Cli.run("--help").succeeds().out())
                .contains("download", "seed", "create", "verify", "info", "tracker", "dht", "demo");
    }

    @ParameterizedTest
    @ValueSource(strings = {"download", "seed", "create", "verify", "info", "tracker", "dht", "demo"})
    void everyCommandExplainsItself(String command) {
        var help = Cli.run(command, "--help").succeeds();

        assertThat(help.out()).startsWith("Usage: weft " + command).contains("--verbose");
        assertThat(help.err()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "downlod | weft: there is no command 'downlod'; did you mean 'download'?",
                "info --jsn x | weft: there is no option '--jsn'; did you mean '--json'?",
                "info a b | weft: 'b' is one argument too many",
                "download | weft: Missing required parameter: 'SOURCE'",
                "seed x | weft: Missing required option: '--directory=DIR'",
                "create x | weft: Missing required option: '--output=FILE'",
                "download x --peer y | 'y' is not HOST:PORT, such as 192.0.2.7:6881",
                "download x --port 99999 | '99999' is no port from 0 to 65535",
                "download x --files a | 'a' is no list of files such as 0,2-5",
                "download x y --files 0 | weft: --files is for one SOURCE, not for 2",
                "download x --allocate some | 'some' is neither sparse nor full",
                "seed x -d . --io fast | 'fast' is neither mapped nor channel",
                "create x -o y --piece-length 3000 | '3000' is no power of two from 16KiB to 256MiB",
            })
    void wrongUsageIsTwo(String args, String message) {
        var result = Cli.run(args.split(" ")).failsWith(2, message);

        assertThat(result.out()).isEmpty();
        assertThat(result.err()).hasLineCount(2).contains("--help'");
    }

    @Test
    void noCommandIsWrongUsage() {
        Cli.run().failsWith(2, "weft: which command? One of download, seed, create, verify, info, tracker, dht, demo");
    }

    @Test
    void whatIsNoTorrentIsSaidSo() throws Exception {
        var missing = directory.resolve("missing.torrent");
        var text = Files.writeString(directory.resolve("text.torrent"), "hello, world");
        var torrent = Files.readAllBytes(Path.of(torrent()));
        var truncated =
                Files.write(directory.resolve("truncated.torrent"), Arrays.copyOf(torrent, torrent.length - 10));

        assertFails("there is no file " + missing, "info", missing.toString());
        assertFails(directory + " is a directory, not a torrent file", "info", directory.toString());
        assertFails(text + " is not a torrent file", "download", text.toString());
        assertFails(truncated + " is not a torrent file", "seed", truncated.toString(), "-d", directory.toString());
        assertFails("not a usable magnet link", "download", "magnet:?xt=urn:btih:00");
        assertFails(
                "this is a magnet link, and a torrent file is needed", "verify", MAGNET, "-d", directory.toString());
    }

    @Test
    void whereNothingCanBeIsSaidSo() throws Exception {
        var torrent = torrent();
        var file = directory.resolve("a.txt").toString();

        assertFails(file + " is not a directory", "download", torrent, "-d", file);
        assertFails("there is no directory nowhere", "verify", torrent, "-d", "nowhere");
        assertFails("there is no directory nowhere", "seed", torrent, "-d", "nowhere");
        assertFails("there is no file or directory nowhere", "create", "nowhere", "-o", file);
        assertFails(directory + " is a directory", "create", file, "-o", directory.toString());
        assertFails("there is no directory " + directory.resolve("no"), "create", file, "-o", directory + "/no/x");
        assertFails("the files of a.txt have the numbers 0 to 0", 2, "download", torrent, "--files", "3");
        assertFails("there is no host of that name", "download", torrent, "--peer", "no-such-host.invalid:1");
    }

    @Test
    void portInUseIsSaidSo() throws Exception {
        var torrent = torrent();
        try (var taken = new ServerSocket(0, 1, InetAddress.getByName("0.0.0.0"))) {
            var port = String.valueOf(taken.getLocalPort());

            assertFails("port " + port + " is in use", "download", torrent, "-p", port, "-d", directory.toString());
            assertFails("port " + port + " is in use", "seed", torrent, "-p", port, "-d", directory.toString());
            assertFails("port " + port + " is in use", "tracker", "-p", port);
        }
    }

    private static void assertFails(String message, String... args) {
        assertFails(message, 1, args);
    }

    private static void assertFails(String message, int status, String... args) {
        var result = Cli.run(args).failsWith(status, message);

        assertThat(result.err().lines().findFirst().orElseThrow()).startsWith("weft: ");
        assertThat(result.err()).doesNotContain("Exception").hasLineCount(status); // wrong usage names the help, too
        assertThat(result.out()).isEmpty();
    }

    @Test
    void verboseShowsWhereAnErrorComesFrom() {
        assertThat(Cli.run("info", "missing.torrent", "--verbose").err())
                .contains("weft: there is no file missing.torrent", "NoSuchFileException", "    at weft.app.");
    }

    @Test
    void quietShowsErrors() {
        assertThat(Cli.run("info", "missing.torrent", "-q").err())
                .isEqualTo("weft: there is no file missing.torrent\n");
    }
}

package weft.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.bencode.BDict;
import weft.bencode.Bencode;
import weft.bencode.BencodeException;
import weft.bencode.BencodeLimits;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.FileLease;
import weft.kit.Jvm;
import weft.kit.SharedTorrent;
import weft.kit.SwarmExtension;
import weft.metainfo.Metainfo;
import weft.metainfo.TorrentCreator;

/** What only a process of its own shows: signals, and that the log repeats nothing. */
@Timeout(120)
class ProcessTest {
    /** NEEDS: SIGTERM writes resume data and exits within five seconds. */
    private static final Duration STOPS_WITHIN = Duration.ofSeconds(5);

    @RegisterExtension
    private final SwarmExtension swarm = new SwarmExtension();

    @Test
    void interruptStopsCleanlyAndSaysHowToGoOn() throws Exception {
        assertStops("INT", 2, 130, swarm.directory(), () -> {}, "--no-dht");
    }

    @Test
    void terminationStopsCleanly() throws Exception {
        assertStops("TERM", 15, 143, swarm.directory(), () -> {}, "--no-dht");
    }

    /** There is a node of the DHT that nobody answers, and of a second torrent a file that cannot be opened. */
    @Test
    void terminationStopsCleanlyThoughNodesAndADiskDoNotAnswer() throws Exception {
        var stuck = swarm.share(Content.folder().withFile("a", 100_000));
        var directory = swarm.directory();
        var file = Files.createDirectory(directory.resolve("folder")).resolve("a");
        Files.write(file, new byte[100_000]);
        try (var lease = FileLease.take(file);
                var silent = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            lease.checkHeld();
            assertStops(
                    "TERM",
                    15,
                    143,
                    directory,
                    lease::awaitOpener,
                    "--bootstrap",
                    "127.0.0.1:" + silent.getLocalPort(),
                    stuck.torrentFile().toString());
        }
    }

    @Test
    void faultIsSaidOnceInOneLine() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var directory = swarm.directory();
        Files.createDirectories(directory.resolve("content.bin/in the way"));
        var errors = swarm.directory().resolve("errors");

        var process = start(
                errors,
                "download",
                "--no-lsd",
                "--no-dht",
                shared.torrentFile().toString(),
                "-d",
                directory.toString(),
                "--peer",
                "127.0.0.1:" + shared.seed().address().getPort());
        try {
            assertThat(process.waitFor()).isEqualTo(1);
        } finally {
            process.destroyForcibly();
        }
        assertThat(Files.readString(errors)).contains("\nweft: content.bin: ").hasLineCount(2);
    }

    @Test
    void ownConfigurationOfLoggingIsObeyed() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var directory = swarm.directory();
        var log = directory.resolve("weft.log");
        var configuration = Files.writeString(
                directory.resolve("log.properties"),
                String.join(
                        "\n",
                        "handlers = java.util.logging.FileHandler",
                        "java.util.logging.FileHandler.pattern = " + log,
                        "java.util.logging.FileHandler.formatter = java.util.logging.SimpleFormatter",
                        "java.util.logging.SimpleFormatter.format = %4$s %3$s: %5$s%n",
                        "weft.swarm.level = FINE"));
        var errors = directory.resolve("errors");
        int port = shared.seed().address().getPort();

        var process = start(
                List.of("-Djava.util.logging.config.file=" + configuration),
                errors,
                "download",
                "--no-lsd",
                "--no-dht",
                shared.torrentFile().toString(),
                "-d",
                directory.toString(),
                "--quiet",
                "--peer",
                "127.0.0.1:" + port);
        try {
            assertThat(process.waitFor()).isZero();
        } finally {
            process.destroyForcibly();
        }

        assertThat(log).content().contains("FINE weft.swarm: 127.0.0.1:" + port + ": connected, Weft 0.1");
        assertThat(errors).isEmptyFile();
    }

    private static Process start(Path errors, String... args) throws IOException {
        return start(List.of(), errors, args);
    }

    private static Process start(List<String> javaOptions, Path errors, String... args) throws IOException {
        var program = Jvm.of(Main.class, args).withOptions("-Xmx128m").withOptions(javaOptions.toArray(String[]::new));
        return new ProcessBuilder(program.command())
                .redirectError(Redirect.to(errors.toFile()))
                .start();
    }

    /** Whoever ignores a signal hands that down to the processes that it starts. */
    private static void assumeNotIgnored(String signal, int number) throws IOException {
        assumeTrue(File.separatorChar == '/', "there are no signals on this system");
        var status = Path.of("/proc/self/status");
        if (Files.exists(status)) {
            long ignored = Files.readAllLines(status).stream()
                    .filter(line -> line.startsWith("SigIgn:"))
                    .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
                    .findFirst()
                    .orElse(0);
            assumeTrue((ignored & 1L << (number - 1)) == 0, "SIG" + signal + " is ignored by who runs the tests");
        }
    }

    private interface Wait {
        void await() throws IOException;
    }

    /** While it downloads into {@code directory}, and {@code ready} has come; with no local discovery, which is for all to hear. */
    private void assertStops(String signal, int number, int status, Path directory, Wait ready, String... others)
            throws Exception {
        assumeNotIgnored(signal, number);
        var shared = swarm.share(Content.ofLength(2_000_000));
        var storage = shared.seededStorage().withBytesPerSecond(200_000);
        var seed = shared.seed(options -> options.withStorage(storage));
        var tracker = swarm.tracker("200 OK", "d8:intervali1800e5:peers0:e").silentAfter(1); // takes no "stopped"
        var torrentFile = swarm.directory().resolve("tracked.torrent");
        Files.write(
                torrentFile,
                TorrentCreator.ofPath(shared.seededDirectory().resolve("content.bin"))
                        .withPieceLength(32 * 1024)
                        .withTrackers(List.of(List.of(tracker.url())))
                        .create(1, TorrentCreator.Progress.NONE)
                        .toBytes());
        var errors = swarm.directory().resolve("errors");
        var command = new ArrayList<>(List.of("download", "--no-lsd"));
        command.addAll(List.of(others));
        command.addAll(List.of("--peer", "127.0.0.1:" + seed.address().getPort(), "--json"));
        command.addAll(List.of("-d", directory.toString(), torrentFile.toString()));
        var process = start(errors, command.toArray(String[]::new));
        String last;
        try (var out = process.inputReader(UTF_8)) {
            awaitPieces(out);
            ready.await();
            Await.until("the tracker knows it", () -> tracker.requests().size() == 1);

            assertThat(new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid()))
                            .start()
                            .waitFor())
                    .isZero();
            long began = System.nanoTime();
            last = out.lines().reduce((line, next) -> next).orElseThrow();

            assertThat(process.waitFor()).isEqualTo(status);
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(STOPS_WITHIN);
            assertThat(last).contains("\"event\": \"summary\"", "\"status\": \"interrupted\"");
        } finally {
            process.destroyForcibly();
        }
        assertThat(Files.readString(errors)).endsWith(" of content.bin; the same command goes on from there.\n");
        assertResumeDataHoldsWhatWasVerified(shared, Metainfo.read(torrentFile), directory, last);
        assertThat(tracker.requests().getLast()).contains("&event=stopped");
    }

    private static void assertResumeDataHoldsWhatWasVerified(
            SharedTorrent shared, Metainfo torrent, Path directory, String summary) throws Exception {
        var saved = directory.resolve(".weft").resolve(torrent.infoHash().toHex() + ".resume");
        var state = dictionary(dictionary(Files.readAllBytes(saved))
                .string("state")
                .orElseThrow()
                .toBytes());
        var pieces = BitSet.valueOf(state.string("pieces").orElseThrow().toBytes());
        var content = Files.readAllBytes(directory.resolve("content.bin"));

        assertThat(state.integer("clean")).hasValue(1);
        assertThat(summary).contains("\"pieces_verified\": " + pieces.cardinality() + ",");
        assertThat(pieces.cardinality()).isPositive();
        pieces.stream().forEach(piece -> {
            var expected = shared.block(piece, 0, torrent.layout().pieceLength(piece));
            int offset = (int) torrent.layout().pieceOffset(piece);
            assertThat(Arrays.copyOfRange(content, offset, offset + expected.length))
                    .isEqualTo(expected);
        });
    }

    private static BDict dictionary(byte[] bencoded) throws BencodeException {
        return (BDict) Bencode.decodeStrict(bencoded, BencodeLimits.METAINFO);
    }

    private static void awaitPieces(BufferedReader out) throws IOException {
        for (var line = out.readLine(); line != null; line = out.readLine()) {
            if (line.matches(".*\"pieces_verified\": [1-9].*")) {
                return;
            }
        }
        throw new AssertionError("ended before a piece was there");
    }
}

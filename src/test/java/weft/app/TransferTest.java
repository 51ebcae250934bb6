package weft.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.DiskUsage;
import weft.kit.SharedTorrent;
import weft.kit.SteeredStorage;
import weft.kit.SwarmExtension;

/** download and seed, over loopback. */
@Timeout(120)
class TransferTest {
    private static final Content FOLDER = Content.folder()
            .withFile("a.bin", 300_000)
            .withFile("b.bin", 200_000)
            .withFile("c.bin", 100_000);

    @RegisterExtension
    private final SwarmExtension swarm = new SwarmExtension();

    private static String[] download(SharedTorrent shared, Path directory, String... more) {
        var args = new ArrayList<>(List.of("download", shared.torrentFile().toString(), "-d", directory.toString()));
        args.addAll(List.of(more));
        return args.toArray(String[]::new);
    }

    @Test
    void seedServesWhatDownloadGets() throws Exception {
        var shared = swarm.share(FOLDER);
        try (var seed = Cli.start(
                "seed",
                shared.torrentFile().toString(),
                "-d",
                shared.seededDirectory().toString())) {
            var port = seed.awaitErr("Seeding folder, 586 KiB, on port (\\d+), until interrupted")
                    .group(1);
            var directory = swarm.directory();

            var result = Cli.run(download(shared, directory, "--peer", "127.0.0.1:" + port))
                    .succeeds();

            assertThat(result.out())
                    .matches("Downloaded folder, 586 KiB in .* \\(.*/s\\), from 1 peer\\. Saved to \\Q" + directory
                            + "\\E\n");
            assertThat(result.err()).startsWith("Downloading folder, 586 KiB in 3 files\n");
            assertThat(Cli.run("verify", shared.torrentFile().toString(), "-d", directory.toString())
                            .status())
                    .isZero();

            assertThat(Cli.run(download(shared, directory)).succeeds().out())
                    .isEqualTo("folder is complete already, 586 KiB in " + directory + "\n");
            var stopped = seed.stop();
            assertThat(stopped.status()).isEqualTo(130);
            assertThat(stopped.err())
                    .endsWith("Stopped. 586 KiB of folder were sent; the same command seeds it again.\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Tracker at (http://\\S+)", "also at (udp://127\\S+)"})
    void peersAreFoundThroughTheTrackerCommand(String announced) throws Exception {
        try (var tracker = Cli.start("tracker", "--port", "0")) {
            var url = tracker.awaitOut(announced).group(1);
            var directory = swarm.directory();
            var file = Files.write(directory.resolve("file.bin"), new byte[100_000]);
            var torrent = directory.resolve("file.torrent").toString();
            Cli.run("create", file.toString(), "-o", torrent, "-t", url).succeeds();
            try (var seed = Cli.start("seed", torrent, "-d", directory.toString())) {
                seed.awaitErr("Seeding");

                var result =
                        Cli.run("download", torrent, "-d", swarm.directory().toString());

                assertThat(result.succeeds().out()).startsWith("Downloaded file.bin, 98 KiB");
            }
            assertThat(tracker.stop().err()).contains("Stopped. 1 torrent, ");
        }
    }

    @Test
    void jsonIsAnObjectASecondAndASummary() throws Exception {
        var shared = swarm.share(FOLDER);
        var seed = shared.seed(options -> options.withStorage(seeded(shared).withBytesPerSecond(400_000)));

        var lines = Cli.run(download(
                        shared,
                        swarm.directory(),
                        "--json",
                        "--peer",
                        "127.0.0.1:" + seed.address().getPort()))
                .succeeds()
                .json();

        assertThat(lines).hasSizeGreaterThan(2);
        assertThat(lines.subList(0, lines.size() - 1)).allSatisfy(line -> {
            assertThat(line.get("event").asText()).isEqualTo("progress");
            assertThat(line.get("info_hash").asText())
                    .isEqualTo(shared.metainfo().infoHash().toHex());
            assertThat(line.get("left").asLong()).isBetween(0L, 600_000L);
        });
        var summary = lines.getLast();
        assertThat(summary.get("event").asText()).isEqualTo("summary");
        assertThat(summary.get("status").asText()).isEqualTo("complete");
        assertThat(summary.get("progress").asDouble()).isEqualTo(1);
        assertThat(summary.get("bytes_received").asLong()).isEqualTo(600_000);
        assertThat(summary.get("peers_received_from").asInt()).isEqualTo(1);
        assertThat(summary.get("seconds").asDouble()).isPositive();
    }

    private static SteeredStorage seeded(SharedTorrent shared) {
        try {
            return shared.seededStorage();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void onlySelectedFilesAreMade() throws Exception {
        var shared = swarm.share(FOLDER);
        var seed = shared.seed();
        var directory = swarm.directory();

        Cli.run(download(
                        shared,
                        directory,
                        "--files",
                        "0,2",
                        "--peer",
                        "127.0.0.1:" + seed.address().getPort()))
                .succeeds();

        assertThat(directory.resolve("folder").toFile().list()).containsExactlyInAnyOrder("a.bin", "c.bin");
        assertThat(Files.readAllBytes(directory.resolve("folder/c.bin")))
                .isEqualTo(shared.content().file("folder/c.bin"));
    }

    @ParameterizedTest
    @CsvSource({"full, true", "sparse, false"})
    void filesGetTheirRoomWhenTheyAreMadeIfSoWished(String how, boolean allAtOnce) throws Exception {
        var shared = swarm.share(Content.ofLength(4_000_000));
        var seed = shared.seed(options -> options.withStorage(seeded(shared).withBytesPerSecond(500_000)));
        var directory = swarm.directory();
        var args = download(
                shared,
                directory,
                "--json",
                "--allocate",
                how,
                "--peer",
                "127.0.0.1:" + seed.address().getPort());
        try (var download = Cli.start(args)) {
            download.awaitOut("\"pieces_verified\": [1-9]");
            download.stop();
        }

        assertThat(DiskUsage.of(directory.resolve("content.bin")) >= 4_000_000).isEqualTo(allAtOnce);
    }

    @Test
    void filesCanBeReadByChannels() throws Exception {
        var shared = swarm.share(FOLDER);
        try (var seed = Cli.start(
                "seed",
                shared.torrentFile().toString(),
                "-d",
                shared.seededDirectory().toString(),
                "--io",
                "channel")) {
            var port = seed.awaitErr("on port (\\d+)").group(1);
            var directory = swarm.directory();

            Cli.run(download(shared, directory, "--io", "channel", "--peer", "127.0.0.1:" + port))
                    .succeeds();

            shared.content().assertLiesIn(directory);
        }
    }

    @Test
    void stoppedDownloadGoesOnWhereItWas() throws Exception {
        var shared = swarm.share(FOLDER);
        var seed = shared.seed(options -> options.withStorage(seeded(shared).withBytesPerSecond(300_000)));
        var directory = swarm.directory();
        var args = download(
                shared,
                directory,
                "--json",
                "--peer",
                "127.0.0.1:" + seed.address().getPort());
        Cli.Result stopped;
        try (var download = Cli.start(args)) {
            download.awaitOut("\"pieces_verified\": [1-9]");
            stopped = download.stop();
        }

        var summary = stopped.json().getLast();
        assertThat(stopped.status()).isEqualTo(130);
        assertThat(stopped.err()).endsWith("of folder; the same command goes on from there.\n");
        assertThat(summary.get("status").asText()).isEqualTo("interrupted");
        assertThat(directory.resolve(".weft")).isDirectoryContaining("glob:**.resume");

        var resumed = Cli.run(args).succeeds().json();
        assertThat(resumed.getLast().get("bytes_received").asLong())
                .isPositive()
                .isLessThanOrEqualTo(
                        600_000 - (summary.get("pieces_verified").asLong() - 1) * 32768); // one may be short
    }

    @Test
    void seedRefusesWhatIsNotComplete() throws Exception {
        var shared = swarm.share(FOLDER);
        var directory = shared.seededDirectory();
        var file = directory.resolve("folder/b.bin");
        Files.write(file, new byte[200_000]);

        Cli.run("seed", shared.torrentFile().toString(), "-d", directory.toString())
                .failsWith(1, "weft: folder is not complete in " + directory + ": 7 pieces of 19 missing or damaged");

        assertThat(Files.readAllBytes(file)).isEqualTo(new byte[200_000]);
    }

    @Test
    void terminalShowsProgressInPlace() throws Exception {
        var shared = swarm.share(FOLDER);
        var seed = shared.seed(options -> options.withStorage(seeded(shared).withBytesPerSecond(400_000)));

        var download = Cli.startOn(
                Terminal.ofSize(80, 24, false),
                download(
                        shared,
                        swarm.directory(),
                        "--peer",
                        "127.0.0.1:" + seed.address().getPort()));
        var result = download.await().succeeds();

        assertThat(result.err())
                .contains("folder\033[K\n", " %  ↓ ", "1 peer (1 seed)", "█", "\r\033[2A")
                .endsWith("\r\033[2A\033[J\033[?25h"); // nothing of it is left
        assertThat(result.out()).startsWith("Downloaded folder");
    }

    /** Such as that of a server that is gone. */
    @Test
    void directoryThatHangsWhoeverLooksAtItIsComplainedOf() throws Exception {
        var err = new ByteArrayOutputStream();
        var stop = new StopSignal();
        var transfer = new Transfer(new Output(System.out, new PrintStream(err, true, UTF_8), Optional::empty), stop);
        var answers = new CountDownLatch(1);
        BooleanSupplier question = () -> {
            try {
                answers.await();
                return true;
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        };
        var answered = new FutureTask<>(() -> transfer.ask(Path.of("gone"), question, Duration.ofMillis(10)));
        Thread.startVirtualThread(answered);
        Await.until("a complaint", () -> err.size() > 0);
        answers.countDown();

        assertThat(answered.get()).isTrue();
        assertThat(err.toString(UTF_8)).isEqualTo("gone: nothing moves: the disk does not get on\n");
        assertThat(transfer.ask(Path.of("here"), () -> false)).isFalse();
    }

    @Test
    void whoIsToldToStopDoesNotWaitForADirectoryThatHangs() {
        var stop = new StopSignal();
        var transfer = new Transfer(new Output(System.out, System.err, Optional::empty), stop);
        var end = new CountDownLatch(1);
        stop.request();

        assertThatThrownBy(() -> transfer.ask(Path.of("gone"), () -> {
                    try {
                        end.await();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    return true;
                }))
                .isInstanceOf(InterruptedException.class);
        end.countDown();
    }

    @Test
    void twoTorrentsAreDownloadedTogetherButNotTheSameTwice() throws Exception {
        var one = swarm.share(Content.ofLength(100_000));
        var two = swarm.share(FOLDER);
        var seeds = List.of(one.seed(), two.seed());
        var directory = swarm.directory();

        var result = Cli.run(
                        "download",
                        one.torrentFile().toString(),
                        two.torrentFile().toString(),
                        "-d",
                        directory.toString(),
                        "--peer",
                        "127.0.0.1:" + seeds.get(0).address().getPort(),
                        "--peer",
                        "127.0.0.1:" + seeds.get(1).address().getPort())
                .succeeds();

        assertThat(result.out()).contains("Downloaded content.bin", "Downloaded folder");
        Cli.run("download", one.torrentFile().toString(), one.torrentFile().toString())
                .failsWith(1, "is the same torrent as another SOURCE");
    }
}

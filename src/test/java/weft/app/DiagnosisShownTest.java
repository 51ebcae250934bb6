package weft.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.opentest4j.TestAbortedException;
import weft.Diagnosis.Cause;
import weft.TorrentState;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.FakeClock;
import weft.kit.FileLease;
import weft.kit.Message;
import weft.kit.SharedTorrent;
import weft.kit.SwarmExtension;
import weft.storage.StorageException;
import weft.storage.StorageException.Reason;

/** What {@code download} says when nothing moves: what the torrent's diagnosis is, after ten seconds, once. */
@Timeout(120)
class DiagnosisShownTest {
    private static final Content CONTENT = Content.ofLength(100_000);
    private static final String NOBODY =
            "no peers are known, and there is no tracker to ask: --peer HOST:PORT names a peer";

    @RegisterExtension
    private final SwarmExtension swarm = new SwarmExtension();

    private String[] download(SharedTorrent shared, String... more) throws Exception {
        var args = new ArrayList<>(List.of(
                "download",
                shared.torrentFile().toString(),
                "-d",
                swarm.directory().toString()));
        args.addAll(List.of(more));
        return args.toArray(String[]::new);
    }

    @Test
    void complaintComesAfterTenSecondsAndGoesWhenSomethingMoves() throws Exception {
        var shared = swarm.share(CONTENT);
        var clock = new FakeClock();
        var torrent = shared.leecher().torrent();
        var watch = new TorrentWatch(torrent, clock, () -> {});
        assertThat(watch.look().complaint()).isEmpty();

        clock.advance(TorrentWatch.PATIENCE.minusMillis(1));
        assertThat(watch.look().complaint()).isEmpty();
        clock.advance(Duration.ofMillis(1));
        assertThat(watch.look().complaint()).contains(NOBODY);

        torrent.addPeer(shared.seed().address());
        torrent.awaitComplete();
        Await.until("it is seen to move", () -> watch.look().complaint().isEmpty());
        clock.advance(Duration.ofHours(1));
        assertThat(watch.look().complaint()).as("a seed is well").isEmpty();
    }

    @Test
    void controlCharactersOfATrackerDoNotReachTheTerminal() throws Exception {
        var url = swarm.tracker("200 OK", "d14:failure reason11:\033[31mred\r\nXe")
                .url();
        var torrent = swarm.share(CONTENT)
                .leecher(options -> options.withTracker(url))
                .torrent();
        var clock = new FakeClock();
        var watch = new TorrentWatch(torrent, clock, () -> {});
        Await.until(
                () -> "it is refused: " + torrent.diagnosis(),
                () -> torrent.diagnosis().sentence().contains("refuses"));

        clock.advance(TorrentWatch.PATIENCE);

        assertThat(watch.look().complaint()).contains("no peers are known: tracker 127.0.0.1 refuses: [31mred  X");
    }

    /** Three downloads at a time, and those whose disk hangs, as each takes more than ten seconds. */
    @Test
    void isSaidOnceOnPlainLinesShownOnATerminalAndAFieldOfJson() throws Exception {
        var shared = swarm.share(CONTENT);
        var nobody = SwarmExtension.nobody();
        var unreachable =
                "no connection to the only peer known, 127.0.0.1:" + nobody.getPort() + ": Connection refused";
        var peer = "127.0.0.1:" + nobody.getPort();
        var hanging = new FutureTask<>(this::diskThatHangsIsNamed);
        Thread.startVirtualThread(hanging);
        try (var plain = Cli.start(download(shared, "--peer", peer));
                var terminal = Cli.startOn(Terminal.ofSize(120, 24, false), download(shared, "--peer", peer));
                var json = Cli.start(download(shared, "--json", "--peer", peer))) {
            plain.awaitErr("content\\.bin: nothing moves: .*\n");
            terminal.awaitErr("no connection to the only peer known");
            json.awaitOut("\"stalled\": ");
            json.awaitOut("(?s)\"stalled\": .*\"stalled\": "); // in every object, as it is so in every second

            assertThat(plain.stop().err())
                    .containsOnlyOnce("nothing moves")
                    .contains("content.bin: nothing moves: " + unreachable + "\n");
            assertThat(terminal.stop().err()).contains(unreachable + "\033[K");
            var objects = json.stop().json();
            assertThat(objects.getFirst().get("diagnosis").asText())
                    .isIn("stopped", "starting", "checking", "connecting", "peers_unreachable");
            assertThat(objects.getFirst().has("stalled")).isFalse();
            assertThat(objects.getLast().get("diagnosis").asText()).isEqualTo("closed");
            assertThat(objects)
                    .filteredOn(object -> object.has("stalled"))
                    .isNotEmpty()
                    .allSatisfy(object -> {
                        assertThat(object.get("diagnosis").asText()).isEqualTo("peers_unreachable");
                        assertThat(object.get("stalled").asText()).isEqualTo(unreachable);
                    });
        }
        try {
            hanging.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof TestAbortedException skipped ? skipped : e;
        }
    }

    /** A download and a seed each: what lies on disk cannot be looked at, or not be opened to be hashed. */
    private Void diskThatHangsIsNamed() throws Exception {
        var said = "content\\.bin: nothing moves: the disk does not get on: ";
        var commands = new ArrayList<Cli>();
        try (var before = new Hanging(".weft/HASH.resume");
                var within = new Hanging("content.bin")) {
            var verify = within.start("verify");
            for (String command : List.of("download", "seed")) {
                commands.add(before.start(command));
                commands.add(within.start(command));
            }
            for (int i = 0; i < commands.size(); i += 2) {
                commands.get(i).awaitErr(said + "what lies on it is still to be looked at\n");
                commands.get(i + 1).awaitErr(said + "hashing what lies on it stands still at 0 of 4 pieces\n");
            }
            verify.awaitErr("^The disk does not get on; waiting for it\\.\n");
            assertThat(verify.stop().status()).isEqualTo(130);
        }
        // With the disk at work again the commands do what they are for.
        for (Cli download : commands.subList(0, 2)) {
            assertThat(download.await().succeeds().out()).startsWith("content.bin is complete already");
        }
        for (Cli seed : commands.subList(2, 4)) {
            seed.awaitErr("Seeding content\\.bin");
            assertThat(seed.stop().status()).isEqualTo(130);
        }
        return null;
    }

    /** Torrents whose files are there, of which one of this name cannot be opened for now. */
    private final class Hanging implements AutoCloseable {
        private final String name;
        private final List<FileLease> leases = new ArrayList<>();

        Hanging(String name) {
            this.name = name;
        }

        Cli start(String command) throws Exception {
            var shared = swarm.share(CONTENT);
            var directory = shared.seededDirectory();
            var infoHash = shared.metainfo().infoHash().toHex();
            var path = directory.resolve(name.replace("HASH", infoHash));
            Files.createDirectories(path.getParent());
            Files.write(path, new byte[0], StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            var lease = FileLease.take(path);
            leases.add(lease);
            lease.checkHeld();
            return Cli.start(command, shared.torrentFile().toString(), "-d", directory.toString());
        }

        @Override
        public void close() {
            leases.forEach(FileLease::close);
        }
    }

    @Test
    void anotherCauseIsSaidAsWell() throws Exception {
        var shared = swarm.share(CONTENT);
        var clock = new FakeClock();
        var node = shared.leecher();
        var watch = new TorrentWatch(node.torrent(), clock, () -> {});
        var err = new ByteArrayOutputStream();
        var output = new Output(System.out, new PrintStream(err, true, UTF_8), Optional::empty);
        var report = new ProgressReport(output, false, clock);
        clock.advance(TorrentWatch.PATIENCE);
        report.show(List.of(watch));
        clock.advance(Duration.ofSeconds(30));
        report.show(List.of(watch));
        assertThat(err.toString(UTF_8)).containsOnlyOnce("content.bin: nothing moves: " + NOBODY + "\n");

        shared.connect(node).send(new Message.HaveAll());
        Await.until("it is choked", () -> node.torrent().diagnosis().sentence().contains("chokes us"));
        for (int i = 0; i < 3; i++) {
            clock.advance(Duration.ofSeconds(1));
            report.show(List.of(watch));
        }

        assertThat(err.toString(UTF_8))
                .containsOnlyOnce("nothing moves: no peers")
                .containsOnlyOnce("content.bin: nothing moves: the only peer that has what is missing chokes us: "
                        + "waiting for a turn\n");
    }

    @Test
    void diskThatHangsIsComplainedOfTenSecondsAfterItBegan() throws Exception {
        var shared = swarm.share(CONTENT);
        var storage = shared.emptyStorage();
        storage.stall();
        var clock = new FakeClock();
        var node = shared.leecher(options -> options.withStorage(storage)).connectTo(shared.seed());
        var watch = new TorrentWatch(node.torrent(), clock, () -> {});
        try {
            Await.until(
                    () -> "the disk is named: " + node.torrent().diagnosis(),
                    () -> node.torrent().diagnosis().cause() == Cause.DISK_BUSY); // after two seconds
            assertThat(watch.look().complaint()).isEmpty();

            clock.advance(Duration.ofMillis(7999));
            assertThat(watch.look().complaint()).isEmpty();
            clock.advance(Duration.ofMillis(1));
            assertThat(watch.look().complaint()).contains("the disk does not get on: one call waits for it");
        } finally {
            storage.resume();
        }
    }

    /** The command says of a full disk what is to be said as soon as it is seen; a terminal and programs go on showing it. */
    @Test
    void fullDiskIsShownAfterTenSecondsButNotSaidAgain() throws Exception {
        var shared = swarm.share(CONTENT);
        var storage = shared.emptyStorage();
        storage.failWrites(Optional.of(new StorageException(Reason.NO_SPACE, "no space left")));
        var clock = new FakeClock();
        var node = shared.leecher(options -> options.withStorage(storage)).connectTo(shared.seed());
        var watch = new TorrentWatch(node.torrent(), clock, () -> {});
        node.awaitState(TorrentState.ERROR);
        var err = new ByteArrayOutputStream();
        var output = new Output(System.out, new PrintStream(err, true, UTF_8), Optional::empty);
        var report = new ProgressReport(output, false, clock);

        clock.advance(TorrentWatch.PATIENCE);
        report.show(List.of(watch));

        assertThat(watch.look().complaint()).contains("no space left; it goes on when there is room");
        assertThat(err.toString(UTF_8)).isEqualTo("content.bin: 0.0 %, waiting for room on the disk\n");
    }

    @Test
    void portInUseIsSaidPlainly() throws Exception {
        var shared = swarm.share(CONTENT);
        var port = String.valueOf(shared.leecher().torrent().port());

        Cli.run(download(shared, "--port", port)).failsWith(1, "weft: port " + port + " is in use");
    }
}

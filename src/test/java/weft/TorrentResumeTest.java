package weft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.FakeClock;
import weft.kit.FileLease;
import weft.kit.Message;
import weft.kit.Node;
import weft.kit.SharedTorrent;
import weft.kit.StateLog;
import weft.kit.SwarmExtension;
import weft.storage.Disk;
import weft.storage.ResumeData;
import weft.storage.Resumed;
import weft.tracker.HttpTrackerOptions;

/** A download goes on where an earlier one was, in another client. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TorrentResumeTest {
    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension();

    /** Opens the torrent in this directory again. */
    private static Node reopen(SharedTorrent shared, Path directory, StateLog states) throws Exception {
        return shared.open(directory, SwarmExtension.clientOptions(), options -> options.withListener(states));
    }

    @Test
    void interruptedDownloadGoesOnWhereItWas() throws Exception {
        var shared = swarm.share(Content.ofLength(2_000_000));
        var storage = shared.seededStorage().withBytesPerSecond(1_000_000);
        var seed = shared.seed(options -> options.withStorage(storage));
        var first = shared.leecher(options -> options.withPeers(List.of(seed.address())));
        Await.until("a good part is there", () -> first.torrent().pieces().cardinality() > 30);
        first.close();
        var had = first.torrent().pieces();
        var states = new StateLog();

        var second = reopen(shared, first.directory(), states);
        Await.until("it is known", () -> second.torrent().pieces().cardinality() >= had.cardinality());
        second.connectTo(seed).awaitComplete().assertHasContent();

        assertThat(states.told()).doesNotContain(TorrentState.CHECKING);
        // What was on its way at the close may be sent again, no more.
        assertThat(second.torrent().downloaded())
                .as("over all runs")
                .isBetween((long) shared.size(), shared.size() + 500_000L);
    }

    @Test
    void whatWasNotWantedIsNotWantedFromTheFirstMoment() throws Exception {
        var content = Content.folder().withFile("a", 300_000).withFile("b", 300_000);
        var shared = swarm.share(content);
        var seed = shared.seed();
        var first = shared.leecher(options -> options.withPriority(1, 0).withPeers(List.of(seed.address())));
        first.awaitComplete();
        first.close();
        var states = new StateLog();

        reopen(shared, first.directory(), states).awaitState(TorrentState.SEEDING);

        assertThat(states.told()).doesNotContain(TorrentState.DOWNLOADING);
    }

    @Test
    void aFileChangedWhileItsTorrentWasStoppedIsFoundByTheNextRun() throws Exception {
        var shared = swarm.share(Content.ofLength(2_000_000));
        var first = shared.seed();
        first.torrent().stop();
        first.awaitState(TorrentState.STOPPED);
        var file = first.directory().resolve("content.bin");
        var bytes = Files.readAllBytes(file);
        bytes[0] ^= 1;
        Files.write(file, bytes);
        first.close();
        var states = new StateLog();

        var second = reopen(shared, first.directory(), states);
        second.awaitState(TorrentState.DOWNLOADING);

        states.await(TorrentState.CHECKING);
        assertThat(second.torrent().pieces().get(0)).isFalse();
    }

    @Test
    void completeTorrentSeedsAtOnceWithoutHashing() throws Exception {
        var shared = swarm.share(Content.ofLength(2_000_000));
        var first = shared.seed();
        first.close();
        var states = new StateLog();

        var second = reopen(shared, first.directory(), states);
        second.awaitState(TorrentState.SEEDING);

        states.await(TorrentState.SEEDING);
        assertThat(states.told()).containsExactly(TorrentState.SEEDING);
        assertThat(second.torrent().isSeed()).isTrue();
    }

    @Test
    void uploadedAndDownloadedGoOnCounting() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000)).seeds(1).leechers(1).awaitComplete();
        var first = shared.seeds().getFirst();
        Await.until("all is counted", () -> first.torrent().uploaded() == shared.size());
        first.close();

        var second = reopen(shared, first.directory(), new StateLog());
        second.awaitState(TorrentState.SEEDING);

        assertThat(second.torrent().uploaded()).isEqualTo(shared.size());
    }

    @Test
    void changedFileIsNoticedAndRepaired() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000));
        var seed = shared.seed();
        var first = shared.leecher(options -> options.withPeers(List.of(seed.address())));
        first.awaitComplete();
        first.close();
        var file = first.directory().resolve("content.bin");
        var bytes = Files.readAllBytes(file);
        bytes[100_000] ^= 1;
        Files.write(file, bytes);
        Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis() + 10_000));
        var states = new StateLog();

        var second = reopen(shared, first.directory(), states);
        second.awaitState(TorrentState.DOWNLOADING);
        assertThat(second.torrent().wanted().stream()).containsExactly(3);
        second.connectTo(seed).awaitComplete().assertHasContent();

        states.await(TorrentState.CHECKING);
    }

    @Test
    void deletedFileIsNoticedAndFetchedAgain() throws Exception {
        var shared = swarm.share(Content.folder().withFile("a", 100_000).withFile("b", 100_000));
        var seed = shared.seed();
        var first = shared.leecher(options -> options.withPeers(List.of(seed.address())));
        first.awaitComplete();
        first.close();
        Files.delete(first.directory().resolve("folder/b"));

        var second = reopen(shared, first.directory(), new StateLog());
        second.awaitState(TorrentState.DOWNLOADING);
        second.connectTo(seed).awaitComplete().assertHasContent();
    }

    @Test
    void whatIsSavedSaysFromTheStartThatMoreIsBeingWritten() throws Exception {
        var shared = swarm.share(Content.folder().withFile("a", 100_000).withFile("b", 100_000));
        var seed = shared.seed();
        var first = shared.leecher(options -> options.withPeers(List.of(seed.address())));
        first.awaitComplete();
        first.close();
        assertThat(resumeFile(first)).contains("5:cleani1e");
        Files.delete(first.directory().resolve("folder/b"));

        var second = reopen(shared, first.directory(), new StateLog());
        second.awaitState(TorrentState.DOWNLOADING);

        assertThat(resumeFile(second)).contains("5:cleani0e");
    }

    /** Not to be left for the end: forcing ten thousands of files takes longer than closing may. */
    @Test
    void manySmallFilesAreSavedLongBeforeHalfAMinuteIsOver() throws Exception {
        var content = Content.folder();
        for (int i = 0; i < 1_500; i++) {
            content = content.withFile("f" + i, 100);
        }
        var shared = swarm.share(content.withFile("last", 100_000));
        var incomplete = shared.seededDirectory();
        Files.delete(incomplete.resolve("folder/last"));
        var seed = shared.open(incomplete, SwarmExtension.clientOptions(), options -> options);

        var leecher = shared.leecher(options -> options.withPeers(List.of(seed.address())));

        Await.until("it is saved", () -> Files.exists(resumePath(leecher)));
        assertThat(leecher.torrent().state()).isEqualTo(TorrentState.DOWNLOADING);
    }

    /** A piece of 16 MiB takes minutes on a slow line; a run that is killed is believed to have written shortly after it saved. */
    @Test
    void blocksAreSavedThoughNoPieceIsComplete() throws Exception {
        var shared = swarm.share(Content.ofLength(1 << 20), 1 << 20);
        var server = shared.listen("127.0.0.2");
        var clock = new FakeClock();
        var directory = swarm.directory();
        try (var client = Client.open(SwarmExtension.clientOptions(), HttpTrackerOptions.defaults(), clock)) {
            var torrent =
                    client.add(shared.metainfo(), AddOptions.into(directory).withPeers(List.of(server.address())));
            var peer = server.accept().shakeHands();
            peer.send(new Message.HaveAll(), new Message.Unchoke());
            var requests = peer.await(2, Message.Request.class);
            clock.advance(Unsaved.SAVE_EVERY);
            torrent.start(); // has it look at the clock
            Await.until("the beginning is saved", () -> isSaved(shared, directory));
            clock.advance(Unsaved.SAVE_EVERY.multipliedBy(3)); // before anything has come, the next save is due

            peer.serve(requests.get(0));
            Await.until("it is saved at once", () -> savedBlocks(shared, directory) == 1);
            peer.serve(requests.get(1));
            Await.until("it has come", () -> torrent.downloaded() == 32 * 1024);
            assertThat(savedBlocks(shared, directory)).isEqualTo(1);
            clock.advance(Unsaved.SAVE_EVERY);
            torrent.start(); // has it look at the clock

            Await.until("both are saved", () -> savedBlocks(shared, directory) == 2);
        }
    }

    /** How many blocks of pieces that are not complete the next run would find, if this one were killed now. */
    private static int savedBlocks(SharedTorrent shared, Path directory) {
        return saved(shared, directory).state().blocks().values().stream()
                .mapToInt(BitSet::cardinality)
                .sum();
    }

    private static Resumed saved(SharedTorrent shared, Path directory) {
        try (var disk = Disk.open()) {
            return resumeData(disk, shared, directory).load();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isSaved(SharedTorrent shared, Path directory) {
        try (var disk = Disk.open()) {
            return Files.exists(resumeData(disk, shared, directory).path());
        }
    }

    private static ResumeData resumeData(Disk disk, SharedTorrent shared, Path directory) {
        var metainfo = shared.metainfo();
        return new ResumeData(disk, directory, metainfo.layout(), metainfo.infoHash(), InstantSource.system());
    }

    // What is not known any more when the disk fails

    @Test
    void afterADiskFailedNothingIsBelievedEvenIfTheRunIsKilledThen() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000));
        var node = shared.seed();
        node.torrent().stop();
        node.awaitState(TorrentState.STOPPED);
        assertThat(saved(shared, node.directory()).toCheck().isEmpty()).isTrue();
        var file = node.directory().resolve("content.bin");

        fail(file);
        node.torrent().start();
        node.awaitState(TorrentState.ERROR);
        mend(file);

        assertNothingIsBelieved(shared, node);
    }

    /** Its claims were saved as true when it was stopped, though the check had not come to its end. */
    @Test
    void afterADiskFailedUnderAStoppedTorrentsCheckNothingIsBelieved() throws Exception {
        var shared = swarm.share(Content.folder().withFile("a", 16_000).withFile("b", 16_000));
        var first = shared.seed();
        first.close();
        var node = reopen(shared, first.directory(), new StateLog());
        node.awaitState(TorrentState.SEEDING);
        var peer = shared.connect(node);
        var folder = node.directory().resolve("folder");
        var lease = swarm.own(FileLease.take(folder.resolve("a")));
        lease.checkHeld();

        var check = CompletableFuture.runAsync(() -> check(node.torrent()));
        lease.awaitOpener();
        node.torrent().stop();
        peer.untilClosed();
        fail(folder.resolve("b"));
        lease.close();
        node.awaitState(TorrentState.ERROR);
        mend(folder.resolve("b"));

        assertNothingIsBelieved(shared, node);
        assertThat(check).failsWithin(Await.PATIENCE);
    }

    private static void check(Torrent torrent) {
        try {
            torrent.hashCheck();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertNothingIsBelieved(SharedTorrent shared, Node node) {
        Await.until(
                "it is written down",
                () -> saved(shared, node.directory()).state().verified().isEmpty());
        assertThat(saved(shared, node.directory()).toCheck().cardinality()).isEqualTo(shared.pieceCount());
    }

    /** From now on the file cannot even be looked at: it is a link to itself. */
    private static void fail(Path file) throws IOException {
        Files.move(file, file.resolveSibling("kept"));
        Files.createSymbolicLink(file, file);
    }

    /** The file is there again, as it was. */
    private static void mend(Path file) throws IOException {
        Files.delete(file);
        Files.move(file.resolveSibling("kept"), file);
    }

    @Test
    void whatCouldNotBeSavedIsSavedLater() throws Exception {
        var shared = swarm.share(Content.ofLength(100_000));
        var clock = new FakeClock();
        var directory = shared.seededDirectory();
        var saved =
                directory.resolve(".weft").resolve(shared.metainfo().infoHash().toHex() + ".resume");
        try (var client = Client.open(SwarmExtension.clientOptions(), HttpTrackerOptions.defaults(), clock)) {
            var torrent = client.add(shared.metainfo(), AddOptions.into(directory));
            Await.until("it is saved", () -> Files.exists(saved));
            Files.delete(saved);
            Files.createDirectory(saved); // which no file can replace
            Files.createFile(saved.resolve("in the way"));
            torrent.setPriority(0, 2); // is to be saved in a while
            assertThat(torrent.awaitComplete(Await.PATIENCE)).as("it is known").isTrue();

            clock.advance(Unsaved.SAVE_EVERY);
            torrent.start(); // has it look at the clock
            Await.until(
                    "saving fails",
                    () -> swarm.log().lines().stream().anyMatch(line -> line.contains("resume data is not written")));
            Files.delete(saved.resolve("in the way"));
            Files.delete(saved);
            clock.advance(Unsaved.SAVE_EVERY);
            torrent.start();

            Await.until("it is saved", () -> Files.isRegularFile(saved));
        }
    }

    private static Path resumePath(Node node) {
        var infoHash = node.torrent().infoHash().toHex();
        return node.directory().resolve(".weft").resolve(infoHash + ".resume");
    }

    private static String resumeFile(Node node) throws Exception {
        try (var files = Files.newDirectoryStream(node.directory().resolve(".weft"), "*.resume")) {
            return Files.readString(files.iterator().next(), StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void brokenResumeDataIsHashedAround() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000));
        var first = shared.seed();
        first.close();
        try (var files = Files.list(first.directory().resolve(".weft"))) {
            for (Path file : files.toList()) {
                Files.write(file, new byte[] {'d', '1'});
            }
        }
        var states = new StateLog();

        var second = reopen(shared, first.directory(), states);
        second.awaitState(TorrentState.SEEDING);

        states.await(TorrentState.CHECKING);
    }

    @Test
    void withoutResumeNothingIsLeftBehindButTheContent() throws Exception {
        var shared = swarm.share(Content.ofLength(500_000));
        var seed = shared.seed();
        var node = shared.leecher(options -> options.withResume(false).withPeers(List.of(seed.address())));
        node.awaitComplete();
        node.close();

        try (var files = Files.walk(node.directory())) {
            assertThat(files.filter(Files::isRegularFile).map(Path::getFileName).map(Path::toString))
                    .containsExactly("content.bin");
        }
    }
}

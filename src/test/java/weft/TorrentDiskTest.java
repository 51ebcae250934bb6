package weft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.Node;
import weft.kit.SharedTorrent;
import weft.kit.SmallDisk;
import weft.kit.StateLog;
import weft.kit.SwarmExtension;
import weft.storage.DiskOptions;
import weft.storage.StorageException;
import weft.storage.StorageException.Reason;
import weft.storage.StorageOptions;
import weft.storage.StorageOptions.Access;

/** What others do to a torrent's files is found, and repaired or reported; and a disk that is full is waited for. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class TorrentDiskTest {
    private static final int PIECE = 32 * 1024;

    private static final Content FOLDER =
            Content.folder().withFile("a", 4 * PIECE).withFile("b", 4 * PIECE).withFile("c", 4 * PIECE);

    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension();

    /** What may happen to a file. */
    enum Mishap {
        DELETED {
            @Override
            void befall(Path file) throws IOException {
                Files.delete(file);
            }
        },
        MOVED {
            @Override
            void befall(Path file) throws IOException {
                Files.move(file, file.resolveSibling("elsewhere"));
            }
        },
        TRUNCATED {
            @Override
            void befall(Path file) throws IOException {
                try (var channel = Files.newByteChannel(file, StandardOpenOption.WRITE)) {
                    channel.truncate(0);
                }
            }
        },
        DAMAGED {
            @Override
            void befall(Path file) throws IOException {
                Files.write(file, new byte[(int) Files.size(file)]);
                Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis() + 5_000));
            }
        };

        abstract void befall(Path file) throws IOException;
    }

    private static Path fileB(Node node) {
        return node.directory().resolve("folder/b");
    }

    private static void assertFetchedAgain(Node node, long before, int pieces) {
        assertThat(node.torrent().downloaded() - before).isEqualTo((long) pieces * PIECE);
        node.assertHasContent();
    }

    // While it is stopped

    @ParameterizedTest
    @EnumSource(Mishap.class)
    void mishapsOfAStoppedTorrentAreFoundWhenItStartsAndRepaired(Mishap mishap) throws Exception {
        var shared = swarm.share(FOLDER);
        var seed = shared.seed();
        var node = shared.leecher(options -> options.withPeers(List.of(seed.address())));
        node.awaitComplete();
        node.torrent().stop();
        node.awaitState(TorrentState.STOPPED);
        long before = node.torrent().downloaded();

        mishap.befall(fileB(node));
        node.torrent().start();
        node.connectTo(seed).awaitComplete();

        assertFetchedAgain(node, before, 4);
    }

    @ParameterizedTest
    @EnumSource(Mishap.class)
    void mishapsBetweenTwoRunsAreFoundAndRepaired(Mishap mishap) throws Exception {
        var shared = swarm.share(FOLDER);
        var seed = shared.seed();
        var first = shared.leecher(options -> options.withPeers(List.of(seed.address())));
        first.awaitComplete();
        first.close();
        long before = first.torrent().downloaded();

        mishap.befall(fileB(first));
        var second = shared.open(
                first.directory(),
                SwarmExtension.clientOptions(),
                options -> options.withPeers(List.of(seed.address())));
        second.awaitComplete();

        assertFetchedAgain(second, before, 4);
    }

    @Test
    void nothingIsHashedAgainIfNothingHappened() throws Exception {
        var shared = swarm.share(FOLDER);
        var states = new StateLog();
        var node = shared.seed(options -> options.withListener(states));
        node.torrent().stop();
        states.forgetUpTo(TorrentState.STOPPED);

        node.torrent().start();

        states.await(TorrentState.SEEDING);
        assertThat(states.told()).containsExactly(TorrentState.SEEDING);
    }

    @Test
    void aDirectoryThatIsMovedAsAWholeTakesWhatIsKnownAlong() throws Exception {
        var shared = swarm.share(FOLDER);
        var first = shared.seed();
        first.close();
        Path moved = first.directory().resolveSibling("moved");
        Files.move(first.directory(), moved);
        var states = new StateLog();

        var second = shared.open(moved, SwarmExtension.clientOptions(), options -> options.withListener(states));

        states.await(TorrentState.SEEDING);
        assertThat(states.told()).containsExactly(TorrentState.SEEDING);
        second.assertHasContent();
    }

    // While it runs

    @ParameterizedTest
    @EnumSource(
            value = Mishap.class,
            names = {"DELETED", "MOVED", "TRUNCATED"})
    void mishapsOfADownloadAreReportedAndRepairedWhenItIsStartedAgain(Mishap mishap) throws Exception {
        var shared = swarm.share(Content.ofLength(40 * PIECE));
        var storage = shared.seededStorage().withBytesPerSecond(400_000);
        var seed = shared.seed(options -> options.withStorage(storage));
        var node = shared.leecher(options -> options.withSequential(true).withPeers(List.of(seed.address())));
        Await.until("some of it is there", () -> node.torrent().pieces().cardinality() >= 4);

        mishap.befall(node.directory().resolve("content.bin")); // before the last piece brings it to its length again
        node.awaitState(TorrentState.ERROR);

        assertThat(node.torrent().error())
                .hasValueSatisfying(fault -> assertThat(fault)
                        .hasMessageContaining("content.bin")
                        .isInstanceOfSatisfying(
                                StorageException.class,
                                e -> assertThat(e.reason()).isIn(Reason.MISSING, Reason.CHANGED)));

        node.torrent().start();
        node.connectTo(seed).awaitComplete().assertHasContent();
    }

    /** Nothing has been written to the file yet, and the first block would make it anew. */
    @ParameterizedTest
    @EnumSource(
            value = Mishap.class,
            names = {"DELETED", "MOVED", "TRUNCATED"})
    void mishapsOfADownloadThatWaitsForPeersAreReportedAndRepairedWhenItIsStartedAgain(Mishap mishap) throws Exception {
        var shared = swarm.share(FOLDER);
        var seed = shared.seed();
        Path half = shared.seededDirectory();
        damage(half.resolve("folder/b"), 2 * PIECE); // the first half of it is to be fetched
        var node = shared.open(half, SwarmExtension.clientOptions(), options -> options);
        node.awaitState(TorrentState.DOWNLOADING);
        assertThat(node.torrent().wanted().stream()).containsExactly(4, 5);

        mishap.befall(fileB(node));
        node.connectTo(seed);

        assertReportedAndRepaired(node, seed);
    }

    @ParameterizedTest
    @EnumSource(
            value = Mishap.class,
            names = {"DELETED", "MOVED", "TRUNCATED"})
    void aHashCheckOfOnePieceHidesNothingOfWhatHappenedToTheOthers(Mishap mishap) throws Exception {
        var shared = swarm.share(FOLDER);
        var seed = shared.seed();
        var node = shared.seed();

        mishap.befall(fileB(node));
        assertThat(node.torrent().hashCheck(5)).isFalse();
        node.connectTo(seed);

        assertReportedAndRepaired(node, seed);
    }

    private static void assertReportedAndRepaired(Node node, Node seed) throws Exception {
        node.awaitState(TorrentState.ERROR);
        assertThat(node.torrent().error())
                .hasValueSatisfying(fault -> assertThat(fault)
                        .hasMessageContaining("file changed underneath: " + fileB(node))
                        .isInstanceOfSatisfying(
                                StorageException.class,
                                e -> assertThat(e.reason()).isIn(Reason.MISSING, Reason.CHANGED)));
        long before = node.torrent().downloaded();
        node.torrent().start();
        node.connectTo(seed).awaitComplete().assertHasContent();
        assertThat(node.torrent().downloaded() - before)
                .as("pieces 4 to 7, which the file has a part of")
                .isEqualTo(4 * PIECE);
    }

    /** Its file, be it written by this run or an earlier one, is as long as it was, and open. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void damageDoneWhileItSeedsIsFoundByTheNextStart(boolean wasDownloaded) throws Exception {
        var shared = swarm.share(FOLDER);
        var seed = shared.seed();
        var node = wasDownloaded
                ? shared.leecher(options -> options.withPeers(List.of(seed.address())))
                        .awaitComplete()
                : shared.seed();
        awaitSaved(node, shared);

        Mishap.DAMAGED.befall(fileB(node));
        node.torrent().stop();
        node.awaitState(TorrentState.STOPPED);
        long before = node.torrent().downloaded();
        node.torrent().start();

        node.connectTo(seed); // which it may have dialled itself
        Await.until(
                () -> "pieces 4 to 7 are fetched: " + node.torrent().snapshot(),
                () -> node.torrent().downloaded() - before == 4 * PIECE);
        node.awaitComplete().assertHasContent();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void damageDoneWhileItSeedsIsFoundByTheNextRun(boolean wasDownloaded) throws Exception {
        var shared = swarm.share(FOLDER);
        var seed = shared.seed();
        var first = wasDownloaded
                ? shared.leecher(options -> options.withPeers(List.of(seed.address())))
                        .awaitComplete()
                : shared.seed();
        awaitSaved(first, shared);

        Mishap.DAMAGED.befall(fileB(first));
        first.close();
        var second = shared.open(first.directory(), SwarmExtension.clientOptions(), options -> options);

        second.awaitState(TorrentState.DOWNLOADING);
        assertThat(second.torrent().wanted().stream()).containsExactly(4, 5, 6, 7);
        second.connectTo(seed).awaitComplete().assertHasContent();
    }

    /** What it has been saved with is what it is compared with. */
    private static void awaitSaved(Node node, SharedTorrent shared) {
        Path resumeData =
                node.directory().resolve(".weft/" + shared.metainfo().infoHash().toHex() + ".resume");
        Await.until("it is saved", () -> Files.exists(resumeData));
    }

    private static void damage(Path file, int length) throws IOException {
        var bytes = Files.readAllBytes(file);
        Arrays.fill(bytes, 0, length, (byte) 0);
        Files.write(file, bytes);
    }

    /** As a client leaves it that lets files grow as they come in. */
    @ParameterizedTest
    @EnumSource(
            value = Access.class,
            names = {"MAPPED", "CHANNEL"})
    void whatIsThereOfAFileWithoutItsEndIsSeeded(Access access) throws Exception {
        var shared = swarm.share(Content.ofLength(100 * PIECE));
        Path directory = shared.seededDirectory();
        try (var channel = Files.newByteChannel(directory.resolve("content.bin"), StandardOpenOption.WRITE)) {
            channel.truncate(75 * PIECE + 100);
        }
        var storageOptions = StorageOptions.defaults().withAccess(access);
        var node = shared.open(
                directory, SwarmExtension.clientOptions(), options -> options.withStorageOptions(storageOptions));
        assertThat(node.awaitState(TorrentState.DOWNLOADING).torrent().pieces().cardinality())
                .isEqualTo(75);

        var leecher = shared.leecher(options -> options.withPeers(List.of(node.address())));

        Await.until(
                () -> "all that is there, but " + leecher.describe(),
                () -> leecher.torrent().pieces().cardinality() == 75);
        assertThat(node.torrent().state()).isEqualTo(TorrentState.DOWNLOADING);
    }

    @ParameterizedTest
    @EnumSource(
            value = Access.class,
            names = {"MAPPED", "CHANNEL"})
    void aFileDeletedUnderASeedThatHadNotKeptItOpenIsReportedAndRepairedWhenItIsStartedAgain(Access access)
            throws Exception {
        var content = FOLDER;
        for (int i = 0; i < DiskOptions.defaults().openFiles(); i++) { // which take its place among the open ones
            content = content.withFile("other" + i, 100);
        }
        var shared = swarm.share(content);
        var good = shared.seed();
        var node = shared.seed(
                options -> options.withStorageOptions(StorageOptions.defaults().withAccess(access)));
        Mishap.DELETED.befall(fileB(node));

        var leecher = shared.leecher(options -> options.withPeers(List.of(node.address())));
        node.awaitState(TorrentState.ERROR);
        assertThat(node.torrent().diagnosis().cause()).isEqualTo(Diagnosis.Cause.FILE_MISSING);
        assertThat(node.torrent().diagnosis().sentence()).contains(fileB(node).toString());

        node.torrent().start();
        node.awaitState(TorrentState.DOWNLOADING);
        node.connectTo(good).awaitComplete().assertHasContent();
        leecher.connectTo(node).awaitComplete().assertHasContent();
    }

    @ParameterizedTest
    @EnumSource(
            value = Access.class,
            names = {"MAPPED", "CHANNEL"})
    void aFileThatIsCutShortUnderASeedIsReportedAndRepairedWhenItIsStartedAgain(Access access) throws Exception {
        var shared = swarm.share(Content.ofLength(40 * PIECE));
        var good = shared.seed();
        var node = shared.seed(
                options -> options.withStorageOptions(StorageOptions.defaults().withAccess(access)));
        Mishap.TRUNCATED.befall(node.directory().resolve("content.bin"));

        shared.leecher(options -> options.withPeers(List.of(node.address())));
        node.awaitState(TorrentState.ERROR);
        assertThat(node.torrent().error())
                .hasValueSatisfying(fault -> assertThat(fault)
                        .hasMessageContaining("file changed underneath: ")
                        .hasMessageContaining("content.bin is shorter than"));

        node.torrent().start();
        node.awaitState(TorrentState.DOWNLOADING);
        node.connectTo(good).awaitComplete().assertHasContent();
    }

    @ParameterizedTest
    @EnumSource(Mishap.class)
    void aHashCheckFindsThemWhileItRunsAndItGoesOnToRepairThem(Mishap mishap) throws Exception {
        var shared = swarm.share(FOLDER);
        var seed = shared.seed();
        var node = shared.leecher(options -> options.withPeers(List.of(seed.address())));
        node.awaitComplete();
        seed.awaitPeers(0); // both are seeds and have parted
        Path resumeData =
                node.directory().resolve(".weft/" + shared.metainfo().infoHash().toHex() + ".resume");
        Await.until("all of it is on the disk", () -> Files.exists(resumeData));
        long before = node.torrent().downloaded();

        mishap.befall(fileB(node));
        node.torrent().hashCheck();
        node.connectTo(seed);
        seed.connectTo(node);
        node.awaitComplete();

        assertFetchedAgain(node, before, 4);
        var leecher = shared.leecher(options -> options.withPeers(List.of(node.address())));
        leecher.awaitComplete().assertHasContent();
        node.torrent().stop();
        node.awaitState(TorrentState.STOPPED);
        node.assertHasContent();
    }

    @Test
    void aFileThatVanishedBeforeTheEndIsNotClaimedByTheNextRun() throws Exception {
        var shared = swarm.share(FOLDER);
        var seed = shared.seed();
        var first = shared.seed();
        Files.delete(fileB(first)); // nobody notices: it is open still, or never was
        first.close();

        var second = shared.open(first.directory(), SwarmExtension.clientOptions(), options -> options);
        second.awaitState(TorrentState.DOWNLOADING);

        assertThat(second.torrent().wanted().stream()).containsExactly(4, 5, 6, 7);
        second.connectTo(seed).awaitComplete().assertHasContent();
    }

    // A disk that is full

    @Test
    void aDiskThatFillsUpStopsTheTorrentAndItGoesOnByItselfWhenThereIsRoom() throws Exception {
        try (var disk = SmallDisk.at(swarm.directory().resolve("small"), 3)) {
            var shared = swarm.share(Content.ofLength(64 * PIECE));
            var storage = shared.seededStorage().withBytesPerSecond(500_000);
            var seed = shared.seed(options -> options.withStorage(storage));
            var node = shared.open(
                    disk.directory(),
                    SwarmExtension.clientOptions(),
                    options -> options.withPeers(List.of(seed.address())));
            Await.until("some of it is there", () -> node.torrent().pieces().cardinality() >= 4);

            Path filler = disk.fillUp();
            node.awaitState(TorrentState.ERROR);
            assertNoSpace(node);
            assertOtherTorrentsGoOn(node);
            assertThat(node.torrent().state()).isEqualTo(TorrentState.ERROR);
            assertThat(node.torrent().pieces().cardinality()).isGreaterThanOrEqualTo(4);

            storage.withBytesPerSecond(100_000_000);
            Files.delete(filler);
            node.awaitState(TorrentState.SEEDING);
            assertThat(node.torrent().error()).isEmpty();
            node.awaitComplete().assertHasContent();
            node.close();
        }
    }

    @Test
    void whatDoesNotFitIsNotBegunUntilThereIsRoom() throws Exception {
        try (var disk = SmallDisk.at(swarm.directory().resolve("small"), 3)) {
            var shared = swarm.share(Content.ofLength(64 * PIECE));
            var seed = shared.seed();
            Path filler = disk.fillUp();
            var node = shared.open(
                    disk.directory(),
                    SwarmExtension.clientOptions(),
                    options -> options.withPeers(List.of(seed.address())));
            node.awaitState(TorrentState.ERROR);
            assertNoSpace(node);
            assertThat(disk.directory().resolve("content.bin")).doesNotExist();

            Files.delete(filler);

            node.awaitState(TorrentState.SEEDING);
            node.assertHasContent();
            node.close();
        }
    }

    private static void assertNoSpace(Node node) {
        assertThat(node.torrent().error())
                .hasValueSatisfying(fault -> assertThat(fault)
                        .hasMessageContaining("no space left")
                        .isInstanceOfSatisfying(
                                StorageException.class,
                                e -> assertThat(e.reason()).isEqualTo(Reason.NO_SPACE)));
    }

    /** A torrent of the same client, on another disk. */
    private void assertOtherTorrentsGoOn(Node node) throws Exception {
        SharedTorrent other = swarm.share(Content.ofLength(500_000));
        var directory = swarm.directory();
        var torrent = node.client()
                .add(
                        other.metainfo(),
                        AddOptions.into(directory)
                                .withPeers(List.of(other.seed().address())));

        assertThat(torrent.awaitComplete(Await.PATIENCE)).isTrue();
        other.content().assertLiesIn(directory);
    }
}

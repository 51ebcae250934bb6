package weft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import weft.metainfo.Metainfo;
import weft.metainfo.TorrentCreator;
import weft.storage.Disk;
import weft.storage.ResumeState;
import weft.storage.Resumed;
import weft.storage.StorageException;
import weft.storage.StorageOptions;

/** What is claimed of the files is true, or not claimed. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TorrentDataTest {
    @TempDir
    private Path original;

    @TempDir
    private Path directory;

    private final Disk disk = Disk.open();
    private Metainfo torrent;

    @BeforeEach
    void create() throws Exception {
        Files.write(original.resolve("file"), new byte[100_000]);
        torrent = torrentOf(original.resolve("file"));
    }

    private static Metainfo torrentOf(Path content) throws Exception {
        return TorrentCreator.ofPath(content).withPieceLength(32 * 1024).create(1, TorrentCreator.Progress.NONE);
    }

    @AfterEach
    void close() {
        disk.close();
    }

    private TorrentData data() {
        return new TorrentData(torrent, AddOptions.into(directory), disk);
    }

    private TorrentData openedData() throws Exception {
        var data = data();
        data.load();
        data.open();
        return data;
    }

    private static void writeBlock(TorrentData data) throws Exception {
        data.storage().write(0, 0, ByteBuffer.allocate(16_384));
    }

    private ResumeState claimingAll() {
        var all = new BitSet();
        all.set(0, torrent.layout().pieceCount());
        return new ResumeState(all, Map.of(), List.of(1), 0, 0);
    }

    /** A folder's; its first piece has bytes of both files. */
    private TorrentData openWithoutTheSecondFile() throws Exception {
        var folder = Files.createDirectory(original.resolve("folder"));
        Files.write(folder.resolve("a"), new byte[20_000]);
        Files.write(folder.resolve("b"), new byte[80_000]);
        torrent = torrentOf(folder);
        var data = data();
        data.load();
        data.setWanted(new int[] {1, 0});
        data.open();
        return data;
    }

    private Path resumeFile() {
        return directory.resolve(".weft").resolve(torrent.infoHash().toHex() + ".resume");
    }

    @Test
    void whatCannotBeForcedToTheDiskIsNotClaimed() throws Exception {
        var data = openedData();
        writeBlock(data);
        Files.delete(directory.resolve("file")); // which is found as it is forced

        assertThatThrownBy(() -> data.save(claimingAll(), false)).isInstanceOf(StorageException.class);

        data.close();
        assertThat(nextRun().state().verified()).isEqualTo(new BitSet());
    }

    /** The system says only once that it could not write something: when it is asked again all seems well. */
    @Test
    void afterAFailureToForceNothingIsClaimedThatWasBefore() throws Exception {
        var data = openedData();
        writeBlock(data);
        data.save(claimingAll(), false);
        writeBlock(data);
        var moved = Files.move(directory.resolve("file"), directory.resolve("moved"));
        assertThatThrownBy(() -> data.save(claimingAll(), false)).isInstanceOf(StorageException.class);
        Files.move(moved, directory.resolve("file"));

        data.save(claimingAll(), true);

        data.close();
        assertNextRunChecksAll();
    }

    @Test
    void afterAFailureToForceTotalsAndPrioritiesAreKeptEvenIfNothingIsSavedAnyMore() throws Exception {
        var data = openedData();
        writeBlock(data);
        data.save(claimingAll(), false);
        writeBlock(data);
        Files.delete(directory.resolve("file"));
        var now = new ResumeState(claimingAll().verified(), Map.of(), List.of(3), 70, 80);

        assertThatThrownBy(() -> data.save(now, true)).isInstanceOf(StorageException.class);

        data.close();
        assertThat(nextRun().state()).isEqualTo(new ResumeState(new BitSet(), Map.of(), List.of(3), 70, 80));
    }

    @Test
    void whatIsForcedIsClaimed() throws Exception {
        var data = openedData();
        writeBlock(data);

        data.save(claimingAll(), false);

        assertThat(resumeFile()).exists();
        data.close();
        assertThat(directory.resolve(".weft").toFile().list())
                .containsExactly(resumeFile().getFileName().toString());
        assertThat(nextRun().state()).isEqualTo(claimingAll());
    }

    /** As the JDK saw it: no other order survives a power cut at any moment. */
    @Test
    void whatIsClaimedIsForcedBeforeItIsClaimedAndTheClaimBeforeItTakesItsPlace() throws Exception {
        var data = openWithoutTheSecondFile();
        data.save(ResumeState.empty(), false);
        List<String> calls;

        try (var recording = new Recording();
                var earlier = Files.newInputStream(resumeFile())) {
            recording.enable("jdk.FileWrite").withoutThreshold().with("throttle", "off");
            recording.enable("jdk.FileForce").withoutThreshold().with("throttle", "off");
            recording.start();
            data.storage().write(0, 0, ByteBuffer.allocate(32 * 1024)); // what is of b, to the part file
            data.save(claimingAll(), false);
            recording.stop();
            calls = calls(recording);
            assertThat(earlier.readAllBytes())
                    .as("the file that was there, which another has replaced")
                    .isNotEmpty()
                    .isNotEqualTo(Files.readAllBytes(resumeFile()));
        }

        data.close();
        int claim = calls.indexOf("write resume.tmp");
        assertThat(calls.subList(0, claim)).contains("force a", "force parts");
        assertThat(calls.subList(claim, calls.size())).containsExactly("write resume.tmp", "force resume.tmp");
    }

    /** It may have been written by a run that was killed, and be in the system's cache only. */
    @Test
    void whatAHashCheckFindsIsForcedBeforeItIsClaimed() throws Exception {
        Files.copy(original.resolve("file"), directory.resolve("file"));
        var data = data();
        data.load();
        data.open();
        List<String> calls;

        try (var recording = new Recording()) {
            recording.enable("jdk.FileForce").withoutThreshold().with("throttle", "off");
            recording.start();
            data.check(
                    claimingAll().verified(),
                    () -> false,
                    (piece, whole, checked) -> assertThat(whole).isTrue());
            data.save(claimingAll(), false);
            data.save(claimingAll(), false);
            recording.stop();
            calls = calls(recording);
        }

        data.close();
        assertThat(calls).containsExactly("force file", "force resume.tmp", "force resume.tmp");
    }

    /** What was written and forced below the directory, in order. (JDK 25 tells of no writes at positions.) */
    private List<String> calls(Recording recording) throws IOException {
        Path file = original.resolve("calls.jfr");
        recording.dump(file);
        return RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().startsWith("jdk.File"))
                .filter(event -> event.getString("path").startsWith(directory.toString()))
                .sorted(Comparator.comparing(RecordedEvent::getStartTime))
                .map(event -> event.getEventType()
                                .getName()
                                .substring("jdk.File".length())
                                .toLowerCase(Locale.ROOT)
                        + " "
                        + Path.of(event.getString("path"))
                                .getFileName()
                                .toString()
                                .replaceFirst("^" + torrent.infoHash().toHex() + ".", ""))
                .toList();
    }

    @Test
    void aTorrentThatIsOnlyReadLeavesNothingBehindAndSavesNothing() throws Exception {
        Files.copy(original.resolve("file"), directory.resolve("file"));
        var options = AddOptions.into(directory)
                .withStorageOptions(StorageOptions.defaults().withReadOnly());
        var data = new TorrentData(torrent, options, disk);
        data.load();
        data.open();

        data.save(claimingAll(), true);
        data.close(claimingAll());
        data.save(claimingAll(), true);
        assertThat(directory.toFile().list()).containsExactly("file");
    }

    @Test
    void whatAnotherProcessHasSavedIsLeftAlone() throws Exception {
        var first = data();
        var second = data();
        first.load();
        first.open();
        second.load();

        second.save(claimingAll(), true); // says that it cannot, in the log

        assertThat(resumeFile()).doesNotExist();
        first.close();
    }

    /** A run of another client, in which all pieces came in. */
    private void downloaded() throws Exception {
        Files.copy(original.resolve("file"), directory.resolve("file"), StandardCopyOption.REPLACE_EXISTING);
        var data = openedData();
        data.save(claimingAll(), true);
        data.close(claimingAll());
    }

    /** With other bytes, but as many. */
    private void alterFile() throws Exception {
        var file = directory.resolve("file");
        var bytes = Files.readAllBytes(file);
        bytes[50_000] ^= 1;
        Files.write(file, bytes);
        Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis() + 5_000));
    }

    private Resumed nextRun() throws Exception {
        return data().load();
    }

    private void assertNextRunChecksAll() throws Exception {
        var found = nextRun();
        assertThat(found.state().verified()).isEqualTo(new BitSet());
        assertThat(found.toCheck()).isEqualTo(claimingAll().verified());
    }

    @Test
    void whatChangedUnderATorrentThatWasNeverStartedIsFoundByTheNextRun() throws Exception {
        downloaded();
        var data = data();
        assertThat(data.load().state().verified()).isEqualTo(claimingAll().verified());

        alterFile();
        data.save(claimingAll(), true);

        assertNextRunChecksAll();
    }

    @Test
    void whatChangedBetweenLoadingAndStartingIsFoundHoweverOftenOpeningFails() throws Exception {
        downloaded();
        var other = openedData();
        var data = data();
        data.load();
        assertThat(data.changes()).isEmpty();
        assertThatThrownBy(data::open).isInstanceOf(StorageException.class);

        alterFile();
        other.close();

        assertThat(data.changes().orElseThrow().toCheck())
                .isEqualTo(claimingAll().verified());
    }

    @Test
    void afterItWasLookedAtWhatWasInDoubtIsClaimedAgain() throws Exception {
        downloaded();
        var data = data();
        data.load();
        data.doubt();
        var toCheck = data.changes().orElseThrow().toCheck();
        data.open();
        data.check(
                toCheck,
                () -> false,
                (piece, whole, checked) -> assertThat(whole).isTrue());

        data.save(claimingAll(), true);
        data.close();

        var found = nextRun();
        assertThat(found.state()).isEqualTo(claimingAll());
        assertThat(found.toCheck()).isEqualTo(new BitSet());
    }

    @Test
    void aFileThatCouldNotBeBroughtInIsInDoubt() throws Exception {
        var data = openWithoutTheSecondFile();
        data.storage().write(0, 0, ByteBuffer.allocate(32 * 1024)); // the rest of it to the part file
        Files.createDirectory(directory.resolve("folder/b"));

        assertThatThrownBy(() -> data.setWanted(new int[] {1, 1})).isInstanceOf(StorageException.class);
        Files.delete(directory.resolve("folder/b"));
        data.close(claimingAll());

        assertThat(data.changes().orElseThrow().state()).isEqualTo(ResumeState.empty());
    }

    @Test
    void aSaveThatFailedIsToldAndWorksOnceItCan() throws Exception {
        var data = openedData();
        Path inTheWay = resumeFile();
        Files.createDirectories(inTheWay.resolve("something"));

        assertThat(data.save(claimingAll(), false)).isFalse();
        Files.delete(inTheWay.resolve("something"));
        Files.delete(inTheWay);

        assertThat(data.save(claimingAll(), false)).isTrue();
        assertThat(inTheWay).isRegularFile();
        data.close();
    }
}

package weft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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

    private Metainfo torrent() throws Exception {
        Files.write(original.resolve("file"), new byte[100_000]);
        return TorrentCreator.ofPath(original.resolve("file"))
                .withPieceLength(32 * 1024)
                .create(1, TorrentCreator.Progress.NONE);
    }

    private static ResumeState claimingAll(Metainfo torrent) {
        var all = new BitSet();
        all.set(0, torrent.layout().pieceCount());
        return new ResumeState(all, Map.of(), List.of(1), 0, 0);
    }

    private Path resumeFile(Metainfo torrent) {
        return directory.resolve(".weft").resolve(torrent.infoHash().toHex() + ".resume");
    }

    @Test
    void whatCannotBeForcedToTheDiskIsNotClaimed() throws Exception {
        var torrent = torrent();
        try (var disk = Disk.open()) {
            var data = new TorrentData(torrent, AddOptions.into(directory), disk);
            data.load();
            data.open();
            data.storage().write(0, 0, ByteBuffer.allocate(16_384));
            Files.delete(directory.resolve("file")); // which is found as it is forced

            assertThatThrownBy(() -> data.save(claimingAll(torrent), false)).isInstanceOf(StorageException.class);

            data.close();
            assertThat(nextRun(torrent, disk).state().verified()).isEqualTo(new BitSet());
        }
    }

    /** The system says only once that it could not write something: when it is asked again all seems well. */
    @Test
    void afterAFailureToForceNothingIsClaimedThatWasBefore() throws Exception {
        var torrent = torrent();
        try (var disk = Disk.open()) {
            var data = new TorrentData(torrent, AddOptions.into(directory), disk);
            data.load();
            data.open();
            data.storage().write(0, 0, ByteBuffer.allocate(16_384));
            data.save(claimingAll(torrent), false);
            data.storage().write(0, 0, ByteBuffer.allocate(16_384));
            var moved = Files.move(directory.resolve("file"), directory.resolve("moved"));
            assertThatThrownBy(() -> data.save(claimingAll(torrent), false)).isInstanceOf(StorageException.class);
            Files.move(moved, directory.resolve("file"));

            data.save(claimingAll(torrent), true);

            data.close();
            assertNextRunChecksAll(torrent, disk);
        }
    }

    @Test
    void afterAFailureToForceTotalsAndPrioritiesAreKeptEvenIfNothingIsSavedAnyMore() throws Exception {
        var torrent = torrent();
        try (var disk = Disk.open()) {
            var data = new TorrentData(torrent, AddOptions.into(directory), disk);
            data.load();
            data.open();
            data.storage().write(0, 0, ByteBuffer.allocate(16_384));
            data.save(claimingAll(torrent), false);
            data.storage().write(0, 0, ByteBuffer.allocate(16_384));
            Files.delete(directory.resolve("file"));
            var now = new ResumeState(claimingAll(torrent).verified(), Map.of(), List.of(3), 70, 80);

            assertThatThrownBy(() -> data.save(now, true)).isInstanceOf(StorageException.class);

            data.close();
            assertThat(nextRun(torrent, disk).state())
                    .isEqualTo(new ResumeState(new BitSet(), Map.of(), List.of(3), 70, 80));
        }
    }

    @Test
    void whatIsForcedIsClaimed() throws Exception {
        var torrent = torrent();
        try (var disk = Disk.open()) {
            var data = new TorrentData(torrent, AddOptions.into(directory), disk);
            data.load();
            data.open();
            data.storage().write(0, 0, ByteBuffer.allocate(16_384));

            data.save(claimingAll(torrent), false);

            assertThat(resumeFile(torrent)).exists();
            data.close();
            assertThat(directory.resolve(".weft").toFile().list())
                    .containsExactly(resumeFile(torrent).getFileName().toString());
        }
    }

    @Test
    void aTorrentThatIsOnlyReadLeavesNothingBehindAndSavesNothing() throws Exception {
        var torrent = torrent();
        Files.copy(original.resolve("file"), directory.resolve("file"));
        try (var disk = Disk.open()) {
            var options = AddOptions.into(directory)
                    .withStorageOptions(StorageOptions.defaults().withReadOnly());
            var data = new TorrentData(torrent, options, disk);
            data.load();
            data.open();

            data.save(claimingAll(torrent), true);
            data.close(claimingAll(torrent));
            data.save(claimingAll(torrent), true);
        }
        assertThat(directory.toFile().list()).containsExactly("file");
    }

    @Test
    void whatAnotherProcessHasSavedIsLeftAlone() throws Exception {
        var torrent = torrent();
        try (var disk = Disk.open()) {
            var first = new TorrentData(torrent, AddOptions.into(directory), disk);
            var second = new TorrentData(torrent, AddOptions.into(directory), disk);
            first.load();
            first.open();
            second.load();

            second.save(claimingAll(torrent), true); // says that it cannot, in the log

            assertThat(resumeFile(torrent)).doesNotExist();
            first.close();
        }
    }

    /** A run of another client, in which all pieces came in. */
    private void downloaded(Metainfo torrent, Disk disk) throws Exception {
        Files.copy(original.resolve("file"), directory.resolve("file"), StandardCopyOption.REPLACE_EXISTING);
        var data = new TorrentData(torrent, AddOptions.into(directory), disk);
        data.load();
        data.open();
        data.save(claimingAll(torrent), true);
        data.close(claimingAll(torrent));
    }

    /** With other bytes, but as many. */
    private void alterFile() throws Exception {
        var file = directory.resolve("file");
        var bytes = Files.readAllBytes(file);
        bytes[50_000] ^= 1;
        Files.write(file, bytes);
        Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis() + 5_000));
    }

    private Resumed nextRun(Metainfo torrent, Disk disk) throws Exception {
        return new TorrentData(torrent, AddOptions.into(directory), disk).load();
    }

    private void assertNextRunChecksAll(Metainfo torrent, Disk disk) throws Exception {
        var found = nextRun(torrent, disk);
        assertThat(found.state().verified()).isEqualTo(new BitSet());
        assertThat(found.toCheck()).isEqualTo(claimingAll(torrent).verified());
    }

    @Test
    void whatChangedUnderATorrentThatWasNeverStartedIsFoundByTheNextRun() throws Exception {
        var torrent = torrent();
        try (var disk = Disk.open()) {
            downloaded(torrent, disk);
            var data = new TorrentData(torrent, AddOptions.into(directory), disk);
            assertThat(data.load().state().verified())
                    .isEqualTo(claimingAll(torrent).verified());

            alterFile();
            data.save(claimingAll(torrent), true);

            assertNextRunChecksAll(torrent, disk);
        }
    }

    @Test
    void whatChangedBetweenLoadingAndStartingIsFoundHoweverOftenOpeningFails() throws Exception {
        var torrent = torrent();
        try (var disk = Disk.open()) {
            downloaded(torrent, disk);
            var other = new TorrentData(torrent, AddOptions.into(directory), disk);
            other.load();
            other.open();
            var data = new TorrentData(torrent, AddOptions.into(directory), disk);
            data.load();
            assertThat(data.changes()).isEmpty();
            assertThatThrownBy(data::open).isInstanceOf(StorageException.class);

            alterFile();
            other.close();

            assertThat(data.changes().orElseThrow().toCheck())
                    .isEqualTo(claimingAll(torrent).verified());
        }
    }

    @Test
    void afterItWasLookedAtWhatWasInDoubtIsClaimedAgain() throws Exception {
        var torrent = torrent();
        try (var disk = Disk.open()) {
            downloaded(torrent, disk);
            var data = new TorrentData(torrent, AddOptions.into(directory), disk);
            data.load();
            data.doubt();
            var toCheck = data.changes().orElseThrow().toCheck();
            data.open();
            data.check(
                    toCheck,
                    () -> false,
                    (piece, whole, checked) -> assertThat(whole).isTrue());

            data.save(claimingAll(torrent), true);
            data.close();

            var found = nextRun(torrent, disk);
            assertThat(found.state()).isEqualTo(claimingAll(torrent));
            assertThat(found.toCheck()).isEqualTo(new BitSet());
        }
    }

    @Test
    void aFileThatCouldNotBeBroughtInIsInDoubt() throws Exception {
        Files.write(original.resolve("file"), new byte[100_000]);
        var folder = Files.createDirectory(original.resolve("folder"));
        Files.write(folder.resolve("a"), new byte[20_000]);
        Files.write(folder.resolve("b"), new byte[80_000]);
        var torrent = TorrentCreator.ofPath(folder).withPieceLength(32 * 1024).create(1, TorrentCreator.Progress.NONE);
        try (var disk = Disk.open()) {
            var data = new TorrentData(torrent, AddOptions.into(directory), disk);
            data.load();
            data.setWanted(new int[] {1, 0});
            data.open();
            data.storage().write(0, 0, ByteBuffer.allocate(32 * 1024)); // the rest of it to the part file
            Files.createDirectory(directory.resolve("folder/b"));

            assertThatThrownBy(() -> data.setWanted(new int[] {1, 1})).isInstanceOf(StorageException.class);
            Files.delete(directory.resolve("folder/b"));
            data.close(claimingAll(torrent));

            assertThat(data.changes().orElseThrow().state()).isEqualTo(ResumeState.empty());
        }
    }

    @Test
    void aSaveThatFailedIsToldAndWorksOnceItCan() throws Exception {
        var torrent = torrent();
        try (var disk = Disk.open()) {
            var data = new TorrentData(torrent, AddOptions.into(directory), disk);
            data.load();
            data.open();
            Path inTheWay = resumeFile(torrent);
            Files.createDirectories(inTheWay.resolve("something"));

            assertThat(data.save(claimingAll(torrent), false)).isFalse();
            Files.delete(inTheWay.resolve("something"));
            Files.delete(inTheWay);

            assertThat(data.save(claimingAll(torrent), false)).isTrue();
            assertThat(inTheWay).isRegularFile();
            data.close();
        }
    }
}

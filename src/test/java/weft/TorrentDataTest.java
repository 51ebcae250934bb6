package weft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
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

            assertThat(resumeFile(torrent)).doesNotExist();
            data.close();
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

            assertThat(resumeFile(torrent)).doesNotExist();
            data.close();
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
}

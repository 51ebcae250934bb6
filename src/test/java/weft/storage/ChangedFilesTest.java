package weft.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import weft.storage.StorageException.Reason;
import weft.storage.StorageOptions.Access;

/** What others do to files under an open storage: nothing is written over it, and it is not claimed to be as it was. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ChangedFilesTest {

    /** Pieces 0 to 5 are of file 0, and 6 and 7 of file 1. */
    private static final Content CONTENT = Content.of(16_384, 6 * 16_384, 2 * 16_384);

    @TempDir
    private Path directory;

    private Disk disk;

    @BeforeEach
    void openDisk() {
        disk = Disk.open(DiskOptions.defaults().withOpenFiles(1)); // what is not in use is soon closed
    }

    @AfterEach
    void closeDisk() {
        disk.close();
    }

    private Storage open(Access access) throws IOException {
        return open(access, pieces(0, 2));
    }

    private Storage open(Access access, BitSet wanted) throws IOException {
        var options = StorageOptions.defaults().withAccess(access);
        return Storage.ofFiles(disk, directory, CONTENT.layout(), Content.INFO_HASH, wanted, options);
    }

    private Path file(int index) {
        return directory.resolve("t").resolve("" + index);
    }

    private void writeFiles() throws IOException {
        Files.createDirectories(file(0).getParent());
        for (int index : new int[] {0, 1}) {
            Files.write(file(index), CONTENT.file(index));
            Files.setLastModifiedTime(file(index), FileTime.fromMillis(1_700_000_000_000L));
        }
    }

    private void cut(int index, long length) throws IOException {
        try (var channel = FileChannel.open(file(index), StandardOpenOption.WRITE)) {
            channel.truncate(length);
        }
    }

    private void touch(int index) throws IOException {
        Files.setLastModifiedTime(file(index), FileTime.fromMillis(1_700_000_100_000L));
    }

    private static BitSet pieces(int from, int to) {
        var pieces = new BitSet();
        pieces.set(from, to);
        return pieces;
    }

    private BitSet check(Storage storage, BitSet pieces) throws IOException {
        var verifier = new PieceVerifier(disk, CONTENT.layout(), storage, CONTENT::matches);
        return new HashCheck(verifier, pieces, (piece, good, checked) -> {}).run();
    }

    private void write(Storage storage, int piece) throws IOException {
        CONTENT.writeTo(storage, piece);
    }

    private static void assertFails(ThrowingCallable call, Reason reason) {
        assertThatThrownBy(call)
                .hasMessageContaining("file changed underneath")
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.reason()).isEqualTo(reason));
    }

    // Nothing is written over it

    @EachAccess
    void aFileThatVanishedBeforeTheFirstWriteIsNotMadeAnew(Access access) throws IOException {
        writeFiles();
        try (var storage = open(access)) {
            Files.delete(file(0));

            assertFails(() -> write(storage, 1), Reason.MISSING);

            assertThat(file(0)).doesNotExist();
        }
    }

    @EachAccess
    void aFileThatWasCutBeforeTheFirstWriteIsNotMadeWholeAgain(Access access) throws IOException {
        writeFiles();
        cut(0, 50_000); // another client's, without the end
        try (var storage = open(access)) {
            cut(0, 40_000);

            assertFails(() -> write(storage, 1), Reason.CHANGED);

            assertThat(file(0)).hasSize(40_000);
        }
    }

    @EachAccess
    void aFileThatIsNotWholeIsWrittenToIfNobodyHasCutIt(Access access) throws IOException {
        writeFiles();
        cut(0, 50_000);
        try (var storage = open(access)) {
            write(storage, 3);
            write(storage, 4);
            write(storage, 5);
        }
        assertThat(file(0)).hasBinaryContent(CONTENT.file(0));
    }

    @EachAccess
    void whatIsThereOfAFileThatIsNotWholeIsReadAndLent(Access access) throws IOException {
        writeFiles();
        cut(0, 50_000);
        try (var storage = open(access)) {
            for (int piece = 0; piece < 3; piece++) {
                assertThat(storage.mayHold(piece)).isTrue();
                assertThat(Content.read(storage, piece, 0, 16_384)).isEqualTo(CONTENT.piece(piece));
                assertThat(Content.lent(storage, piece, 0, 16_384)).isEqualTo(CONTENT.piece(piece));
            }
            assertFails(() -> storage.lend(3, 0, 16_384), Reason.CHANGED);

            write(storage, 3);
            assertThat(Content.lent(storage, 2, 0, 16_384)).isEqualTo(CONTENT.piece(2));
            assertThat(Content.lent(storage, 3, 0, 16_384)).isEqualTo(CONTENT.piece(3));
        }
    }

    @EachAccess
    void aFileThatWasCutWhileItWasNotOpenIsNotMadeWholeAgain(Access access) throws IOException {
        try (var storage = open(access)) {
            write(storage, 0);
            write(storage, 6); // of the other file, which takes the one place there is
            cut(0, 0);

            assertFails(() -> write(storage, 5), Reason.CHANGED);

            assertThat(file(0)).hasSize(0);
        }
    }

    @EachAccess
    void itsLastBlockDoesNotMakeAFileWholeThatWasCutJustNow(Access access) throws IOException {
        try (var storage = open(access)) {
            write(storage, 0);
            cut(0, 0);

            assertFails(() -> write(storage, 5), Reason.CHANGED);

            assertThat(file(0)).hasSize(0);
        }
    }

    @EachAccess
    void aCheckOfSomePiecesOfAFileThatVanishedLetsNobodyMakeIt(Access access) throws IOException {
        writeFiles();
        try (var storage = open(access)) {
            assertThat(check(storage, pieces(0, 8))).isEqualTo(pieces(0, 8));
            Files.delete(file(0));

            assertThat(check(storage, pieces(3, 4))).isEqualTo(new BitSet());
            assertFails(() -> write(storage, 3), Reason.MISSING);
            assertThat(check(storage, pieces(1, 8))).isEqualTo(pieces(6, 8));
            assertFails(() -> write(storage, 3), Reason.MISSING);
        }
    }

    @EachAccess
    void afterACheckOfAllItsPiecesItIsMadeAnew(Access access) throws IOException {
        writeFiles();
        try (var storage = open(access)) {
            write(storage, 0);
            Files.delete(file(0));

            assertThat(check(storage, pieces(0, 8))).isEqualTo(pieces(6, 8));
            for (int piece = 0; piece < 6; piece++) {
                write(storage, piece);
            }
            storage.flush();
        }
        assertThat(file(0)).hasBinaryContent(CONTENT.file(0));
    }

    @EachAccess
    void aCheckOfSomePiecesDoesNotHideThatWhatWasWrittenIsLost(Access access) throws IOException {
        try (var storage = open(access)) {
            write(storage, 0);
            Files.delete(file(0));

            check(storage, pieces(0, 1));

            assertFails(storage::flush, Reason.MISSING);
        }
    }

    @EachAccess
    void aFileThatWasReplacedIsWrittenToOnceAllOfItIsChecked(Access access) throws IOException {
        try (var storage = open(access)) {
            write(storage, 0);
            Path other = Files.write(directory.resolve("other"), new byte[6 * 16_384]);
            Files.move(other, file(0), StandardCopyOption.REPLACE_EXISTING);

            check(storage, pieces(0, 1));
            assertFails(() -> write(storage, 0), Reason.CHANGED);
            check(storage, pieces(0, 6));

            write(storage, 0);
            assertThat(check(storage, pieces(0, 6))).isEqualTo(pieces(0, 1));
        }
    }

    @Test
    void aPartFileThatVanishedIsNotMadeAnew() throws IOException {
        var content = Content.of(16_384, 20_000, 20_000, 20_000);
        BitSet wanted = BitSet.valueOf(new long[] {0b101});
        try (var storage = MappedStorage.open(
                disk, directory, content.layout(), Content.INFO_HASH, wanted, StorageOptions.defaults())) {
            content.writeTo(storage, 1);
        }
        try (var storage = MappedStorage.open(
                disk, directory, content.layout(), Content.INFO_HASH, wanted, StorageOptions.defaults())) {
            Files.delete(directory.resolve(".weft").resolve(Content.INFO_HASH.toHex() + ".parts"));

            assertFails(() -> content.writeTo(storage, 2), Reason.MISSING);
        }
    }

    // It is not claimed to be as it was

    /** What the next run believes, of all there is, and what it wants to hash. */
    private Resumed saved(Storage storage, boolean clean) throws IOException {
        var resume = new ResumeData(disk, directory, CONTENT.layout(), Content.INFO_HASH, InstantSource.system());
        storage.flush();
        resume.save(new ResumeState(pieces(0, 8), Map.of(), List.of(), 0, 0), clean, storage);
        return resume.load();
    }

    private static void assertChecked(Resumed next, BitSet toCheck) {
        var believed = pieces(0, 8);
        believed.andNot(toCheck);
        assertThat(next.state().verified()).isEqualTo(believed);
        assertThat(next.toCheck()).isEqualTo(toCheck);
    }

    @EachAccess
    void aFileThatSomebodyChangedIsCheckedByTheNextRun(Access access) throws IOException {
        writeFiles();
        try (var storage = open(access)) {
            check(storage, pieces(0, 8));
            assertChecked(saved(storage, true), new BitSet());

            touch(0);

            assertChecked(saved(storage, false), pieces(0, 6));
            assertChecked(saved(storage, true), pieces(0, 6));
        }
    }

    @EachAccess
    void soIsOneThatSomebodyChangedAfterWeHadWrittenToItAndSaved(Access access) throws IOException {
        try (var storage = open(access)) {
            CONTENT.writeTo(storage);
            assertChecked(saved(storage, false), new BitSet());
            touch(1);

            assertChecked(saved(storage, false), pieces(6, 8));
        }
    }

    @EachAccess
    void ourOwnWritesDoNotHideThatSomebodyChangedItBefore(Access access) throws IOException {
        writeFiles();
        try (var storage = open(access)) {
            touch(0);
            write(storage, 0);

            assertChecked(saved(storage, false), pieces(0, 6));
        }
    }

    @EachAccess
    void aFileThatVanishedIsGoneForTheNextRun(Access access) throws IOException {
        writeFiles();
        try (var storage = open(access)) {
            Files.delete(file(1));

            Resumed next = saved(storage, true);

            assertThat(next.state().verified()).isEqualTo(pieces(0, 6));
            assertThat(next.toCheck()).isEqualTo(new BitSet());
        }
    }

    @EachAccess
    void aCheckOfAllItsPiecesMakesAFileTrustedAgain(Access access) throws IOException {
        writeFiles();
        try (var storage = open(access)) {
            touch(0);
            check(storage, pieces(1, 8));
            assertChecked(saved(storage, true), pieces(0, 6));

            check(storage, pieces(0, 8));

            assertChecked(saved(storage, true), new BitSet());
        }
    }

    @EachAccess
    void ofWhatWeWriteOurselvesNothingIsInDoubt(Access access) throws IOException {
        try (var storage = open(access)) {
            for (int piece = 0; piece < 8; piece++) {
                write(storage, piece);
                saved(storage, false);
            }
            check(storage, pieces(0, 8));
            storage.write(0, 0, ByteBuffer.wrap(CONTENT.file(0), 0, 16_384));

            assertChecked(saved(storage, true), new BitSet());
        }
    }

    @Test
    void aPartFileThatSomebodyChangedIsCheckedByTheNextRun() throws IOException {
        var content = Content.of(16_384, 20_000, 20_000, 20_000);
        BitSet wanted = BitSet.valueOf(new long[] {0b101});
        var resume = new ResumeData(disk, directory, content.layout(), Content.INFO_HASH, InstantSource.system());
        try (var storage = MappedStorage.open(
                disk, directory, content.layout(), Content.INFO_HASH, wanted, StorageOptions.defaults())) {
            content.writeTo(storage);
            storage.flush();
            var all = new ResumeState(pieces(0, 4), Map.of(), List.of(), 0, 0);
            resume.save(all, true, storage);
            assertThat(resume.load().toCheck()).isEqualTo(new BitSet());
            Path parts = directory.resolve(".weft").resolve(Content.INFO_HASH.toHex() + ".parts");
            Files.setLastModifiedTime(parts, FileTime.fromMillis(1_700_000_000_000L));

            resume.save(all, true, storage);

            assertThat(resume.load().toCheck()).isEqualTo(pieces(1, 3));
        }
    }
}

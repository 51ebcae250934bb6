package weft.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import weft.bencode.BDict;
import weft.bencode.BInteger;
import weft.bencode.BList;
import weft.bencode.BString;
import weft.bencode.BValue;
import weft.bencode.Bencode;
import weft.metainfo.InfoHash;
import weft.storage.StorageException.Reason;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ResumeDataTest {

    /** Pieces 0-2 are of file 0, pieces 2-4 of file 1 (2 of both), pieces 5-8 of file 3; 2 is padding, 4 empty. */
    private static final Content CONTENT = Content.of(40_000, 100_000, 90_000, -10_000, 160_000, 0);

    private static final Instant SAVED = Instant.parse("2026-11-23T12:00:00Z");

    @TempDir
    private Path directory;

    private Disk disk;
    private Instant now = SAVED;

    @BeforeEach
    void openDisk() {
        disk = Disk.open();
    }

    @AfterEach
    void closeDisk() {
        disk.close();
    }

    private ResumeData resumeData() {
        InstantSource clock = () -> now;
        return new ResumeData(disk, directory, CONTENT.layout(), Content.INFO_HASH, clock);
    }

    private Path file(int index) {
        return directory.resolve("t").resolve("" + index);
    }

    /** Else a slow disk with many files would look like one that hangs. */
    @Test
    void everyFileThatIsLookedAtIsAStep() throws IOException {
        var steps = new AtomicInteger();
        try (var ours = Disk.open(DiskOptions.defaults(), steps::incrementAndGet)) {
            var layout = Content.layout(
                    16384, LongStream.generate(() -> 100).limit(50).toArray());
            new ResumeData(ours, directory, layout, Content.INFO_HASH, InstantSource.system()).load();
            assertThat(steps.getAndSet(0)).as("of looking").isGreaterThanOrEqualTo(50);

            MappedStorage.open(ours, directory, layout, Content.INFO_HASH).close();

            assertThat(steps.get()).as("of opening").isGreaterThanOrEqualTo(2 * 50);
        }
    }

    private static BitSet pieces(int... numbers) {
        var pieces = new BitSet();
        for (int number : numbers) {
            pieces.set(number);
        }
        return pieces;
    }

    private static ResumeState claiming(int... verified) {
        return new ResumeState(pieces(verified), Map.of(6, pieces(0, 2)), List.of(1, 2, 1, 0, 1), 123, 456);
    }

    /** Saves files that nobody has had open: they are as they are. */
    private void save(ResumeState state, boolean clean) throws IOException {
        resumeData().save(state, clean, new MemoryStorage(CONTENT.layout()));
    }

    /** A download with these pieces, last written an hour before it is saved. */
    private void saved(ResumeState state, boolean clean) throws IOException {
        write(state.verified());
        for (int index : new int[] {0, 1, 3}) {
            if (Files.exists(file(index))) {
                touch(index, Duration.ofHours(-1));
            }
        }
        save(state, clean);
    }

    private void write(BitSet verified) throws IOException {
        try (var storage = MappedStorage.open(disk, directory, CONTENT.layout(), Content.INFO_HASH)) {
            for (int piece : verified.stream().toArray()) {
                CONTENT.writeTo(storage, piece);
            }
            storage.write(6, 0, CONTENT.block(6, 0)); // file 3 exists
            storage.flush();
        }
    }

    /** Sets the modification time, relative to the moment of saving. */
    private void touch(int index, Duration afterSaving) throws IOException {
        Files.setLastModifiedTime(file(index), FileTime.from(SAVED.plus(afterSaving)));
    }

    @Test
    void everythingIsKnownAgainAfterACleanEnd() throws IOException {
        saved(claiming(0, 1, 2, 5), true);

        Resumed resumed = resumeData().load();

        assertThat(resumed.state()).isEqualTo(claiming(0, 1, 2, 5));
        assertThat(resumed.toCheck()).isEqualTo(pieces());
        assertThat(resumed.reasons()).isEmpty();
        assertThat(resumeData().path()).exists().hasParent(directory.resolve(".weft"));
    }

    @Test
    void withoutAResumeFileWhatIsOnDiskIsToBeChecked() throws IOException {
        write(pieces(0));
        Files.delete(file(3));

        Resumed resumed = resumeData().load();

        assertThat(resumed.state()).isEqualTo(ResumeState.empty());
        assertThat(resumed.toCheck()).isEqualTo(pieces(0, 1, 2));
        assertThat(resumed.reasons()).isEmpty();
    }

    @Test
    void withNothingOnDiskThereIsNothingToCheck() throws IOException {
        Resumed resumed = resumeData().load();

        assertThat(resumed.toCheck()).isEqualTo(pieces());
        assertThat(directory).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFileThatChangedLongAfterIsToBeCheckedAndTheOthersAreNot(boolean clean) throws IOException {
        saved(claiming(0, 1, 2, 3, 4, 5), clean);
        touch(1, Duration.ofDays(1));

        Resumed resumed = resumeData().load();

        assertThat(resumed.state().verified()).isEqualTo(pieces(0, 1, 5));
        assertThat(resumed.toCheck()).isEqualTo(pieces(2, 3, 4));
        assertThat(resumed.reasons()).singleElement().asString().contains("t/1", "changed");
        assertThat(resumed.state().blocks()).isEqualTo(Map.of(6, pieces(0, 2)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFileThatBecameOlderIsToBeChecked(boolean clean) throws IOException {
        saved(claiming(0, 1, 5), clean);
        touch(0, Duration.ofDays(-3));

        Resumed resumed = resumeData().load();

        assertThat(resumed.state().verified()).isEqualTo(pieces(5));
        assertThat(resumed.toCheck()).isEqualTo(pieces(0, 1, 2));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFileOfAnotherSizeIsToBeChecked(boolean clean) throws IOException {
        saved(claiming(5, 6), clean);
        try (var raw = new RandomAccessFile(file(3).toFile(), "rw")) {
            raw.setLength(159_999);
        }
        touch(3, Duration.ofHours(-1));

        Resumed resumed = resumeData().load();

        assertThat(resumed.state().verified()).isEqualTo(pieces());
        assertThat(resumed.toCheck()).isEqualTo(pieces(5, 6, 7, 8));
        assertThat(resumed.state().blocks()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFileThatIsGoneIsGone(boolean clean) throws IOException {
        saved(claiming(0, 1, 2, 3), clean);
        Files.delete(file(1));

        Resumed resumed = resumeData().load();

        assertThat(resumed.state().verified()).isEqualTo(pieces(0, 1));
        assertThat(resumed.toCheck()).isEqualTo(pieces());
        assertThat(resumed.reasons()).singleElement().asString().contains("t/1", "gone");
    }

    /** As for whole pieces: nobody has noticed, as it was not open. */
    @Test
    void blocksInAFileThatDidNotExistWhenItWasSavedAreGoneAndThoseBesideItAreNot() throws IOException {
        write(pieces(0));
        Files.delete(file(3));
        var blocks =
                Map.of(2, pieces(0), 6, pieces(0, 2)); // of piece 2, block 0 is of file 0, block 1 of files 0 and 1
        save(new ResumeState(pieces(0), blocks, List.of(), 0, 0), true);

        Resumed resumed = resumeData().load();

        assertThat(resumed.state().blocks()).isEqualTo(Map.of(2, pieces(0)));
        assertThat(resumed.state().verified()).isEqualTo(pieces(0));
        assertThat(resumed.reasons()).singleElement().asString().contains("t/3", "gone");

        save(new ResumeState(pieces(0), Map.of(2, pieces(1)), List.of(), 0, 0), true);
        assertThat(resumeData().load().state().blocks()).isEmpty();
    }

    /** Its bytes were kept aside, and may not all have moved into it when the run ended. */
    @Test
    void afterAnUncleanEndAFileThatWasMadeSinceIsToBeChecked() throws IOException {
        write(pieces(0, 1, 2));
        var made = Files.readAllBytes(file(1));
        Files.delete(file(1));
        save(claiming(0, 1, 2), false);
        Files.write(file(1), made);
        touch(1, Duration.ofSeconds(20));

        Resumed resumed = resumeData().load();

        assertThat(resumed.state().verified()).isEqualTo(pieces(0, 1));
        assertThat(resumed.toCheck().get(2)).isTrue();
    }

    @Test
    void afterAnUncleanEndClaimsStandAndWhatMayHaveComeSinceIsToBeChecked() throws IOException {
        saved(claiming(0, 1, 2, 5), false);
        touch(3, Duration.ofSeconds(20));

        Resumed resumed = resumeData().load();

        assertThat(resumed.state()).isEqualTo(claiming(0, 1, 2, 5));
        assertThat(resumed.toCheck()).isEqualTo(pieces(6, 7, 8));
        assertThat(resumed.reasons()).singleElement().asString().contains("without saving");
    }

    @Test
    void afterAnUncleanEndNobodyShouldHaveWrittenToAFileThatWasWhole() throws IOException {
        saved(claiming(0, 5, 6, 7, 8), false);
        touch(3, Duration.ofSeconds(20));

        Resumed resumed = resumeData().load();

        assertThat(resumed.state().verified()).isEqualTo(pieces(0));
        assertThat(resumed.toCheck()).isEqualTo(pieces(5, 6, 7, 8));
        assertThat(resumed.reasons()).singleElement().asString().endsWith("was changed");
    }

    @Test
    void afterACleanEndNobodyShouldHaveWrittenEvenShortlyAfter() throws IOException {
        saved(claiming(0, 1, 2, 5), true);
        touch(3, Duration.ofSeconds(20));

        Resumed resumed = resumeData().load();

        assertThat(resumed.state().verified()).isEqualTo(pieces(0, 1, 2));
        assertThat(resumed.toCheck()).isEqualTo(pieces(5, 6, 7, 8));
    }

    @Test
    void afterAnUncleanEndFilesNotTouchedForLongHoldNothingNew() throws IOException {
        saved(claiming(0, 5), false);

        Resumed resumed = resumeData().load();

        assertThat(resumed.state()).isEqualTo(claiming(0, 5));
        assertThat(resumed.toCheck()).isEqualTo(pieces());
    }

    @Test
    void whatCameBetweenNotingAndSavingIsToBeChecked() throws IOException {
        write(pieces(0, 5));
        touch(0, Duration.ofHours(-1));
        touch(3, Duration.ofSeconds(-1));
        save(claiming(0, 5), false);

        assertThat(resumeData().load().toCheck()).isEqualTo(pieces(6, 7, 8));
    }

    @Test
    void aFileThatAnUncleanRunMadeAfterItsLastSaveIsToBeChecked() throws IOException {
        try (var storage = MappedStorage.open(disk, directory, CONTENT.layout(), Content.INFO_HASH)) {
            CONTENT.writeTo(storage, 0);
        }
        touch(0, Duration.ofHours(-1));
        save(new ResumeState(pieces(0), Map.of(), List.of(), 0, 0), false);
        write(pieces(0, 3, 5));
        touch(0, Duration.ofHours(-1));
        touch(1, Duration.ofSeconds(10));
        touch(3, Duration.ofSeconds(20));

        Resumed resumed = resumeData().load();

        assertThat(resumed.state().verified()).isEqualTo(pieces(0));
        assertThat(resumed.toCheck()).isEqualTo(pieces(2, 3, 4, 5, 6, 7, 8));
    }

    @Test
    void piecesInThePartFileAreTrustedWithIt() throws IOException {
        var wanted = pieces(0, 3);
        try (var storage = MappedStorage.open(
                disk, directory, CONTENT.layout(), Content.INFO_HASH, wanted, StorageOptions.defaults())) {
            CONTENT.writeTo(storage);
            storage.flush();
        }
        save(claiming(0, 1, 2, 4, 5), true);

        assertThat(resumeData().load().state().verified()).isEqualTo(pieces(0, 1, 2, 4, 5));

        Path parts = directory.resolve(".weft").resolve(Content.INFO_HASH.toHex() + ".parts");
        Files.setLastModifiedTime(parts, FileTime.from(SAVED.plus(Duration.ofDays(1))));
        Resumed resumed = resumeData().load();

        assertThat(resumed.state().verified()).isEqualTo(pieces(0, 1, 5));
        assertThat(resumed.toCheck()).isEqualTo(pieces(2, 3, 4));
    }

    @Test
    void theLastSaveCounts() throws IOException {
        saved(claiming(0), false);
        saved(claiming(0, 1), true);

        assertThat(resumeData().load().state().verified()).isEqualTo(pieces(0, 1));
        try (var all = Files.list(directory.resolve(".weft"))) {
            assertThat(all).hasSize(1);
        }
    }

    @Test
    void ofWhatIsInDoubtOnlyTotalsAndPrioritiesAreKeptAndAllIsChecked() throws IOException {
        saved(claiming(0, 1, 2, 3, 4), true);

        resumeData().saveDoubt(claiming(0, 1, 2, 3, 4), false);

        Resumed resumed = resumeData().load();
        assertThat(resumed.state()).isEqualTo(new ResumeState(pieces(), Map.of(), List.of(1, 2, 1, 0, 1), 123, 456));
        assertThat(resumed.toCheck()).isEqualTo(pieces(0, 1, 2, 3, 4, 5, 6, 7, 8));
    }

    @Test
    void ofWhatIsInDoubtThePartFileIsCheckedToo() throws IOException {
        try (var storage = MappedStorage.open(
                disk, directory, CONTENT.layout(), Content.INFO_HASH, pieces(0), StorageOptions.defaults())) {
            CONTENT.writeTo(storage, 2); // of file 0, which is wanted, and of file 1, which is not
            storage.flush();
        }

        resumeData().saveDoubt(claiming(2), false);

        assertThat(resumeData().load().toCheck()).isEqualTo(pieces(0, 1, 2, 3, 4, 5, 6, 7, 8));
    }

    @Test
    void ifDoubtCannotBeSavedWhatIsClaimedIsDeleted() throws IOException {
        saved(claiming(0), true);
        var data = resumeData();
        Files.createDirectory(data.path().resolveSibling(data.path().getFileName() + ".tmp"));

        assertThatThrownBy(() -> data.saveDoubt(claiming(0), true)).isInstanceOf(IOException.class);

        assertThat(data.path()).doesNotExist();
    }

    @Test
    void aResumeFileThatIsCutOrDamagedAnywhereIsIgnored() throws IOException {
        saved(claiming(0, 1, 2), true);
        byte[] whole = Files.readAllBytes(resumeData().path());
        var random = new Random(4);

        for (int i = 0; i < 200; i++) {
            byte[] bad = whole.clone();
            if (i % 2 == 0) {
                bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            } else {
                bad = Arrays.copyOf(bad, random.nextInt(bad.length));
            }
            Files.write(resumeData().path(), bad);

            Resumed resumed = resumeData().load();

            assertThat(resumed.state()).isEqualTo(ResumeState.empty());
            assertThat(resumed.toCheck().cardinality()).isEqualTo(CONTENT.pieceCount());
            assertThat(resumed.reasons()).singleElement().asString().contains("is of no use");
        }
    }

    @Test
    void aResumeFileThatSaysTheImpossibleIsIgnored() throws IOException {
        saved(claiming(0), true);
        BDict state = state();

        assertIgnored(with(state, "pieces", BString.of(new byte[] {0, 2})), "bit 9 of 9");
        assertIgnored(with(state, "version", BInteger.of(2)), "version 2");
        assertIgnored(with(state, "uploaded", BInteger.of(-1)), "uploaded: -1");
        assertIgnored(with(state, "files", BList.EMPTY), "files: 0 numbers");
        assertIgnored(with(state, "priorities", BList.of(BInteger.of(1))), "priorities");
        assertIgnored(with(state, "blocks", BList.of(BInteger.of(1))), "in blocks");
        assertIgnored(with(state, "blocks", BString.EMPTY), "no \"blocks\"");
        assertIgnored(
                with(
                        state,
                        "info-hash",
                        BString.of(InfoHash.parse("11".repeat(20)).toBytes())),
                "another torrent");
    }

    private BDict state() throws IOException {
        var outer = (BDict) Bencode.decodeStrict(Files.readAllBytes(resumeData().path()), ResumeFormat.LIMITS);
        byte[] inner = outer.string("state").orElseThrow().toBytes();
        return (BDict) Bencode.decodeStrict(inner, ResumeFormat.LIMITS);
    }

    private static BDict with(BDict state, String key, BValue value) {
        var changed = BDict.builder();
        state.entries().forEach(changed::put);
        return changed.put(key, value).build();
    }

    private void assertIgnored(BDict state, String why) throws IOException {
        byte[] inner = Bencode.encode(state);
        byte[] sha1 = DigestUtils.sha1(inner);
        Files.write(
                resumeData().path(),
                Bencode.encode(
                        BDict.builder().put("state", inner).put("sha1", sha1).build()));

        Resumed resumed = resumeData().load();

        assertThat(resumed.state()).isEqualTo(ResumeState.empty());
        assertThat(resumed.reasons()).singleElement().asString().contains(why);
    }

    @Test
    void whereNothingCanBeSavedItSaysWhy() throws IOException {
        Files.write(directory.resolve(".weft"), new byte[1]);

        assertThatThrownBy(() -> save(claiming(0), true))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.reason()).isEqualTo(Reason.IN_THE_WAY))
                .hasMessageContaining(".weft");
    }

    /** Two sessions that end without a last save. The clock is the system's, as the modification times are. */
    @RepeatedTest(20)
    void aSessionThatIsKilledAtAnyTimeIsBelievedWhatItHasSavedAndTheRestIsChecked(RepetitionInfo repetition)
            throws IOException {
        var random = new Random(repetition.getCurrentRepetition());
        var resume = new ResumeData(disk, directory, CONTENT.layout(), Content.INFO_HASH, InstantSource.system());
        var onDisk = new BitSet(); // whole pieces
        var saved = new BitSet(); // those that had been forced to the disk when it was saved last
        for (int session = 0; session < 2; session++) {
            try (var storage = MappedStorage.open(disk, directory, CONTENT.layout(), Content.INFO_HASH)) {
                var known = resume.load().state().verified();
                int writes = random.nextInt(5);
                int saveAt = random.nextInt(5);
                for (int i = 0; i < writes; i++) {
                    int piece = random.nextInt(CONTENT.pieceCount());
                    CONTENT.writeTo(storage, piece);
                    onDisk.set(piece);
                    known.set(piece);
                    if (i == saveAt) {
                        storage.flush();
                        resume.save(new ResumeState(known, Map.of(), List.of(), 0, 0), false, storage);
                        saved = (BitSet) known.clone();
                    }
                }
                int begun = random.nextInt(CONTENT.pieceCount());
                storage.write(begun, 0, CONTENT.slice(begun, 0, 5));
            }
        }

        Resumed resumed = resume.load();

        var unsaved = (BitSet) resumed.state().verified().clone();
        unsaved.andNot(saved);
        assertThat(unsaved).as("pieces that are believed and may be lost").isEqualTo(pieces());
        onDisk.andNot(resumed.state().verified());
        onDisk.andNot(resumed.toCheck());
        assertThat(onDisk).as("pieces that would be fetched again").isEqualTo(pieces());
    }
}

package weft.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
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
import weft.kit.SmallDisk;
import weft.storage.StorageException.Reason;

/** A file system of 2 MiB, where this system lets us mount one. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FullDiskTest {

    private static final Content CONTENT = Content.of(64 << 10, 1_900_000);

    @TempDir
    private Path parent;

    private Path small;
    private SmallDisk smallDisk;
    private Disk disk;

    @BeforeEach
    void mount() throws Exception {
        smallDisk = SmallDisk.at(parent.resolve("small"), 2);
        small = smallDisk.directory();
        disk = Disk.open();
    }

    @AfterEach
    void unmount() throws Exception {
        if (disk != null) {
            disk.close();
            smallDisk.close();
        }
    }

    private MappedStorage open(Content content) throws IOException {
        return MappedStorage.open(disk, small, content.layout(), Content.INFO_HASH);
    }

    @Test
    void whatCannotFitIsRefusedBeforeTheFirstByte() throws IOException {
        var content = Content.of(64 << 10, 1_500_000, 1_500_000);
        try (var storage = open(content)) {
            assertNoSpace(() -> content.writeTo(storage, 0));
        }
        assertThat(small).isEmptyDirectory();
    }

    @Test
    void aDiskThatFillsUpIsReportedAndGoesOnWhenThereIsRoom() throws IOException {
        Path filler = small.resolve("filler");
        try (var storage = open(CONTENT)) {
            CONTENT.writeTo(storage, 0);
            Files.write(filler, new byte[1_500_000]);

            assertNoSpace(() -> CONTENT.writeTo(storage));
            assertThat(Content.read(storage, 0, 0, 64 << 10)).isEqualTo(CONTENT.piece(0));
            assertThatCode(storage::flush).doesNotThrowAnyException();

            Files.delete(filler);
            CONTENT.writeTo(storage);
            assertThat(Content.lent(storage, 20, 0, 64 << 10)).isEqualTo(CONTENT.piece(20));
        }
        assertThat(Arrays.equals(Files.readAllBytes(small.resolve("t").resolve("0")), CONTENT.file(0)))
                .isTrue();
    }

    @Test
    void resumeDataThatCannotBeSavedLeavesTheOldInPlace() throws IOException {
        var resume = new ResumeData(disk, small, CONTENT.layout(), Content.INFO_HASH, InstantSource.system());
        var state = new ResumeState(new BitSet(), Map.of(), List.of(), 1, 2);
        resume.save(state, true, new MemoryStorage(CONTENT.layout()));
        Files.write(small.resolve("filler"), new byte[1]);
        assertThatThrownBy(() -> Files.write(small.resolve("filler"), new byte[3_000_000]))
                .isInstanceOf(IOException.class);
        var everything = new BitSet();
        everything.set(0, CONTENT.pieceCount());

        var storage = new MemoryStorage(CONTENT.layout());
        assertNoSpace(() -> resume.save(new ResumeState(everything, Map.of(), List.of(), 3, 4), true, storage));

        assertThat(resume.load().state()).isEqualTo(state);
    }

    private static void assertNoSpace(ThrowingCallable call) {
        assertThatThrownBy(call)
                .hasMessageContaining("no space left")
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.reason()).isEqualTo(Reason.NO_SPACE));
    }
}

package weft.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import weft.metainfo.FileSlice;
import weft.metainfo.TorrentFile;

/** Every byte has one place, whatever the files, the pieces, the wishes and the order of things. */
class TorrentFilesPropertyTest {

    private static Disk disk;

    @BeforeContainer
    static void openDisk() {
        disk = Disk.open(DiskOptions.defaults().withOpenFiles(3));
    }

    @AfterContainer
    static void closeDisk() {
        disk.close();
    }

    @Property(tries = 60)
    void bytesLieWhereTheLayoutSays(
            @ForAll @Size(min = 1, max = 12) List<@LongRange(min = -50, max = 300) Long> lengths,
            @ForAll @IntRange(min = 1, max = 200) int pieceLength,
            @ForAll long seed)
            throws IOException {
        var content = content(pieceLength, lengths);
        Path directory = Files.createTempDirectory("weft-property");
        try {
            try (var storage = MappedStorage.open(disk, directory, content.layout(), Content.INFO_HASH)) {
                for (int piece : new Random(seed)
                        .ints(0, Math.max(1, content.pieceCount()))
                        .distinct()
                        .limit(content.pieceCount())
                        .toArray()) {
                    content.writeTo(storage, piece);
                    for (FileSlice slice :
                            content.layout().slices(piece, 0, content.layout().pieceLength(piece))) {
                        assertThat(onDisk(directory, slice)).isEqualTo(expected(content, slice));
                    }
                }
            }
        } finally {
            delete(directory);
        }
    }

    @Property(tries = 40)
    void wishesChangeWhereBytesLieAndNeverWhatTheyAre(
            @ForAll @Size(min = 2, max = 10) List<@LongRange(min = -50, max = 300) Long> lengths,
            @ForAll @IntRange(min = 1, max = 200) int pieceLength,
            @ForAll @Size(max = 30) List<@IntRange(max = 100_000) Integer> steps)
            throws IOException {
        var content = content(pieceLength, lengths);
        var written = new BitSet();
        var wantedOnce = new BitSet();
        Path directory = Files.createTempDirectory("weft-property");
        var storage = MappedStorage.open(
                disk, directory, content.layout(), Content.INFO_HASH, wantedOnce, StorageOptions.defaults());
        try {
            for (int step : steps) {
                if (step % 3 == 0) {
                    var wanted = BitSet.valueOf(new long[] {step / 3});
                    wanted.clear(lengths.size(), 64);
                    storage.setWanted(wanted);
                    wantedOnce.or(wanted);
                } else if (step % 10 == 1) {
                    storage.close();
                    storage = MappedStorage.open(
                            disk,
                            directory,
                            content.layout(),
                            Content.INFO_HASH,
                            new BitSet(),
                            StorageOptions.defaults());
                } else if (content.pieceCount() > 0) {
                    int piece = step % content.pieceCount();
                    content.writeTo(storage, piece);
                    written.set(piece);
                }
            }

            for (int piece : written.stream().toArray()) {
                assertThat(storage.mayHold(piece)).isTrue();
                int length = content.layout().pieceLength(piece);
                assertThat(Content.read(storage, piece, 0, length)).isEqualTo(content.piece(piece));
                assertThat(Content.lent(storage, piece, 0, length)).isEqualTo(content.piece(piece));
            }
            for (TorrentFile file : content.layout().files()) {
                if (!wantedOnce.get(file.index())) {
                    assertThat(file.in(directory)).doesNotExist();
                }
            }

            storage.setWanted(TorrentFiles.allOf(content.layout()));
            content.writeTo(storage);

            assertThat(storage.partFilePieces().isEmpty()).isTrue();
            storage.close();
            assertThat(directory.resolve(".weft")).doesNotExist();
            for (TorrentFile file : content.layout().files()) {
                assertThat(file.isPadding() || holds(file.in(directory), content.file(file.index())))
                        .as("%s", file)
                        .isTrue();
            }
        } finally {
            storage.close();
            delete(directory);
        }
    }

    private static boolean holds(Path path, byte[] bytes) throws IOException {
        return Arrays.equals(Files.readAllBytes(path), bytes);
    }

    private static Content content(int pieceLength, List<Long> lengths) {
        return Content.of(
                pieceLength, lengths.stream().mapToLong(Long::longValue).toArray());
    }

    private static ByteBuffer onDisk(Path directory, FileSlice slice) throws IOException {
        if (slice.file().isPadding()) {
            return ByteBuffer.allocate(slice.length());
        }
        byte[] file = Files.readAllBytes(slice.file().in(directory));
        assertThat(file).hasSize((int) slice.file().length());
        return ByteBuffer.wrap(file, (int) slice.offsetInFile(), slice.length());
    }

    private static ByteBuffer expected(Content content, FileSlice slice) {
        return ByteBuffer.wrap(content.file(slice.file().index()), (int) slice.offsetInFile(), slice.length());
    }

    private static void delete(Path directory) throws IOException {
        try (var all = Files.walk(directory)) {
            all.sorted(Comparator.reverseOrder()).forEach(path -> {
                try {
                    Files.delete(path);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}

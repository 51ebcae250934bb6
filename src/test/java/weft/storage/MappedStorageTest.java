package weft.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import weft.concurrent.TaskScope;
import weft.kit.Await;
import weft.kit.DiskUsage;
import weft.metainfo.Layout;
import weft.metainfo.Metainfo;
import weft.metainfo.TorrentFile;
import weft.storage.StorageException.Reason;

/** What {@link MappedStorage} does on disk. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class MappedStorageTest {

    @TempDir
    private Path directory;

    private Disk disk = Disk.open();

    @AfterEach
    void closeDisk() {
        disk.close();
    }

    private MappedStorage open(Layout layout) throws IOException {
        return MappedStorage.open(disk, directory, layout, Content.INFO_HASH);
    }

    private MappedStorage open(Layout layout, BitSet wanted) throws IOException {
        return MappedStorage.open(disk, directory, layout, Content.INFO_HASH, wanted, StorageOptions.defaults());
    }

    private Path file(int index) {
        return directory.resolve("t").resolve("" + index);
    }

    private Path partFile() {
        return directory.resolve(".weft").resolve(Content.INFO_HASH.toHex() + ".parts");
    }

    private static BitSet files(int... indexes) {
        var files = new BitSet();
        for (int index : indexes) {
            files.set(index);
        }
        return files;
    }

    // Making files

    @Test
    void aFileIsMadeWithItsWholeLengthWhenItIsFirstWrittenTo() throws IOException {
        var content = Content.of(16_384, 16_384, 50_000);
        try (var storage = open(content.layout())) {
            assertThat(directory.resolve("t")).doesNotExist();

            content.writeTo(storage, 2);

            assertThat(file(0)).doesNotExist();
            assertThat(file(1)).hasSize(50_000);
        }
    }

    @Test
    void everyFileHasItsBytesInTheEndAndPaddingNone() throws IOException {
        var content = Content.of(20_000, 0, 1, 16_383, -3617, 16_384, 16_385, -300, 70_000, 0);
        try (var storage = open(content.layout())) {
            content.writeTo(storage);
        }

        for (int index : new int[] {0, 1, 2, 4, 5, 7, 8}) {
            assertThat(file(index)).hasBinaryContent(content.file(index));
        }
        try (var all = Files.list(directory.resolve("t"))) {
            assertThat(all).hasSize(7);
        }
    }

    @Test
    void emptyFilesThatAreWantedAreMadeAtOnce() throws IOException {
        var content = Content.of(16_384, 0, 10, 0);

        try (var storage = open(content.layout(), files(2))) {
            assertThat(file(0)).doesNotExist();
            assertThat(file(1)).doesNotExist();
            assertThat(file(2)).isEmptyFile();

            storage.setWanted(files(0, 2));

            assertThat(file(0)).isEmptyFile();
        }
    }

    @Test
    void aTorrentOfEmptyFilesOnlyHasThem() throws IOException {
        try (var storage = open(Content.layout(16_384, 0, 0))) {
            storage.flush();

            assertThat(file(0)).isEmptyFile();
            assertThat(file(1)).isEmptyFile();
        }
    }

    @Test
    void filesTakeNoMoreRoomThanWasWritten() throws IOException {
        long before = directory.toFile().getUsableSpace();
        long length = 1L << 30;
        try (var storage = open(Content.layout(1 << 20, length))) {
            storage.write(512, 0, ByteBuffer.allocate(16_384));
            storage.flush();
        }

        assertThat(file(0)).hasSize(length);
        assertThat(before - directory.toFile().getUsableSpace()).isLessThan(length / 2);
    }

    @Test
    void fullAllocationTakesTheRoomAtOnceAndKeepsWhatIsThere() throws Exception {
        var content = Content.of(16_384, 3_000_000);
        Files.createDirectories(file(0).getParent());
        Files.write(file(0), List.of("what was there"));
        byte[] before = Files.readAllBytes(file(0));

        try (var storage = openAllocating(content.layout())) {
            content.writeTo(storage, 100);

            assertThat(file(0)).hasSize(3_000_000);
            assertThat(DiskUsage.of(file(0))).isGreaterThanOrEqualTo(3_000_000);
        }
        assertThat(Files.readAllBytes(file(0))).startsWith(before);
    }

    @Test
    void withoutItAFileHasTheBlocksThatWereWritten() throws Exception {
        var content = Content.of(16_384, 3_000_000);
        try (var storage = open(content.layout())) {
            content.writeTo(storage, 100);
            storage.flush();

            assertThat(file(0)).hasSize(3_000_000);
            assertThat(DiskUsage.of(file(0))).isLessThan(1_000_000);
        }
    }

    @Test
    void anAllocationThatIsNotWaitedForEndsAndIsGoneOnWithNextTime() throws Exception {
        var layout = Content.layout(1 << 20, 4L << 30);
        try (var scope = TaskScope.supervised("test", (task, failure) -> {})) {
            var storage = openAllocating(layout);
            scope.fork("first block", () -> {
                try {
                    storage.write(0, 0, ByteBuffer.allocate(16_384));
                } catch (ClosedChannelException e) {
                    // as it should be
                }
            });
            Await.until("it has begun", () -> file(0).toFile().length() > 0);

            storage.close();

            assertThat(scope.join(Duration.ofSeconds(20))).isTrue();
        }
        assertThat(file(0).toFile().length()).isLessThan(4L << 30);
        Files.delete(file(0));
    }

    private MappedStorage openAllocating(Layout layout) throws IOException {
        return MappedStorage.open(
                disk,
                directory,
                layout,
                Content.INFO_HASH,
                files(0),
                StorageOptions.defaults().withFullAllocation());
    }

    @Test
    void aFileThatIsTooLongIsCutWhenItIsWrittenTo() throws IOException {
        var content = Content.of(16_384, 20_000);
        Files.createDirectories(file(0).getParent());
        Files.write(file(0), new byte[30_000]);

        try (var storage = open(content.layout())) {
            content.writeTo(storage);
        }

        assertThat(file(0)).hasBinaryContent(content.file(0));
    }

    @Test
    void fourGibibytesAndMoreWorkAcrossWindowsAndFiles() throws IOException {
        long length = (4L << 30) + 12_345;
        Layout layout = Content.layout(4 << 20, 100, length, 3L << 30);
        var random = new Random(3);
        byte[] block = new byte[16_384];
        random.nextBytes(block);
        int[] pieces = {0, 1, 511, 512, 1023, 1024, 1025, layout.pieceCount() - 2};
        try (var storage = open(layout)) {
            for (int piece : pieces) {
                for (int begin : new int[] {0, (2 << 20) - 8000, (4 << 20) - 16_384}) {
                    storage.write(piece, begin, ByteBuffer.wrap(block));
                    assertThat(Content.lent(storage, piece, begin, block.length))
                            .isEqualTo(ByteBuffer.wrap(block));
                }
            }
        }

        assertThat(file(1)).hasSize(length);
        try (var whole = new RandomAccessFile(file(1).toFile(), "r")) {
            byte[] read = new byte[16_384];
            whole.seek((1023L << 22) - 100);
            whole.readFully(read);
            assertThat(read).isEqualTo(block);
        }
    }

    @Test
    void anExecutableCanBeRun() throws IOException {
        assumeThat(Files.getFileStore(directory).supportsFileAttributeView("posix"))
                .as("a file system with permissions")
                .isTrue();
        var torrent = Metainfo.parse(
                "d4:infod6:lengthi5e4:name3:run12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaa4:attr1:xee"
                        .getBytes(StandardCharsets.US_ASCII));
        try (var storage = MappedStorage.open(disk, directory, torrent.layout(), Content.INFO_HASH)) {
            storage.write(0, 0, ByteBuffer.allocate(5));
        }

        assertThat(directory.resolve("run")).isExecutable();
    }

    // Many files, and memory

    @Test
    void thousandsOfFilesNeedFewOpenOnes() throws IOException {
        disk.close();
        disk = Disk.open(DiskOptions.defaults().withOpenFiles(8));
        var content = Content.of(
                16_384, LongStream.range(0, 5_000).map(i -> 1_000 + i % 700).toArray());
        int most = 0;

        try (var storage = open(content.layout())) {
            for (int piece = 0; piece < content.pieceCount(); piece++) {
                content.writeTo(storage, piece);
                most = Math.max(most, disk.openFiles());
            }
            for (int piece = 0; piece < content.pieceCount(); piece++) {
                int length = content.layout().pieceLength(piece);
                assertThat(Content.lent(storage, piece, 0, length)).isEqualTo(content.piece(piece));
            }
            most = Math.max(most, disk.openFiles());
        }

        assertThat(most).isBetween(1, 8);
        assertThat(disk.openFiles()).isZero();
        assertThat(file(4_999)).hasBinaryContent(content.file(4_999));
    }

    @Test
    void noMoreIsMappedThanIsAllowed() throws Exception {
        long budget = 3L * Window.LENGTH;
        disk.close();
        disk = Disk.open(DiskOptions.defaults().withMappedBytes(budget));
        var content = Content.of(256 << 10, 20L << 20, 5 << 20);
        var mapped = Collections.synchronizedList(new ArrayList<Long>());

        try (var storage = open(content.layout())) {
            content.writeTo(storage);
            StorageContractTest.inVirtualThreads(20, i -> {
                var random = new Random(i);
                for (int round = 0; round < 50; round++) {
                    int piece = random.nextInt(content.pieceCount());
                    int block = random.nextInt(content.layout().blockCount(piece));
                    int begin = content.layout().blockOffset(block);
                    try (Lease lease = storage.lend(piece, begin, 16_384)) {
                        mapped.add(disk.mappedBytes());
                        assertThat(lease.buffers()[0].slice(0, 100))
                                .isEqualTo(content.block(piece, block).slice(0, 100));
                    }
                }
            });
        }

        assertThat(mapped).allMatch(bytes -> bytes <= budget).anyMatch(bytes -> bytes > 0);
        assertThat(disk.mappedBytes()).isZero();
    }

    @Test
    void whatIsNotMappedAnyMoreIsUnmapped() throws IOException {
        Path maps = Path.of("/proc/self/maps");
        assumeThat(maps).as("Linux, which tells what is mapped").exists();
        assumeThat(Runtime.version().feature()).as("a JDK that unmaps").isGreaterThanOrEqualTo(22);
        disk.close();
        disk = Disk.open(DiskOptions.defaults().withMappedBytes(2L * Window.LENGTH));
        var content = Content.of(Window.LENGTH, 6L * Window.LENGTH);
        try (var storage = open(content.layout())) {
            content.writeTo(storage);
            for (int piece = 0; piece < 6; piece++) {
                storage.lend(piece, 0, 16_384).close();
            }

            try (var lines = Files.lines(maps)) {
                assertThat(lines.filter(line -> line.endsWith(file(0).toString())))
                        .hasSizeBetween(1, 2);
            }
        }
        try (var lines = Files.lines(maps)) {
            assertThat(lines.filter(line -> line.endsWith(file(0).toString()))).isEmpty();
        }
    }

    @Test
    void whatIsLentIsNotUnmappedButCopiesAreLentBeside() throws IOException {
        disk.close();
        disk = Disk.open(DiskOptions.defaults().withMappedBytes(2L * Window.LENGTH));
        var content = Content.of(Window.LENGTH, 6L * Window.LENGTH);
        try (var storage = open(content.layout())) {
            content.writeTo(storage);
            var leases = new ArrayList<Lease>();

            for (int piece = 0; piece < 6; piece++) {
                leases.add(storage.lend(piece, 0, 16_384));
            }

            assertThat(disk.mappedBytes()).isEqualTo(2L * Window.LENGTH);
            for (int piece = 0; piece < 6; piece++) {
                assertThat(leases.get(piece).buffers()[0].duplicate()).isEqualTo(content.block(piece, 0));
                assertThat(isMapped(leases.get(piece), storage, piece)).isEqualTo(piece < 2);
            }
            leases.forEach(Lease::close);
            try (Lease mapped = storage.lend(5, 0, 16_384)) {
                assertThat(isMapped(mapped, storage, 5)).isTrue();
            }
        }
    }

    /** What is written after it was lent is seen in a mapping, and not in a copy. */
    private static boolean isMapped(Lease lease, Storage storage, int piece) throws IOException {
        byte changed = (byte) (lease.buffers()[0].get(0) + 1);
        storage.write(piece, 0, ByteBuffer.wrap(new byte[] {changed}));
        return lease.buffers()[0].get(0) == changed;
    }

    @Test
    void whatIsLentTwiceIsMappedOnce() throws IOException {
        var content = Content.of(16_384, 100_000);
        try (var storage = open(content.layout())) {
            content.writeTo(storage);

            try (Lease one = storage.lend(0, 0, 16_384);
                    Lease two = storage.lend(1, 0, 16_384)) {
                assertThat(one.buffers()).hasSize(1);
                assertThat(two.buffers()).hasSize(1);
                assertThat(disk.mappedBytes()).isEqualTo(100_000);
            }
        }
    }

    @Test
    void filesCanBeDeletedOnceTheStorageIsClosed() throws IOException {
        var content = Content.of(16_384, 100_000);
        try (var storage = open(content.layout())) {
            content.writeTo(storage);
            storage.lend(0, 0, 16_384).close();
        }

        Files.delete(file(0));

        assertThat(disk.openFiles()).isZero();
        assertThat(disk.mappedBytes()).isZero();
    }

    @Test
    void aBlockThatIsWrittenAfterItWasMappedIsLentAsWritten() throws IOException {
        var content = Content.of(16_384, 100_000);
        try (var storage = open(content.layout())) {
            storage.write(2, 0, ByteBuffer.allocate(16_384));
            try (Lease before = storage.lend(2, 0, 16_384)) {
                content.writeTo(storage, 2);

                assertThat(before.buffers()[0]).isEqualTo(content.piece(2));
            }
        }
    }

    // Interrupts

    @Test
    void anInterruptThatIsPendingIsPutAside() throws IOException {
        var content = Content.of(16_384, 100_000);
        try (var storage = open(content.layout())) {
            content.writeTo(storage, 0);

            Thread.currentThread().interrupt();
            content.writeTo(storage, 1);
            ByteBuffer read = Content.read(storage, 1, 0, 16_384);

            assertThat(Thread.interrupted()).isTrue();
            assertThat(read).isEqualTo(content.piece(1));
        }
    }

    // Files that are not wanted

    @Test
    void filesThatAreNotWantedAreNeverMade() throws IOException {
        var content = Content.of(16_384, 30_000, 5_000, 30_000, 0);
        try (var storage = open(content.layout(), files(0, 2))) {
            content.writeTo(storage);

            assertThat(file(0)).hasBinaryContent(content.file(0));
            assertThat(file(1)).doesNotExist();
            assertThat(file(2)).hasBinaryContent(content.file(2));
            assertThat(file(3)).doesNotExist();
            assertThat(storage.partFilePieces()).isEqualTo(files(1, 2));
            for (int piece = 0; piece < content.pieceCount(); piece++) {
                int length = content.layout().pieceLength(piece);
                assertThat(Content.read(storage, piece, 0, length)).isEqualTo(content.piece(piece));
                assertThat(Content.lent(storage, piece, 0, length)).isEqualTo(content.piece(piece));
            }
        }
    }

    @Test
    void aFileThatBecomesWantedIsMovedIntoPlaceAndThePartFileGoes() throws IOException {
        var content = Content.of(16_384, 30_000, 5_000, 30_000, 7);
        try (var storage = open(content.layout(), files(0, 2))) {
            content.writeTo(storage);

            storage.setWanted(files(0, 1, 2));

            assertThat(file(1)).hasBinaryContent(content.file(1));
            assertThat(file(3)).doesNotExist();
            assertThat(storage.partFilePieces()).isEqualTo(files(3));
            assertThat(partFile()).exists();

            storage.setWanted(files(0, 1, 2, 3));

            assertThat(file(3)).hasBinaryContent(content.file(3));
            assertThat(partFile()).doesNotExist();
        }
    }

    @Test
    void theNextRunFindsWhatIsInThePartFile() throws IOException {
        var content = Content.of(16_384, 30_000, 5_000, 30_000);
        try (var storage = open(content.layout(), files(0, 2))) {
            content.writeTo(storage);
        }

        try (var storage = open(content.layout(), files(0, 2))) {
            assertThat(storage.mayHold(1)).isTrue();
            assertThat(Content.read(storage, 1, 0, 16_384)).isEqualTo(content.piece(1));
        }
        try (var storage = open(content.layout(), files(0, 1, 2))) {
            assertThat(file(1)).hasBinaryContent(content.file(1));
            assertThat(Content.read(storage, 1, 0, 16_384)).isEqualTo(content.piece(1));
        }
    }

    @Test
    void aFileThatExistsIsUsedEvenIfItIsNotWanted() throws IOException {
        var content = Content.of(16_384, 30_000, 5_000, 30_000);
        try (var storage = open(content.layout())) {
            content.writeTo(storage, 1);
            storage.setWanted(files(0, 2));
            content.writeTo(storage);
        }

        assertThat(file(1)).hasBinaryContent(content.file(1));
        assertThat(partFile()).doesNotExist();
    }

    @Test
    void aDamagedPartFileCountsAsEmpty() throws IOException {
        var content = Content.of(16_384, 30_000, 5_000, 30_000);
        try (var storage = open(content.layout(), files(0, 2))) {
            content.writeTo(storage);
        }
        try (var raw = new RandomAccessFile(partFile().toFile(), "rw")) {
            raw.seek(36);
            raw.writeInt(99);
        }

        try (var storage = open(content.layout(), files(0, 2))) {
            assertThat(storage.partFilePieces()).isEqualTo(files());
            assertThat(storage.mayHold(1)).isFalse();
            content.writeTo(storage);
            assertThat(Content.read(storage, 1, 0, 16_384)).isEqualTo(content.piece(1));
        }
    }

    /** Nothing is written twice, so that what is lost on its way from the part file to its place stays lost. */
    @Test
    void wishesMayChangeWhileEverybodyWrites() throws Exception {
        var content = Content.of(
                16_384, LongStream.range(0, 60).map(i -> 3_000 + 2_000 * i).toArray());
        int count = content.layout().files().size();
        var pieces =
                new ArrayList<>(IntStream.range(0, content.pieceCount()).boxed().toList());
        Collections.shuffle(pieces, new Random(1));
        var next = new AtomicInteger();
        var written = new AtomicInteger();
        try (var storage = open(content.layout(), files())) {
            StorageContractTest.inVirtualThreads(11, i -> {
                if (i == 0) {
                    var random = new Random(2);
                    while (written.get() < pieces.size()) { // few at a time: a file that has come into being stays
                        var wanted = new BitSet();
                        random.ints(7, 0, count).forEach(wanted::set);
                        storage.setWanted(wanted);
                    }
                    return;
                }
                for (int n = next.getAndIncrement(); n < pieces.size(); n = next.getAndIncrement()) {
                    content.writeTo(storage, pieces.get(n));
                    written.incrementAndGet();
                    assertIsThere(content, storage, pieces.get(n));
                }
            });

            for (int piece : pieces) {
                assertIsThere(content, storage, piece);
            }
            storage.setWanted(TorrentFiles.allOf(content.layout()));
            assertThat(partFile()).doesNotExist();
        }
        for (int index = 0; index < count; index++) {
            assertThat(file(index)).hasBinaryContent(content.file(index));
        }
    }

    private static void assertIsThere(Content content, Storage storage, int piece) throws IOException {
        int length = content.layout().pieceLength(piece);
        assertThat(Content.read(storage, piece, 0, length)).isEqualTo(content.piece(piece));
    }

    // A disk that will not have it

    @Test
    void aDirectoryWhereAFileShouldBeIsNamed() throws IOException {
        var content = Content.of(16_384, 20_000);
        Files.createDirectories(file(0));
        try (var storage = open(content.layout())) {
            assertFails(() -> content.writeTo(storage), Reason.IN_THE_WAY)
                    .hasMessageContaining(file(0).toString())
                    .hasMessageContaining("is a directory where a file should be");
        }
    }

    @Test
    void aFileWhereADirectoryShouldBeIsNamed() throws IOException {
        var content = Content.of(16_384, 20_000);
        Files.write(directory.resolve("t"), new byte[3]);
        try (var storage = open(content.layout())) {
            assertFails(() -> content.writeTo(storage), Reason.IN_THE_WAY)
                    .hasMessageContaining(directory.resolve("t").toString());
        }
    }

    @Test
    void aNameThatIsTooLongIsNamed() throws IOException {
        var layout = Layout.of(16_384, List.of(TorrentFile.of(0, List.of("n".repeat(300)), 0, 10)));
        try (var storage = open(layout)) {
            assertFails(() -> storage.write(0, 0, ByteBuffer.allocate(10)), Reason.BAD_NAME);
        }
    }

    @Test
    void aMissingFileIsMissing() throws IOException {
        var content = Content.of(16_384, 20_000);
        try (var storage = open(content.layout())) {
            assertFails(() -> Content.read(storage, 0, 0, 10), Reason.MISSING).hasMessageContaining(file(0).toString());
            assertFails(() -> storage.lend(0, 0, 10), Reason.MISSING);
            assertThat(storage.mayHold(0)).isFalse();
        }
    }

    @Test
    void aFileThatWasCutShortIsReported() throws IOException {
        var content = Content.of(16_384, 100_000);
        try (var storage = open(content.layout())) {
            content.writeTo(storage);
            try (var raw = new RandomAccessFile(file(0).toFile(), "rw")) {
                raw.setLength(50_000);
            }

            assertFails(() -> Content.read(storage, 5, 0, 10_000), Reason.CHANGED)
                    .hasMessageContaining("changed underneath")
                    .hasMessageContaining(file(0).toString());
            assertFails(() -> storage.lend(5, 0, 10_000), Reason.CHANGED);
            assertThat(storage.mayHold(5)).isFalse();
            assertThat(storage.mayHold(1)).isTrue();
        }
    }

    @Test
    void aFileThatIsCutShortWhileItIsLentIsNoMoreThanAnException() throws IOException {
        var content = Content.of(16_384, 1_000_000);
        try (var storage = open(content.layout())) {
            content.writeTo(storage);
            try (Lease lease = storage.lend(50, 0, 16_384)) {
                try (var raw = new RandomAccessFile(file(0).toFile(), "rw")) {
                    raw.setLength(0);
                }
                byte[] copy = new byte[16_384];

                assertThatThrownBy(() -> {
                            lease.buffers()[0].get(copy);
                            throw new IOException("Bad address"); // where the fault is not noticed by itself
                        })
                        .satisfies(fault -> {
                            var explained = lease.explain(fault);
                            assertThat(explained)
                                    .isInstanceOf(StorageException.class)
                                    .hasMessageContaining("changed underneath");
                        });
            }
            assertThatCode(() -> content.writeTo(storage, 3)).doesNotThrowAnyException();
        }
    }

    @Test
    void aFileThatIsDeletedUnderOurHandsIsReportedByFlush() throws IOException {
        var content = Content.of(16_384, 100_000);
        try (var storage = open(content.layout())) {
            content.writeTo(storage);
            Files.delete(file(0));

            assertFails(storage::flush, Reason.MISSING).hasMessageContaining("deleted");
        }
    }

    @Test
    void symbolicLinksThatLeadOutAreNotFollowed(@TempDir Path elsewhere) throws IOException {
        var content = Content.of(16_384, 20_000);
        Files.createSymbolicLink(directory.resolve("t"), elsewhere);
        try (var storage = open(content.layout())) {
            assertFails(() -> content.writeTo(storage), Reason.UNSAFE_PATH)
                    .hasMessageContaining(directory.resolve("t").toString());
            assertThat(elsewhere).isEmptyDirectory();

            Files.write(elsewhere.resolve("0"), new byte[20_000]);
            assertFails(() -> Content.read(storage, 0, 0, 10), Reason.UNSAFE_PATH);
        }
    }

    @Test
    void symbolicLinksWithinTheDirectoryAreFine() throws IOException {
        var content = Content.of(16_384, 20_000);
        Files.createDirectories(directory.resolve("other"));
        Files.createSymbolicLink(directory.resolve("t"), directory.resolve("other"));
        try (var storage = open(content.layout())) {
            content.writeTo(storage);
        }

        assertThat(directory.resolve("other").resolve("0")).hasBinaryContent(content.file(0));
    }

    @Test
    void noTorrentGetsAtOurOwnDirectory() {
        var layout = Layout.of(16_384, List.of(TorrentFile.of(0, List.of(".weft", "x.resume"), 0, 10)));

        assertFails(() -> open(layout), Reason.UNSAFE_PATH);
    }

    @Test
    void moreThanTheDiskHoldsIsRefusedBeforeTheFirstByte() throws IOException {
        long length = 1L << 45; // 32 TiB
        assumeThat(directory.toFile().getUsableSpace())
                .as("a disk of less than 32 TiB")
                .isBetween(1L, length - 1);
        try (var storage = open(Content.layout(16 << 20, length))) {
            assertFails(() -> storage.write(0, 0, ByteBuffer.allocate(16_384)), Reason.NO_SPACE)
                    .hasMessageContaining("no space left")
                    .hasMessageContaining("" + length);
            assertThat(file(0)).doesNotExist();
        }
    }

    @Test
    void whatIsThereCanBeSeededReadOnly() throws IOException {
        var content = Content.of(16_384, 20_000, 0, 10_000);
        Files.createDirectories(file(0).getParent());
        Files.write(file(0), content.file(0));
        Files.write(file(2), content.file(2));

        try (var storage = MappedStorage.open(
                disk,
                directory,
                content.layout(),
                Content.INFO_HASH,
                files(0, 1, 2),
                StorageOptions.defaults().withReadOnly())) {
            assertThat(Content.lent(storage, 1, 0, 13_616)).isEqualTo(content.piece(1));
            storage.setWanted(files(0));
            assertThat(Content.read(storage, 1, 0, 13_616)).isEqualTo(content.piece(1));
            storage.flush();
            assertFails(() -> content.writeTo(storage), Reason.ACCESS_DENIED);
            assertThat(file(1)).doesNotExist();
        }
    }

    @Test
    void aDirectoryWithoutWritePermissionIsSeededReadOnly() throws IOException {
        assumeThat(System.getProperty("user.name"))
                .as("not root, who may write anywhere")
                .isNotEqualTo("root");
        var content = Content.of(16_384, 20_000, 0);
        Files.createDirectories(file(0).getParent());
        Files.write(file(0), content.file(0));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("r-xr-xr-x"));
        try (var storage = open(content.layout())) {
            assertThat(Content.lent(storage, 1, 0, 3_616)).isEqualTo(content.piece(1));
            assertFails(() -> content.writeTo(storage), Reason.ACCESS_DENIED);
        } finally {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    private interface Call {
        void run() throws IOException;
    }

    private static AbstractThrowableAssert<?, ?> assertFails(Call call, Reason reason) {
        return assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.reason()).isEqualTo(reason));
    }
}

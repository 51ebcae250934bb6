package weft.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import weft.kit.Await;
import weft.kit.ForwardingStorage;
import weft.kit.SteeredStorage;
import weft.storage.StorageException.Reason;

/** {@link HashCheck} and {@link PieceVerifier}. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HashCheckTest {

    private static final Content CONTENT = Content.of(100_000, 0, 1, 16_383, 16_384, 16_385, -7_000, 3_000_000, 40);

    @TempDir
    private Path directory;

    private Disk disk;
    private MappedStorage storage;

    @BeforeEach
    void open() throws IOException {
        disk = Disk.open(DiskOptions.defaults().withHashingThreads(3));
        storage = MappedStorage.open(disk, directory, CONTENT.layout(), Content.INFO_HASH);
    }

    @AfterEach
    void close() {
        storage.close();
        disk.close();
    }

    private PieceVerifier verifier(Storage of) {
        return new PieceVerifier(disk, CONTENT.layout(), of, CONTENT::matches);
    }

    private static BitSet pieces(int from, int to) {
        var pieces = new BitSet();
        pieces.set(from, to);
        return pieces;
    }

    private static BitSet all() {
        return pieces(0, CONTENT.pieceCount());
    }

    private static HashCheck.Listener nobody() {
        return (piece, good, checked) -> {};
    }

    @Test
    void aGoodPieceIsTrueAndAnotherFalse() throws IOException {
        CONTENT.writeTo(storage);
        storage.write(7, 12_345, ByteBuffer.allocate(1));

        assertThat(verifier(storage).verify(6)).isTrue();
        assertThat(verifier(storage).verify(7)).isFalse();
        assertThat(verifier(storage).verify(CONTENT.pieceCount() - 1)).isTrue();
    }

    @Test
    void whatIsHandedToTheDiskVerifiesOnTheSpot() throws Exception {
        CONTENT.writeTo(storage);
        var seen = new LinkedBlockingQueue<String>();

        disk.submit(() -> {
            try {
                seen.add(verifier(storage).verify(3) + " on "
                        + Thread.currentThread().getName());
            } catch (IOException e) {
                seen.add(e.toString());
            }
        });

        assertThat(seen.poll(30, TimeUnit.SECONDS)).startsWith("true on weft hashing");
    }

    @Test
    void everyPieceIsReportedOnce() throws IOException {
        CONTENT.writeTo(storage);
        storage.write(9, 0, ByteBuffer.allocate(5));
        var seen = new ArrayList<Integer>();
        var bad = new ArrayList<Integer>();
        var counts = new ArrayList<Integer>();
        var check = new HashCheck(verifier(storage), all(), (piece, good, checked) -> {
            seen.add(piece);
            counts.add(checked);
            if (!good) {
                bad.add(piece);
            }
        });

        BitSet good = check.run();

        var expected = all();
        expected.clear(9);
        assertThat(good).isEqualTo(expected);
        assertThat(seen).doesNotHaveDuplicates().hasSize(CONTENT.pieceCount());
        assertThat(counts).isSorted().last().isEqualTo(CONTENT.pieceCount());
        assertThat(bad).containsExactly(9);
        assertThat(check.checked()).isEqualTo(check.total()).isEqualTo(CONTENT.pieceCount());
    }

    @Test
    void onlyWhatIsAskedForIsChecked() throws IOException {
        CONTENT.writeTo(storage);
        var pieces = pieces(4, 7);
        pieces.set(20);

        assertThat(new HashCheck(verifier(storage), pieces, nobody()).run()).isEqualTo(pieces);
        assertThat(new HashCheck(verifier(storage), new BitSet(), nobody()).run())
                .isEqualTo(new BitSet());
        assertThatThrownBy(() -> new HashCheck(verifier(storage), pieces(0, CONTENT.pieceCount() + 1), nobody()))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void filesThatAreMissingOrTooShortAreNotRead() throws IOException {
        CONTENT.writeTo(storage);
        storage.close();
        Files.delete(directory.resolve("t").resolve("4"));
        try (var raw = new RandomAccessFile(directory.resolve("t").resolve("6").toFile(), "rw")) {
            raw.setLength(1_000_000);
        }
        storage = MappedStorage.open(disk, directory, CONTENT.layout(), Content.INFO_HASH);

        BitSet good = new HashCheck(verifier(new Unreadable(storage, pieces(1, 10))), all(), nobody()).run();

        assertThat(good).isEqualTo(pieces(1, 10));
    }

    @Test
    void nothingOnDiskIsCheckedInNoTime() throws IOException {
        assertThat(new HashCheck(verifier(storage), all(), nobody()).run()).isEqualTo(new BitSet());
        assertThat(directory.resolve("t").resolve("6")).doesNotExist();
    }

    @Test
    void aCheckThatIsCancelledEndsWithWhatItKnows() throws IOException {
        CONTENT.writeTo(storage);
        var checks = new HashCheck[1];
        checks[0] = new HashCheck(verifier(storage), all(), (piece, good, checked) -> {
            if (checked == 5) {
                checks[0].cancel();
            }
        });

        BitSet good = checks[0].run();

        assertThat(checks[0].isCancelled()).isTrue();
        assertThat(good.cardinality()).isBetween(5, 5 + 3).isLessThan(CONTENT.pieceCount());
    }

    @Test
    void aCallerThatIsInterruptedEndsTheCheck() throws IOException {
        CONTENT.writeTo(storage);
        var check = new HashCheck(verifier(storage), all(), nobody());
        Thread.currentThread().interrupt();

        assertThatThrownBy(check::run).isInstanceOf(InterruptedIOException.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void nothingIsToldAfterTheCheckHasFailed() throws Exception {
        var still = new SteeredStorage(CONTENT.layout());
        CONTENT.writeTo(still);
        still.stall();
        var told = new AtomicLong();
        var check = new HashCheck(verifier(still), all(), (piece, good, checked) -> told.incrementAndGet());
        var thrown = new CompletableFuture<Throwable>();
        var caller = Thread.ofVirtual().start(() -> thrown.complete(catchThrowable(check::run)));
        Await.until("a piece is being read", still::isWaitedFor);

        caller.interrupt();
        assertThat(thrown.get()).isInstanceOf(InterruptedIOException.class);
        still.resume();
        disk.close(); // waits for the hashing threads

        assertThat(told).hasValue(0);
    }

    @Test
    void aFileReplacedByOneOfItsLengthIsCheckedAndLentInstead() throws IOException {
        CONTENT.writeTo(storage);
        storage.close();
        Path file = directory.resolve("t").resolve("6");
        Path other = Files.write(directory.resolve("other"), new byte[(int) Files.size(file)]);

        try (var mapped = MappedStorage.open(disk, directory, CONTENT.layout(), Content.INFO_HASH)) {
            assertThat(lent(mapped, 7)).isEqualTo(CONTENT.piece(7));
            assertThat(new HashCheck(verifier(mapped), all(), nobody()).run()).isEqualTo(all());
            Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);

            assertThat(new HashCheck(verifier(mapped), pieces(2, 20), nobody()).run())
                    .isEqualTo(new BitSet());
            assertThat(lent(mapped, 7))
                    .isEqualTo(ByteBuffer.allocate(CONTENT.piece(7).remaining()));
        }
    }

    /** It had made room for others, and was opened again before anybody looked. */
    @Test
    void aFileReplacedWhileItWasNotOpenIsLentInsteadOnceItIsChecked() throws IOException {
        CONTENT.writeTo(storage);
        storage.close();
        Path file = directory.resolve("t").resolve("6");
        Path other = Files.write(directory.resolve("other"), new byte[(int) Files.size(file)]);
        var zeros = ByteBuffer.allocate(CONTENT.piece(7).remaining());

        try (var oneAtATime = Disk.open(DiskOptions.defaults().withOpenFiles(1));
                var mapped = MappedStorage.open(oneAtATime, directory, CONTENT.layout(), Content.INFO_HASH)) {
            assertThat(lent(mapped, 7)).isEqualTo(CONTENT.piece(7));
            Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
            assertThat(Content.read(mapped, 0, 0, 10))
                    .isEqualTo(CONTENT.piece(0).slice(0, 10));
            assertThat(Content.read(mapped, 7, 0, zeros.capacity())).isEqualTo(zeros);

            assertThat(new HashCheck(verifier(mapped), pieces(7, 8), nobody()).run())
                    .isEqualTo(new BitSet());

            assertThat(lent(mapped, 7)).isEqualTo(zeros);
        }
    }

    @Test
    void aFileReplacedIsCheckedInsteadWhereNothingIsMapped() throws IOException {
        CONTENT.writeTo(storage);
        storage.close();
        Path file = directory.resolve("t").resolve("6");
        Path other = Files.write(directory.resolve("other"), new byte[(int) Files.size(file)]);

        try (var channels = ChannelStorage.open(disk, directory, CONTENT.layout(), Content.INFO_HASH)) {
            assertThat(new HashCheck(verifier(channels), all(), nobody()).run()).isEqualTo(all());
            Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);

            assertThat(new HashCheck(verifier(channels), pieces(2, 20), nobody()).run())
                    .isEqualTo(new BitSet());
        }
    }

    private static ByteBuffer lent(Storage storage, int piece) throws IOException {
        var bytes = ByteBuffer.allocate(CONTENT.layout().pieceLength(piece));
        try (Lease lease = storage.lend(piece, 0, bytes.capacity())) {
            for (ByteBuffer buffer : lease.buffers()) {
                bytes.put(buffer);
            }
        }
        return bytes.flip();
    }

    @Test
    void aDiskThatFailsFailsTheCheck() throws IOException {
        CONTENT.writeTo(storage);

        assertThatThrownBy(() -> new HashCheck(verifier(new Unreadable(storage, pieces(0, 10))), all(), nobody()).run())
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.reason()).isEqualTo(Reason.FAILED));
    }

    @Test
    void whatIsInTheCacheIsMappedForTheTimeOfTheCheck() throws IOException {
        CONTENT.writeTo(storage);
        var mostMapped = new AtomicLong();

        BitSet good = new HashCheck(
                        verifier(storage),
                        all(),
                        (piece, isGood, checked) -> mostMapped.accumulateAndGet(disk.mappedBytes(), Math::max))
                .run();

        assertThat(good).isEqualTo(all());
        assertThat(mostMapped.get() > 0).isEqualTo(Mapping.isUnmappedAtOnce());
        assertThat(disk.mappedBytes()).isZero();
    }

    @Test
    void withoutRoomForMappingsEverythingIsRead() throws IOException {
        CONTENT.writeTo(storage);
        storage.close();
        try (var small = Disk.open(DiskOptions.defaults().withMappedBytes(0));
                var unmapped = MappedStorage.open(small, directory, CONTENT.layout(), Content.INFO_HASH)) {
            var verifier = new PieceVerifier(small, CONTENT.layout(), unmapped, CONTENT::matches);

            assertThat(new HashCheck(verifier, all(), nobody()).run()).isEqualTo(all());
        }
    }

    /** Whether it is read or mapped, and also in the middle of a piece: else a slow disk would look like one that hangs. */
    @ParameterizedTest
    @ValueSource(longs = {0, 64 << 20})
    void aCheckGetsOnWithEveryStretch(long mappedBytes) throws IOException {
        int length = 8 << 20;
        var layout = Content.layout(length, length);
        storage.close();
        Files.write(Files.createDirectories(directory.resolve("t")).resolve("0"), new byte[length]);
        var steps = new AtomicInteger();
        LongSupplier clock = steps::incrementAndGet;
        try (var ours = Disk.open(DiskOptions.defaults().withMappedBytes(mappedBytes), clock);
                var files = MappedStorage.open(ours, directory, layout, Content.INFO_HASH)) {
            new HashCheck(new PieceVerifier(ours, layout, files, (piece, sha1) -> true), pieces(0, 1), nobody()).run();

            assertThat(steps.get()).isGreaterThanOrEqualTo(length / (256 << 10));
        }
    }

    @Test
    void aFileCutShortWhileItIsMappedForTheCheckHasChanged() throws Exception {
        CONTENT.writeTo(storage);
        MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
        try (PieceBytes bytes = verifier(storage).bytesForCheck()) {
            bytes.feed(5, sha1);
            try (var raw = new RandomAccessFile(directory.resolve("t/6").toFile(), "rw")) {
                raw.setLength(0);
            }

            assertThatThrownBy(() -> bytes.feed(6, sha1))
                    .isInstanceOfSatisfying(
                            StorageException.class, e -> assertThat(e.reason()).isEqualTo(Reason.CHANGED));
        }
    }

    @Test
    void aPieceOf256MebibytesNeedsNoBufferOfThatSize() throws IOException {
        var layout = Content.layout(256 << 20, 600L << 20);
        byte[] zerosHash = new byte[] {
            0x7b, (byte) 0x91, (byte) 0xdb, (byte) 0xdc, 0x56, (byte) 0xc5, 0x78, 0x1e, (byte) 0xdf, 0x6c
        };
        try (var sparse = MappedStorage.open(disk, directory.resolve("other"), layout, Content.INFO_HASH)) {
            sparse.write(0, 0, ByteBuffer.allocate(1));
            var hash = new ArrayList<byte[]>();

            new PieceVerifier(disk, layout, sparse, (piece, sha1) -> hash.add(sha1)).verify(1);

            assertThat(hash.getFirst()).startsWith(zerosHash);
        }
    }

    /** Fails for pieces other than these, as a broken disk does. */
    private static final class Unreadable extends ForwardingStorage {
        private final BitSet readable;

        private Unreadable(Storage storage, BitSet readable) {
            super(storage);
            this.readable = readable;
        }

        @Override
        public void read(int piece, int begin, ByteBuffer target) throws IOException {
            if (!readable.get(piece)) {
                throw new StorageException(Reason.FAILED, "input/output error");
            }
            super.read(piece, begin, target);
        }
    }
}

package weft.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.concurrent.TaskScope;
import weft.metainfo.Layout;

/** What every {@link Storage} owes to those who use it. One test class for each extends this. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
abstract class StorageContractTest {

    private static final int PIECE_LENGTH = 40_000; // blocks of 16384, 16384, 7232: nothing is aligned

    /** Lengths around a block's, empty files first, last and in between, padding, several pieces in one file. */
    private static final Content CONTENT =
            Content.of(PIECE_LENGTH, 0, 1, 16383, 16384, 16385, 0, 0, 200_000, -5000, 3, -70_000, 90_000, 17, 0);

    private Storage storage;

    /** An empty storage. */
    abstract Storage open(Layout layout) throws IOException;

    @BeforeEach
    void openStorage() throws IOException {
        storage = open(CONTENT.layout());
    }

    @AfterEach
    void closeStorage() throws IOException {
        storage.close();
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        CONTENT.writeTo(storage);

        for (int piece = 0; piece < CONTENT.pieceCount(); piece++) {
            int length = CONTENT.layout().pieceLength(piece);
            assertThat(Content.read(storage, piece, 0, length)).isEqualTo(CONTENT.piece(piece));
        }
    }

    @Test
    void whatIsWrittenIsLent() throws IOException {
        CONTENT.writeTo(storage);

        for (int piece = 0; piece < CONTENT.pieceCount(); piece++) {
            for (int block = 0; block < CONTENT.layout().blockCount(piece); block++) {
                int begin = CONTENT.layout().blockOffset(block);
                int length = CONTENT.layout().blockLength(piece, block);
                assertThat(Content.lent(storage, piece, begin, length)).isEqualTo(CONTENT.block(piece, block));
            }
        }
    }

    @Test
    void virtualThreadsReadAndAreLentToo() throws Exception {
        CONTENT.writeTo(storage);
        var read = new ArrayList<ByteBuffer>();

        inVirtualThreads(1, i -> {
            read.add(Content.read(storage, 1, 100, 30_000));
            read.add(Content.lent(storage, 1, 100, 30_000));
        });

        assertThat(read).containsExactly(CONTENT.slice(1, 100, 30_000), CONTENT.slice(1, 100, 30_000));
    }

    @Test
    void anyStretchOfAPieceCanBeWrittenAndRead() throws IOException {
        var random = new Random(1);
        CONTENT.writeTo(storage);

        for (int i = 0; i < 500; i++) {
            int piece = random.nextInt(CONTENT.pieceCount());
            int begin = random.nextInt(CONTENT.layout().pieceLength(piece) + 1);
            int length = random.nextInt(CONTENT.layout().pieceLength(piece) - begin + 1);

            storage.write(piece, begin, CONTENT.slice(piece, begin, length));

            assertThat(Content.read(storage, piece, begin, length)).isEqualTo(CONTENT.slice(piece, begin, length));
            assertThat(Content.lent(storage, piece, begin, length)).isEqualTo(CONTENT.slice(piece, begin, length));
        }
    }

    @Test
    void writingConsumesTheBlockAndKeepsItsLimit() throws IOException {
        var block = ByteBuffer.allocateDirect(20_000)
                .put(CONTENT.slice(0, 0, 18_000))
                .position(1000)
                .limit(17_000);

        storage.write(0, 1000, block);

        assertThat(block.position()).isEqualTo(17_000);
        assertThat(block.limit()).isEqualTo(17_000);
        assertThat(Content.read(storage, 0, 1000, 16_000)).isEqualTo(CONTENT.slice(0, 1000, 16_000));
    }

    @Test
    void readingFillsBetweenPositionAndLimitOnly() throws IOException {
        CONTENT.writeTo(storage, 0);
        var target = ByteBuffer.allocate(100).position(10).limit(60);

        storage.read(0, 7, target);

        assertThat(target.position()).isEqualTo(60);
        assertThat(target.slice(10, 50)).isEqualTo(CONTENT.slice(0, 7, 50));
        assertThat(target.get(9)).isZero();
        assertThat(target.limit(100).get(60)).isZero();
    }

    @Test
    void lentBuffersAreReadOnly() throws IOException {
        CONTENT.writeTo(storage, 0);

        try (Lease lease = storage.lend(0, 0, 16_384)) {
            assertThat(lease.buffers()).isNotEmpty().allMatch(ByteBuffer::isReadOnly);
        }
    }

    @Test
    void aLeaseMayBeClosedTwice() throws IOException {
        CONTENT.writeTo(storage, 0);
        Lease lease = storage.lend(0, 0, 16_384);

        lease.close();
        lease.close();

        assertThat(Content.lent(storage, 0, 0, 16_384)).isEqualTo(CONTENT.slice(0, 0, 16_384));
    }

    @Test
    void whatWasNeverWrittenIsZerosOrMissing() throws IOException {
        storage.write(2, 0, CONTENT.slice(2, 0, 16_384));

        for (int piece = 0; piece < CONTENT.pieceCount(); piece++) {
            int begin = piece == 2 ? 16_384 : 0;
            var target = ByteBuffer.allocate(CONTENT.layout().pieceLength(piece) - begin);
            try {
                storage.read(piece, begin, target);
                assertThat(target.flip()).isEqualTo(ByteBuffer.allocate(target.limit()));
            } catch (StorageException e) {
                assertThat(e.reason()).isEqualTo(StorageException.Reason.MISSING);
            }
        }
    }

    @Test
    void aPieceThatWasWrittenMayBeHeld() throws IOException {
        CONTENT.writeTo(storage);

        for (int piece = 0; piece < CONTENT.pieceCount(); piece++) {
            assertThat(storage.mayHold(piece)).isTrue();
        }
    }

    @Test
    void whatLiesOutsideThePieceIsRefused() {
        int last = CONTENT.pieceCount() - 1;
        int lastLength = CONTENT.layout().pieceLength(last);

        assertOutOfBounds(0, PIECE_LENGTH - 10, 11);
        assertOutOfBounds(0, -1, 10);
        assertOutOfBounds(0, Integer.MAX_VALUE, 10);
        assertOutOfBounds(last, lastLength, 1);
        assertOutOfBounds(last + 1, 0, 1);
        assertOutOfBounds(-1, 0, 1);
    }

    private void assertOutOfBounds(int piece, int begin, int length) {
        assertThatThrownBy(() -> storage.write(piece, begin, ByteBuffer.allocate(length)))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> storage.read(piece, begin, ByteBuffer.allocate(length)))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> storage.lend(piece, begin, length)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void hundredsOfThreadsMayWriteAtOnce() throws Exception {
        var blocks = new ArrayList<int[]>();
        for (int piece = 0; piece < CONTENT.pieceCount(); piece++) {
            for (int block = 0; block < CONTENT.layout().blockCount(piece); block++) {
                blocks.add(new int[] {piece, block});
            }
        }
        Collections.shuffle(blocks, new Random(2));
        var next = new AtomicInteger();

        inVirtualThreads(300, i -> {
            for (int n = next.getAndIncrement(); n < 20 * blocks.size(); n = next.getAndIncrement()) {
                int[] at = blocks.get(n % blocks.size());
                storage.write(at[0], CONTENT.layout().blockOffset(at[1]), CONTENT.block(at[0], at[1]));
            }
        });

        for (int piece = 0; piece < CONTENT.pieceCount(); piece++) {
            int length = CONTENT.layout().pieceLength(piece);
            assertThat(Content.read(storage, piece, 0, length)).isEqualTo(CONTENT.piece(piece));
        }
    }

    @Test
    void aThreadThatIsInterruptedHarmsNobodyElse() throws Exception {
        CONTENT.writeTo(storage);
        var failures = Collections.synchronizedList(new ArrayList<Throwable>());

        inVirtualThreads(50, i -> {
            boolean victim = i % 2 == 0;
            for (int round = 0; round < 40; round++) {
                if (victim) {
                    Thread.currentThread().interrupt();
                }
                try {
                    storage.write(1, 0, CONTENT.block(1, 0));
                    assertThat(Content.lent(storage, 1, 0, 16_384)).isEqualTo(CONTENT.block(1, 0));
                } catch (IOException e) {
                    if (!victim) {
                        failures.add(e);
                    }
                }
                if (victim) {
                    Thread.interrupted();
                }
            }
        });

        assertThat(failures).isEmpty();
        assertThat(Content.read(storage, 1, 0, 16_384)).isEqualTo(CONTENT.block(1, 0));
    }

    @Test
    void threadsInterruptedInTheMiddleOfACallHarmNobodyElse() throws Exception {
        CONTENT.writeTo(storage);
        var victims = new ConcurrentLinkedQueue<Thread>();
        var begun = new CountDownLatch(2);
        try (var scope = TaskScope.allTogether("test")) {
            for (int i = 0; i < 4; i++) {
                int piece = i;
                scope.fork("other " + i, () -> {
                    for (int round = 0; round < 1_000; round++) {
                        CONTENT.writeTo(storage, piece);
                        assertThat(Content.lent(storage, piece, 5, 20_000)).isEqualTo(CONTENT.slice(piece, 5, 20_000));
                        assertThat(Content.read(storage, piece, 9, 50)).isEqualTo(CONTENT.slice(piece, 9, 50));
                    }
                });
            }
            for (int i = 0; i < 2; i++) {
                scope.fork("victim " + i, () -> {
                    victims.add(Thread.currentThread());
                    begun.countDown();
                    useInterrupted();
                    victims.remove(Thread.currentThread());
                });
            }
            begun.await();
            while (!victims.isEmpty() && scope.failure().isEmpty()) {
                victims.forEach(Thread::interrupt);
            }

            assertThat(scope.join(Duration.ofSeconds(50))).isTrue();
            assertThat(scope.failure()).isEmpty();
        }
        assertThat(Content.read(storage, 4, 0, PIECE_LENGTH)).isEqualTo(CONTENT.piece(4));
    }

    private void useInterrupted() {
        for (int round = 0; round < 3_000; round++) {
            try {
                CONTENT.writeTo(storage, 4);
                assertThat(Content.lent(storage, 4, 0, 16_384)).isEqualTo(CONTENT.block(4, 0));
            } catch (IOException e) {
                assertThat(e).isInstanceOf(InterruptedIOException.class);
            }
        }
    }

    @Test
    void anInterruptIsKeptForThoseWhoWaitForIt() throws IOException {
        CONTENT.writeTo(storage);
        Thread.currentThread().interrupt();

        assertThatCode(() -> storage.write(1, 0, CONTENT.block(1, 0)))
                .satisfiesAnyOf(
                        none -> assertThat(none).isNull(),
                        thrown -> assertThat(thrown).isInstanceOf(InterruptedIOException.class));

        assertThat(Thread.interrupted()).isTrue();
        assertThat(Content.read(storage, 1, 0, 16_384)).isEqualTo(CONTENT.block(1, 0));
    }

    @Test
    void wishesOfFilesChangeNothingOfWhatIsStored() throws IOException {
        CONTENT.writeTo(storage);

        var none = new BitSet();
        storage.setWanted(none);
        CONTENT.writeTo(storage, 3);
        var all = new BitSet();
        all.set(0, CONTENT.layout().files().size());
        storage.setWanted(all);

        for (int piece = 0; piece < CONTENT.pieceCount(); piece++) {
            int length = CONTENT.layout().pieceLength(piece);
            assertThat(Content.read(storage, piece, 0, length)).isEqualTo(CONTENT.piece(piece));
        }
    }

    @Test
    void flushingTwiceIsFine() throws IOException {
        storage.flush();
        CONTENT.writeTo(storage);

        assertThatCode(() -> {
                    storage.flush();
                    storage.flush();
                })
                .doesNotThrowAnyException();
    }

    @Test
    void aClosedStorageSaysSo() throws IOException {
        CONTENT.writeTo(storage);

        storage.close();
        storage.close();

        assertThatThrownBy(() -> storage.write(0, 0, CONTENT.block(0, 0))).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> Content.read(storage, 0, 0, 10)).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> storage.lend(0, 0, 10)).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> storage.flush()).isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void whatIsLentStaysReadableUntilGivenBackEvenAfterClose() throws IOException {
        CONTENT.writeTo(storage, 0);

        try (Lease lease = storage.lend(0, 0, 16_384)) {
            storage.close();

            var copy = ByteBuffer.allocate(16_384);
            List.of(lease.buffers()).forEach(copy::put);
            assertThat(copy.flip()).isEqualTo(CONTENT.block(0, 0));
        }
    }

    interface Work {
        void run(int index) throws Exception;
    }

    static void inVirtualThreads(int count, Work work) throws Exception {
        try (var scope = TaskScope.allTogether("test")) {
            for (int i = 0; i < count; i++) {
                int index = i;
                scope.tryFork("worker " + i, () -> work.run(index));
            }
            assertThat(scope.join(Duration.ofSeconds(50))).isTrue();
            assertThat(scope.failure()).isEmpty();
        }
    }
}

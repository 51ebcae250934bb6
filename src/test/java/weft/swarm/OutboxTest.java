package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.kit.Await;
import weft.swarm.Outbox.Block;

@Timeout(30)
class OutboxTest {
    private static final long LONG = Duration.ofSeconds(20).toNanos();
    private static final int BLOCK = 16 * 1024;

    private final Outbox outbox = new Outbox();

    private Outbox.Batch take() throws InterruptedException {
        return outbox.take(LONG, 4 * BLOCK);
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    private static Block block(int index) {
        return new Block(index, 0, BLOCK);
    }

    @Test
    void messagesComeInOrderAndBytesBeforeBlocks() throws Exception {
        outbox.append(4, out -> out.putInt(1));
        outbox.offer(block(7), () -> true);
        outbox.append(4, out -> out.putInt(2));

        var batch = take();

        assertThat(batch.control())
                .isEqualTo(ByteBuffer.allocate(8).putInt(1).putInt(2).flip());
        assertThat(batch.blocks()).containsExactly(block(7));
    }

    @Test
    void bytesOfABatchStayWhileMoreIsAppended() throws Exception {
        outbox.append(4, out -> out.putInt(1));
        var first = take();

        outbox.append(4, out -> out.putInt(2));

        assertThat(first.control()).isEqualTo(ByteBuffer.allocate(4).putInt(1).flip());
        assertThat(take().control()).isEqualTo(ByteBuffer.allocate(4).putInt(2).flip());
    }

    @Test
    void growsForLongMessages() throws Exception {
        var pieces = new BitSet();
        pieces.set(2_000_000);
        outbox.append(4, out -> out.putInt(1));

        assertThat(outbox.bitfield(pieces, 2_000_001)).isTrue();

        assertThat(take().control().remaining()).isEqualTo(4 + 5 + 250_001);
    }

    @Test
    void peerThatReadsNothingOverflowsIt() {
        int appended = 0;
        while (outbox.append(out -> out.putLong(0).putLong(0))) {
            appended++;
            assertThat(appended).isLessThan(100_000);
        }

        assertThat(appended * 16).isBetween(200 * 1024, 256 * 1024);
        assertThat(outbox.hasOverflowed()).isTrue();
    }

    @Test
    void havesComeAfterWhatWasAppendedAndOnceEach() throws Exception {
        outbox.append(4, out -> out.putInt(1));
        outbox.have(9);
        outbox.have(7);
        outbox.have(9);

        var batch = take();

        assertThat(batch.control())
                .isEqualTo(ByteBuffer.allocate(22)
                        .putInt(1)
                        .put(bytes("00000005 04 00000007"))
                        .put(bytes("00000005 04 00000009"))
                        .flip());
        assertThat(outbox.take(1, BLOCK).control().hasRemaining()).isFalse();
    }

    @Test
    void allPiecesOfAHugeTorrentAtOnceOverflowNothingAndAreWrittenBitByBit() throws Exception {
        for (int piece = 0; piece < 200_000; piece++) {
            outbox.have(piece);
        }

        assertThat(outbox.append(out -> out.putInt(0))).isTrue(); // a keep-alive
        var told = new BitSet();
        while (told.cardinality() < 200_000) {
            var control = take().control();
            assertThat(control.remaining()).isBetween(1, 16 * 1024);
            while (control.hasRemaining()) {
                if (control.getInt() > 0) {
                    assertThat(control.get()).isEqualTo((byte) 4);
                    told.set(control.getInt());
                }
            }
        }
        assertThat(told.length()).isEqualTo(200_000);
        assertThat(outbox.hasOverflowed()).isFalse();
    }

    @Test
    void batchHoldsAboutAsManyBytesOfBlocksAsAllowed() throws Exception {
        for (int i = 0; i < 10; i++) {
            outbox.offer(block(i), () -> true);
        }

        assertThat(take().blocks()).containsExactly(block(0), block(1), block(2), block(3));
        assertThat(outbox.queuedBlocks()).isEqualTo(6);
    }

    @Test
    void tooManyRequestsAreNotTaken() {
        int taken = 0;
        while (outbox.offer(block(taken), () -> true) == Outbox.Offer.QUEUED) {
            taken++;
        }

        assertThat(taken).isEqualTo(500);
    }

    @Test
    void cancelTakesOneBlockBack() throws Exception {
        outbox.offer(block(1), () -> true);
        outbox.offer(block(2), () -> true);

        assertThat(outbox.cancel(block(1))).isTrue();
        assertThat(outbox.cancel(block(1))).isFalse();
        assertThat(outbox.cancel(block(3))).isFalse();

        assertThat(take().blocks()).containsExactly(block(2));
    }

    @Test
    void blockThatIsBeingWrittenIsNotTakenBack() throws Exception {
        outbox.offer(block(1), () -> true);
        take();

        assertThat(outbox.cancel(block(1))).isFalse();
    }

    @Test
    void takeBackTakesWhatFits() {
        for (int i = 0; i < 6; i++) {
            outbox.offer(block(i), () -> true);
        }

        var taken = outbox.takeBack(block -> block.piece() % 2 == 0);

        assertThat(taken).containsExactly(block(0), block(2), block(4));
        assertThat(outbox.queuedBlocks()).isEqualTo(3);
    }

    @Test
    void batchIsEmptyWhenTimeRunsOut() throws Exception {
        var batch = outbox.take(1, BLOCK);

        assertThat(batch.control().hasRemaining()).isFalse();
        assertThat(batch.blocks()).isEmpty();
    }

    @Test
    void takeWaitsForSomethingToWrite() throws Exception {
        assertThat(takenAfter(() -> outbox.append(4, out -> out.putInt(1)))).isEqualTo("4 bytes, 0 blocks");
        assertThat(takenAfter(() -> outbox.have(1))).isEqualTo("9 bytes, 0 blocks");
        assertThat(takenAfter(() -> outbox.offer(block(1), () -> true))).isEqualTo("0 bytes, 1 blocks");
        assertThat(takenAfter(outbox::close)).isEqualTo("closed");
    }

    /** What somebody takes who has waited before {@code wake}. */
    private String takenAfter(Runnable wake) throws Exception {
        var taken = new CompletableFuture<String>();
        var taker = Thread.ofVirtual().start(() -> {
            try {
                var batch = take();
                taken.complete(
                        batch == null
                                ? "closed"
                                : batch.control().remaining() + " bytes, "
                                        + batch.blocks().size() + " blocks");
            } catch (InterruptedException e) {
                taken.completeExceptionally(e);
            }
        });
        Await.until("waits", () -> taker.getState() == Thread.State.TIMED_WAITING);
        wake.run();
        return taken.get();
    }

    @Test
    void closedOutboxKeepsNothingAndOverflowsNever() throws Exception {
        outbox.offer(block(1), () -> true);
        outbox.close();

        for (int i = 0; i < 100_000; i++) {
            assertThat(outbox.append(out -> out.putLong(0))).isTrue();
        }

        assertThat(outbox.queuedBlocks()).isZero();
        assertThat(outbox.hasOverflowed()).isFalse();
        assertThat(take()).isNull();
    }

    @Test
    void peerThatMakesUsAnswerAndDoesNotReadIsGivenUpSoon() throws Exception {
        int answers = 0;
        while (outbox.answer(out -> out.put(new byte[17]))) {
            answers++;
        }

        assertThat(answers).isBetween(1_500, 2_000);
        assertThat(outbox.hasOverflowed()).isTrue();
        assertThat(outbox.append(4, out -> out.putInt(1)))
                .as("what it cannot provoke")
                .isTrue();
    }

    @Test
    void peerThatReadsMayBeAnsweredForEver() throws Exception {
        for (int i = 0; i < 100_000; i++) {
            assertThat(outbox.answer(out -> out.put(new byte[17]))).isTrue();
            take();
        }
    }

    @Test
    void longMessageLeavesNoLongBufferBehind() throws Exception {
        outbox.bitfield(new BitSet(), 2_000_000);
        take();
        outbox.append(4, out -> out.putInt(1));
        take();
        outbox.append(4, out -> out.putInt(2));

        assertThat(take().control().capacity()).isLessThan(1000);
    }

    /** Whoever forbids blocks and takes back those that wait, has them all: one that was just let in too. */
    @Test
    void noBlockIsQueuedAfterThoseBeforeWereTakenBack() throws Exception {
        var forbidder = Thread.ofPlatform().unstarted(() -> outbox.takeBack(block -> true));

        outbox.offer(block(1), () -> {
            forbidder.start();
            Await.until(
                    "it waits",
                    () -> forbidder.getState() != Thread.State.NEW && forbidder.getState() != Thread.State.RUNNABLE);
            return true;
        });
        forbidder.join();

        assertThat(outbox.queuedBlocks()).isZero();
    }

    @Test
    void whatLiesInAFinishedOneIsStillTaken() throws Exception {
        outbox.append(4, out -> out.putInt(1));
        outbox.offerExtended(3, ByteBuffer.allocate(10));

        outbox.finish();

        assertThat(outbox.append(4, out -> out.putInt(2))).isTrue();
        assertThat(outbox.offerExtended(3, ByteBuffer.allocate(10))).isFalse();
        var last = take();
        assertThat(last.control()).isEqualTo(ByteBuffer.allocate(4).putInt(1).flip());
        assertThat(last.extended()).hasSize(2);
        assertThat(take()).isNull();
    }

    @Test
    void whatLiesInAClosedOneIsForgotten() throws Exception {
        outbox.append(4, out -> out.putInt(1));

        outbox.close();

        assertThat(take()).isNull();
    }
}

package weft.picker;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import weft.metainfo.Layout;

/**
 * The picker's part in downloading one block, in a swarm of 50 peers: 10 seeds, and 40 that have a random half of the
 * pieces. Each piece is of 32 blocks (512 KiB).
 *
 * <p>The peers take turns. In its turn a peer delivers 16 of the blocks that it was asked for, in the order of asking, and
 * is asked for 16 others, so that 64 are always on their way to it. A block that arrives counts as written at once, and a
 * piece as verified with its last block. So that there is always the same left to do, half of the torrent, a piece that is
 * verified takes the place of the one that has been there longest, which a hash check then finds damaged.
 *
 * <p>The figure is for one block, with its share of all that. It should not depend on the number of pieces, but for the
 * caches that a million of them do not fit in.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PickerBenchmark {
    private static final int SEEDS = 10;
    private static final int PEERS = 50;
    private static final int BATCH = 16;
    private static final int PIPELINE = 64;
    private static final int PIECE_LENGTH = 512 << 10;

    /** Of the torrent. */
    @Param({"1000", "100000", "1000000"})
    public int pieces;

    private PiecePicker picker;
    private final List<Turn> turns = new ArrayList<>();
    private final ArrayDeque<Integer> oldest = new ArrayDeque<>(); // the pieces that are there
    private final List<Source> others = new ArrayList<>();
    private int next;

    @Setup
    public void meet() {
        var random = new Random(1);
        var layout = Layout.ofSingleFile(PIECE_LENGTH, "content.bin", (long) PIECE_LENGTH * pieces);
        picker = new PiecePicker(layout, random);
        for (int piece = 0; piece < pieces; piece += 2) {
            picker.checked(piece, true, false);
            oldest.add(piece);
        }
        for (int i = 0; i < PEERS; i++) {
            var turn = new Turn(picker.connect(i));
            if (i < SEEDS) {
                picker.haveAll(turn.source);
            } else {
                picker.have(turn.source, randomHalf(random));
            }
            picker.unchoked(turn.source);
            turn.ask(PIPELINE);
            turns.add(turn);
        }
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int block() {
        var turn = turns.get(next);
        next = (next + 1) % PEERS;
        for (int i = 0; i < BATCH; i++) {
            turn.deliver();
        }
        return turn.ask(BATCH);
    }

    private BitSet randomHalf(Random random) {
        var half = new BitSet(pieces);
        for (int piece = 0; piece < pieces; piece++) {
            half.set(piece, random.nextBoolean());
        }
        return half;
    }

    private void verified(int piece) {
        picker.verified(piece);
        oldest.add(piece);
        picker.checked(oldest.remove(), false, true);
    }

    /** A peer, and what it was asked for. */
    private final class Turn {
        private final Source source;
        private final long[] asked = new long[PIPELINE]; // a ring: piece and begin
        private int first;
        private int count;

        Turn(Source source) {
            this.source = source;
        }

        int ask(int blocks) {
            int picked = picker.pick(source, blocks, this::onRequest);
            if (picked != blocks) {
                throw new IllegalStateException("asked for " + picked + " blocks only");
            }
            return picked;
        }

        private void onRequest(int piece, int begin, int length) {
            asked[(first + count++) % PIPELINE] = ((long) piece << 32) | begin;
        }

        void deliver() {
            int piece = (int) (asked[first] >>> 32);
            int begin = (int) asked[first];
            first = (first + 1) % PIPELINE;
            count--;
            if (picker.arrived(source, piece, begin, Layout.BLOCK_LENGTH, others) != Arrival.WANTED) {
                throw new IllegalStateException("a block that was asked for is not wanted");
            }
            if (picker.written(source.arriving(), begin, 1)) {
                verified(piece);
            }
        }
    }
}

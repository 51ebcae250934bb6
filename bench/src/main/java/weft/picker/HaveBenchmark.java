package weft.picker;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import weft.metainfo.Layout;

/**
 * What the picker does for a HAVE: 50 peers that begin with nothing tell of one piece after the other, taking turns, each
 * in a random order; all pieces are wanted and missing. A peer that has told of all goes, and another one comes, so the
 * figure includes a HAVE's share of taking a whole peer out again.
 *
 * <p>It should not depend on the number of pieces, but for the caches that a million of them do not fit in.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class HaveBenchmark {
    private static final int PEERS = 50;

    /** Of the torrent. */
    @Param({"1000", "100000", "1000000"})
    public int pieces;

    private PiecePicker picker;
    private int[] order; // of all pieces; each peer begins somewhere else
    private final Source[] sources = new Source[PEERS];
    private final int[] told = new int[PEERS];
    private int next;

    @Setup
    public void meet() {
        var random = new Random(1);
        picker = new PiecePicker(Layout.ofSingleFile(512 << 10, "content.bin", (512L << 10) * pieces), random);
        order = shuffled(random);
        for (int i = 0; i < PEERS; i++) {
            sources[i] = picker.connect(i);
            for (long already = (long) pieces * i / PEERS;
                    told[i] < already; ) { // or all would be through at the same time
                tell(i);
            }
        }
    }

    @Benchmark
    public void have() {
        tell(next);
        if (told[next] == pieces) {
            picker.disconnect(sources[next]);
            sources[next] = picker.connect(next);
            told[next] = 0;
        }
        next = (next + 1) % PEERS;
    }

    private void tell(int peer) {
        int start = (int) ((long) pieces * peer / PEERS);
        picker.have(sources[peer], order[(start + told[peer]++) % pieces]);
    }

    private int[] shuffled(Random random) {
        var shuffled = new int[pieces];
        for (int i = 0; i < pieces; i++) {
            int j = random.nextInt(i + 1);
            shuffled[i] = shuffled[j];
            shuffled[j] = i;
        }
        return shuffled;
    }
}

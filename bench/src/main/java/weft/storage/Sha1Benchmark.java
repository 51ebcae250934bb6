package weft.storage;

import java.security.MessageDigest;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What SHA-1 alone costs, the limit of every hash check: {@link MessageDigest} over an array of 64 KiB that stays in the
 * processor's cache, a piece of 512 KiB at a time, by one thread and by a thread for each processor (which share what
 * processors share). An operation is 1 MiB.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class Sha1Benchmark {
    private static final int PIECE_LENGTH = 512 << 10;

    private final byte[] slice = new byte[64 << 10];

    @Setup
    public void fill() {
        new SplittableRandom(1).nextBytes(slice);
    }

    @Benchmark
    public int inCache() throws Exception {
        return twoPieces();
    }

    @Benchmark
    @Threads(Threads.MAX)
    public int inCacheOnAllProcessors() throws Exception {
        return twoPieces();
    }

    private int twoPieces() throws Exception {
        return piece() + piece();
    }

    private byte piece() throws Exception {
        var sha1 = MessageDigest.getInstance("SHA-1");
        for (int i = 0; i < PIECE_LENGTH; i += slice.length) {
            sha1.update(slice);
        }
        return sha1.digest()[0];
    }
}

package weft.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import weft.bench.Scratch;
import weft.metainfo.InfoHash;
import weft.metainfo.Layout;

/**
 * 256 MiB in pieces of 256 KiB, moved in blocks of 16 KiB by one virtual thread, as a peer's reader and writer do; the
 * pieces in order, or in an order drawn once, the blocks of a piece always in order. An operation is 1 MiB.
 *
 * <p>{@code write}: from direct memory into a storage that has nothing yet; a new one is opened and the last one deleted
 * between two runs, outside of what is timed. {@code read}: into direct memory. {@code lend}: a batch of 16 blocks of
 * 16 KiB is lent, copied to a buffer as the kernel would when it sends them, and given back. What is read and lent is in
 * the system's cache.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(value = 2, jvmArgsAppend = "-Djmh.executor=VIRTUAL")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class StorageBenchmark {
    private static final int MEBIBYTES = 256;
    private static final int PIECE_LENGTH = 256 << 10;
    private static final int PIECES = 4 * MEBIBYTES;
    private static final int BATCH = 16;

    private static final Layout LAYOUT = Layout.ofSingleFile(PIECE_LENGTH, "content.bin", (long) PIECE_LENGTH * PIECES);
    private static final InfoHash INFO_HASH = InfoHash.ofV1(new byte[20]);

    /** The order of pieces. */
    public enum Order {
        SEQUENTIAL,
        RANDOM
    }

    /** A storage, and the order in which its pieces come. */
    @State(Scope.Benchmark)
    public abstract static class Opened {
        @Param
        public StorageKind storage;

        @Param
        public Order order;

        Scratch scratch;
        Disk disk;
        Storage opened;
        Path directory;
        int[] pieces;
        final ByteBuffer block = ByteBuffer.allocateDirect(Layout.BLOCK_LENGTH);

        void prepare() throws IOException {
            scratch = new Scratch();
            disk = Disk.open();
            var order = Arrays.asList(IntStream.range(0, PIECES).boxed().toArray(Integer[]::new));
            if (this.order == Order.RANDOM) {
                Collections.shuffle(order, new Random(1));
            }
            pieces = order.stream().mapToInt(piece -> piece).toArray();
        }

        void open() throws IOException {
            directory = scratch.directory();
            opened = storage.open(disk, directory, LAYOUT, INFO_HASH);
        }

        void delete() throws IOException {
            opened.close();
            Scratch.delete(directory);
        }

        void writeAll() throws IOException {
            for (int piece : pieces) {
                for (int begin = 0; begin < PIECE_LENGTH; begin += Layout.BLOCK_LENGTH) {
                    opened.write(piece, begin, block.clear());
                }
            }
        }

        void close() throws IOException {
            disk.close();
            scratch.close();
        }
    }

    /** A storage that has nothing yet. */
    @State(Scope.Benchmark)
    public static class Empty extends Opened {
        @Setup(Level.Trial)
        public void begin() throws IOException {
            prepare();
        }

        @Setup(Level.Invocation)
        public void make() throws IOException {
            open();
        }

        @TearDown(Level.Invocation)
        public void forget() throws IOException {
            delete();
        }

        @TearDown(Level.Trial)
        public void end() throws IOException {
            close();
        }
    }

    /** A storage that has everything. */
    @State(Scope.Benchmark)
    public static class Full extends Opened {
        @Setup(Level.Trial)
        public void begin() throws IOException {
            prepare();
            open();
            writeAll();
        }

        @TearDown(Level.Trial)
        public void end() throws IOException {
            delete();
            close();
        }
    }

    @Benchmark
    @OperationsPerInvocation(MEBIBYTES)
    public void write(Empty storage) throws IOException {
        storage.writeAll();
    }

    @Benchmark
    @OperationsPerInvocation(MEBIBYTES)
    public void read(Full storage) throws IOException {
        for (int piece : storage.pieces) {
            for (int begin = 0; begin < PIECE_LENGTH; begin += Layout.BLOCK_LENGTH) {
                storage.opened.read(piece, begin, storage.block.clear());
            }
        }
    }

    @Benchmark
    @OperationsPerInvocation(MEBIBYTES)
    public void lend(Full storage) throws IOException {
        var leases = new Lease[BATCH];
        for (int piece : storage.pieces) {
            for (int i = 0; i < BATCH; i++) {
                leases[i] = storage.opened.lend(piece, i * Layout.BLOCK_LENGTH, Layout.BLOCK_LENGTH);
            }
            for (Lease lease : leases) {
                storage.block.clear();
                for (ByteBuffer lent : lease.buffers()) {
                    storage.block.put(lent);
                }
                lease.close();
            }
        }
    }
}

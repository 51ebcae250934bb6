package weft.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.BitSet;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import weft.bench.Scratch;
import weft.metainfo.Metainfo;

/**
 * A torrent of 512 MiB in pieces of 512 KiB is hashed and compared: all of it, on all processors, as when a torrent is
 * added; or one piece after the other, each by one hashing thread, as while downloading. The file is in the system's cache
 * (it was just written), and too large for the processor's. An operation is 1 MiB.
 *
 * <p>To be read beside {@link Sha1Benchmark}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class HashCheckBenchmark {
    private static final int MEBIBYTES = 512;
    private static final int PIECE_LENGTH = 512 << 10;
    private static final int PIECES = 2 * MEBIBYTES;

    @Param
    public StorageKind storage;

    private Scratch scratch;
    private Disk disk;
    private Storage opened;
    private PieceVerifier verifier;
    private int next;

    @Setup
    public void write() throws IOException, InterruptedException {
        scratch = new Scratch();
        disk = Disk.open();
        Metainfo metainfo = scratch.torrent((long) MEBIBYTES << 20, PIECE_LENGTH);
        opened = storage.open(disk, scratch.content(), metainfo.layout(), metainfo.infoHash());
        if (storage == StorageKind.MEMORY) {
            copyInto(opened);
        }
        verifier = new PieceVerifier(disk, metainfo.layout(), opened, metainfo::pieceHashEquals);
    }

    @Benchmark
    @OperationsPerInvocation(MEBIBYTES)
    public BitSet allPieces() throws IOException {
        var all = new BitSet();
        all.set(0, PIECES);
        var good = new HashCheck(verifier, all, (piece, isGood, checked) -> {}).run();
        if (good.cardinality() != PIECES) {
            throw new IllegalStateException("good are only " + good.cardinality());
        }
        return good;
    }

    @Benchmark
    @OperationsPerInvocation(8)
    public void pieceByPiece() throws IOException {
        for (int i = 0; i < 16; i++) {
            if (!verifier.verify(next)) {
                throw new IllegalStateException("not good: piece " + next);
            }
            next = (next + 1) % PIECES;
        }
    }

    private void copyInto(Storage memory) throws IOException {
        try (var channel = FileChannel.open(scratch.content().resolve("content.bin"))) {
            var piece = ByteBuffer.allocateDirect(PIECE_LENGTH);
            for (int i = 0; i < PIECES; i++) {
                channel.read(piece.clear());
                memory.write(i, 0, piece.flip());
            }
        }
    }

    @TearDown
    public void close() throws IOException {
        opened.close();
        disk.close();
        scratch.close();
    }
}

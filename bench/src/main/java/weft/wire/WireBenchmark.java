package weft.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import weft.metainfo.Layout;

/**
 * What one message costs between the socket's buffer and whoever acts on it, and the other way. The torrent is 1 GiB in
 * 2,048 pieces of 512 KiB; the buffer is direct memory, as a peer's receive buffer is.
 *
 * <p>Decoding: 64 blocks of 16 KiB, which fill a receive buffer of 1 MiB; or 2,048 haves; or 2,048 requests. The handler
 * adds up what it is told and does not touch a block's bytes, so a block costs here what it costs beside being copied.
 * Encoding: 2,048 haves, requests, or headers of blocks; the buffer is emptied by setting it back.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class WireBenchmark {
    private static final int MESSAGES = 2_048;
    private static final int BLOCKS = 64;

    private final Layout layout = Layout.ofSingleFile(512 << 10, "content.bin", 1L << 30);
    private final MessageDecoder decoder = new MessageDecoder(layout, true);
    private final Sum sum = new Sum();
    private final ByteBuffer out = ByteBuffer.allocateDirect(MESSAGES * MessageEncoder.MAX_CONTROL_LENGTH);
    private ByteBuffer haves;
    private ByteBuffer requests;
    private ByteBuffer blocks;

    @Setup
    public void encode() throws IOException {
        encodeHaves();
        haves = copyOfOut();
        encodeRequests();
        requests = copyOfOut();
        blocks = ByteBuffer.allocateDirect(BLOCKS * (MessageEncoder.PIECE_HEADER_LENGTH + Layout.BLOCK_LENGTH));
        for (int i = 0; i < BLOCKS; i++) {
            MessageEncoder.pieceHeader(blocks, i / 32, layout.blockOffset(i % 32), Layout.BLOCK_LENGTH);
            blocks.position(blocks.position() + Layout.BLOCK_LENGTH);
        }
        blocks.flip();

        expect(decodeHaves(), MESSAGES, "haves");
        expect(decodeRequests(), MESSAGES, "requests");
        expect(decodeBlocks(), BLOCKS, "blocks");
    }

    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public Sum decodeHaves() throws IOException {
        return decode(haves);
    }

    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public Sum decodeRequests() throws IOException {
        return decode(requests);
    }

    @Benchmark
    @OperationsPerInvocation(BLOCKS)
    public Sum decodeBlocks() throws IOException {
        return decode(blocks);
    }

    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public ByteBuffer encodeHaves() {
        out.clear();
        for (int i = 0; i < MESSAGES; i++) {
            MessageEncoder.have(out, i);
        }
        return out;
    }

    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public ByteBuffer encodeRequests() {
        out.clear();
        for (int i = 0; i < MESSAGES; i++) {
            MessageEncoder.request(out, i, layout.blockOffset(i % 32), Layout.BLOCK_LENGTH);
        }
        return out;
    }

    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public ByteBuffer encodeBlockHeaders() {
        out.clear();
        for (int i = 0; i < MESSAGES; i++) {
            MessageEncoder.pieceHeader(out, i, layout.blockOffset(i % 32), Layout.BLOCK_LENGTH);
        }
        return out;
    }

    private Sum decode(ByteBuffer messages) throws IOException {
        messages.rewind();
        sum.messages = 0;
        decoder.decode(messages, sum);
        return sum;
    }

    private ByteBuffer copyOfOut() {
        out.flip();
        return ByteBuffer.allocateDirect(out.remaining()).put(out).flip();
    }

    private static void expect(Sum sum, int messages, String what) {
        if (sum.messages != messages) {
            throw new IllegalStateException(sum.messages + " " + what + " decoded, not " + messages);
        }
    }

    /** Does the least with every message that keeps it from being left out. */
    public static final class Sum implements MessageHandler {
        private int messages;
        private long all;

        @Override
        public void onKeepAlive() {
            add(0);
        }

        @Override
        public void onChoke() {
            add(1);
        }

        @Override
        public void onUnchoke() {
            add(2);
        }

        @Override
        public void onInterested() {
            add(3);
        }

        @Override
        public void onNotInterested() {
            add(4);
        }

        @Override
        public void onHave(int piece) {
            add(piece);
        }

        @Override
        public void onBitfield(BitSet pieces) {
            add(pieces.cardinality());
        }

        @Override
        public void onRequest(int piece, int begin, int length) {
            add(piece + begin + length);
        }

        @Override
        public void onPiece(int piece, int begin, ByteBuffer block) {
            add(piece + begin + block.remaining());
        }

        @Override
        public void onCancel(int piece, int begin, int length) {
            add(piece + begin + length);
        }

        @Override
        public void onPort(int port) {
            add(port);
        }

        @Override
        public void onSuggestPiece(int piece) {
            add(piece);
        }

        @Override
        public void onHaveAll() {
            add(5);
        }

        @Override
        public void onHaveNone() {
            add(6);
        }

        @Override
        public void onRejectRequest(int piece, int begin, int length) {
            add(piece + begin + length);
        }

        @Override
        public void onExtended(int extensionId, ByteBuffer payload) {
            add(extensionId);
        }

        @Override
        public void onAllowedFast(int piece) {
            add(piece);
        }

        private void add(int value) {
            messages++;
            all += value;
        }
    }
}

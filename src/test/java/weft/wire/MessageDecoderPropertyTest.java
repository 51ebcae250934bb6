package weft.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import weft.metainfo.Layout;

/**
 * Streams of proper messages with something wrong somewhere, cut into reads anywhere: whatever it is, the decoder says so
 * by a {@link ProtocolException}, asks for no more room than a block or a bitfield takes, and hands out nothing that is
 * out of range.
 */
class MessageDecoderPropertyTest {
    private static final int PIECE_LENGTH = 3 * Layout.BLOCK_LENGTH;
    private static final int LONGEST_BLOCK = 4 + 9 + Layout.BLOCK_LENGTH;
    private static final int LONGEST_EXTENDED = 4 + 64 * 1024;

    @Property(tries = 2_000)
    void nothingWorseThanAProtocolExceptionComesOfIt(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 300_000) int pieces, @ForAll boolean fast)
            throws IOException {
        var random = new Random(seed);
        var layout = Layout.ofSingleFile(PIECE_LENGTH, "file", (long) (pieces - 1) * PIECE_LENGTH + 1);
        var stream = messages(random, layout, fast);
        for (int wrong = random.nextInt(4); wrong > 0; wrong--) {
            stream.put(random.nextInt(stream.limit()), (byte) random.nextInt());
        }

        receive(random, layout, fast, stream);
    }

    @Property(tries = 500)
    void nothingWorseComesOfNoise(@ForAll long seed, @ForAll @IntRange(min = 1, max = 100) int pieces)
            throws IOException {
        var random = new Random(seed);
        var noise = new byte[20_000];
        random.nextBytes(noise);
        for (int at = 0; at < noise.length; at += 1 + random.nextInt(40)) {
            noise[at] = 0; // lengths that may be believed
        }

        receive(
                random,
                Layout.ofSingleFile(PIECE_LENGTH, "file", (long) pieces * PIECE_LENGTH),
                true,
                ByteBuffer.wrap(noise));
    }

    /** As a peer's reader does it, with a buffer as large as the decoder asks for. */
    private static void receive(Random random, Layout layout, boolean fast, ByteBuffer stream) throws IOException {
        int mostRoom = Math.max(LONGEST_EXTENDED, MessageEncoder.bitfieldMessageLength(layout.pieceCount()));
        var decoder = new MessageDecoder(layout, fast);
        var handler = new Bounds(layout);
        var buffer = ByteBuffer.allocate(64);
        try {
            while (stream.hasRemaining()) {
                int count = Math.min(Math.min(stream.remaining(), buffer.remaining()), 1 + random.nextInt(5_000));
                assertThat(count).as("bytes there is room for").isPositive();
                buffer.put(stream.slice(stream.position(), count));
                stream.position(stream.position() + count);
                int needed = decoder.decode(buffer.flip(), handler);
                assertThat(needed).isBetween(0, mostRoom);
                buffer.compact();
                if (needed > buffer.capacity()) {
                    buffer = ByteBuffer.allocate(needed).put(buffer.flip());
                }
            }
        } catch (ProtocolException refused) {
            assertThat(refused.getMessage()).isNotBlank();
        }
    }

    private static ByteBuffer messages(Random random, Layout layout, boolean fast) {
        var out = ByteBuffer.allocate(200_000);
        if (random.nextBoolean()) {
            var pieces = new BitSet();
            pieces.set(0, random.nextInt(layout.pieceCount()));
            MessageEncoder.bitfield(out, pieces, layout.pieceCount());
        }
        for (int i = random.nextInt(40); i > 0 && out.remaining() > 2 * LONGEST_BLOCK; i--) {
            int piece = random.nextInt(layout.pieceCount());
            int block = random.nextInt(layout.blockCount(piece));
            int begin = layout.blockOffset(block);
            int length = layout.blockLength(piece, block);
            switch (random.nextInt(fast ? 12 : 9)) {
                case 0 -> MessageEncoder.keepAlive(out);
                case 1 -> MessageEncoder.choke(out);
                case 2 -> MessageEncoder.unchoke(out);
                case 3 -> MessageEncoder.interested(out);
                case 4 -> MessageEncoder.have(out, piece);
                case 5 -> MessageEncoder.request(out, piece, begin, length);
                case 6 -> MessageEncoder.cancel(out, piece, begin, length);
                case 7 -> {
                    MessageEncoder.extendedHeader(out, 3, 98);
                    out.put(new byte[98]);
                }
                case 8 -> {
                    MessageEncoder.pieceHeader(out, piece, begin, length);
                    out.put(new byte[length]);
                }
                case 9 -> MessageEncoder.rejectRequest(out, piece, begin, length);
                case 10 -> MessageEncoder.allowedFast(out, piece);
                default -> MessageEncoder.haveAll(out);
            }
        }
        MessageEncoder.keepAlive(out);
        return out.flip();
    }

    /** Fails if anything is out of bounds that the decoder should have checked. */
    private record Bounds(Layout layout) implements MessageHandler {
        private void piece(int piece) {
            assertThat(piece).isBetween(0, layout.pieceCount() - 1);
        }

        private void range(int piece, int begin, int length) {
            piece(piece);
            assertThat(begin).isNotNegative();
            assertThat(length).isPositive();
            assertThat((long) begin + length).isLessThanOrEqualTo(layout.pieceLength(piece));
        }

        @Override
        public void onKeepAlive() {}

        @Override
        public void onChoke() {}

        @Override
        public void onUnchoke() {}

        @Override
        public void onInterested() {}

        @Override
        public void onNotInterested() {}

        @Override
        public void onHave(int piece) {
            piece(piece);
        }

        @Override
        public void onBitfield(BitSet pieces) {
            assertThat(pieces.length()).isLessThanOrEqualTo(layout.pieceCount());
        }

        @Override
        public void onRequest(int piece, int begin, int length) {
            range(piece, begin, length);
        }

        @Override
        public void onPiece(int piece, int begin, ByteBuffer block) {
            range(piece, begin, block.remaining());
            assertThat(block.remaining()).isLessThanOrEqualTo(Layout.BLOCK_LENGTH);
        }

        @Override
        public void onCancel(int piece, int begin, int length) {
            range(piece, begin, length);
        }

        @Override
        public void onPort(int port) {
            assertThat(port).isBetween(0, 65535);
        }

        @Override
        public void onSuggestPiece(int piece) {
            piece(piece);
        }

        @Override
        public void onHaveAll() {}

        @Override
        public void onHaveNone() {}

        @Override
        public void onRejectRequest(int piece, int begin, int length) {
            range(piece, begin, length);
        }

        @Override
        public void onAllowedFast(int piece) {
            piece(piece);
        }

        @Override
        public void onExtended(int extensionId, ByteBuffer payload) {
            assertThat(extensionId).isBetween(0, 255);
            assertThat(payload.remaining()).isLessThanOrEqualTo(LONGEST_EXTENDED);
        }
    }
}

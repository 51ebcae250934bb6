package weft.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;
import weft.fuzz.Cost;
import weft.fuzz.Seeds;
import weft.metainfo.Layout;

/**
 * Any bytes from a peer, however the network cuts them: the same messages as in one go, each within its torrent, and the
 * encoder writes what the decoder read.
 *
 * <pre>{@code <layout and Fast Extension:1> <how it is cut:1> <stream...>}</pre>
 */
class MessageFuzz {

    private static final List<Layout> LAYOUTS = List.of(
            Layout.ofSingleFile(32768, "file", 511L * 32768 + 5),
            Layout.ofSingleFile(16384, "file", 10L * 16384),
            Layout.ofSingleFile(1, "file", 1),
            Layout.ofSingleFile(Layout.MAX_PIECE_LENGTH, "file", 3L * Layout.MAX_PIECE_LENGTH));

    /** More than the longest message that is kept: a block of 128 KiB. */
    private static final int MOST_NEEDED = 13 + MessageDecoder.MAX_REQUEST_LENGTH;

    static Stream<byte[]> seeds() {
        var streams = Stream.concat(Seeds.hex("peer_wire.json", "messages"), Seeds.hex("peer_wire.json", "malformed"))
                .toList();
        var all = new ByteArrayOutputStream();
        streams.stream().limit(20).forEach(all::writeBytes);
        return Stream.concat(streams.stream(), Stream.of(all.toByteArray()))
                .flatMap(stream -> IntStream.of(0, 1, 2, 7).mapToObj(how -> {
                    var seed = new byte[2 + stream.length];
                    seed[0] = (byte) how;
                    seed[1] = (byte) (how * 31);
                    System.arraycopy(stream, 0, seed, 2, stream.length);
                    return seed;
                }));
    }

    @Timeout(20)
    @MethodSource("seeds")
    @FuzzTest
    void decodesOrRefusesHoweverItIsCut(byte[] input) throws IOException {
        if (input.length < 2) {
            return;
        }
        var layout = LAYOUTS.get((input[0] >> 1 & 3) % LAYOUTS.size());
        boolean fast = (input[0] & 1) == 0;
        byte[] stream = Arrays.copyOfRange(input, 2, input.length);

        Cost.atMost(10, input.length, () -> new Conversation(layout, fast, false).receive(stream, stream.length));
        var whole = new Conversation(layout, fast, true);
        whole.receive(stream, stream.length);
        var cut = new Conversation(layout, fast, true);
        cut.receive(stream, input[1] & 0xff);
        assertThat(cut.encoder.out.toByteArray()).isEqualTo(whole.encoder.out.toByteArray());
        // Not the same words: of a message of nonsense length, more may be known to be wrong if more has come.
        assertThat(cut.refusal.isPresent()).isEqualTo(whole.refusal.isPresent());

        var again = new Conversation(layout, fast, true);
        again.receive(whole.encoder.out.toByteArray(), Integer.MAX_VALUE);
        assertThat(again.refusal).isEmpty();
        assertThat(again.encoder.out.toByteArray()).isEqualTo(whole.encoder.out.toByteArray());
    }

    /** A decoder that is fed as a peer's reader feeds it. */
    private static final class Conversation {
        private final MessageDecoder decoder;
        private final Encoder encoder;
        private Optional<String> refusal = Optional.empty();

        Conversation(Layout layout, boolean fast, boolean recorded) {
            decoder = new MessageDecoder(layout, fast);
            encoder = new Encoder(layout, recorded);
        }

        /** Receives all of {@code stream} in parts of up to {@code longest} bytes. */
        void receive(byte[] stream, int longest) throws IOException {
            var random = new SplittableRandom(longest);
            var buffer = ByteBuffer.allocate(64).limit(0);
            int received = 0;
            try {
                while (received < stream.length) {
                    int part = Math.min(stream.length - received, 1 + random.nextInt(Math.max(1, longest)));
                    buffer = withRoomFor(part, buffer)
                            .put(stream, received, part)
                            .flip();
                    received += part;
                    int needed = decoder.decode(buffer, encoder);
                    assertThat(needed).isBetween(0, MOST_NEEDED);
                    assertThat(needed == 0 || needed > buffer.remaining())
                            .as("what is whole is decoded")
                            .isTrue();
                }
            } catch (ProtocolException e) {
                assertThat(e.getMessage()).isNotBlank().hasSizeLessThan(200);
                refusal = Optional.of(e.getMessage());
            }
        }

        /** The bytes of {@code buffer} that are left, in a buffer to be filled. */
        private static ByteBuffer withRoomFor(int part, ByteBuffer buffer) {
            if (buffer.capacity() - buffer.remaining() >= part) {
                return buffer.compact();
            }
            return ByteBuffer.allocate(2 * buffer.remaining() + part).put(buffer);
        }
    }

    /** Writes each message down as it would be sent, after a look whether it is one that can be. */
    private static final class Encoder implements MessageHandler {
        private final Layout layout;
        private final boolean writes;
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Encoder(Layout layout, boolean writes) {
            this.layout = layout;
            this.writes = writes;
        }

        private void write(int length, Consumer<ByteBuffer> message) {
            if (writes) {
                var buffer = ByteBuffer.allocate(length);
                message.accept(buffer);
                out.write(buffer.array(), 0, buffer.position());
            }
        }

        private void write(Consumer<ByteBuffer> message) {
            write(MessageEncoder.MAX_CONTROL_LENGTH, message);
        }

        private void checkBlock(int piece, int begin, int length) {
            assertThat(length).isBetween(1, MessageDecoder.MAX_REQUEST_LENGTH);
            assertThat(begin).isBetween(0, layout.pieceLength(piece) - length);
        }

        @Override
        public void onExtended(int extensionId, ByteBuffer payload) {
            assertThat(extensionId).isBetween(0, 255);
            int length = payload.remaining();
            write(MessageEncoder.extendedMessageLength(length), buffer -> {
                MessageEncoder.extendedHeader(buffer, extensionId, length);
                buffer.put(payload);
            });
        }

        @Override
        public void onKeepAlive() {
            write(MessageEncoder::keepAlive);
        }

        @Override
        public void onChoke() {
            write(MessageEncoder::choke);
        }

        @Override
        public void onUnchoke() {
            write(MessageEncoder::unchoke);
        }

        @Override
        public void onInterested() {
            write(MessageEncoder::interested);
        }

        @Override
        public void onNotInterested() {
            write(MessageEncoder::notInterested);
        }

        @Override
        public void onHave(int piece) {
            assertThat(layout.pieceLength(piece)).isPositive();
            write(buffer -> MessageEncoder.have(buffer, piece));
        }

        @Override
        public void onBitfield(BitSet pieces) {
            assertThat(pieces.length()).isLessThanOrEqualTo(layout.pieceCount());
            write(
                    MessageEncoder.bitfieldMessageLength(layout.pieceCount()),
                    buffer -> MessageEncoder.bitfield(buffer, pieces, layout.pieceCount()));
        }

        @Override
        public void onRequest(int piece, int begin, int length) {
            checkBlock(piece, begin, length);
            write(buffer -> MessageEncoder.request(buffer, piece, begin, length));
        }

        @Override
        public void onPiece(int piece, int begin, ByteBuffer block) {
            int length = block.remaining();
            checkBlock(piece, begin, length);
            write(MessageEncoder.PIECE_HEADER_LENGTH + length, buffer -> {
                MessageEncoder.pieceHeader(buffer, piece, begin, length);
                buffer.put(block);
            });
        }

        @Override
        public void onCancel(int piece, int begin, int length) {
            checkBlock(piece, begin, length);
            write(buffer -> MessageEncoder.cancel(buffer, piece, begin, length));
        }

        @Override
        public void onPort(int port) {
            assertThat(port).isBetween(0, 0xffff);
            write(buffer -> buffer.putInt(3).put((byte) MessageId.PORT).putShort((short) port)); // we send none
        }

        @Override
        public void onSuggestPiece(int piece) {
            assertThat(layout.pieceLength(piece)).isPositive();
            write(buffer -> buffer.putInt(5).put((byte) MessageId.SUGGEST_PIECE).putInt(piece)); // nor these
        }

        @Override
        public void onHaveAll() {
            write(MessageEncoder::haveAll);
        }

        @Override
        public void onHaveNone() {
            write(MessageEncoder::haveNone);
        }

        @Override
        public void onRejectRequest(int piece, int begin, int length) {
            checkBlock(piece, begin, length);
            write(buffer -> MessageEncoder.rejectRequest(buffer, piece, begin, length));
        }

        @Override
        public void onAllowedFast(int piece) {
            assertThat(layout.pieceLength(piece)).isPositive();
            write(buffer -> MessageEncoder.allowedFast(buffer, piece));
        }
    }
}

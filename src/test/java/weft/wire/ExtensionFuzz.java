package weft.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;
import weft.TestData;
import weft.fuzz.Cost;
import weft.fuzz.Seeds;

/**
 * Any bytes from a peer while the metadata is not known, however the network cuts them: the same extended messages as in
 * one go, and the same is kept. Each extended message is read as a handshake, as one of metadata and as one of peer
 * exchange.
 *
 * <pre>{@code <how it is cut:1> <stream...>}</pre>
 */
class ExtensionFuzz {

    static Stream<byte[]> seeds() {
        var handshakes = Seeds.rows("peer_wire.json", "clients")
                .map(row -> TestData.hex(row.get("extension_handshake_hex").asText()))
                .map(payload -> {
                    var message = ByteBuffer.allocate(6 + payload.length);
                    MessageEncoder.extendedHeader(message, 0, payload.length);
                    return message.put(payload).array();
                });
        return Stream.concat(handshakes, Seeds.hex("peer_wire.json", "messages"))
                .map(stream -> ByteBuffer.allocate(1 + stream.length)
                        .put((byte) 5)
                        .put(stream)
                        .array());
    }

    @Timeout(20)
    @MethodSource("seeds")
    @FuzzTest
    void decodesOrRefusesHoweverItIsCut(byte[] input) throws IOException {
        if (input.length < 1) {
            return;
        }
        byte[] stream = Arrays.copyOfRange(input, 1, input.length);

        Cost.atMost(
                EarlyDecoderTest.PIECES_AND_GARBAGE,
                300,
                input.length,
                () -> new Conversation().receive(stream, stream.length));
        var whole = new Conversation();
        whole.receive(stream, stream.length);
        var cut = new Conversation();
        cut.receive(stream, input[0] & 0xff);

        assertThat(cut.refused).isEqualTo(whole.refused);
        assertThat(cut.told.toByteArray()).isEqualTo(whole.told.toByteArray());
        if (!whole.refused) {
            assertThat(cut.kept).isEqualTo(whole.kept);
        }
    }

    private static final class Conversation {
        private final EarlyDecoder decoder = new EarlyDecoder(new EarlyDecoder.Room());
        private final ByteArrayOutputStream told = new ByteArrayOutputStream();
        private ByteBuffer kept;
        private boolean refused;

        void receive(byte[] stream, int longest) throws IOException {
            var random = new SplittableRandom(longest);
            var buffer = ByteBuffer.allocate(stream.length).limit(0);
            try {
                for (int received = 0; received < stream.length; ) {
                    int part = Math.min(stream.length - received, 1 + random.nextInt(Math.max(1, longest)));
                    buffer = buffer.compact().put(stream, received, part).flip();
                    received += part;
                    int needed = decoder.decode(buffer, this::onExtended);
                    assertThat(needed == 0 || needed > buffer.remaining())
                            .as("what is whole is decoded")
                            .isTrue();
                }
                kept = decoder.replay(buffer, 1000);
            } catch (ProtocolException e) {
                assertThat(e.getMessage()).isNotBlank().hasSizeLessThan(200);
                refused = true;
            }
        }

        private void onExtended(int extensionId, ByteBuffer payload) {
            told.write(extensionId);
            told.writeBytes(Arrays.copyOfRange(
                    payload.array(),
                    payload.arrayOffset() + payload.position(),
                    payload.arrayOffset() + payload.limit()));
            try {
                var handshake = ExtensionHandshake.decode(payload.duplicate());
                assertThat(handshake.messages()).hasSizeLessThanOrEqualTo(ExtensionHandshake.MOST_MESSAGES);
                assertThat(ExtensionHandshake.decode(ByteBuffer.wrap(handshake.encode()))
                                .messages())
                        .isEqualTo(handshake.messages());
            } catch (ProtocolException e) {
                assertThat(e.getMessage()).startsWith("extension handshake: ").hasSizeLessThan(300);
            }
            try {
                var pex = PexMessage.decode(payload.duplicate(), 100);
                assertThat(pex.added()).hasSizeLessThanOrEqualTo(200);
                assertThat(PexMessage.decode(ByteBuffer.wrap(pex.encode()), 200))
                        .isNotNull();
            } catch (ProtocolException e) {
                assertThat(e.getMessage()).startsWith("ut_pex: ").hasSizeLessThan(300);
            }
            try {
                MetadataMessage.decode(payload);
            } catch (ProtocolException e) {
                assertThat(e.getMessage()).startsWith("metadata: ").hasSizeLessThan(300);
            }
        }
    }
}

package weft.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;
import weft.TestData;
import weft.fuzz.Seeds;

/** Any 68 bytes: a handshake that is encoded to the same bytes again, by a client with a name to show, or none. */
class HandshakeFuzz {

    static Stream<byte[]> seeds() {
        return Seeds.rows("peer_wire.json", "clients")
                .map(row -> TestData.hex("13" + "426974546f7272656e742070726f746f636f6c"
                        + row.get("reserved").asText()
                        + "00".repeat(20)
                        + row.get("peer_id_hex").asText()));
    }

    @Timeout(20)
    @MethodSource("seeds")
    @FuzzTest
    void decodesOrRefuses(byte[] input) {
        byte[] bytes = Arrays.copyOf(input, Handshake.LENGTH);
        try {
            var in = ByteBuffer.wrap(bytes);
            var head = Handshake.decodeHead(in);
            var peerId = Handshake.decodePeerId(in);

            var handshake = new Handshake(head.reserved(), head.infoHash(), peerId);
            assertThat(handshake.encode().array()).isEqualTo(bytes);
            assertThat(peerId.clientName()).hasSizeLessThan(50).matches("[ -~µ]+");
            assertThat(peerId.toString()).hasSize(PeerId.LENGTH).matches("[ -~]+");
        } catch (ProtocolException e) {
            assertThat(e).hasMessage("handshake: not the BitTorrent protocol");
        }
    }
}

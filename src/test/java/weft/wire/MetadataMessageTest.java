package weft.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import weft.TestData;
import weft.fuzz.Seeds;
import weft.wire.MetadataMessage.Data;
import weft.wire.MetadataMessage.Reject;
import weft.wire.MetadataMessage.Request;

/** {@code ut_metadata} (BEP 9). */
class MetadataMessageTest {

    private static Optional<MetadataMessage> decode(String text) throws ProtocolException {
        return MetadataMessage.decode(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    /** The payload of a message of the vectors: what comes after its length, id and the extension's id. */
    private static ByteBuffer vector(String name) {
        var message = Seeds.rows("peer_wire.json", "messages")
                .filter(row -> row.get("name").asText().equals(name))
                .map(row -> TestData.hex(row.get("hex").asText()))
                .findAny()
                .orElseThrow();
        return ByteBuffer.wrap(Arrays.copyOfRange(message, 6, message.length));
    }

    @Test
    void messagesOfTheVectors() throws Exception {
        assertThat(MetadataMessage.decode(vector("ut_metadata request"))).containsInstanceOf(Request.class);
        assertThat(MetadataMessage.decode(vector("ut_metadata reject"))).containsInstanceOf(Reject.class);
        assertThat(MetadataMessage.decode(vector("ut_metadata data"))).containsInstanceOf(Data.class);
    }

    @Test
    void everyMessageHasItsBytes() throws Exception {
        golden("d8:msg_typei0e5:piecei3ee", new Request(3));
        golden("d8:msg_typei2e5:piecei2147483647ee", new Reject(Integer.MAX_VALUE));
        golden("d8:msg_typei1e5:piecei2e10:total_sizei34256ee", new Data(2, 34256, ByteBuffer.allocate(0)));
    }

    private static void golden(String bytes, MetadataMessage message) throws ProtocolException {
        assertThat(new String(message.encode(), StandardCharsets.ISO_8859_1)).isEqualTo(bytes);
        assertThat(decode(bytes)).contains(message);
    }

    @Test
    void whatFollowsTheDictionaryIsThePiece() throws Exception {
        assertThat(decode("d8:msg_typei1e5:piecei0e10:total_sizei4eedata"))
                .contains(new Data(0, 4, ByteBuffer.wrap("data".getBytes(StandardCharsets.US_ASCII))));
    }

    @Test
    void sizeThatIsNotSaidIsNone() throws Exception {
        assertThat(decode("d8:msg_typei1e5:piecei0ee")).contains(new Data(0, -1, ByteBuffer.allocate(0)));
    }

    @ParameterizedTest
    @CsvSource({"3", "-1", "256", "4294967296", "9223372036854775807", "-9223372036854775808"})
    void typesThatNobodyKnowsAreIgnored(String type) throws Exception {
        assertThat(decode("d8:msg_typei" + type + "e5:piecei0ee")).isEmpty();
        assertThat(decode("d5:piecei0ee")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "d8:msg_typei0ee",
        "d8:msg_typei0e5:piecei-1ee",
        "d8:msg_typei0e5:piecei2147483648ee",
        "d8:msg_typei0e5:piece1:0e",
        "le",
        "i0e",
        "''",
        "d8:msg_typei0e"
    })
    void nonsenseIsRefused(String bytes) {
        assertThatThrownBy(() -> decode(bytes))
                .isInstanceOf(ProtocolException.class)
                .hasMessageStartingWith("metadata: ");
    }

    @Test
    void piecesAreOf16KibButTheLast() {
        assertThat(MetadataMessage.pieceCount(1)).isEqualTo(1);
        assertThat(MetadataMessage.pieceCount(16384)).isEqualTo(1);
        assertThat(MetadataMessage.pieceCount(16385)).isEqualTo(2);
        assertThat(MetadataMessage.pieceLength(0, 16385)).isEqualTo(16384);
        assertThat(MetadataMessage.pieceLength(1, 16385)).isEqualTo(1);
        assertThat(MetadataMessage.pieceLength(0, 16384)).isEqualTo(16384);
    }
}

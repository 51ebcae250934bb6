package weft.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import weft.TestData;
import weft.fuzz.Seeds;
import weft.wire.PexMessage.Contact;

/** {@code ut_pex} (BEP 11). */
class PexMessageTest {

    private static InetSocketAddress at(String host, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByName(host), port);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static PexMessage decode(String text) throws ProtocolException {
        return PexMessage.decode(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)), 100);
    }

    @Test
    void messageOfTheVectors() throws Exception {
        var bytes = Seeds.rows("peer_wire.json", "messages")
                .filter(row -> row.get("name").asText().equals("ut_pex with flags"))
                .map(row -> TestData.hex(row.get("hex").asText()))
                .findAny()
                .orElseThrow();

        var message = PexMessage.decode(ByteBuffer.wrap(Arrays.copyOfRange(bytes, 6, bytes.length)), 100);

        assertThat(message.added())
                .containsExactly(
                        new Contact(at("203.0.113.5", 6881), 0x12), new Contact(at("198.51.100.7", 51413), 0x0d));
        assertThat(message.dropped()).isEmpty();
    }

    @Test
    void messagesOfRealClients() throws Exception {
        var sent = Seeds.rows("peer_wire.json", "clients")
                .filter(client -> client.has("ut_pex_hex"))
                .map(client -> TestData.hex(client.get("ut_pex_hex").get(0).asText()))
                .toList();

        assertThat(PexMessage.decode(ByteBuffer.wrap(sent.get(0)), 100).added())
                .containsExactly(new Contact(at("198.51.100.10", 7001), 0x10)); // Transmission
        assertThat(PexMessage.decode(ByteBuffer.wrap(sent.get(1)), 100))
                .isEqualTo(new PexMessage(List.of(), List.of())); // aria2 says de
    }

    @Test
    void whatIsEncodedIsDecoded() throws Exception {
        var message = new PexMessage(
                List.of(
                        new Contact(at("203.0.113.5", 6881), PexMessage.REACHABLE),
                        new Contact(at("198.51.100.7", 65535), 0xff),
                        new Contact(at("2001:db8::7", 1), PexMessage.UPLOAD_ONLY)),
                List.of(at("192.0.2.1", 80), at("2001:db8::8", 6882)));

        assertThat(PexMessage.decode(ByteBuffer.wrap(message.encode()), 100)).isEqualTo(message);
    }

    @Test
    void whatIsEncodedHasItsBytes() {
        var message =
                new PexMessage(List.of(new Contact(at("203.0.113.5", 6881), 0x12)), List.of(at("192.0.2.1", 6882)));

        assertThat(new String(message.encode(), StandardCharsets.ISO_8859_1))
                .isEqualTo("d5:added6:\u00cb\0q\5\u001a\u00e17:added.f1:\u00127:dropped6:\u00c0\0\2\1\u001a\u00e2e");
    }

    @Test
    void flagsThatAreMissingAre0AndPort0IsNobody() throws Exception {
        assertThat(decode("d5:added18:\1\1\1\1\1\1\2\2\2\2\0\0\3\3\3\3\1\1e").added())
                .containsExactly(new Contact(at("1.1.1.1", 257), 0), new Contact(at("3.3.3.3", 257), 0));
        assertThat(decode("d5:added12:\1\1\1\1\1\1\2\2\2\2\1\0017:added.f1:\u0010e")
                        .added())
                .containsExactly(new Contact(at("1.1.1.1", 257), 16), new Contact(at("2.2.2.2", 257), 0));
    }

    @Test
    void whatIsCutOffAndOfTheWrongKindCountsAsMissing() throws Exception {
        assertThat(decode("d5:added8:\1\1\1\1\1\1\2\2e").added()).hasSize(1);
        assertThat(decode("d5:addedi7e6:added6le7:droppeddee")).isEqualTo(new PexMessage(List.of(), List.of()));
    }

    @Test
    void ofEachListNoMoreIsReadThanAllowed() throws Exception {
        var many = IntStream.range(0, 1000)
                .mapToObj(i -> new Contact(at("1.2." + i / 250 + "." + i % 250, 7000), 0))
                .toList();
        var message = new PexMessage(many, many.stream().map(Contact::address).toList());

        var decoded = PexMessage.decode(ByteBuffer.wrap(message.encode()), 100);

        assertThat(decoded.added()).isEqualTo(many.subList(0, 100));
        assertThat(decoded.dropped()).hasSize(100);
    }

    @ParameterizedTest
    @ValueSource(strings = {"le", "i1e", "", "d5:added", "d5:added999:xe", "nonsense"})
    void nonsenseIsRefused(String text) {
        assertThatThrownBy(() -> decode(text))
                .isInstanceOf(ProtocolException.class)
                .hasMessageStartingWith("ut_pex: ");
    }
}

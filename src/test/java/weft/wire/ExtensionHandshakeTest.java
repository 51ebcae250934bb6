package weft.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import weft.TestData;
import weft.fuzz.Cost;
import weft.fuzz.Seeds;

/** What clients say first by the extension protocol (BEP 10), and what somebody might say instead. */
class ExtensionHandshakeTest {

    private static ExtensionHandshake decode(String bencoded) throws ProtocolException {
        return ExtensionHandshake.decode(ByteBuffer.wrap(bencoded.getBytes(StandardCharsets.ISO_8859_1)));
    }

    static Stream<JsonNode> clients() {
        return Seeds.rows("peer_wire.json", "clients");
    }

    @ParameterizedTest
    @MethodSource("clients")
    void handshakesOfRealClientsSayWhatTheySaid(JsonNode client) throws Exception {
        var said = client.get("extension_handshake");
        var ids = new HashMap<String, Integer>();
        said.get("m")
                .properties()
                .forEach(entry -> ids.put(entry.getKey(), entry.getValue().asInt()));

        var decoded = ExtensionHandshake.decode(ByteBuffer.wrap(
                TestData.hex(client.get("extension_handshake_hex").asText())));

        assertThat(decoded.messages()).isEqualTo(ids);
        assertThat(decoded.client()).contains(said.get("v").asText());
        assertThat(decoded.port()).hasValue(said.get("p").asInt());
        assertThat(decoded.metadataSize()).hasValue(said.get("metadata_size").asLong());
        assertThat(decoded.requestQueue())
                .isEqualTo(said.has("reqq") ? OptionalInt.of(said.get("reqq").asInt()) : OptionalInt.empty());
        assertThat(decoded.uploadOnly())
                .isEqualTo(Optional.ofNullable(said.get("upload_only")).map(value -> value.asInt() != 0));
        assertThat(decoded.externalIp())
                .isEqualTo(said.has("yourip") ? Optional.of(InetAddress.getByName("198.51.100.10")) : Optional.empty());
    }

    @Test
    void whatIsEncodedIsDecoded() throws Exception {
        var handshake = new ExtensionHandshake(
                Map.of("ut_metadata", 2, "xy_hello", 0, "zz", 255),
                Optional.of("Weft µ"),
                OptionalInt.of(51413),
                Optional.of(InetAddress.getByName("2001:db8::7")),
                OptionalInt.of(500),
                OptionalLong.of(31235),
                Optional.of(false));

        assertThat(ExtensionHandshake.decode(ByteBuffer.wrap(handshake.encode())))
                .isEqualTo(handshake);
    }

    @Test
    void nothingNeedBeSaid() throws Exception {
        assertThat(decode("de")).isEqualTo(ExtensionHandshake.EMPTY);
        assertThat(new String(ExtensionHandshake.EMPTY.encode(), StandardCharsets.UTF_8))
                .isEqualTo("d1:mdee");
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
                    a string for m,             d1:m3:abce
                    a list for m,               d1:mlee
                    a negative id,              d1:md2:xyi-1eee
                    an id of more than a byte,  d1:md2:xyi256eee
                    a string for an id,         d1:md2:xy1:3ee
                    a number for v,             d1:vi7ee
                    port 0,                     d1:pi0ee
                    port 65536,                 d1:pi65536ee
                    a negative port,            d1:pi-1ee
                    a string for p,             d1:p4:6881e
                    five bytes for yourip,      d6:yourip5:abcdee
                    a number for yourip,        d6:youripi1ee
                    reqq 0,                     d4:reqqi0ee
                    a negative reqq,            d4:reqqi-5ee
                    reqq beyond 32 bits,        d4:reqqi2147483648ee
                    metadata of no size,        d13:metadata_sizei0ee
                    metadata of negative size,  d13:metadata_sizei-1ee
                    a list for upload_only,     d11:upload_onlylee
                    an unknown key,             d3:fool3:barde4:xyzzee
                    """)
    void whatIsOfTheWrongKindOrOutOfRangeCountsAsMissing(String what, String bencoded) throws Exception {
        assertThat(decode(bencoded)).isEqualTo(ExtensionHandshake.EMPTY);
    }

    @ParameterizedTest
    @CsvSource({"le", "i1e", "3:abc", "d", "d1:m", "''", "x", "d1:pi99999999999999999999ee"})
    void whatIsNoDictionaryIsRefused(String bencoded) {
        assertThatThrownBy(() -> decode(bencoded))
                .isInstanceOf(ProtocolException.class)
                .hasMessageStartingWith("extension handshake: ");
    }

    @Test
    void metadataSizeIsAClaimThatIsPassedOn() throws Exception {
        assertThat(decode("d13:metadata_sizei9223372036854775807ee").metadataSize())
                .hasValue(Long.MAX_VALUE);
    }

    @Test
    void anIpv4AddressInIpv6ClothesIsIpv4() throws Exception {
        assertThat(decode("d6:yourip16:" + "\0".repeat(10) + "\u00ff\u00ff\u00c63d\ne")
                        .externalIp())
                .contains(InetAddress.getByName("198.51.100.10"));
    }

    @Test
    void namesOfClientsAreCutAndCannotMoveTheCursor() throws Exception {
        assertThat(decode("d1:v10:a\u001b[2J\r\nb\0ce").client()).contains("a [2J  b c");
        assertThat(decode("d1:v1000:" + "x".repeat(1000) + "e").client()).contains("x".repeat(64));
        var emoji =
                new String("\ud83d\ude00".repeat(100).getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        assertThat(decode("d1:v400:" + emoji + "e").client()).contains("\ud83d\ude00".repeat(64));
    }

    @Test
    void ofManyExtensionsTheFirstAreKeptAndOfLongNamesNone() throws Exception {
        var many = new StringBuilder("d1:md");
        for (int i = 0; i < 3000; i++) {
            many.append("6:x%05di7e".formatted(i));
        }
        assertThat(decode(many + "ee").messages()).hasSize(64).containsKeys("x00000", "x00063");
        assertThat(decode("d1:md65:" + "y".repeat(65) + "i7e1:zi8eee").messages())
                .containsOnlyKeys("z");
    }

    @Test
    void absurdHandshakesCostNoMoreThanTheirLength() throws Exception {
        for (var absurd : new String[] {
            "d1:m" + "d1:x".repeat(10_000),
            "d1:v60000:" + "v".repeat(60_000) + "e",
            "l".repeat(64_000),
            "d1:md" + "1:xi1e".repeat(5_000) + "ee"
        }) {
            Cost.atMost(200, absurd.length(), () -> {
                try {
                    decode(absurd);
                } catch (ProtocolException e) {
                    assertThat(e.getMessage()).hasSizeLessThan(200);
                }
            });
        }
    }
}

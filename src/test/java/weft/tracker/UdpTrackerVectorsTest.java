package weft.tracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import weft.TestData;
import weft.bencode.BString;
import weft.fuzz.Seeds;
import weft.wire.ProtocolException;

/** testdata/vectors/udp_tracker.json: packets by the BEPs, and those of other clients. */
class UdpTrackerVectorsTest {
    /** Nothing is wrong with it but that nobody asked; UdpTrackerTest has it dropped. */
    private static final String FOREIGN = "response with a foreign transaction id";

    private static Stream<JsonNode> rows() {
        return Seeds.rows("udp_tracker.json", "rows");
    }

    private static boolean isRequest(JsonNode row) {
        var name = row.get("name").asText();
        return name.contains("request") || name.startsWith("captured");
    }

    private static Arguments named(JsonNode row) {
        return Arguments.of(row.get("name").asText(), row);
    }

    static Stream<Arguments> goodRequests() {
        return rows().filter(row -> isRequest(row) && row.get("valid").asBoolean())
                .map(UdpTrackerVectorsTest::named);
    }

    static Stream<Arguments> goodAnswers() {
        return rows().filter(row -> !isRequest(row) && row.get("valid").asBoolean())
                .map(UdpTrackerVectorsTest::named);
    }

    static Stream<Arguments> bad() {
        return rows().filter(row -> !row.get("valid").asBoolean()
                        && !row.get("name").asText().equals(FOREIGN))
                .map(UdpTrackerVectorsTest::named);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("goodRequests")
    void requestIsRead(String name, JsonNode row) throws Exception {
        var read = UdpRequest.parse(packet(row));

        assertThat(read).isEqualTo(request(row.get("fields")));
        assertThat(UdpRequest.parse(read.encode())).isEqualTo(read);
        if (!name.contains("NOP") && !name.contains("unknown option")) { // we have no use for those
            assertThat(read.encode()).isEqualTo(packet(row));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("goodAnswers")
    void answerIsRead(String name, JsonNode row) throws Exception {
        var family = name.contains("IPv6") ? IpFamily.IPV6 : IpFamily.IPV4;
        var read = UdpAnswer.parse(packet(row), family);

        assertThat(read).isEqualTo(answer(row.get("fields")));
        var written = read.encode();
        if (!name.contains("longer than") && !name.contains("trailing")) {
            assertThat(written).isEqualTo(packet(row));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bad")
    void whatIsBrokenIsRefused(String name, JsonNode row) {
        assertThatThrownBy(() -> {
                    if (isRequest(row)) {
                        UdpRequest.parse(packet(row));
                    } else {
                        UdpAnswer.parse(packet(row), IpFamily.IPV4);
                    }
                })
                .as(name)
                .isInstanceOf(ProtocolException.class);
    }

    @Test
    void connectionIdLivesAsLongAsTheVectorsSay() {
        assertThat(UdpConnections.LIFETIME.toSeconds())
                .isEqualTo(TestData.json("vectors/udp_tracker.json")
                        .get("connection_id_lifetime_seconds")
                        .asLong());
    }

    private static ByteBuffer packet(JsonNode row) {
        return ByteBuffer.wrap(TestData.hex(row.get("hex").asText()));
    }

    private static UdpRequest request(JsonNode fields) {
        int transactionId = (int) fields.get("transaction_id").asLong();
        return switch (fields.get("action").asInt()) {
            case UdpRequest.CONNECT -> new UdpRequest.Connect(transactionId);
            case UdpRequest.ANNOUNCE ->
                new UdpRequest.Announce(
                        connectionId(fields),
                        transactionId,
                        BString.of(TestData.hex(fields.get("info_hash").asText())),
                        BString.of(fields.get("peer_id").asText()),
                        fields.get("downloaded").asLong(),
                        fields.get("left").asLong(),
                        fields.get("uploaded").asLong(),
                        fields.get("event").asInt(),
                        fields.get("ip").asInt(),
                        (int) fields.get("key").asLong(),
                        fields.get("num_want").asInt(),
                        fields.get("port").asInt(),
                        Optional.ofNullable(fields.get("url_data")).map(JsonNode::asText));
            default -> {
                var hashes = new ArrayList<BString>();
                fields.get("info_hashes").forEach(hash -> hashes.add(BString.of(TestData.hex(hash.asText()))));
                yield new UdpRequest.Scrape(connectionId(fields), transactionId, hashes);
            }
        };
    }

    private static UdpAnswer answer(JsonNode fields) {
        int transactionId = (int) fields.get("transaction_id").asLong();
        return switch (fields.get("action").asInt()) {
            case UdpRequest.CONNECT -> new UdpAnswer.Connected(transactionId, connectionId(fields));
            case UdpRequest.ANNOUNCE -> {
                List<InetSocketAddress> peers = new ArrayList<>();
                fields.get("peers")
                        .forEach(peer -> peers.add(new InetSocketAddress(
                                peer.get(0).asText(), peer.get(1).asInt())));
                yield new UdpAnswer.Announced(
                        transactionId,
                        fields.get("interval").asInt(),
                        fields.get("leechers").asInt(),
                        fields.get("seeders").asInt(),
                        peers);
            }
            case UdpRequest.SCRAPE -> {
                var files = new ArrayList<UdpAnswer.Counts>();
                fields.get("files")
                        .forEach(file -> files.add(new UdpAnswer.Counts(
                                file.get("seeders").asInt(),
                                file.get("completed").asInt(),
                                file.get("leechers").asInt())));
                yield new UdpAnswer.Scraped(transactionId, files);
            }
            default ->
                new UdpAnswer.Refused(transactionId, fields.get("message").asText());
        };
    }

    private static long connectionId(JsonNode fields) {
        // the capturing tracker gave out one id only, which is not repeated with each packet
        return HexFormat.fromHexDigitsToLong(fields.path("connection_id").asText("1122334455667788"));
    }
}

package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import weft.TestData;
import weft.bencode.BDict;
import weft.bencode.BInteger;
import weft.bencode.BString;
import weft.bencode.Bencode;
import weft.bencode.BencodeLimits;
import weft.fuzz.Seeds;

/** {@link Krpc} over messages from BEP 5, of libtorrent, and of nobody who means well. */
class KrpcTest {
    private static final NodeId ID = NodeId.parse("f8e966d1e207d02c44511a58dccff2f5429e9a3b");
    private static final NodeId TARGET = NodeId.parse("f2fc9e17c5ccf2f89869540bd11ef0f28ec278a0");
    private static final BString TRANSACTION = BString.of(new byte[] {0, 42});

    static Stream<JsonNode> rows() {
        return Seeds.rows("dht_messages.json", "rows");
    }

    static Stream<JsonNode> malformed() {
        return Seeds.rows("dht_messages.json", "malformed");
    }

    /** What we do not keep apart: who says so, and what BEPs that we know give no meaning. */
    private static BDict known(BDict message) {
        var known = BDict.builder();
        message.entries().forEach((key, value) -> {
            if (!key.equals(BString.of("v"))) {
                known.put(key, value instanceof BDict inner ? knownInside(inner) : value);
            }
        });
        return known.build();
    }

    private static BDict knownInside(BDict arguments) {
        boolean isAnnounce = arguments.get("port").isPresent();
        var known = BDict.builder();
        arguments.entries().forEach((key, value) -> {
            boolean dropped = switch (key.utf8()) {
                case "p", "bs" -> true;
                case "want" -> isAnnounce;
                case "seed" -> value.equals(BInteger.of(0));
                // BEP 5's examples have words where bytes would be.
                case "nodes" -> value instanceof BString packed && packed.utf8().equals("def456...");
                default -> false;
            };
            if (!dropped) {
                known.put(key, value);
            }
        });
        return known.build();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void everyVectorIsReadAndWrittenTheSame(JsonNode row) throws IOException {
        byte[] datagram = hex(row);

        byte[] written = Krpc.encode(Krpc.decode(datagram));

        var expected = known((BDict) Bencode.decodeStrict(datagram, BencodeLimits.KRPC));
        var actual = known((BDict) Bencode.decodeStrict(written, BencodeLimits.KRPC));
        if (row.get("hex").asText().contains(hexOf("def456..."))) {
            actual = withoutNodes(actual);
        }
        assertThat(actual).isEqualTo(expected);
    }

    private static BDict withoutNodes(BDict answer) {
        var values = BDict.builder();
        answer.dict("r").orElseThrow().entries().forEach((key, value) -> {
            if (!key.equals(BString.of("nodes"))) {
                values.put(key, value);
            }
        });
        return BDict.builder()
                .put("r", values.build())
                .put("t", answer.get("t").orElseThrow())
                .put("y", answer.get("y").orElseThrow())
                .build();
    }

    private static String hexOf(String text) {
        var hex = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.US_ASCII)) {
            hex.append(String.format("%02x", b));
        }
        return hex.toString();
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void whatIsMalformedGetsTheExpectedReaction(JsonNode row) throws IOException {
        switch (row.get("name").asText()) {
            case "id of 19 bytes" -> assertRefused(row, "bad id");
            case "no id" -> assertRefused(row, "bad id");
            case "a is not a dict" -> assertRefused(row, "no arguments");
            case "find_node target too short" -> assertRefused(row, "bad target");
            case "announce_peer without token" -> assertRefused(row, "bad token");
            case "announce_peer port 0 without implied_port" -> assertRefused(row, "bad port");
            case "announce_peer port 65536" -> assertRefused(row, "bad port");
            case "no transaction id", "unknown y" -> assertDropped(row);
            case "unknown method" ->
                assertThat(query(row).method()).isEqualTo(new Method.Unknown("frobnicate", Optional.empty(), Set.of()));
            // That the token is wrong only the node can tell: see ResponderTest.
            case "announce_peer with a wrong token" ->
                assertThat(query(row).method())
                        .isEqualTo(new Method.AnnouncePeer(TARGET, 6881, false, false, BString.of("wrong")));
            case "nodes not a multiple of 26" ->
                assertThat(answer(row).contents().allNodes()).isEmpty(); // the whole one has port 0
            case "value entry of 5 bytes" ->
                assertThat(answer(row).contents().values()).isEmpty();
            case "empty transaction id" -> assertPing(row, BString.EMPTY);
            case "long transaction id" -> assertPing(row, BString.of("x".repeat(64)));
            case "trailing bytes", "unsorted keys" -> assertPing(row, TRANSACTION);
            default -> throw new AssertionError("what is expected of " + row + "?");
        }
    }

    private static void assertRefused(JsonNode row, String why) {
        var refusal = catchThrowableOfType(KrpcException.class, () -> Krpc.decode(hex(row)));

        assertThat(refusal).hasMessage(why);
        assertThat(refusal.reply()).contains(new Failure(TRANSACTION, 203, "Protocol Error, " + why));
    }

    private static void assertDropped(JsonNode row) {
        var refusal = catchThrowableOfType(KrpcException.class, () -> Krpc.decode(hex(row)));

        assertThat(refusal.reply()).isEmpty();
    }

    private static void assertPing(JsonNode row, BString transaction) throws IOException {
        assertThat(query(row)).isEqualTo(new Query(transaction, ID, false, new Method.Ping()));
    }

    private static Query query(JsonNode row) throws IOException {
        return (Query) Krpc.decode(hex(row));
    }

    private static Answer answer(JsonNode row) throws IOException {
        return (Answer) Krpc.decode(hex(row));
    }

    private static byte[] hex(JsonNode row) {
        return TestData.hex(row.get("hex").asText());
    }

    @Test
    void everyPartOfAnAnswerIsRead() throws IOException {
        var row = rows().filter(r -> r.get("name").asText().equals("crafted response, values and nodes"))
                .findFirst()
                .orElseThrow();

        var answer = answer(row);

        assertThat(answer.id()).isEqualTo(ID);
        assertThat(answer.seenAs()).contains(new InetSocketAddress("203.0.113.9", 6881));
        assertThat(answer.contents().token()).contains(BString.of("aoeusnth"));
        assertThat(answer.contents().values())
                .containsExactly(
                        new InetSocketAddress("203.0.113.5", 6881), new InetSocketAddress("198.51.100.7", 51413));
        assertThat(answer.contents().nodes())
                .isEqualTo(Map.of(
                        Family.IPV4,
                        List.of(new Contact(
                                NodeId.parse("d8273e2f4a7c0a59554544c6605cdd8b117848aa"),
                                new InetSocketAddress("192.0.2.1", 6881)))));
    }

    @Test
    void everyKindOfMessageComesBackAsItWent() throws IOException {
        var both = Set.of(Family.IPV4, Family.IPV6);
        var signed = new Method.Put.Signed(
                BString.of(new byte[32]), BString.of("salt"), 7, BString.of(new byte[64]), OptionalLong.of(6));
        var v6 = new InetSocketAddress(InetAddress.getByName("2001:db8::7"), 6881);
        var contents = Answer.Contents.ofNodes(Answer.nodesOf(Family.IPV6, List.of(new Contact(TARGET, v6))))
                .with(BString.of("token"))
                .with(List.of(v6))
                .with(new Answer.Filters(BString.of(new byte[256]), BString.of(new byte[256])))
                .with(new Answer.Stored(
                        Optional.of(BString.of("x")),
                        Optional.of(BString.of(new byte[32])),
                        OptionalLong.of(-1),
                        Optional.of(BString.of(new byte[64]))))
                .with(new Answer.Samples(60, 3, List.of(ID, TARGET)));
        var messages = List.of(
                new Query(TRANSACTION, ID, true, new Method.Ping()),
                new Query(TRANSACTION, ID, false, new Method.FindNode(TARGET, both)),
                new Query(TRANSACTION, ID, false, new Method.GetPeers(TARGET, Set.of(), true, true)),
                new Query(TRANSACTION, ID, false, new Method.AnnouncePeer(TARGET, 1, true, true, BString.of("t"))),
                new Query(TRANSACTION, ID, false, new Method.Get(TARGET, both, OptionalLong.of(3))),
                new Query(TRANSACTION, ID, false, new Method.Put(BString.EMPTY, BString.of("v"), Optional.of(signed))),
                new Query(TRANSACTION, ID, false, new Method.Put(BString.EMPTY, BInteger.of(1), Optional.empty())),
                new Query(TRANSACTION, ID, false, new Method.SampleInfohashes(TARGET, Set.of(Family.IPV4))),
                new Query(TRANSACTION, ID, false, new Method.Unknown("vote", Optional.of(TARGET), both)),
                new Answer(TRANSACTION, ID, Optional.of(v6), contents),
                new Answer(TRANSACTION, ID, Optional.empty(), Answer.Contents.NONE),
                new Failure(TRANSACTION, 301, "CAS mismatch"));

        for (var message : messages) {
            assertThat(Krpc.decode(Krpc.encode(message))).isEqualTo(message);
        }
    }

    @Test
    void aDatagramOverTheLimitIsDropped() {
        var start = "d1:ad2:id20:" + "i".repeat(20) + "e1:q4:ping1:t2:aa1:v1440:";
        var end = "1:y1:qe";
        int filling = 1501 - start.length() - end.length();
        var tooLong = start.replace("1440", Integer.toString(filling)) + "x".repeat(filling) + end;
        assertThat(tooLong).hasSize(1501);

        assertThatThrownBy(() -> Krpc.decode(tooLong.getBytes(StandardCharsets.US_ASCII)))
                .hasMessageContaining("at most 1500");
    }

    @Test
    void whatIsNestedDeeperThanTenIsDropped() {
        var deep = "d1:x" + "l".repeat(10) + "e".repeat(10) + "e";

        assertThatThrownBy(() -> Krpc.decode(deep.getBytes(StandardCharsets.US_ASCII)))
                .hasMessageContaining("nested more than 10");
    }

    @Test
    void onlyTheFirstEightNodesAndHundredValuesCount() throws IOException {
        var node = "i".repeat(20) + "\1\2\3\4\5\6";
        var manyNodes = node.repeat(30);
        var values = "6:\1\2\3\4\5\6".repeat(60);
        var datagram = ("d1:rd2:id20:" + "i".repeat(20) + "5:nodes" + manyNodes.length() + ":" + manyNodes
                        + "e1:t0:1:y1:re")
                .getBytes(StandardCharsets.ISO_8859_1);
        var ofValues = ("d1:rd2:id20:" + "i".repeat(20) + "6:valuesl" + values + values + "ee1:t0:1:y1:re")
                .getBytes(StandardCharsets.ISO_8859_1);

        assertThat(((Answer) Krpc.decode(datagram)).contents().allNodes()).hasSize(8);
        assertThat(((Answer) Krpc.decode(ofValues)).contents().values()).hasSize(100);
    }

    @Test
    void aPutThatIsNotCanonicalIsRefused() {
        var put = "d1:q3:put1:ad1:v3:abc2:id20:" + "i".repeat(20) + "5:token1:te1:t2:aa1:y1:qe";

        var refusal =
                catchThrowableOfType(KrpcException.class, () -> Krpc.decode(put.getBytes(StandardCharsets.US_ASCII)));

        assertThat(refusal.reply().orElseThrow().code()).isEqualTo(203);
    }

    @Test
    void noPrefixOfAMessageIsOne() {
        rows().map(KrpcTest::hex).forEach(datagram -> {
            for (int length = 0; length < datagram.length; length++) {
                byte[] cut = Arrays.copyOf(datagram, length);
                assertThatThrownBy(() -> Krpc.decode(cut)).isInstanceOf(KrpcException.class);
            }
        });
    }

    @Test
    void compactNodesAreReadAndWritten() {
        Seeds.rows("compact_peers.json", "nodes").forEach(row -> {
            var family = row.get("family").asInt() == 4 ? Family.IPV4 : Family.IPV6;
            var packed = BString.of(hex(row));
            var expected = new ArrayList<Contact>();
            row.get("nodes")
                    .forEach(node -> expected.add(new Contact(
                            NodeId.parse(node.get(0).asText()),
                            new InetSocketAddress(
                                    node.get(1).asText(), node.get(2).asInt()))));

            assertThat(Compact.nodes(packed, family, 100)).isEqualTo(expected);
            assertThat(Compact.nodes(expected, family)).isEqualTo(packed);
        });
    }

    @Test
    void whatNobodyCanListenOnIsNoPeer() {
        assertThat(Compact.peer(BString.of(TestData.hex("00000000 0000")))).isEmpty();
        assertThat(Compact.peer(BString.of(TestData.hex("00000000000000000000ffff cb007105 0050"))))
                .as("IPv4 in the clothes of IPv6")
                .isEmpty();
    }
}

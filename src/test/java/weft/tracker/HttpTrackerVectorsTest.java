package weft.tracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import weft.TestData;
import weft.bencode.BString;
import weft.metainfo.InfoHash;
import weft.wire.PeerId;

/** testdata/vectors/http_tracker.json: what other clients sent and what trackers answer. */
class HttpTrackerVectorsTest {
    private static final JsonNode VECTORS = TestData.json("vectors/http_tracker.json");

    @ParameterizedTest
    @MethodSource("libtorrentRequests")
    void announcesExactlyAsLibtorrentDoes(String target) throws Exception {
        var query = new QueryString(target.substring(target.indexOf('?') + 1));
        var request = new AnnounceRequest(
                InfoHash.ofV1(Percent.decode(query.first("info_hash").orElseThrow())),
                PeerId.of(Percent.decode(query.first("peer_id").orElseThrow())),
                (int) query.number("port").orElseThrow(),
                AnnounceTotals.of(
                        query.number("uploaded").orElseThrow(),
                        query.number("downloaded").orElseThrow(),
                        query.number("left").orElseThrow()),
                AnnounceEvent.valueOf(query.first("event").orElseThrow().toUpperCase(Locale.ROOT)),
                (int) query.number("numwant").orElseThrow(),
                Integer.parseUnsignedInt(query.first("key").orElseThrow(), 16),
                true,
                query.first("trackerid").map(Percent::decode).map(BString::of));

        var url = TrackerUrl.parse("http://192.0.2.1:6969/announce?pk=a%20b")
                .withParameters(AnnounceParameters.of(request));

        // libtorrent leaves some marks as they are that RFC 3986 reserves; both spellings are the same bytes
        assertThat(url.target()).isEqualTo(target.replace("!", "%21").replace(")", "%29"));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void infoHashesArePercentEncodedByteByByte(JsonNode row) {
        byte[] bytes = TestData.hex(row.get("hex").asText());

        assertThat(Percent.encode(bytes))
                .isEqualTo(row.get("also_seen_lower_case").asText());
        assertThat(Percent.decode(row.get("encoded").asText())).isEqualTo(bytes);
    }

    static Stream<JsonNode> rows() {
        return stream(VECTORS.get("info_hash_encoding"));
    }

    @ParameterizedTest
    @MethodSource("scrapeUrls")
    void scrapeAddressFollowsTheStrictRule(String announce, Optional<String> scrape) throws Exception {
        assertThat(TrackerUrl.parse(announce).scrapeUrl().map(url -> url + url.target()))
                .isEqualTo(scrape);
    }

    static Stream<Arguments> scrapeUrls() {
        return stream(VECTORS.get("scrape_url").get("rows"))
                .filter(row -> row.get("announce").asText().startsWith("http"))
                .map(row -> Arguments.of(
                        row.get("announce").asText(),
                        Optional.of(row.get("strict")).filter(s -> !s.isNull()).map(JsonNode::asText)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("responses")
    void answersAreRead(String name, byte[] body, JsonNode expected) throws Exception {
        if (expected.isNull()) {
            assertThatThrownBy(() -> HttpAnswers.announce(body, InetAddress.getLoopbackAddress()))
                    .isInstanceOfSatisfying(
                            TrackerException.class,
                            e -> assertThat(e.kind()).isEqualTo(TrackerException.Kind.BAD_ANSWER));
        } else if (expected.has("failure_reason")) {
            assertFailure(body, expected);
        } else if (expected.has("files")) {
            assertScrape(body, expected);
        } else {
            assertAnswer(HttpAnswers.announce(body, InetAddress.getLoopbackAddress()), expected);
        }
    }

    static Stream<Arguments> responses() {
        return stream(VECTORS.get("responses"))
                .map(row -> Arguments.of(
                        row.get("name").asText(), TestData.hex(row.get("hex").asText()), row.get("expect")));
    }

    private static void assertFailure(byte[] body, JsonNode expected) {
        assertThatThrownBy(() -> HttpAnswers.announce(body, InetAddress.getLoopbackAddress()))
                .hasMessage(expected.get("failure_reason").asText())
                .isInstanceOfSatisfying(TrackerException.class, e -> {
                    assertThat(e.kind()).isEqualTo(TrackerException.Kind.REFUSED);
                    assertThat(e.retryAfter())
                            .isEqualTo(Optional.ofNullable(expected.get("retry_in_minutes"))
                                    .map(minutes -> Duration.ofMinutes(minutes.asLong())));
                    assertThat(e.retryUseless()).isEqualTo(expected.has("retry_in"));
                });
    }

    private static void assertScrape(byte[] body, JsonNode expected) throws TrackerException {
        var hash = expected.get("files").fieldNames().next();
        var counts = expected.get("files").get(hash);

        var scrape = HttpAnswers.scrape(body);

        assertThat(scrape.swarms())
                .containsOnlyKeys(BString.of(TestData.hex(hash)))
                .containsValue(new SwarmCounts(
                        count(counts, "complete"),
                        count(counts, "incomplete"),
                        count(counts, "downloaded"),
                        OptionalInt.empty()));
        assertThat(scrape.minRequestInterval())
                .contains(
                        Duration.ofSeconds(expected.get("min_request_interval").asLong()));
    }

    private static void assertAnswer(AnnounceResponse answer, JsonNode expected) throws Exception {
        long interval = expected.has("interval") ? expected.get("interval").asLong() : 1800;
        long minInterval =
                expected.has("min_interval") ? expected.get("min_interval").asLong() : 30;
        assertThat(answer.interval()).isEqualTo(Duration.ofSeconds(interval));
        assertThat(answer.minInterval()).isEqualTo(Duration.ofSeconds(minInterval));
        assertThat(answer.complete()).isEqualTo(count(expected, "complete"));
        assertThat(answer.incomplete()).isEqualTo(count(expected, "incomplete"));
        assertThat(answer.downloaded()).isEqualTo(count(expected, "downloaded"));
        assertThat(answer.trackerId().map(BString::utf8)).isEqualTo(text(expected, "tracker_id"));
        assertThat(answer.warning()).isEqualTo(text(expected, "warning_message"));
        assertThat(answer.externalIp().map(ip -> ip.getHostAddress())).isEqualTo(text(expected, "external_ip"));
        List<InetSocketAddress> peers = new ArrayList<>();
        for (var peer : expected.get("peers")) {
            var literal = IpLiteral.parse(peer.get(0).asText());
            peers.add(
                    literal.isPresent()
                            ? new InetSocketAddress(literal.get(), peer.get(1).asInt())
                            : InetSocketAddress.createUnresolved(
                                    peer.get(0).asText(), peer.get(1).asInt()));
        }
        assertThat(answer.peers()).isEqualTo(peers);
    }

    private static OptionalInt count(JsonNode node, String name) {
        return node.has(name) ? OptionalInt.of(node.get(name).asInt()) : OptionalInt.empty();
    }

    private static Optional<String> text(JsonNode node, String name) {
        return Optional.ofNullable(node.get(name)).map(JsonNode::asText);
    }

    static Stream<String> libtorrentRequests() {
        return stream(VECTORS.get("requests"))
                .filter(row -> row.get("client").asText().matches("libtorrent.*|qBittorrent.*"))
                .map(row -> row.get("request_line").asText().split(" ")[1]);
    }

    private static Stream<JsonNode> stream(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }
}

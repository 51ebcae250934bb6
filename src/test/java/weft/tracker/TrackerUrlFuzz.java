package weft.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;
import weft.fuzz.Cost;
import weft.fuzz.Seeds;

/** Any text as the address of a tracker, and as the query of an announce to ours: fit to be sent, or refused. */
class TrackerUrlFuzz {

    static Stream<byte[]> seeds() {
        var requests = Seeds.rows("http_tracker.json", "requests")
                .map(row -> row.get("request_line").asText().split(" ")[1])
                .flatMap(target ->
                        Stream.of("http://192.0.2.1:6969" + target, target.substring(target.indexOf('?') + 1)));
        var odd = Stream.of(
                "https://user:p%40ss@Tracker.example:443/a b/announce.php?x=/#y",
                "http://[2001:db8::1]:80/announce",
                "HTTP://b\u00fccher.example/\u00e9?\u00e9",
                "udp://tracker.example:1/");
        return Stream.concat(requests, odd).map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    @Timeout(20)
    @MethodSource("seeds")
    @FuzzTest
    void parsesOrRefuses(byte[] input) throws IOException {
        var text = new String(input, StandardCharsets.UTF_8);

        Cost.atMost(2000, input.length, () -> parseUrl(text));
        Cost.atMost(2000, input.length, () -> parseQuery(text));
    }

    private static void parseUrl(String text) throws TrackerException {
        TrackerUrl url;
        try {
            url = TrackerUrl.parse(text);
        } catch (TrackerException e) {
            assertThat(e.getMessage()).hasSizeLessThan(1000);
            return;
        }
        assertThat(url.target()).startsWith("/").matches("[!-~]+");
        assertThat(url.hostHeader()).matches("[!-~]+");
        assertThat(url.port()).isBetween(1, 0xffff);
        // What is sent is understood as what was meant.
        var sent = TrackerUrl.parse(url + url.target());
        assertThat(sent.target()).isEqualTo(url.target());
        assertThat(sent.host()).isEqualTo(url.host());
        assertThat(sent.port()).isEqualTo(url.port());
        assertThat(url.withParameters("a=1").target()).endsWith("a=1");
        url.scrapeUrl().ifPresent(scrape -> assertThat(scrape.target()).contains("/scrape"));
        assertThat(url.resolve("/announce").host()).isEqualTo(url.host());
    }

    private static void parseQuery(String text) {
        try {
            var query = AnnounceQuery.parse(new QueryString(text), InetAddress.getLoopbackAddress(), true);

            assertThat(query.infoHash().length()).isEqualTo(20);
            assertThat(query.peerId().length()).isEqualTo(20);
            assertThat(query.numWant()).isBetween(0, AnnounceQuery.MAX_NUM_WANT);
            query.endpoint().ifPresent(peer -> assertThat(peer.isUnresolved()).isFalse());
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).isNotBlank().hasSizeLessThan(200);
        }
    }
}

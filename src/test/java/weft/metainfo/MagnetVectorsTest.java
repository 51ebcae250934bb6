package weft.metainfo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import weft.TestData;

/** Links with known answers, which are libtorrent's 2.0.8 unless the vectors recommend another; ours are listed here. */
@Timeout(60)
class MagnetVectorsTest {

    /** Links of which we make more than libtorrent does. */
    private static final Map<String, String> KINDER = Map.of(
            "peers", "BEP 9 allows names of hosts",
            "select only, index over 10000", "ranges are kept as ranges, so there is no need for a limit",
            "triple slash form", "refused by libtorrent",
            "scheme in upper case", "the same",
            "bare hash", "the same");

    static Stream<Named<JsonNode>> rows() {
        return StreamSupport.stream(
                        TestData.json("vectors/magnet.json").get("rows").spliterator(), false)
                .map(row -> Named.of(row.get("name").asText(), row));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void agreesWithTheVectors(JsonNode row) throws MetainfoException {
        String link = row.get("uri").asText();
        if (row.get("recommended").asText().equals("reject")) {
            assertThatExceptionOfType(MetainfoException.class)
                    .isThrownBy(() -> Magnet.parse(link))
                    .withMessageStartingWith("not a usable magnet link: ")
                    .withMessageContaining("expected ")
                    .matches(e -> e.offset() >= 0 && e.offset() <= link.length());
            return;
        }

        Magnet magnet = Magnet.parse(link);

        if (KINDER.containsKey(row.get("name").asText())) {
            assertThat(magnet.infoHash()).hasToString("cd".repeat(20));
        } else {
            check(magnet, row.get("expected"));
        }
        assertThat(Magnet.parse(magnet.toString())).isEqualTo(magnet);
    }

    private static void check(Magnet magnet, JsonNode expected) {
        assertThat(magnet.infoHashV1().map(InfoHash::toHex).orElse(null)).isEqualTo(text(expected, "v1"));
        assertThat(magnet.infoHashV2().map(InfoHash::toHex).orElse(null)).isEqualTo(text(expected, "v2"));
        assertThat(magnet.name().orElse(null)).isEqualTo(text(expected, "dn"));
        assertThat(magnet.trackers()).isEqualTo(addresses(expected, "trackers"));
        assertThat(magnet.webSeeds()).isEqualTo(addresses(expected, "web_seeds"));
        assertThat(magnet.peers()).isEqualTo(endpoints(expected, "peers"));
        assertThat(magnet.nodes()).isEqualTo(endpoints(expected, "dht_nodes"));
        var selected = new ArrayList<Integer>();
        expected.path("selected_files").forEach(file -> selected.add(file.asInt()));
        assertThat(magnet.selection().isEmpty()).isEqualTo(selected.isEmpty());
        if (!selected.isEmpty()) {
            assertThat(magnet.selectedFiles(20_000).stream().boxed()).isEqualTo(selected);
        }
    }

    private static String text(JsonNode row, String key) {
        return row.hasNonNull(key) ? row.get(key).asText() : null;
    }

    /** Each once, where libtorrent has some twice, and an empty one is none. */
    private static List<String> addresses(JsonNode expected, String key) {
        var urls = new LinkedHashSet<String>();
        expected.path(key).forEach(url -> urls.add(url.asText()));
        urls.remove("");
        return List.copyOf(urls);
    }

    private static List<InetSocketAddress> endpoints(JsonNode expected, String key) {
        var endpoints = new ArrayList<InetSocketAddress>();
        expected.path(key)
                .forEach(pair -> endpoints.add(InetSocketAddress.createUnresolved(
                        pair.get(0).asText(), pair.get(1).asInt())));
        return endpoints;
    }
}

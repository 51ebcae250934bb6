package weft.bencode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static weft.TestData.hex;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import weft.TestData;

/** Every row of testdata/vectors/bencode.json. */
@Timeout(60)
class BencodeVectorsTest {

    private static final BencodeLimits LIMITS = BencodeLimits.METAINFO;

    /** Rows, and nestings, in which the lenient decoder does not say what libtorrent 2.0.8 says, and why. */
    private static final Map<String, String> OTHER_THAN_LIBTORRENT = Map.of(
            "int over 64 bits", "libtorrent accepts it and reads 0; a wrong number is worse than none",
            "list 100", "the limit of 100 levels includes the hundredth",
            "dict 99", "the same: 99 and the empty one within");

    /** Well-formed rows that no decoder of ours accepts, because integers are of 64 bits. */
    private static final List<String> TOO_LARGE = List.of("int over 64 bits", "int huge");

    private static final JsonNode VECTORS = TestData.json("vectors/bencode.json");

    static Stream<Named<JsonNode>> cases() {
        return StreamSupport.stream(VECTORS.get("cases").spliterator(), false)
                .map(row -> Named.of(row.get("name").asText(), row));
    }

    static Stream<Named<JsonNode>> nestings() {
        return StreamSupport.stream(VECTORS.get("deep_nesting").spliterator(), false)
                .map(row -> Named.of(row.get("kind").asText() + " " + row.get("depth"), row));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void lenientAcceptsWhatIsWellFormedAndStrictWhatIsCanonical(JsonNode row) {
        String name = row.get("name").asText();
        byte[] input = hex(row.get("hex").asText());
        boolean fits = !TOO_LARGE.contains(name);

        assertThat(accepts(() -> Bencode.decode(input, LIMITS)))
                .isEqualTo(row.get("well_formed").asBoolean() && fits);
        assertThat(accepts(() -> Bencode.decodeStrict(input, LIMITS)))
                .isEqualTo(row.get("canonical").asBoolean() && fits);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void lenientAgreesWithLibtorrentButForListedRows(JsonNode row) {
        boolean accepted = accepts(() -> Bencode.decode(hex(row.get("hex").asText()), LIMITS));

        boolean agrees = accepted == row.get("libtorrent_2_0_8").asText().equals("accept");
        assertThat(agrees)
                .isNotEqualTo(OTHER_THAN_LIBTORRENT.containsKey(row.get("name").asText()));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whatIsAcceptedButNotCanonicalIsReported(JsonNode row) throws BencodeException {
        if (!row.get("well_formed").asBoolean()
                || TOO_LARGE.contains(row.get("name").asText())) {
            return;
        }
        Decoded decoded = Bencode.decode(hex(row.get("hex").asText()), LIMITS);

        assertThat(decoded.warnings().isEmpty()).isEqualTo(row.get("canonical").asBoolean());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void valueIsReadAndWrittenAgain(JsonNode row) throws BencodeException {
        if (!row.get("canonical").asBoolean()
                || TOO_LARGE.contains(row.get("name").asText())) {
            return;
        }
        byte[] input = hex(row.get("hex").asText());

        BValue value = Bencode.decodeStrict(input, LIMITS);

        if (row.has("value")) {
            assertThat(value).isEqualTo(value(row.get("value")));
        }
        assertThat(Bencode.encode(value)).isEqualTo(input);
    }

    @ParameterizedTest
    @MethodSource("nestings")
    void nestingCostsNoStackAndHasALimit(JsonNode row) {
        String kind = row.get("kind").asText();
        int depth = row.get("depth").asInt();
        String text = kind.equals("list")
                ? "l".repeat(depth) + "e".repeat(depth)
                : "d1:a".repeat(depth) + "de" + "e".repeat(depth);

        boolean accepted = accepts(() -> Bencode.decode(text.getBytes(StandardCharsets.US_ASCII), LIMITS));

        assertThat(accepted).isEqualTo(depth + (kind.equals("dict") ? 1 : 0) <= 100);
        boolean agrees = accepted == row.get("libtorrent_2_0_8").asText().equals("accept");
        assertThat(agrees).isNotEqualTo(OTHER_THAN_LIBTORRENT.containsKey(kind + " " + depth));
    }

    @Test
    void everyProperPrefixIsRejected() {
        byte[] whole = hex(VECTORS.get("truncation").get("whole_hex").asText());

        assertThatCode(() -> Bencode.decodeStrict(whole, LIMITS)).doesNotThrowAnyException();
        for (int length = 0; length < whole.length; length++) {
            byte[] prefix = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> Bencode.decode(prefix, LIMITS))
                    .as("%d bytes", length)
                    .isInstanceOf(BencodeException.class);
        }
    }

    private interface Decoding {
        Object run() throws BencodeException;
    }

    private static boolean accepts(Decoding decoding) {
        try {
            decoding.run();
            return true;
        } catch (BencodeException rejected) {
            return false;
        }
    }

    private static BValue value(JsonNode node) {
        if (node.has("int")) {
            return BInteger.of(Long.parseLong(node.get("int").asText()));
        }
        if (node.has("str")) {
            return BString.of(node.get("str").asText());
        }
        if (node.has("list")) {
            var values = new ArrayList<BValue>();
            node.get("list").forEach(item -> values.add(value(item)));
            return BList.of(values);
        }
        var dict = BDict.builder();
        node.get("dict").forEach(entry -> dict.put(BString.of(hex(entry.get(0).asText())), value(entry.get(1))));
        return dict.build();
    }
}

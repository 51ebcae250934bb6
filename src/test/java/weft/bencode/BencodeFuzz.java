package weft.bencode;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;
import weft.fuzz.Cost;
import weft.fuzz.Seeds;

/** Any bytes: decoded or refused, leniently and strictly, and what is decoded is encoded to the same again. */
class BencodeFuzz {

    private static final BencodeLimits LIMITS = BencodeLimits.METAINFO;

    static Stream<byte[]> seeds() {
        Stream<byte[]> nestings = Seeds.rows("bencode.json", "deep_nesting")
                .filter(row -> row.get("depth").asInt() <= 10_000)
                .map(row -> "l".repeat(row.get("depth").asInt()).getBytes(StandardCharsets.US_ASCII));
        return Stream.concat(Seeds.hex("bencode.json", "cases"), nestings);
    }

    @Timeout(20)
    @MethodSource("seeds")
    @FuzzTest
    void decodesOrRefuses(byte[] input) throws IOException {
        Cost.atMost(300, input.length, () -> decodeLeniently(input));

        Optional<Decoded> lenient = decodeLeniently(input);
        Optional<BValue> strict = decodeStrictly(input);

        boolean isCanonical =
                lenient.isPresent() && lenient.orElseThrow().warnings().isEmpty();
        assertThat(strict.isPresent()).isEqualTo(isCanonical);
        if (lenient.isPresent()) {
            BValue value = lenient.orElseThrow().value();
            byte[] canonical = Bencode.encode(value);
            assertThat(Bencode.decodeStrict(canonical, LIMITS)).isEqualTo(value);
            assertThat(lenient.orElseThrow().end()).isBetween(1, input.length);
            assertThat(Arrays.equals(canonical, input)).isEqualTo(isCanonical);
            if (value instanceof BDict dict) {
                byte[] read = Arrays.copyOf(input, lenient.orElseThrow().end());
                assertThat(dict.raw().contentEquals(read, 0, read.length)).isTrue();
            }
        }
    }

    private static Optional<Decoded> decodeLeniently(byte[] input) {
        try {
            return Optional.of(Bencode.decode(input, LIMITS));
        } catch (BencodeException e) {
            assertExplained(e, input);
            return Optional.empty();
        }
    }

    private static Optional<BValue> decodeStrictly(byte[] input) {
        try {
            return Optional.of(Bencode.decodeStrict(input, LIMITS));
        } catch (BencodeException e) {
            assertExplained(e, input);
            return Optional.empty();
        }
    }

    private static void assertExplained(BencodeException e, byte[] input) {
        assertThat(e.offset()).isBetween(0L, (long) input.length);
        assertThat(e.getMessage()).startsWith("byte " + e.offset() + ": ").hasSizeLessThan(1000);
    }
}

package weft.bencode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** What holds for any value and any bytes. */
class BencodePropertiesTest {

    private static final BencodeLimits LIMITS = new BencodeLimits(20, 100_000, 10_000);

    @Property
    void whatIsWrittenIsReadAgainStrictly(@ForAll("values") BValue value) throws BencodeException {
        byte[] encoded = Bencode.encode(value);

        BValue decoded = Bencode.decodeStrict(encoded, LIMITS);

        assertThat(decoded).isEqualTo(value).hasSameHashCodeAs(value);
        assertThat(Bencode.encode(decoded)).isEqualTo(encoded);
    }

    @Property
    void aTruncatedValueIsRejected(@ForAll("values") BValue value, @ForAll @IntRange(max = 1000) int cut) {
        byte[] encoded = Bencode.encode(value);
        byte[] truncated = Arrays.copyOf(encoded, cut % encoded.length);

        assertThatExceptionOfType(BencodeException.class).isThrownBy(() -> Bencode.decode(truncated, LIMITS));
    }

    @Property
    void anyBytesAreAValueOrABencodeException(@ForAll @Size(max = 200) byte[] bytes) {
        assertRejectedOrCanonicalAgain(bytes);
    }

    @Property(tries = 5000)
    void bytesThatLookLikeBencodingAreAValueOrABencodeException(@ForAll("nearlyBencoding") String text) {
        assertRejectedOrCanonicalAgain(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Property
    void aDamagedValueIsAValueOrABencodeException(
            @ForAll("values") BValue value, @ForAll @IntRange(max = 1000) int where, @ForAll byte what) {
        byte[] encoded = Bencode.encode(value);
        encoded[where % encoded.length] = what;

        assertRejectedOrCanonicalAgain(encoded);
    }

    private static void assertRejectedOrCanonicalAgain(byte[] bytes) {
        try {
            Decoded decoded = Bencode.decode(bytes.clone(), LIMITS);
            assertThat(decoded.end()).isBetween(1, bytes.length);
            byte[] canonical = Bencode.encode(decoded.value());
            assertThat(Bencode.decodeStrict(canonical, LIMITS)).isEqualTo(decoded.value());
            if (decoded.warnings().isEmpty()) {
                assertThat(canonical).isEqualTo(bytes);
            }
        } catch (BencodeException e) {
            assertThat(e.offset()).isBetween(0L, (long) bytes.length);
            assertThat(e).hasMessageStartingWith("byte " + e.offset() + ": ");
        }
    }

    @Provide
    Arbitrary<String> nearlyBencoding() {
        return Arbitraries.of("d", "l", "e", "i", "0", "1", "2", "-", ":", "a", "\u0000", "1:a", "i1e", "0:")
                .list()
                .ofMaxSize(30)
                .map(parts -> String.join("", parts));
    }

    @Provide
    Arbitrary<BValue> values() {
        return valuesOfDepth(4);
    }

    private Arbitrary<BValue> valuesOfDepth(int depth) {
        Arbitrary<BValue> integers = Arbitraries.longs().map(BInteger::of);
        Arbitrary<BValue> strings = strings().map(string -> string);
        if (depth == 0) {
            return Arbitraries.oneOf(integers, strings);
        }
        Arbitrary<BValue> lists = valuesOfDepth(depth - 1)
                .list()
                .ofMaxSize(4)
                .<BValue>map(BList::of)
                .withoutEdgeCases();
        Arbitrary<BValue> dicts = Arbitraries.maps(strings(), valuesOfDepth(depth - 1))
                .ofMaxSize(4)
                .map(BencodePropertiesTest::dict)
                .withoutEdgeCases();
        return Arbitraries.oneOf(integers, strings, lists, dicts);
    }

    private static Arbitrary<BString> strings() {
        return Arbitraries.bytes().array(byte[].class).ofMaxSize(12).map(BString::of);
    }

    private static BValue dict(Map<BString, BValue> entries) {
        var builder = BDict.builder();
        entries.forEach(builder::put);
        return builder.build();
    }
}

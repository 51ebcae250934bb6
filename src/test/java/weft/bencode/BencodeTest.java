package weft.bencode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BencodeTest {

    private static final BencodeLimits LIMITS = BencodeLimits.METAINFO;

    @Test
    void errorNamesTheByte() {
        assertRejected("d3:fooi1xe", 8, "byte 8: expected a digit of an integer, found 'x'");
        assertRejected("l4:spam3:ab", 7, "expected a string of 3 bytes, but only 2 are left");
        assertRejected("99999999999999999999:a", 0, "expected a string of over 2147483647 bytes, but only 1 are left");
        assertRejected("d3:fooe", 6, "dictionary key \"foo\" without a value");
        assertRejected("di1e3:fooe", 1, "expected a dictionary key (a string), found 'i'");
        assertRejected("l\u0000e", 1, "expected a value, found byte 0x00");
        assertRejected("", 0, "empty input");
    }

    @Test
    void strictNamesTheByteOfADeviation() {
        assertStrictlyRejected("d1:bi1e1:ai2ee", 7, "dictionary key \"a\" after \"b\", out of order");
        assertStrictlyRejected("d1:ai1e1:ai2ee", 7, "dictionary key \"a\" twice");
        assertStrictlyRejected("li007ee", 1, "superfluous zero");
        assertStrictlyRejected("i1ejunk", 3, "4 bytes after the end of the value");
    }

    @Test
    void ofADoubleKeyTheFirstCountsWhereverItStands() throws BencodeException {
        var dict = (BDict) decode("d1:bi1e1:ai2e1:bi3e1:ai4ee").value();

        assertThat(dict.integer("a")).hasValue(2);
        assertThat(dict.integer("b")).hasValue(1);
        assertThat(dict.size()).isEqualTo(2);
    }

    @Test
    void rawIsTheEncodingAsItStood() throws BencodeException {
        var outer = (BDict) decode("d4:infod1:bi1e1:ai02eee").value();

        assertThat(outer.dict("info").orElseThrow().raw()).isEqualTo(BString.of("d1:bi1e1:ai02ee"));
        assertThat(outer.dict("info").orElseThrow().offset()).hasValue(7);
        assertThat(outer.dict("info").orElseThrow().offsetOf("a")).hasValue(17);
    }

    @Test
    void endIsWhereTrailingBytesBegin() throws BencodeException {
        Decoded decoded = decode("d8:msg_typei1eeTHE PIECE");

        assertThat(decoded.end()).isEqualTo(15);
        assertThat(decoded.warnings()).containsExactly("byte 15: 9 bytes after the end of the value");
    }

    @Test
    void thousandsOfWarningsAreSummedUp() throws BencodeException {
        Decoded decoded = decode("l" + "i00e".repeat(5000) + "e");

        assertThat(decoded.warnings()).hasSize(21).endsWith("and 4980 more of the kind");
    }

    @Test
    void limitsHoldToTheValue() throws BencodeException {
        byte[] threeTokens = ascii("li1ei2ee");

        assertThat(Bencode.decodeStrict(threeTokens, new BencodeLimits(1, 8, 3)))
                .isEqualTo(BList.of(BInteger.of(1), BInteger.of(2)));
        assertRejected(threeTokens, new BencodeLimits(1, 8, 2), "byte 4: more than 2 values");
        assertRejected(threeTokens, new BencodeLimits(1, 7, 3), "8 bytes of bencoding, at most 7 are accepted");
        assertRejected(ascii("llee"), new BencodeLimits(1, 8, 3), "byte 1: nested more than 1 levels deep");
    }

    @Test
    void keysAreTokensToo() {
        assertRejected(ascii("d1:ai1ee"), new BencodeLimits(1, 100, 2), "more than 2 values");
    }

    @Test
    void senselessLimitsAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new BencodeLimits(0, 1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new BencodeLimits(501, 1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new BencodeLimits(1, 0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new BencodeLimits(1, 1, 0));
    }

    @Test
    void aStringIsASliceOfTheInput() throws BencodeException {
        byte[] input = ascii("l5:helloe");
        var hello = (BString) ((BList) Bencode.decodeStrict(input, LIMITS)).get(0);

        input[3] = 'j';

        assertThat(hello.utf8()).isEqualTo("jello");
    }

    @Test
    void writerSortsKeysAsUnsignedBytes() {
        var dict = BDict.builder()
                .put(BString.of(new byte[] {(byte) 0x80}), BInteger.of(3))
                .put("b", "x")
                .put("ab", new byte[] {0})
                .put("a", BList.of(List.of()))
                .build();

        assertThat(new String(Bencode.encode(dict), StandardCharsets.ISO_8859_1))
                .isEqualTo("d1:ale2:ab1:\u00001:b1:x1:\u0080i3ee");
    }

    @Test
    void integersAreWrittenDigitByDigit() {
        for (long number : new long[] {0, 1, -1, 9, 10, -10, 99, 100, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertThat(new String(Bencode.encode(BInteger.of(number)), StandardCharsets.US_ASCII))
                    .isEqualTo("i" + number + "e");
        }
    }

    private static Decoded decode(String text) throws BencodeException {
        return Bencode.decode(ascii(text), LIMITS);
    }

    private static void assertRejected(String text, long offset, String message) {
        assertThatExceptionOfType(BencodeException.class)
                .isThrownBy(() -> decode(text))
                .withMessageContaining(message)
                .matches(e -> e.offset() == offset, "at byte " + offset);
    }

    private static void assertStrictlyRejected(String text, long offset, String message) {
        assertThatExceptionOfType(BencodeException.class)
                .isThrownBy(() -> Bencode.decodeStrict(ascii(text), LIMITS))
                .withMessageContaining(message)
                .matches(e -> e.offset() == offset, "at byte " + offset);
    }

    private static void assertRejected(byte[] bytes, BencodeLimits limits, String message) {
        assertThatExceptionOfType(BencodeException.class)
                .isThrownBy(() -> Bencode.decode(bytes, limits))
                .withMessageContaining(message);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}

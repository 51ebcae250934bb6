package weft.bencode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ReadOnlyBufferException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BValueTest {

    private static final BDict DICT = BDict.builder()
            .put("int", 7)
            .put("text", "caf\u00e9")
            .put("list", BList.of(BInteger.of(1)))
            .put("dict", BDict.EMPTY)
            .build();

    @Test
    void typedLookUpFindsNothingUnderAnotherKind() {
        assertThat(DICT.integer("int")).hasValue(7);
        assertThat(DICT.integer("text")).isEmpty();
        assertThat(DICT.string("int")).isEmpty();
        assertThat(DICT.list("dict")).isEmpty();
        assertThat(DICT.dict("list")).isEmpty();
        assertThat(DICT.dict("absent")).isEmpty();
        assertThat(DICT.get("dict")).contains(BDict.EMPTY);
    }

    @Test
    void entriesAscend() {
        assertThat(DICT.entries().keySet()).extracting(BString::utf8).containsExactly("dict", "int", "list", "text");
    }

    @Test
    void builtDictionaryHasACanonicalRawFormButNoPlace() {
        assertThat(BDict.builder().put("b", 1).put("a", 2).build().raw()).isEqualTo(BString.of("d1:ai2e1:bi1ee"));
        assertThat(DICT.offset()).isEmpty();
        assertThat(DICT.offsetOf("int")).isEmpty();
    }

    @Test
    void stringsCompareAsUnsignedBytes() {
        assertThat(BString.of("a")).isLessThan(BString.of("ab")).isLessThan(BString.of("b"));
        assertThat(BString.of(new byte[] {(byte) 0xff})).isGreaterThan(BString.of(new byte[] {0x7f}));
        assertThat(BString.of("")).isEqualTo(BString.EMPTY);
    }

    @Test
    void substringIsAViewWithItsOwnBounds() {
        BString spam = BString.of("--spam--").substring(2, 6);

        assertThat(spam).isEqualTo(BString.of("spam")).hasSameHashCodeAs(BString.of("spam"));
        assertThat(spam.byteAt(3)).isEqualTo((byte) 'm');
        assertThat(spam.toBytes()).isEqualTo("spam".getBytes(StandardCharsets.US_ASCII));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> spam.byteAt(4));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> spam.substring(1, 5));
    }

    @Test
    void bytesCannotBeChangedFromOutside() {
        byte[] bytes = {1, 2, 3};
        BString string = BString.of(bytes);

        bytes[0] = 9;
        string.toBytes()[1] = 9;

        assertThat(string).isEqualTo(BString.of(new byte[] {1, 2, 3}));
        assertThatExceptionOfType(ReadOnlyBufferException.class)
                .isThrownBy(() -> string.asByteBuffer().put(0, (byte) 9));
    }

    @Test
    void textIsTextOnlyIfItIsWellFormed() {
        BString latin1 = BString.of(new byte[] {'c', 'a', 'f', (byte) 0xe9});

        assertThat(latin1.text(StandardCharsets.UTF_8)).isEmpty();
        assertThat(latin1.text(StandardCharsets.ISO_8859_1)).contains("caf\u00e9");
        assertThat(latin1.utf8()).isEqualTo("caf\ufffd");
    }

    @Test
    void printsForPeople() {
        assertThat(BString.of("spam")).hasToString("\"spam\"");
        assertThat(BString.of(new byte[20])).hasToString("20 bytes");
        assertThat(DICT).hasToString("{\"dict\"={}, \"int\"=7, \"list\"=[1], \"text\"=\"caf\u00e9\"}");
    }
}

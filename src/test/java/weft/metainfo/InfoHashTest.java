package weft.metainfo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Locale;
import org.apache.commons.codec.binary.Base32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import weft.TestData;

class InfoHashTest {

    private static final String V1 = "000102030405060708090a0b0c0d0e0f10111213";
    private static final String V2 = V1 + "1415161718191a1b1c1d1e1f";

    @Test
    void readsHexadecimalInEitherCase() {
        assertThat(InfoHash.parse(V1))
                .isEqualTo(InfoHash.ofV1(TestData.hex(V1)))
                .hasToString(V1);
        assertThat(InfoHash.parse(V1.toUpperCase(Locale.ROOT))).isEqualTo(InfoHash.parse(V1));
        assertThat(InfoHash.parse(V2))
                .isEqualTo(InfoHash.ofV2(TestData.hex(V2)))
                .hasToString(V2);
    }

    @Test
    void readsBase32InEitherCase() {
        String base32 = new Base32().encodeToString(TestData.hex(V1));

        assertThat(InfoHash.parse(base32)).isEqualTo(InfoHash.parse(V1));
        assertThat(InfoHash.parse(base32.toLowerCase(Locale.ROOT))).isEqualTo(InfoHash.parse(V1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "00", "g00102030405060708090a0b0c0d0e0f10111213", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA1"})
    void refusesAnythingElse(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> InfoHash.parse(text))
                .withMessageStartingWith("not an info-hash");
    }

    @Test
    void refusesOtherLengths() {
        assertThatIllegalArgumentException().isThrownBy(() -> InfoHash.ofV1(new byte[32]));
        assertThatIllegalArgumentException().isThrownBy(() -> InfoHash.ofV2(new byte[20]));
    }

    @Test
    void v2GoesTruncatedWhereThereIsRoomForV1Only() {
        InfoHash v2 = InfoHash.parse(V2);

        assertThat(v2.isV2()).isTrue();
        assertThat(v2.truncated()).isEqualTo(TestData.hex(V1));
        assertThat(v2).isNotEqualTo(InfoHash.parse(V1));
        assertThat(v2.toBytes()).hasSize(32);
    }

    @Test
    void cannotBeChangedFromOutside() {
        byte[] bytes = TestData.hex(V1);
        InfoHash hash = InfoHash.ofV1(bytes);

        bytes[0] = 9;
        hash.toBytes()[1] = 9;
        hash.truncated()[2] = 9;

        assertThat(hash).hasToString(V1);
    }

    @Test
    void comparesAsUnsignedBytes() {
        assertThat(InfoHash.parse("ff" + V1.substring(2))).isGreaterThan(InfoHash.parse("7f" + V1.substring(2)));
    }
}

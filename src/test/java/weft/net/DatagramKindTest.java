package weft.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatagramKindTest {
    private static final String ZEROS = "00".repeat(24);

    @ParameterizedTest
    @CsvSource({
        "01, 20, UTP", // data
        "41, 20, UTP", // syn
        "51, 20,", // no such type
        "42, 20,", // no such version
        "41, 19,", // no room for the header
        "00000000, 8, TRACKER", // connect
        "00000003, 8, TRACKER", // error
        "00000003, 7,", // no room for the transaction id
        "00000004, 8,", // no such action
        "80000000, 8,",
        "ffffffff, 20,",
        "'', 0,",
        "00, 1,",
    })
    void isToldByItsFirstBytesAndItsLength(String start, int length, DatagramKind kind) {
        var bytes = HexFormat.of().parseHex(start + ZEROS);

        assertThat(DatagramKind.of(ByteBuffer.wrap(bytes, 0, length).slice())).isEqualTo(kind);
        assertThat(DatagramKind.of(ByteBuffer.wrap(bytes, 0, length))).isEqualTo(kind);
    }

    @Test
    void dictionaryIsOfTheDht() {
        assertThat(DatagramKind.of(ascii("d1:t2:aa1:y1:qe"))).isEqualTo(DatagramKind.DHT);
        assertThat(DatagramKind.of(ascii("de"))).isEqualTo(DatagramKind.DHT);
        assertThat(DatagramKind.of(ascii("d1:t2:aa1:y1:q"))).isNull();
        assertThat(DatagramKind.of(ascii("d"))).isNull();
        assertThat(DatagramKind.of(ascii("le"))).isNull();
    }

    private static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }
}

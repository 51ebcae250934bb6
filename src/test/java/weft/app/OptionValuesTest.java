package weft.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

/** What users write for ports, peers, sizes and files. */
class OptionValuesTest {
    @ParameterizedTest
    @CsvSource({
        "192.0.2.7:6881, 192.0.2.7, 6881",
        "seed.example:1, seed.example, 1",
        "[2001:db8::7]:65535, 2001:db8::7, 65535",
        "[fe80::1%eth0]:6881, fe80::1%eth0, 6881"
    })
    void peersAreHostAndPort(String text, String host, int port) {
        assertThat(new Addresses().convert(text)).isEqualTo(new Addresses.HostPort(host, port));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "host",
                "host:",
                ":1",
                "host:x",
                "2001:db8::7:6881",
                "[2001:db8::7]",
                "[2001:db8::7]6881",
                "a b:1",
                "http://x:1"
            })
    void otherPeersAreRefused(String text) {
        assertThatThrownBy(() -> new Addresses().convert(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageContaining("is not HOST:PORT");
    }

    @ParameterizedTest
    @ValueSource(strings = {"host:0", "host:65536", "[2001:db8::7]:0", "[2001:db8::7]:70000"})
    void peersHavePortsThatThereAre(String text) {
        assertThatThrownBy(() -> new Addresses().convert(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("'" + text + "': a port is a number from 1 to 65535");
    }

    @ParameterizedTest
    @CsvSource({
        "16384, 16384",
        "16K, 16384",
        "256kib, 262144",
        "256 KiB, 262144",
        "1M, 1048576",
        "1MB, 1048576",
        "256MiB, 268435456"
    })
    void pieceLengthsHaveUnits(String text, int bytes) {
        assertThat(new PieceLength().convert(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "8K", "512M", "3000", "100K", "1G", "-16K", "x", "99999999999K"})
    void otherPieceLengthsAreRefused(String text) {
        assertThatThrownBy(() -> new PieceLength().convert(text)).isInstanceOf(TypeConversionException.class);
    }

    @Test
    void filesAreNumbersAndRanges() {
        var selection = new FileSelection.Parser().convert("7,0, 2-4");

        assertThat(selection.files().toString()).isEqualTo("{0, 2, 3, 4, 7}");
        assertThat(selection.last()).isEqualTo(7);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",", "1,", "a", "-1", "1-", "3-2", "1-2-3", "99999999"})
    void otherFilesAreRefused(String text) {
        assertThatThrownBy(() -> new FileSelection.Parser().convert(text)).isInstanceOf(TypeConversionException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "65536", "x", "123456"})
    void portsAreInRange(String text) {
        assertThat(new Port().convert("65535")).isEqualTo(65535);
        assertThatThrownBy(() -> new Port().convert(text)).isInstanceOf(TypeConversionException.class);
    }
}

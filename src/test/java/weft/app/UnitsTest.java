package weft.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnitsTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "1, 1 B",
        "999, 999 B",
        "1000, 1.0 KiB",
        "1024, 1.0 KiB",
        "10136, 9.9 KiB",
        "10190, 10 KiB",
        "1023488, 1.0 MiB",
        "89128960, 85 MiB",
        "1073741824, 1.0 GiB",
        "9223372036854775807, 8.0 EiB"
    })
    void sizesHaveThreeFiguresAtMost(long bytes, String text) {
        assertThat(Units.size(bytes)).isEqualTo(text);
    }

    @Test
    void ratesAreSizesPerSecond() {
        assertThat(Units.rate(89128960)).isEqualTo("85 MiB/s");
        assertThat(Units.rate(10 << 20, Duration.ofSeconds(4))).isEqualTo("2.5 MiB/s");
        assertThat(Units.rate(0, Duration.ZERO)).isEqualTo("0 B/s");
    }

    @ParameterizedTest
    @CsvSource({"0, 0.0 %", "0.4239, 42.3 %", "0.99999, 99.9 %", "1, 100 %", "1.5, 100 %", "-1, 0.0 %"})
    void onlyWhatIsFinishedIsAHundredPercent(double share, String text) {
        assertThat(Units.percent(share)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 s",
        "59, 59 s",
        "60, 1 min 00 s",
        "185, 3 min 05 s",
        "3600, 1 h 00 min",
        "86399, 23 h 59 min",
        "97200, 1 d 3 h"
    })
    void timeLeftHasTwoUnitsAtMost(long seconds, String text) {
        assertThat(Units.timeLeft(seconds)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0, 0.0 s", "840, 0.8 s", "9940, 9.9 s", "9960, 10 s", "12400, 12 s", "61000, 1 min 01 s"})
    void shortTimesHaveATenth(long millis, String text) {
        assertThat(Units.elapsed(Duration.ofMillis(millis))).isEqualTo(text);
    }

    @Test
    void numbersAgreeWithTheirNouns() {
        assertThat(Units.count(0, "peer")).isEqualTo("no peers");
        assertThat(Units.count(1, "peer")).isEqualTo("1 peer");
        assertThat(Units.count(12345, "peer")).isEqualTo("12,345 peers");
        assertThat(Units.exactly(1)).isEqualTo("1 byte");
        assertThat(Units.exactly(1048576)).isEqualTo("1,048,576 bytes");
    }
}

package weft.metainfo;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;
import weft.fuzz.Cost;
import weft.fuzz.Seeds;

/** Any text as a magnet link: read, and printed as something that is read as the same, or refused. */
class MagnetFuzz {

    static Stream<byte[]> seeds() {
        return Seeds.rows("magnet.json", "rows")
                .map(row -> row.get("uri").asText().getBytes(StandardCharsets.UTF_8));
    }

    @Timeout(20)
    @MethodSource("seeds")
    @FuzzTest
    void readsOrRefuses(byte[] input) throws IOException {
        var text = new String(input, StandardCharsets.UTF_8);

        Cost.atMost(4000, input.length, () -> readOrRefuse(text));
    }

    static void readOrRefuse(String text) {
        Magnet magnet;
        try {
            magnet = Magnet.parse(text);
        } catch (MetainfoException e) {
            assertThat(e.offset()).isBetween(0L, (long) text.length());
            assertThat(e.getMessage()).hasSizeLessThan(1000);
            return;
        }
        assertThat(magnet.toString()).matches("[!-~]+");
        assertThat(magnet.selectedFiles(100).length()).isLessThanOrEqualTo(100);
        try {
            assertThat(Magnet.parse(magnet.toString())).isEqualTo(magnet);
        } catch (MetainfoException e) {
            throw new AssertionError("cannot read what was printed: " + magnet, e);
        }
    }
}

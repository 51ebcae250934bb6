package weft.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;

class LiveRegionTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final LiveRegion region = new LiveRegion(new PrintStream(bytes, false, UTF_8));

    private String written() {
        var text = bytes.toString(UTF_8);
        bytes.reset();
        return text;
    }

    @Test
    void frameOverwritesTheOneBefore() {
        region.draw(List.of("one", "two"), 80);
        assertThat(written()).isEqualTo("\033[?25lone\033[K\ntwo\033[K\033[J\r");

        region.draw(List.of("ONE", "TWO"), 80);
        assertThat(written()).isEqualTo("\r\033[1AONE\033[K\nTWO\033[K\033[J\r");
    }

    @Test
    void singleLineNeedsNoWayUp() {
        region.draw(List.of("one"), 80);
        written();

        region.draw(List.of("two"), 80);
        assertThat(written()).isEqualTo("\rtwo\033[K\033[J\r");
    }

    @Test
    void erasingTwiceErasesOnce() {
        region.draw(List.of("one", "two", "three"), 80);
        written();

        region.erase(80);
        assertThat(written()).isEqualTo("\r\033[2A\033[J\033[?25h");
        region.erase(80);
        assertThat(written()).isEmpty();
    }

    @Test
    void linesThatWrappedInANarrowerWindowAreCounted() {
        region.draw(List.of("\033[1m" + "x".repeat(79) + "\033[0m", "y".repeat(79)), 80);
        written();

        region.erase(40);
        assertThat(written()).isEqualTo("\r\033[2A\033[J\033[?25h");
    }

    @Test
    void whatIsKeptIsNotErased() {
        region.draw(List.of("last"), 80);
        written();

        region.keep();
        region.erase(80);
        assertThat(written()).isEqualTo("\n\033[?25h");
    }
}

package weft.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextTest {
    @Test
    void nothingThatATerminalObeysIsPrinted() {
        assertThat(Text.printable("a\033[31mb\rc\nd\te\u0007")).isEqualTo("a?[31mb?c?d?e?");
        assertThat(Text.printable("\u009b31m")).as("C1 controls").isEqualTo("?31m");
        assertThat(Text.printable("exe.\u202egpj")).as("turns the writing").isEqualTo("exe.?gpj");
        assertThat(Text.printable("a\u2028b\ud800c")).isEqualTo("a?b?c");
    }

    @Test
    void whatPeopleWriteIsPrinted() {
        var names = "büro 日本 e\u0301 😀 don't";

        assertThat(Text.printable(names)).isEqualTo(names);
    }

    @Test
    void columnsAreCountedAsTerminalsDo() {
        assertThat(Text.columns("abc")).isEqualTo(3);
        assertThat(Text.columns("日本")).isEqualTo(4);
        assertThat(Text.columns("e\u0301")).isEqualTo(1);
        assertThat(Text.columns("😀")).isEqualTo(2);
        assertThat(Text.columns("░▒▓█·↓…")).isEqualTo(7);
    }

    @Test
    void shorteningKeepsBothEnds() {
        assertThat(Text.shortened("debian-13.1.0-amd64-netinst.iso", 31, "…"))
                .isEqualTo("debian-13.1.0-amd64-netinst.iso");
        assertThat(Text.shortened("debian-13.1.0-amd64-netinst.iso", 20, "…")).isEqualTo("debian-13.…tinst.iso");
        assertThat(Text.shortened("debian-13.1.0", 10, "...")).isEqualTo("debi...1.0");
        assertThat(Text.shortened("debian", 2, "…")).isEqualTo("de");
        assertThat(Text.shortened("debian", 0, "…")).isEmpty();
    }

    @Test
    void shorteningNeverCutsACharacterInHalf() {
        assertThat(Text.shortened("日本語日本語", 8, "…")).isEqualTo("日本…語");
        assertThat(Text.shortened("😀😀😀😀", 5, "…")).isEqualTo("😀…😀");
    }

    @Test
    void paddingCountsColumns() {
        assertThat(Text.padRight("日本", 6)).isEqualTo("日本  ");
        assertThat(Text.padLeft("1 B", 5)).isEqualTo("  1 B");
        assertThat(Text.padLeft("too long", 3)).isEqualTo("too long");
    }
}

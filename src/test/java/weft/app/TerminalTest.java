package weft.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TerminalTest {
    @Test
    void sizeIsRowsAndColumns() {
        assertThat(Terminal.parse("24 80\n")).contains(new Terminal.Size(80, 24));
        assertThat(Terminal.parse("50 132")).contains(new Terminal.Size(132, 50));
    }

    @Test
    void unknownSizeIsTheUsualOne() {
        assertThat(Terminal.parse("0 0\n")).contains(new Terminal.Size(80, 24));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "24", "stty: not a terminal", "-1 80"})
    void otherAnswersAreNoTerminal(String answer) {
        assertThat(Terminal.parse(answer)).isEmpty();
    }

    @Test
    void terminalThatCannotMoveItsCursorIsNone() {
        assertThat(Terminal.ofStandardError(Map.of("TERM", "dumb"))).isEmpty();
        assertThat(Terminal.ofStandardError(Map.of())).isEmpty();
    }
}

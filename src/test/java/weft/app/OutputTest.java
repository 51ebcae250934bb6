package weft.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OutputTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Output output = new Output(
            new PrintStream(out, true, UTF_8),
            new PrintStream(err, true, UTF_8),
            () -> Optional.of(Terminal.ofSize(80, 24, false)));

    @Test
    void linesArePrintedAboveWhatIsLive() {
        output.live(List.of("live"));
        err.reset();

        output.note("news");

        assertThat(err.toString(UTF_8)).isEqualTo("\r\033[J\033[?25hnews\n\033[?25llive\033[K\033[J\r");
    }

    @Test
    void resultsAreNotMixedWithWhatIsLive() {
        output.live(List.of("live"));
        output.endLive();
        err.reset();

        output.result("done");

        assertThat(out.toString(UTF_8)).isEqualTo("done\n");
        assertThat(err.toString(UTF_8)).isEmpty();
    }

    @Test
    void quietShowsErrorsAndAnswersOnly() {
        output.beQuiet();

        output.note("note");
        output.result("result");
        output.live(List.of("live"));
        output.answer("answer");
        output.error("error");

        assertThat(out.toString(UTF_8)).isEqualTo("answer\n");
        assertThat(err.toString(UTF_8)).isEqualTo("weft: error\n");
    }

    @Test
    void strangersCannotSpeakToTheTerminal() {
        output.error("cannot open \033[2Jevil\n\rname");
        output.json(new Json().put("name", "\033[2J\u009b"));

        assertThat(err.toString(UTF_8)).isEqualTo("weft: cannot open ?[2Jevil??name\n");
        assertThat(out.toString(UTF_8)).isEqualTo("{\"name\": \"\\u001b[2J\\u009b\"}\n");
    }

    @Test
    void tracesAreForTheVerbose() {
        var fault = new IllegalStateException("because");

        output.trace(fault);
        assertThat(err.toString(UTF_8)).isEmpty();

        output.beVerbose();
        output.trace(fault);
        assertThat(err.toString(UTF_8)).contains("IllegalStateException: because\n    at weft.app.OutputTest.");
    }
}

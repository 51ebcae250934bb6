package weft.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class RequiresTest {
    @Test
    void whatNeedsNothingThatIsMissingRuns() {
        assertThat(RequiresCondition.verdict(List.of(), "optional").isDisabled())
                .isFalse();
        assertThat(RequiresCondition.verdict(List.of(), "required").isDisabled())
                .isFalse();
    }

    @Test
    void missingProgramsSkipTheTestAndAreNamed() {
        var verdict = RequiresCondition.verdict(List.of(Program.ARIA2, Program.LIBTORRENT), "optional");

        assertThat(verdict.isDisabled()).isTrue();
        assertThat(verdict.getReason().orElseThrow()).contains("ARIA2 is not installed", "python3-libtorrent");
    }

    @Test
    void missingProgramsFailTheTestWhereTheyAreRequired() {
        assertThatThrownBy(() -> RequiresCondition.verdict(List.of(Program.TRANSMISSION), "required"))
                .hasMessageContaining("transmission-daemon");
    }

    @Test
    void whatIsNeverRequiredSkipsTheTestEvenThen() {
        assertThat(RequiresCondition.verdict(List.of(Program.BITTORRENT_TRACKER), "required")
                        .isDisabled())
                .isTrue();
        assertThatThrownBy(() ->
                        RequiresCondition.verdict(List.of(Program.BITTORRENT_TRACKER, Program.OPENTRACKER), "required"))
                .hasMessageContaining("opentracker");
    }
}

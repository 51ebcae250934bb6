package weft.kit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

class NeedsTest {
    @Test
    void whatIsThereLetsTheTestGoOn() {
        Needs.check(true, "there is a disk", false);
        Needs.check(true, "there is a disk", true);
    }

    @Test
    void whatIsMissingSkipsTheTest() {
        assertThatThrownBy(() -> Needs.check(false, "there is a disk", false))
                .isInstanceOf(TestAbortedException.class)
                .hasMessageContaining("there is a disk");
    }

    @Test
    void whatIsMissingFailsTheTestWhereItIsRequired() {
        assertThatThrownBy(() -> Needs.check(false, "there is a disk", true))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("there is a disk");
    }
}

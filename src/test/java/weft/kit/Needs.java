package weft.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * What a test needs of the machine. Where it is missing the test is skipped and says why; with
 * {@code -Dweft.interop=required}, as CI has it, the test fails.
 */
public final class Needs {
    private Needs() {}

    /** Goes on only if {@code met}. */
    public static void check(boolean met, String what) {
        check(met, what, areRequired());
    }

    /** Whether what is missing fails the test. */
    public static boolean areRequired() {
        return System.getProperty("weft.interop", "optional").equals("required");
    }

    static void check(boolean met, String what, boolean required) {
        if (required) {
            assertThat(met).as(what + " (-Dweft.interop=required)").isTrue();
        } else {
            assumeThat(met).as(what).isTrue();
        }
    }
}

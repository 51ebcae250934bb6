package weft.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class DescriptorsTest {
    private static final String HEAD = "Limit                     Soft Limit           Hard Limit           Units     ";

    @Test
    void softLimitCounts() {
        assertThat(Descriptors.parse(List.of(
                        HEAD,
                        "Max processes             31234                31234                processes ",
                        "Max open files            1024                 524288               files     ")))
                .hasValue(1024);
    }

    @Test
    void noLimitIsNone() {
        assertThat(Descriptors.parse(List.of(
                        HEAD, "Max open files            unlimited            unlimited            files     ")))
                .isEmpty();
        assertThat(Descriptors.parse(List.of())).isEmpty();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void linuxTellsTheLimit() {
        assertThat(Descriptors.limit()).isPresent();
        assertThat(Descriptors.limit().getAsInt()).isGreaterThan(100);
    }
}

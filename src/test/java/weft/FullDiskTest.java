package weft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import weft.kit.FakeClock;

class FullDiskTest {
    private final FakeClock clock = new FakeClock();
    private final FullDisk disk = new FullDisk(clock);

    private Duration untilLook() {
        return Duration.ofNanos(disk.nanosUntilLook());
    }

    @Test
    void roomIsLookedForEveryTwoSeconds() {
        assertThat(disk.isLookDue()).isFalse();

        disk.filled();
        assertThat(untilLook()).isEqualTo(Duration.ofSeconds(2));
        clock.advance(Duration.ofSeconds(2));

        assertThat(disk.isLookDue()).isTrue();
        disk.looked();
        assertThat(disk.isLookDue()).isFalse();
        assertThat(untilLook()).isEqualTo(Duration.ofSeconds(2));
        disk.forget();
        clock.advance(Duration.ofHours(1));
        assertThat(disk.isLookDue()).isFalse();
    }

    /** The file system tells of room that a quota does not give. */
    @Test
    void whereRoomIsNoneItIsLookedForMoreAndMoreSeldom() {
        disk.filled();
        for (int seconds = 4; seconds <= 256; seconds *= 2) {
            disk.found();
            disk.filled();
            assertThat(untilLook()).isEqualTo(Duration.ofSeconds(seconds));
        }
        disk.found();
        disk.filled();
        assertThat(untilLook()).isEqualTo(Duration.ofMinutes(5));

        disk.found();
        clock.advance(Duration.ofMinutes(1));
        disk.filled();
        assertThat(untilLook()).as("there was room for a while").isEqualTo(Duration.ofSeconds(2));
    }
}

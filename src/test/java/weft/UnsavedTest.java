package weft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import weft.kit.FakeClock;

class UnsavedTest {
    private final FakeClock clock = new FakeClock();
    private final Unsaved unsaved = new Unsaved(10, clock);

    @Test
    void whatHasChangedIsDueAfterHalfAMinute() {
        clock.advance(Duration.ofMinutes(10));
        assertThat(unsaved.isDue()).as("nothing has changed").isFalse();
        assertThat(unsaved.take()).isFalse();

        unsaved.changed();
        clock.advance(Duration.ofSeconds(29));
        assertThat(unsaved.isDue()).isFalse();
        clock.advance(Duration.ofSeconds(1));

        assertThat(unsaved.isDue()).isTrue();
        assertThat(unsaved.take()).isTrue();
        assertThat(unsaved.isDue()).isFalse();
    }

    @Test
    void muchIsDueAtOnce() {
        for (int piece = 0; piece < 7; piece++) {
            assertThat(unsaved.verified(16 << 20, 0))
                    .as("the first, to be written in a while")
                    .isEqualTo(piece == 0);
        }

        assertThat(unsaved.verified(16 << 20, 0)).isTrue();
        assertThat(unsaved.isDue()).isTrue();
        unsaved.take();
        unsaved.verified(1, 0);
        assertThat(unsaved.isDue()).isFalse();
    }

    @Test
    void manyFilesAreDueAtOnce() {
        assertThat(unsaved.verified(1, 999)).isTrue();
        assertThat(unsaved.isDue()).isFalse();

        assertThat(unsaved.verified(1, 1)).isTrue();
        assertThat(unsaved.isDue()).isTrue();
    }

    @Test
    void aTwentiethOfVeryManyFilesIsWaitedFor() {
        var ofMany = new Unsaved(100_000, clock);

        ofMany.verified(1, 4_999);
        assertThat(ofMany.isDue()).isFalse();

        ofMany.verified(1, 1);
        assertThat(ofMany.isDue()).isTrue();
    }
}

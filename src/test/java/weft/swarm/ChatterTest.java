package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import weft.kit.FakeClock;

class ChatterTest {
    private final FakeClock clock = new FakeClock();

    private Chatter chatter(int pieceCount) {
        return new Chatter(pieceCount, clock.getAsLong());
    }

    private boolean says(Chatter chatter, int times, int weight, long exchanges) {
        boolean allowed = true;
        for (int i = 0; i < times; i++) {
            allowed = chatter.allows(weight, exchanges, clock.getAsLong());
        }
        return allowed;
    }

    @Test
    void muchAtOnceIsAllowedAndMoreIsNot() {
        var chatter = chatter(10);

        assertThat(says(chatter, 2_000, 1, 0)).isTrue();
        assertThat(says(chatter, 1, 1, 0)).isFalse();
    }

    @Test
    void aLittleMayGoOnForEver() {
        var chatter = chatter(10);

        for (int hour = 0; hour < 100; hour++) {
            for (int minute = 0; minute < 60; minute++) {
                clock.advance(Duration.ofMinutes(1));
                assertThat(says(chatter, 1_000, 1, 0)).isTrue();
            }
        }
    }

    @Test
    void whoIsChokedAndUnchokedEveryTenSecondsIsNoNuisance() {
        var chatter = chatter(10);

        for (int round = 0; round < 10_000; round++) {
            clock.advance(Duration.ofSeconds(10));
            assertThat(says(chatter, 2, Chatter.FLIP, 0)).isTrue();
        }
        assertThat(says(chatter, 201, Chatter.FLIP, 0)).isFalse();
    }

    @Test
    void whereMuchIsExchangedMoreIsSaid() {
        var chatter = chatter(10);

        for (int block = 0; block < 100_000; block++) {
            assertThat(says(chatter, 2, 1, block)).isTrue();
        }
    }

    @Test
    void allPiecesMayBeToldTwice() {
        assertThat(says(chatter(100_000), 100_000, 1, 0)).isTrue();
    }
}

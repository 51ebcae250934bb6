package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import weft.kit.FakeClock;

class RateMeterTest {
    private final FakeClock clock = new FakeClock();
    private final RateMeter meter = new RateMeter(clock.getAsLong());

    private void transfer(int seconds, long bytesPerSecond) {
        for (int i = 0; i < seconds; i++) {
            meter.add(bytesPerSecond);
            clock.advance(Duration.ofSeconds(1));
            meter.tick(clock.getAsLong());
        }
    }

    @Test
    void beginsWithNothing() {
        assertThat(meter.total()).isZero();
        assertThat(meter.bytesPerSecond()).isZero();
    }

    @Test
    void countsAllBytes() {
        transfer(3, 1000);
        meter.add(1);

        assertThat(meter.total()).isEqualTo(3001);
    }

    @Test
    void firstSecondsAreNotUnderstated() {
        transfer(1, 1000);

        assertThat(meter.bytesPerSecond()).isEqualTo(1000);
    }

    @Test
    void steadyRateIsTold() {
        transfer(30, 1000);

        assertThat(meter.bytesPerSecond()).isCloseTo(1000, within(1L));
    }

    @Test
    void followsAChangeWithinSeconds() {
        transfer(30, 1000);

        transfer(12, 9000);

        assertThat(meter.bytesPerSecond()).isCloseTo(9000, Percentage.withPercentage(10));
    }

    @Test
    void smoothsASingleBurst() {
        transfer(30, 1000);

        transfer(1, 21_000);

        assertThat(meter.bytesPerSecond()).isBetween(2000L, 8000L);
    }

    @Test
    void fallsToNothingWhenNothingComes() {
        transfer(30, 1_000_000);

        transfer(18, 0);
        assertThat(meter.bytesPerSecond()).isGreaterThan(10_000);
        transfer(1, 0);

        assertThat(meter.bytesPerSecond()).isZero();
    }

    @Test
    void aSmallRestIsNothingAfterThreeSeconds() {
        transfer(30, 110);

        transfer(2, 0);
        assertThat(meter.bytesPerSecond()).isGreaterThan(50);
        transfer(1, 0);

        assertThat(meter.bytesPerSecond()).isZero();
        transfer(1, 1000);
        assertThat(meter.bytesPerSecond()).isGreaterThan(200);
    }

    /** A block every ten seconds is slow, and not an end. */
    @Test
    void aSlowTransferIsNotOverBetweenItsBlocks() {
        for (int block = 0; block < 20; block++) {
            transfer(1, 16_384);
            transfer(9, 0);

            assertThat(meter.bytesPerSecond()).isGreaterThan(300);
        }
    }

    /** What goes slowly without a pause is told however slow it is. */
    @Test
    void aTrickleIsTold() {
        transfer(30, 5);

        assertThat(meter.bytesPerSecond()).isEqualTo(5);
    }

    @Test
    void tickWithoutTimePassingChangesNothing() {
        transfer(5, 1000);
        meter.add(50_000);

        meter.tick(clock.getAsLong());

        assertThat(meter.bytesPerSecond()).isEqualTo(1000);
    }

    @Test
    void uneveneTicksTellTheSameRate() {
        for (int millis : new int[] {100, 3000, 500, 1500, 250, 4000, 1000}) {
            meter.add(millis);
            clock.advance(Duration.ofMillis(millis));
            meter.tick(clock.getAsLong());
        }

        assertThat(meter.bytesPerSecond()).isEqualTo(1000);
    }
}

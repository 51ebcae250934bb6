package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import org.junit.jupiter.api.Test;

/** A peer that serves so many blocks per second, in order, so many milliseconds away. */
class PipelineWindowTest {
    private static final long MILLI = 1_000_000;

    private final PipelineWindow window = new PipelineWindow();
    private long now = -5 * MILLI; // clocks may be negative
    private int asked;
    private final ArrayDeque<long[]> inFlight = new ArrayDeque<>(); // block, arrival

    /** Keeps the window full while {@code blocks} come from a peer with this line. */
    private void transfer(int blocks, double blocksPerSecond, long roundTripMillis) {
        long lineFree = now;
        for (int i = 0; i < blocks; i++) {
            while (inFlight.size() < window.size()) {
                lineFree = Math.max(lineFree, now + roundTripMillis * MILLI) + (long) (1e9 / blocksPerSecond);
                window.asked(asked, 0, now);
                inFlight.add(new long[] {asked++, lineFree});
            }
            var next = inFlight.poll();
            now = Math.max(now, next[1]);
            window.arrived((int) next[0], 0, now);
        }
    }

    @Test
    void beginsSmallButNotWithOne() {
        assertThat(window.size()).isBetween(2, 50);
    }

    @Test
    void quickPeerIsAskedForAsMuchAsAllowed() {
        transfer(2000, 10_000, 1);

        assertThat(window.size()).isEqualTo(PipelineWindow.LARGEST);
    }

    /** A hundred milliseconds away at 1000 blocks a second takes a hundred in flight. */
    @Test
    void farPeerNeverRunsDry() {
        transfer(5000, 1000, 100);

        assertThat(window.size()).isGreaterThanOrEqualTo(100);
    }

    @Test
    void slowPeerIsNotAskedForMoreThanItSendsInAFewSeconds() {
        transfer(500, 10, 20);

        assertThat(window.size()).isBetween(1, 30);
    }

    @Test
    void shrinksWhenThePeerBecomesSlow() {
        transfer(2000, 10_000, 1);

        transfer(1000, 10, 1);

        assertThat(window.size()).isBetween(1, 30);
    }

    @Test
    void growsAgainWhenThePeerBecomesQuick() {
        transfer(500, 5, 20);

        transfer(3000, 10_000, 20);

        assertThat(window.size()).isEqualTo(PipelineWindow.LARGEST);
    }

    @Test
    void resetForgetsTheBlockThatIsTimed() {
        window.asked(0, 0, now);
        window.arrived(0, 0, now + MILLI); // as quick as it can be: what takes longer has queued
        window.asked(1, 0, now);
        window.reset();
        int before = window.size();

        window.arrived(1, 0, now + 100_000 * MILLI);

        assertThat(window.size()).isGreaterThanOrEqualTo(before);
    }

    @Test
    void neverBelowAFew() {
        for (int i = 0; i < 100; i++) {
            window.asked(i, 0, now);
            now += i * 60_000L * MILLI;
            window.arrived(i, 0, now);
            window.rejected();
        }

        assertThat(window.size()).isGreaterThanOrEqualTo(2);
    }
}

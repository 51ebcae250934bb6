package weft.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.kit.FakeClock;

@Timeout(30)
class WatchdogTest {
    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);
    private static final Duration MOMENT = Duration.ofNanos(1);

    private final FakeClock clock = new FakeClock();
    private final Watchdog watchdog = new Watchdog(clock);
    private final AtomicInteger closed = new AtomicInteger();

    private void advance(Duration time) {
        clock.advance(time);
        watchdog.tick();
    }

    @Test
    void targetIsClosedAtItsDeadlineAndNotBefore() {
        var guard = watchdog.watch(closed::incrementAndGet);
        guard.expect("sent its handshake", TEN_SECONDS);

        advance(TEN_SECONDS.minus(MOMENT));
        assertThat(closed).hasValue(0);
        assertThat(guard.hasExpired()).isFalse();
        advance(MOMENT);

        assertThat(closed).hasValue(1);
        assertThat(guard.hasExpired()).isTrue();
        assertThat(guard.expectation()).isEqualTo("sent its handshake");
    }

    @Test
    void targetIsClosedOnce() {
        watchdog.watch(closed::incrementAndGet).expect("anything", TEN_SECONDS);

        advance(TEN_SECONDS);
        advance(TEN_SECONDS);

        assertThat(closed).hasValue(1);
    }

    @Test
    void newExpectationMovesTheDeadline() {
        var guard = watchdog.watch(closed::incrementAndGet);
        guard.expect("sent its handshake", TEN_SECONDS);
        advance(Duration.ofSeconds(9));

        guard.expect("sent anything", TEN_SECONDS);
        advance(Duration.ofSeconds(9));
        assertThat(closed).hasValue(0);
        advance(Duration.ofSeconds(1));

        assertThat(closed).hasValue(1);
        assertThat(guard.expectation()).isEqualTo("sent anything");
    }

    @Test
    void relaxedGuardNeverExpires() {
        var guard = watchdog.watch(closed::incrementAndGet);
        guard.expect("anything", TEN_SECONDS);

        guard.relax();
        advance(Duration.ofDays(365));

        assertThat(closed).hasValue(0);
    }

    @Test
    void guardWithoutExpectationNeverExpires() {
        watchdog.watch(closed::incrementAndGet);

        advance(Duration.ofDays(365));

        assertThat(closed).hasValue(0);
    }

    @Test
    void closedGuardLeavesItsTargetAlone() {
        var guard = watchdog.watch(closed::incrementAndGet);
        guard.expect("anything", TEN_SECONDS);

        guard.close();
        advance(TEN_SECONDS);

        assertThat(closed).hasValue(0);
        assertThat(guard.hasExpired()).isFalse();
    }

    @Test
    void targetThatFailsToCloseKeepsNobodyElseFromBeingClosed() {
        for (int i = 0; i < 10; i++) {
            watchdog.watch(() -> {
                        closed.incrementAndGet();
                        throw new IOException("stuck");
                    })
                    .expect("anything", TEN_SECONDS);
        }

        advance(TEN_SECONDS);

        assertThat(closed).hasValue(10);
    }

    @Test
    void runClosesWhatIsOverdueUntilInterrupted() throws Exception {
        var overdue = new CountDownLatch(1);
        watchdog.watch(overdue::countDown).expect("anything", TEN_SECONDS);
        clock.advance(TEN_SECONDS);

        try (var scope = TaskScope.supervised("weft watchdog test", (task, failure) -> {})) {
            scope.fork("watchdog", watchdog::run);
            overdue.await();
        }
    }
}

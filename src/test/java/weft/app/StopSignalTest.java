package weft.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.concurrent.TaskScope;

@Timeout(20)
class StopSignalTest {
    private static final Duration LONG = Duration.ofHours(1);

    private final StopSignal stop = new StopSignal();

    @Test
    void requestEndsEveryWait() {
        try (var scope = TaskScope.allTogether("test")) {
            scope.fork("request", stop::request);

            assertThat(stop.await(LONG)).isTrue();
            assertThat(stop.await(LONG)).isTrue();
            assertThat(stop.isRequested()).isTrue();
        }
    }

    @Test
    void wakingEndsOneWait() {
        stop.wake();

        assertThat(stop.await(LONG)).isFalse();
        assertThat(stop.await(Duration.ofMillis(1))).isFalse();
    }

    @Test
    void interruptAsksToStop() {
        Thread.currentThread().interrupt();

        assertThat(stop.await(LONG)).isTrue();
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void requestInterruptsWorkAndNothingAfterIt() {
        var working = new CountDownLatch(1);
        try (var scope = TaskScope.allTogether("test")) {
            scope.fork("request", () -> {
                working.await();
                stop.request();
            });

            assertThatThrownBy(() -> stop.interruptibly(() -> {
                        working.countDown();
                        return new CountDownLatch(1).await(1, TimeUnit.HOURS);
                    }))
                    .isInstanceOf(InterruptedException.class);
            assertThat(Thread.interrupted()).isFalse();
        }
    }

    @Test
    void workIsNotBegunOnceAStopIsRequested() {
        stop.request();

        assertThatThrownBy(() -> stop.interruptibly(() -> {
                    throw new AssertionError("begun");
                }))
                .isInstanceOf(InterruptedException.class);
    }

    @Test
    void workKeepsItsOwnFaults() throws Exception {
        assertThat(stop.interruptibly(() -> 7)).isEqualTo(7);
        assertThatThrownBy(() -> stop.interruptibly(() -> {
                    throw new IOException("disk");
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("disk");
    }
}

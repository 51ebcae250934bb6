package weft.kit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pins a virtual thread, so that a recording of the tests' pinned threads (JDK 21 to 23) is seen to be one. */
@Timeout(60)
class PinnedThreadTest {

    @Test
    void whoeverWaitsWithinSynchronizedIsRecorded() throws InterruptedException {
        var monitor = new Object();
        var go = new CountDownLatch(1);
        var thread = Thread.ofVirtual().start(() -> {
            synchronized (monitor) {
                go.countDown();
                awaitInterrupt();
            }
        });
        go.await();

        Await.until("waiting", () -> thread.getState() == Thread.State.WAITING);
        thread.interrupt();

        assertThat(thread.join(Await.PATIENCE)).isTrue();
    }

    private static void awaitInterrupt() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException asExpected) {
            Thread.currentThread().interrupt();
        }
    }
}

package weft.kit;

import static org.assertj.core.api.Assertions.fail;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Waits until something is so, and no longer; fails the test if it does not become so in time. */
public final class Await {
    /** Far more than anything on loopback takes, even on a machine that is busy with other things. */
    public static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final long LOOK_EVERY_MILLIS = 2;

    private Await() {}

    /** Waits until {@code condition} holds; {@code what} says what was waited for. */
    public static void until(String what, Callable<Boolean> condition) {
        until(() -> what, condition);
    }

    /** Like {@link #until(String, Callable)}; {@code what} is asked only when it is needed, and may say how things are. */
    public static void until(Supplier<String> what, Callable<Boolean> condition) {
        if (!within(PATIENCE, condition)) {
            fail("not within %s s: %s", PATIENCE.toSeconds(), what.get());
        }
    }

    /** Whether {@code condition} comes to hold within {@code patience}. */
    public static boolean within(Duration patience, Callable<Boolean> condition) {
        var never = new CountDownLatch(1);
        long deadline = System.nanoTime() + patience.toNanos();
        try {
            while (true) {
                if (condition.call()) {
                    return true;
                }
                if (System.nanoTime() - deadline > 0 || never.await(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
                    return false;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return fail("interrupted while waiting");
        } catch (Exception e) {
            return fail("while waiting", e);
        }
    }
}

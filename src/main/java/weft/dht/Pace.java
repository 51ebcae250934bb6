package weft.dht;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The time of a node: how late it is, and waiting. All that a node waits for comes in a queue, so that a simulation can let
 * the time pass in which nothing happens.
 */
interface Pace {
    /** The time of the system. */
    Pace REAL = new Pace() {
        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public <T> T poll(BlockingQueue<T> queue, long deadlineNanos) throws InterruptedException {
            return queue.poll(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
    };

    /** As {@link System#nanoTime}. */
    long nanoTime();

    /** Takes from {@code queue}, waiting until {@code deadlineNanos} if need be; null if nothing has come by then. */
    <T> T poll(BlockingQueue<T> queue, long deadlineNanos) throws InterruptedException;
}

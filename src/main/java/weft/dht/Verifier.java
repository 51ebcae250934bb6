package weft.dht;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Verifies the signatures of what strangers put (BEP 44), one after the other on a thread of its own: each takes as long as
 * hundreds of answers, which whoever receives datagrams has to give meanwhile. Few may wait; it is better to be told at once
 * that there is no time than to be answered when one has stopped to wait.
 *
 * <p>One for all nodes of a {@link Dht}, which runs it in its scope. Any thread hands it work.
 */
final class Verifier {
    private static final System.Logger LOG = System.getLogger("weft.dht");

    /** Some 40 ms of work, and not more than a few kilobytes each. */
    static final int MAX_WAITING = 64;

    private final BlockingQueue<Runnable> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
    private final AtomicBoolean failureSaid = new AtomicBoolean();

    /** Has {@code verification} done when it is its turn; false if too many wait. */
    boolean offer(Runnable verification) {
        return waiting.offer(verification);
    }

    /** Verifies until interrupted. */
    void run() throws InterruptedException {
        while (true) {
            verify(waiting.take());
        }
    }

    /** A bug that one item brings to light must not keep out all others. */
    private void verify(Runnable verification) {
        try {
            verification.run();
        } catch (RuntimeException e) {
            if (!failureSaid.getAndSet(true)) { // strangers could fill the log
                LOG.log(System.Logger.Level.ERROR, "an item that was put met a bug of ours", e);
            }
        }
    }
}

package weft.dht;

import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Queries that one thread sends, and what comes of them. Each query that was sent has exactly one outcome, after ten
 * seconds at the latest. For one thread, except {@link #ended} and {@link #close}.
 */
final class Exchange implements AutoCloseable {
    /**
     * What came of a query.
     *
     * @param subject what the asker wants to know it by
     * @param message an answer or a failure, or null if none came
     */
    record Outcome(Object subject, Message message) {}

    private static final Outcome CLOSED = new Outcome(null, null);

    private final Node node;
    private final Pace pace;
    private final BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>(); // no longer than what was asked
    private final ArrayDeque<Long> giveUpNanos = new ArrayDeque<>(); // of what was asked, in order

    Exchange(Node node, Pace pace) {
        this.node = node;
        this.pace = pace;
    }

    /** Sends a query, if the limits allow one more now. */
    boolean ask(InetSocketAddress to, Method method, Object subject) {
        long now = pace.nanoTime();
        if (!node.ask(to, method, this, subject)) {
            return false;
        }
        giveUpNanos.add(now + Transactions.GIVE_UP_NANOS);
        return true;
    }

    /**
     * Waits for the next outcome; null if there is none by the deadline.
     *
     * @throws IllegalStateException if the node has been closed
     */
    Outcome await(long deadlineNanos) throws InterruptedException {
        while (true) {
            long wake = deadlineNanos;
            if (!giveUpNanos.isEmpty() && giveUpNanos.peek() - wake < 0) {
                wake = giveUpNanos.peek();
            }
            var outcome = pace.poll(outcomes, wake);
            if (CLOSED.equals(outcome)) {
                throw new IllegalStateException("the DHT node is closed");
            }
            if (outcome != null) {
                return outcome;
            }
            long now = pace.nanoTime();
            while (!giveUpNanos.isEmpty() && now - giveUpNanos.peek() >= 0) {
                giveUpNanos.poll();
                node.expire();
            }
            if (now - deadlineNanos >= 0) {
                return outcomes.isEmpty() ? null : outcomes.poll();
            }
        }
    }

    /** Called by whoever learns of it. */
    void ended(Object subject, Message message) {
        outcomes.add(new Outcome(subject, message));
    }

    /** Wakes the thread that waits: the node is closed. */
    void nodeClosed() {
        outcomes.add(CLOSED);
    }

    /** The rest of the outcomes does not matter. */
    @Override
    public void close() {
        node.forget(this);
    }
}

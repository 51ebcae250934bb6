package weft.dht;

import java.net.InetSocketAddress;

/** A query on its way, until it is answered or given up. Immutable. */
final class Transaction {
    private final int id;
    private final InetSocketAddress to;
    private final long sentNanos;
    private final Exchange exchange;
    private final Object subject;

    /** {@code exchange} is null if nobody waits for the outcome. */
    Transaction(int id, InetSocketAddress to, long sentNanos, Exchange exchange, Object subject) {
        this.id = id;
        this.to = to;
        this.sentNanos = sentNanos;
        this.exchange = exchange;
        this.subject = subject;
    }

    int id() {
        return id;
    }

    /** Who was asked, and alone may answer. */
    InetSocketAddress to() {
        return to;
    }

    long sentNanos() {
        return sentNanos;
    }

    /** Tells who waits: {@code message} is an answer, a failure, or null if nothing came. */
    void end(Message message) {
        if (exchange != null) {
            exchange.ended(subject, message);
        }
    }
}

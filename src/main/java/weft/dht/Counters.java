package weft.dht;

import java.util.concurrent.atomic.LongAdder;

/** What a node counts; all only grow. */
final class Counters {
    final LongAdder received = new LongAdder();
    final LongAdder malformed = new LongAdder();
    final LongAdder unexpected = new LongAdder();
    final LongAdder ignored = new LongAdder();
    final LongAdder unverified = new LongAdder();
    final LongAdder queriesReceived = new LongAdder();
    final LongAdder queriesAnswered = new LongAdder();
    final LongAdder queriesRefused = new LongAdder();
    final LongAdder queriesSent = new LongAdder();
    final LongAdder answersReceived = new LongAdder();
    final LongAdder queriesUnanswered = new LongAdder();
}

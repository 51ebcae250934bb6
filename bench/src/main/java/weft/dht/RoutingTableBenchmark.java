package weft.dht;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The routing table of a node in a network of a million: some 17 full buckets with as many waiting. The nearest eight to a
 * random target, as every query wants them; an answer of a node that is known, and of one for which there is no place.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RoutingTableBenchmark {
    private static final int NETWORK = 1_000_000;
    private static final int TRIED = 1024; // a power of two

    private final Random random = new Random(1);
    private RoutingTable table;
    private final NodeId[] targets = new NodeId[TRIED];
    private List<Contact> known;
    private final List<Contact> strangers = new ArrayList<>();
    private int next;

    @Setup
    public void populate() {
        table = new RoutingTable(NodeId.random(random), System::nanoTime);
        for (int i = 0; i < NETWORK; i++) {
            table.answered(node(i));
        }
        known = table.contacts();
        for (int i = 0; i < TRIED; i++) {
            targets[i] = NodeId.random(random);
            strangers.add(node(NETWORK + i));
        }
    }

    private Contact node(int number) {
        var address = new InetSocketAddress(
                (20 + (number >> 16)) + "." + (number >> 8 & 255) + "." + (number & 255) + ".1", 6881);
        return new Contact(NodeId.random(random), address);
    }

    @Benchmark
    public Object closest() {
        return table.closest(targets[next++ & TRIED - 1], 8);
    }

    @Benchmark
    public void knownNodeAnswered() {
        table.answered(known.get(next = (next + 1) % known.size()));
    }

    @Benchmark
    public void strangerAnswered() {
        table.answered(strangers.get(next++ & TRIED - 1));
    }
}

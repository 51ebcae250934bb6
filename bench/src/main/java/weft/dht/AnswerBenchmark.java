package weft.dht;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import weft.bencode.BString;
import weft.net.AddressVotes;

/**
 * A node answers get_peers queries, for torrents that nobody has, from a table of some 130 nodes: {@code inMemory} from
 * datagram to datagram, {@code onASocket} over loopback, 64 queries on their way at a time. The latter is the whole of it,
 * with the side that asks, which is one thread more; divide the processor time ({@code -prof weft.bench.CpuTime}) by two.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class AnswerBenchmark {
    private static final int BATCH = 64;
    private static final int NODES = 100_000;
    private static final int UNLIMITED = 1_000_000_000;

    private final Random random = new Random(1);
    private Node node;
    private Dht dht;
    private DatagramChannel asker;
    private InetSocketAddress address;
    private final byte[][] queries = new byte[BATCH][];
    private final ByteBuffer received = ByteBuffer.allocateDirect(2048);
    private long answers;

    @Setup
    public void open() throws IOException {
        var options = DhtOptions.loopback().withRates(UNLIMITED, UNLIMITED, UNLIMITED);
        node = new Node(
                Family.IPV4,
                NodeId.random(random),
                options,
                new AddressVotes(),
                (datagram, to) -> answers++,
                verification -> false,
                Pace.REAL,
                new Random(2));
        dht = Dht.open(options);
        for (int i = 0; i < NODES; i++) {
            var contact = contact(i);
            node.table().answered(contact);
            dht.nodes().getFirst().table().answered(contact);
        }
        address = new InetSocketAddress(InetAddress.getLoopbackAddress(), dht.port());
        asker = DatagramChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        for (int i = 0; i < BATCH; i++) {
            queries[i] = Krpc.encode(new Query(
                    BString.of("q" + i),
                    NodeId.random(random),
                    true,
                    new Method.GetPeers(NodeId.random(random), Set.of(), false, false)));
        }
    }

    private Contact contact(int number) {
        var address = new InetSocketAddress(
                (20 + (number >> 16)) + "." + (number >> 8 & 255) + "." + (number & 255) + ".1", 6881);
        return new Contact(NodeId.random(random), address);
    }

    @TearDown
    public void close() throws IOException {
        asker.close();
        dht.close();
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long inMemory() {
        for (var query : queries) {
            node.received(query.clone(), address);
        }
        return answers;
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void onASocket() throws IOException {
        for (var query : queries) {
            asker.send(ByteBuffer.wrap(query), address);
        }
        for (int i = 0; i < BATCH; i++) {
            received.clear();
            asker.receive(received);
        }
    }
}

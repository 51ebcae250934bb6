package weft.dht;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import weft.bencode.BString;

/**
 * Messages of the DHT, decoded from a datagram's bytes and encoded to them: a get_peers query, its answer with 8 nodes and
 * 50 peers, which is about the longest that is sent, and its answer with the nodes alone, which most are.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class KrpcBenchmark {
    private final Random random = new Random(1);
    private final NodeId id = NodeId.random(random);
    private final BString transaction = BString.of("abcd");
    private final Message query =
            new Query(transaction, id, false, new Method.GetPeers(NodeId.random(random), Set.of(), false, false));
    private final Message shortAnswer = answer(0);
    private final Message longAnswer = answer(50);
    private final byte[] queryBytes = Krpc.encode(query);
    private final byte[] shortAnswerBytes = Krpc.encode(shortAnswer);
    private final byte[] longAnswerBytes = Krpc.encode(longAnswer);

    private Message answer(int peers) {
        var nodes = new ArrayList<Contact>();
        for (int i = 0; i < 8; i++) {
            nodes.add(new Contact(NodeId.random(random), address(i)));
        }
        var values = new ArrayList<InetSocketAddress>();
        for (int i = 0; i < peers; i++) {
            values.add(address(i));
        }
        var contents = Answer.Contents.ofNodes(Answer.nodesOf(Family.IPV4, List.copyOf(nodes)))
                .with(BString.of("token678"))
                .with(values);
        return new Answer(transaction, id, Optional.of(address(99)), contents);
    }

    private static InetSocketAddress address(int last) {
        return new InetSocketAddress("192.0.2." + last, 6881);
    }

    @Benchmark
    public Object decodeQuery() throws KrpcException {
        return Krpc.decode(queryBytes);
    }

    @Benchmark
    public Object decodeAnswerOfNodes() throws KrpcException {
        return Krpc.decode(shortAnswerBytes);
    }

    @Benchmark
    public Object decodeAnswerOfNodesAndPeers() throws KrpcException {
        return Krpc.decode(longAnswerBytes);
    }

    @Benchmark
    public byte[] encodeQuery() {
        return Krpc.encode(query);
    }

    @Benchmark
    public byte[] encodeAnswerOfNodes() {
        return Krpc.encode(shortAnswer);
    }

    @Benchmark
    public byte[] encodeAnswerOfNodesAndPeers() {
        return Krpc.encode(longAnswer);
    }
}

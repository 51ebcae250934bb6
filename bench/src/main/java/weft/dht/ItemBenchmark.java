package weft.dht;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
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
import weft.bencode.BString;

/**
 * What a stranger's query can cost a node beside reading and answering it, on one thread: comparing distances and checking
 * that an id fits its address, which are done with every node that is told of; a token, of which each get_peers asks for
 * one; counting a torrent's 500 peers for a scrape, done anew when somebody has come; and a signature, which each put of a
 * new mutable item asks for. A put of an item that is there already does without it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ItemBenchmark {
    private static final int PEERS = 500;

    private final SplittableRandom random = new SplittableRandom(44);
    private final NodeId target = NodeId.random(random);
    private final NodeId one = NodeId.random(random);
    private final NodeId other = NodeId.random(random);
    private final Tokens tokens = new Tokens(System::nanoTime, random);
    private final ItemKeyPair keys = ItemKeyPair.ofSeed(new byte[ItemKeyPair.SEED_BYTES]);
    private final MutableItem item = MutableItem.sign(keys, BString.of("salt"), 1, BString.of("x".repeat(500)));
    private final byte[] message = MutableItem.signed(item.salt(), 1, ItemValue.of(item.value()));
    private final ItemStore store = new ItemStore(1000, () -> target, ItemBenchmark::atOnce, System::nanoTime);
    private final Method.Put put = Method.Put.of(item, BString.EMPTY, OptionalLong.empty());
    private Optional<ItemStore.Refusal> refusal = Optional.empty();
    private InetAddress address;
    private InetAddress[] peers;

    @Setup
    public void announce() throws UnknownHostException {
        peers = new InetAddress[PEERS];
        for (int i = 0; i < PEERS; i++) {
            var bytes = new byte[4];
            random.nextBytes(bytes);
            peers[i] = InetAddress.getByAddress(bytes);
        }
        address = InetAddress.getByName("203.0.113.7");
        if (putAgain().isPresent() || !verify()) {
            throw new IllegalStateException("the item is not taken");
        }
    }

    @Benchmark
    public int compareDistances() {
        return target.compareDistances(one, other);
    }

    @Benchmark
    public boolean fits() {
        return one.fits(address);
    }

    @Benchmark
    public BString token() {
        return tokens.issue(address, target);
    }

    @Benchmark
    public double countPeers() {
        var filter = new BloomFilter();
        for (var peer : peers) {
            filter.insert(peer);
        }
        return filter.estimate();
    }

    @Benchmark
    public boolean verify() {
        return keys.key().verifies(message, item.signatureAsString());
    }

    @Benchmark
    public Optional<ItemStore.Refusal> putAgain() {
        store.put(put, address, any -> true, said -> refusal = said);
        return refusal;
    }

    private static boolean atOnce(Runnable verification) {
        verification.run();
        return true;
    }
}

package weft;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import weft.bench.Scratch;
import weft.metainfo.Metainfo;

/**
 * Whole clients in this process, over loopback TCP: one seed, and one leecher of 256 MiB or ten of 64 MiB each, in pieces
 * of 256 KiB. A leecher opens a client, is told where the seed is (of ten, also where those before it are), and has every
 * piece verified and on disk at the end; its client is closed and its files are deleted outside of what is timed. The seed
 * stays, with its file in the system's cache. An operation is 1 MiB at one leecher.
 *
 * <p>The leecher's side and the seed's share the processors: this is the sum of both, which {@code side-by-side} tells
 * apart.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LoopbackBenchmark {
    private static final int ONE_MEBIBYTES = 256;
    private static final int TEN_MEBIBYTES = 64;
    private static final int PIECE_LENGTH = 256 << 10;

    /** What torrents do is no news here. Kept, or the level would be forgotten. */
    private static final Logger WEFT_LOG = Logger.getLogger("weft");

    /** A torrent with its seed, and the leechers of one run. */
    private abstract static class Swarm {
        private Scratch scratch;
        private Metainfo metainfo;
        private Client seed;
        private final List<Client> leechers = new ArrayList<>();
        private final List<Torrent> torrents = new ArrayList<>();
        private final List<Path> directories = new ArrayList<>();

        abstract int mebibytes();

        @Setup(Level.Trial)
        public void seed() throws IOException, InterruptedException {
            WEFT_LOG.setLevel(java.util.logging.Level.WARNING);
            scratch = new Scratch();
            metainfo = scratch.torrent((long) mebibytes() << 20, PIECE_LENGTH);
            seed = open();
            seed.add(metainfo, AddOptions.into(scratch.content()).withResume(false))
                    .awaitComplete();
        }

        void leech(int count) throws IOException, InterruptedException {
            var known = new ArrayList<>(List.of(address(seed)));
            for (int i = 0; i < count; i++) {
                var leecher = open();
                leechers.add(leecher);
                var directory = scratch.directory();
                directories.add(directory);
                torrents.add(leecher.add(
                        metainfo, AddOptions.into(directory).withResume(false).withPeers(known)));
                known.add(address(leecher));
            }
            for (Torrent torrent : torrents) {
                torrent.awaitComplete();
            }
        }

        @TearDown(Level.Invocation)
        public void forget() throws IOException {
            leechers.forEach(Client::close);
            for (Path directory : directories) {
                Scratch.delete(directory);
            }
            leechers.clear();
            torrents.clear();
            directories.clear();
        }

        @TearDown(Level.Trial)
        public void close() throws IOException {
            seed.close();
            scratch.close();
        }

        private static Client open() throws IOException {
            return Client.open(ClientOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress()));
        }

        private static InetSocketAddress address(Client client) {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), client.port());
        }
    }

    /** The larger one. */
    @State(Scope.Benchmark)
    public static class ForOne extends Swarm {
        @Override
        int mebibytes() {
            return ONE_MEBIBYTES;
        }
    }

    /** The smaller one. */
    @State(Scope.Benchmark)
    public static class ForTen extends Swarm {
        @Override
        int mebibytes() {
            return TEN_MEBIBYTES;
        }
    }

    @Benchmark
    @OperationsPerInvocation(ONE_MEBIBYTES)
    public void oneLeecher(ForOne swarm) throws IOException, InterruptedException {
        swarm.leech(1);
    }

    @Benchmark
    @OperationsPerInvocation(10 * TEN_MEBIBYTES)
    public void tenLeechers(ForTen swarm) throws IOException, InterruptedException {
        swarm.leech(10);
    }
}

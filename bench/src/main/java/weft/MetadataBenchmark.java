package weft;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import weft.bench.Scratch;
import weft.metainfo.Magnet;
import weft.metainfo.Metainfo;
import weft.metainfo.MetainfoException;
import weft.swarm.MetadataSwarm;

/**
 * The metadata of 80,000 files, 8.2 MiB, by a magnet link over loopback TCP: {@code fetch} goes from dialling the one peer
 * that is known to bytes that have the info-hash; {@code parse} makes a {@link Metainfo} of them. The peer is another
 * client of Weft's in this process, or a libtorrent session in one of its own, where Debian's python3-libtorrent is
 * installed. Nobody has any of the content, which is not needed for this.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class MetadataBenchmark {
    private static final int FILES = 80_000;
    private static final int FILE_LENGTH = 1000;
    private static final int PIECE_LENGTH = 16 << 10;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Path LIBTORRENT = Path.of("../src/test/resources/weft/interop/libtorrent_peer.py");
    private static final Pattern PORT = Pattern.compile("\"port\": ([0-9]+)");

    /** What torrents do is no news here. Kept, or the level would be forgotten. */
    private static final Logger WEFT_LOG = Logger.getLogger("weft");

    private byte[] info;
    private Metainfo metainfo;

    @Setup(Level.Trial)
    public void makeMetadata() throws IOException, MetainfoException {
        WEFT_LOG.setLevel(java.util.logging.Level.WARNING);
        info = info();
        metainfo = Metainfo.parse(concat("d4:info", info, "e"));
    }

    private static byte[] info() {
        var files = new StringBuilder();
        for (int i = 0; i < FILES; i++) {
            var name = "a small file among many others, whose name is rather long, %05d.bin".formatted(i);
            files.append(
                    "d6:lengthi%de4:pathl9:folder %02d%d:%see".formatted(FILE_LENGTH, i / 1000, name.length(), name));
        }
        var pieces = new byte[20 * Math.ceilDiv(FILES * FILE_LENGTH, PIECE_LENGTH)];
        new SplittableRandom(1).nextBytes(pieces);
        return concat(
                "d5:filesl" + files + "e4:name10:many files12:piece lengthi" + PIECE_LENGTH + "e6:pieces"
                        + pieces.length + ":",
                pieces,
                "e");
    }

    private static byte[] concat(String before, byte[] bytes, String after) {
        return ByteBuffer.allocate(before.length() + bytes.length + after.length())
                .put(before.getBytes(StandardCharsets.US_ASCII))
                .put(bytes)
                .put(after.getBytes(StandardCharsets.US_ASCII))
                .array();
    }

    private static Client open() throws IOException {
        return Client.open(ClientOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress()));
    }

    /** Who has the metadata. */
    @State(Scope.Benchmark)
    public static class Seed {
        @Param({"WEFT", "LIBTORRENT"})
        private String whose;

        private Scratch scratch;
        private Client weft; // or null
        private Process libtorrent; // or null
        private InetSocketAddress address;

        @Setup(Level.Trial)
        public void open(MetadataBenchmark benchmark) throws IOException, InterruptedException {
            scratch = new Scratch();
            if (whose.equals("WEFT")) {
                weft = MetadataBenchmark.open();
                var started = new CountDownLatch(1);
                var options = AddOptions.into(scratch.directory())
                        .withResume(false)
                        .withListener(new TorrentListener() {
                            @Override
                            public void onStateChanged(TorrentState state) {
                                if (state == TorrentState.DOWNLOADING) {
                                    started.countDown();
                                }
                            }
                        });
                weft.add(benchmark.metainfo, options);
                started.await(); // until then it takes no connections
                address = loopback(weft.port());
            } else {
                var torrent = Files.write(scratch.directory().resolve("many.torrent"), benchmark.metainfo.toBytes());
                address = loopback(startLibtorrent(torrent));
            }
        }

        private int startLibtorrent(Path torrent) throws IOException {
            libtorrent = new ProcessBuilder(
                            "/usr/bin/python3",
                            LIBTORRENT.toString(),
                            torrent.toString(),
                            torrent.getParent().toString(),
                            "--tcp")
                    .redirectErrorStream(true)
                    .start();
            var said = new BufferedReader(new InputStreamReader(libtorrent.getInputStream(), StandardCharsets.UTF_8))
                    .readLine();
            var port = PORT.matcher(String.valueOf(said));
            if (!port.find()) {
                throw new IOException("libtorrent does not start: " + said);
            }
            return Integer.parseInt(port.group(1));
        }

        private static InetSocketAddress loopback(int port) {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        }

        @TearDown(Level.Trial)
        public void close() throws IOException, InterruptedException {
            if (weft != null) {
                weft.close();
            }
            if (libtorrent != null) {
                libtorrent.getOutputStream().close(); // its sign to end
                libtorrent.waitFor();
            }
            scratch.close();
        }
    }

    /** Who wants it: each time somebody else, as a seed may not have noticed yet that the last one has gone. */
    @State(Scope.Benchmark)
    public static class Leecher {
        private Client client;

        @Setup(Level.Invocation)
        public void open() throws IOException {
            client = MetadataBenchmark.open();
        }

        @TearDown(Level.Invocation)
        public void close() {
            client.close();
        }
    }

    @Benchmark
    public byte[] fetch(Seed seed, Leecher leecher) throws Exception {
        var fetched = new CompletableFuture<byte[]>();
        try (var scope = leecher.client
                .scope()
                .childSupervised("fetch", (task, failure) -> fetched.completeExceptionally(failure))) {
            var swarm = new MetadataSwarm(metainfo.infoHash(), leecher.client.shared(), 1, fetched::complete);
            swarm.addCandidates(List.of(seed.address));
            swarm.start(scope);
            var metadata = fetched.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            swarm.stop(PATIENCE);
            return metadata;
        }
    }

    @Benchmark
    public Metainfo parse() throws MetainfoException {
        return Metainfo.ofInfo(info, Magnet.of(metainfo.infoHash()));
    }
}

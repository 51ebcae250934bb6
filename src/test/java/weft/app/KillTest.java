package weft.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.ForwardingStorage;
import weft.kit.Jvm;
import weft.kit.JvmProcess;
import weft.kit.Node;
import weft.kit.SharedTorrent;
import weft.kit.SteeredStorage;
import weft.kit.SwarmExtension;
import weft.storage.Disk;
import weft.storage.HashCheck;
import weft.storage.Lease;
import weft.storage.MappedStorage;
import weft.storage.PieceVerifier;
import weft.storage.ResumeData;
import weft.storage.ResumeState;
import weft.storage.StorageOptions;

/**
 * {@code kill -9} at random points of downloads, every third time as resume data is being saved, which happens a dozen
 * times in each download. A short run by itself; {@code -Dweft.kills=200} makes it a long one, and
 * {@code -Dweft.kills.seed=N} repeats what a run has printed.
 */
@Timeout(3600)
class KillTest {
    private static final int KILLS = Integer.getInteger("weft.kills", 8);
    private static final long SEED = Long.getLong("weft.kills.seed", System.nanoTime());

    private static final int LENGTH = 16 << 20;
    private static final int PIECE = 128 * 1024;
    private static final int SAVE_EVERY = LENGTH / 12; // bytes
    private static final int BLOCK = 16 << 10;
    private static final int MOST_BLOCKS = LENGTH / BLOCK / 4; // from one kill to the next

    @RegisterExtension
    private final SwarmExtension swarm = new SwarmExtension();

    private final Random random = new Random(SEED);
    private SharedTorrent shared;
    private Watched storage;
    private Node seed;
    private Path directory;
    private BitSet whole = new BitSet(); // the pieces that were on disk, whole, after the last kill
    private int downloads; // that came to their end
    private int claims; // pieces that were claimed after the kills, all together

    @Test
    void nothingIsLostAndWhatWasWholeIsNotFetchedAgain() throws Exception {
        System.out.println("KillTest: -Dweft.kills=" + KILLS + " -Dweft.kills.seed=" + SEED);
        shared = swarm.share(Content.ofLength(LENGTH), PIECE);
        storage = new Watched(shared.seededStorage().withBytesPerSecond(LENGTH / 2));
        seed = shared.seed(options -> options.withStorage(storage));
        directory = swarm.directory();

        for (int kill = 0; kill < KILLS; kill++) {
            if (downloadAndKill(kill % 3 == 0)) {
                downloads++;
                shared.content().assertLiesIn(directory);
                directory = swarm.directory();
                whole = new BitSet();
            }
        }
        try (var process = startDownload()) {
            assertThat(process.awaitExit(Duration.ofMinutes(2)))
                    .as(process::output)
                    .isZero();
        }

        assertNothingWholeWasFetched();
        shared.content().assertLiesIn(directory);
        System.out.println(
                "KillTest: " + downloads + " downloads came to their end, " + claims + " pieces were claimed");
        assertThat(claims).as("pieces that were claimed after kills").isPositive();
    }

    /** True if it had come to its end before. */
    private boolean downloadAndKill(boolean whileSaving) throws Exception {
        boolean complete;
        try (var process = startDownload()) {
            long blocks = storage.blocks.get() + random.nextInt(MOST_BLOCKS);
            var patience = Duration.ofMillis(random.nextInt(4) == 0 && !whileSaving ? random.nextInt(1000) : 20_000);
            Await.within(patience, () -> !process.isAlive() || storage.blocks.get() >= blocks);
            if (whileSaving) {
                var before = saved();
                Await.until(
                        "it is saved, or complete",
                        () -> !process.isAlive() || Files.exists(resumeFile(".resume.tmp")) || !saved().equals(before));
            }
            complete = !process.isAlive() && process.awaitExit(Duration.ZERO) == 0;
        }
        seed.awaitPeers(0);
        assertNothingWholeWasFetched();
        synchronized (storage.pieces) {
            storage.pieces.clear();
        }
        whole = wholePieces();
        assertClaimsAreTrue();
        return complete;
    }

    private Path resumeFile(String suffix) {
        return directory.resolve(".weft").resolve(shared.metainfo().infoHash().toHex() + suffix);
    }

    /** When resume data was saved last; empty if never. */
    private Optional<FileTime> saved() throws IOException {
        try {
            return Optional.of(Files.getLastModifiedTime(resumeFile(".resume")));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** What the next run would believe without looking. */
    private void assertClaimsAreTrue() throws IOException {
        var metainfo = shared.metainfo();
        ResumeState claimed;
        try (var disk = Disk.open()) {
            claimed = new ResumeData(disk, directory, metainfo.layout(), metainfo.infoHash(), InstantSource.system())
                    .load()
                    .state();
        }
        claims += claimed.verified().cardinality();
        var untrue = claimed.verified();
        untrue.andNot(whole);
        assertThat(untrue).as("pieces that are claimed and not there").isEqualTo(new BitSet());
        for (var piece : claimed.blocks().entrySet()) {
            for (int block : piece.getValue().stream().toArray()) {
                assertIsThere(piece.getKey(), block);
            }
        }
    }

    private void assertIsThere(int piece, int block) throws IOException {
        var layout = shared.metainfo().layout();
        var bytes = ByteBuffer.allocate(layout.blockLength(piece, block));
        try (var file = FileChannel.open(directory.resolve("content.bin"))) {
            file.read(bytes, layout.pieceOffset(piece) + layout.blockOffset(block));
        }
        assertThat(bytes.array())
                .as("block " + block + " of piece " + piece + ", which is claimed")
                .isEqualTo(shared.block(piece, layout.blockOffset(block), bytes.capacity()));
    }

    private JvmProcess startDownload() throws IOException {
        return Jvm.of(
                        Main.class,
                        "download",
                        "--no-lsd",
                        "--no-dht",
                        shared.torrentFile().toString(),
                        "-d",
                        directory.toString(),
                        "--peer",
                        "127.0.0.1:" + seed.address().getPort())
                .withOptions("-Xmx64m", "-XX:TieredStopAtLevel=1", "-Dweft.saveEveryBytes=" + SAVE_EVERY)
                .start(swarm.directory().resolve("output"));
    }

    private void assertNothingWholeWasFetched() {
        var again = new BitSet();
        synchronized (storage.pieces) {
            again.or(storage.pieces);
        }
        again.and(whole);
        assertThat(again).as("pieces that were there and were fetched again").isEqualTo(new BitSet());
    }

    /** By hashing what lies in the directory, as another program would. */
    private BitSet wholePieces() throws IOException {
        var metainfo = shared.metainfo();
        var all = new BitSet();
        all.set(0, metainfo.files().size());
        var pieces = new BitSet();
        pieces.set(0, shared.pieceCount());
        try (var disk = Disk.open();
                var files = MappedStorage.open(
                        disk,
                        directory,
                        metainfo.layout(),
                        metainfo.infoHash(),
                        all,
                        StorageOptions.defaults().withReadOnly())) {
            var verifier = new PieceVerifier(disk, metainfo.layout(), files, metainfo::pieceHashEquals);
            return new HashCheck(verifier, pieces, (piece, good, checked) -> {}).run();
        }
    }

    /** Notes which pieces are sent. */
    private static final class Watched extends ForwardingStorage {
        private final AtomicLong blocks = new AtomicLong();
        private final BitSet pieces = new BitSet(); // guarded by itself

        private Watched(SteeredStorage storage) {
            super(storage);
        }

        @Override
        public Lease lend(int piece, int begin, int length) throws IOException {
            synchronized (pieces) {
                pieces.set(piece);
            }
            blocks.addAndGet(Math.ceilDiv(length, BLOCK)); // more than one may be lent together
            return super.lend(piece, begin, length);
        }
    }
}

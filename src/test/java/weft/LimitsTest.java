package weft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import weft.kit.Jvm;
import weft.metainfo.Metainfo;
import weft.metainfo.TorrentCreator;

/** Torrents out of the ordinary, in processes that have little: made, checked, seeded and downloaded there. */
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class LimitsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(100);

    @TempDir
    private Path directory;

    @Test
    void twentyThousandFilesNeedNoMoreThan256Descriptors() throws Exception {
        assumeTrue(File.separatorChar == '/', "a system with ulimit");
        try (var process = Jvm.of(ManyFiles.class, directory.toString())
                .withOptions("-XX:-MaxFDLimit")
                .withDescriptors(256)
                .start(directory.resolve("output"))) {
            assertThat(process.awaitExit(PATIENCE)).as(process::output).isZero();
            assertThat(process.output()).contains("limit 256").contains("20000 files are the same");
        }
    }

    @Test
    void piecesOf256MebibytesFitIntoAHeapOfThatSize() throws Exception {
        try (var process = Jvm.of(LargePieces.class, directory.toString())
                .withOptions("-Xmx256m")
                .start(directory.resolve("output"))) {
            assertThat(process.awaitExit(PATIENCE)).as(process::output).isZero();
            assertThat(process.output()).contains("2 pieces are the same");
        }
    }

    /** In a process of its own. */
    static final class ManyFiles {
        private static final int COUNT = 20_000;

        private ManyFiles() {}

        public static void main(String[] args) throws Exception {
            Path root = Path.of(args[0]);
            Path original = root.resolve("original/many");
            for (int i = 0; i < COUNT; i++) {
                Files.createDirectories(file(original, i).getParent());
                Files.write(file(original, i), bytes(i));
            }
            var torrent =
                    TorrentCreator.ofPath(original).withPieceLength(16 * 1024).create(1, TorrentCreator.Progress.NONE);
            System.out.println("limit "
                    + new ProcessBuilder("sh", "-c", "ulimit -n")
                            .start()
                            .inputReader()
                            .readLine());

            seedAndDownload(torrent, root.resolve("original"), root.resolve("copy"));

            for (int i = 0; i < COUNT; i++) {
                if (!Arrays.equals(Files.readAllBytes(file(root.resolve("copy/many"), i)), bytes(i))) {
                    throw new AssertionError("file " + i);
                }
            }
            System.out.println(COUNT + " files are the same");
        }

        private static Path file(Path directory, int i) {
            return directory.resolve("d" + i % 100).resolve("f" + i);
        }

        private static byte[] bytes(int i) {
            var bytes = new byte[100 + i % 300];
            Arrays.fill(bytes, (byte) i);
            return bytes;
        }
    }

    /** In a process of its own. */
    static final class LargePieces {
        private static final int PIECE = 256 << 20;
        private static final long LENGTH = PIECE + (40L << 20);

        private LargePieces() {}

        public static void main(String[] args) throws Exception {
            Path root = Path.of(args[0]);
            Path original = Files.createDirectories(root.resolve("original")).resolve("large");
            try (var sparse = new RandomAccessFile(original.toFile(), "rw")) {
                sparse.setLength(LENGTH);
                for (long offset = 0; offset < LENGTH; offset += 10_000_000) {
                    sparse.seek(offset);
                    sparse.writeLong(offset);
                }
            }
            var torrent =
                    TorrentCreator.ofPath(original).withPieceLength(PIECE).create(1, TorrentCreator.Progress.NONE);

            seedAndDownload(torrent, root.resolve("original"), root.resolve("copy"));

            if (Files.mismatch(original, root.resolve("copy/large")) >= 0) {
                throw new AssertionError("not the same");
            }
            System.out.println(torrent.layout().pieceCount() + " pieces are the same");
        }
    }

    private static void seedAndDownload(Metainfo torrent, Path from, Path to) throws IOException, InterruptedException {
        try (var seeds = Client.open(ClientOptions.defaults());
                var leechers = Client.open(ClientOptions.defaults())) {
            var seed = seeds.add(torrent, AddOptions.into(from));
            if (!seed.awaitComplete(PATIENCE) || !seed.isSeed()) {
                throw new AssertionError("the seed: " + seed.snapshot());
            }
            var peers = List.of(new InetSocketAddress("127.0.0.1", seeds.port()));
            var copy = leechers.add(torrent, AddOptions.into(to).withPeers(peers));
            if (!copy.awaitComplete(PATIENCE)) {
                throw new AssertionError("the leecher: " + copy.snapshot());
            }
        }
    }
}

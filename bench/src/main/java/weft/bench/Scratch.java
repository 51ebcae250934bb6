package weft.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import weft.metainfo.Metainfo;
import weft.metainfo.TorrentCreator;

/** A directory of a benchmark's own below {@code java.io.tmpdir}, gone with all its content when closed. */
public final class Scratch implements AutoCloseable {
    private final Path root;
    private int directories;

    public Scratch() throws IOException {
        root = Files.createTempDirectory("weft-bench");
    }

    /** A new, empty directory. */
    public Path directory() throws IOException {
        return Files.createDirectory(root.resolve("" + directories++));
    }

    /** A torrent of one file of this many bytes, which is in {@link #content}; {@code pieceLength} is a power of two. */
    public Metainfo torrent(long bytes, int pieceLength) throws IOException, InterruptedException {
        var file = content().resolve("content.bin");
        Files.createDirectories(content());
        write(file, bytes);
        return TorrentCreator.ofPath(file)
                .withPieceLength(pieceLength)
                .withTrackers(List.of())
                .create(Runtime.getRuntime().availableProcessors(), TorrentCreator.Progress.NONE);
    }

    /** Where the content of {@link #torrent} lies. */
    public Path content() {
        return root.resolve("content");
    }

    private static void write(Path file, long bytes) throws IOException {
        var random = new SplittableRandom(1);
        var chunk = new byte[1 << 20];
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long left = bytes; left > 0; left -= chunk.length) {
                random.nextBytes(chunk);
                channel.write(ByteBuffer.wrap(chunk, 0, (int) Math.min(chunk.length, left)));
            }
        }
    }

    /** Deletes a directory and all that is in it. */
    public static void delete(Path directory) throws IOException {
        try (var paths = Files.walk(directory)) {
            paths.sorted(Comparator.reverseOrder()).forEach(path -> {
                try {
                    Files.delete(path);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    @Override
    public void close() throws IOException {
        delete(root);
    }
}

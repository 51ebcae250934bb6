package weft.app;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** The files that the demonstration shares, in a temporary directory that is gone when it is closed. */
final class DemoContent implements AutoCloseable {
    static final String NAME = "weft-demo";

    private static final int CHUNK_BYTES = 1 << 20;

    private final Path root;

    private DemoContent(Path root) {
        this.root = root;
    }

    /** Makes the directory and the files: {@code bytes} of them and a little more, that no compression makes smaller. */
    static DemoContent create(long bytes) throws IOException {
        var content = new DemoContent(Files.createTempDirectory("weft-demo-"));
        try {
            content.write(bytes);
            return content;
        } catch (IOException | RuntimeException e) {
            content.close();
            throw e;
        }
    }

    private void write(long bytes) throws IOException {
        var files = new LinkedHashMap<String, Long>();
        files.put("films/The Weaver.mkv", bytes / 2);
        files.put("music/Loom & Shuttle.flac", bytes / 3);
        files.put("photos/warp.jpg", bytes / 8);
        files.put("photos/weft.jpg", bytes - bytes / 2 - bytes / 3 - bytes / 8);
        files.put("read me.txt", 1234L);
        files.put("an empty file", 0L);
        var random = new SplittableRandom();
        for (Map.Entry<String, Long> file : files.entrySet()) {
            var path = original().resolve(file.getKey());
            Files.createDirectories(path.getParent());
            try (var stream = Files.newOutputStream(path)) {
                for (long left = file.getValue(); left > 0; left -= CHUNK_BYTES) {
                    var chunk = new byte[(int) Math.min(CHUNK_BYTES, left)];
                    random.nextBytes(chunk);
                    stream.write(chunk);
                }
            }
        }
    }

    /** The directory that is shared. */
    Path original() {
        return root.resolve("seed").resolve(NAME);
    }

    /** A directory for somebody else. */
    Path directory(String whose) {
        return root.resolve(whose);
    }

    /** Whether a copy of the shared directory below {@link #directory} has every file, byte for byte. */
    boolean isSame(String whose) throws IOException {
        var copy = directory(whose).resolve(NAME);
        try (var paths = Files.walk(original())) {
            for (var path : (Iterable<Path>) paths.filter(Files::isRegularFile)::iterator) {
                var other = copy.resolve(original().relativize(path));
                if (!Files.isRegularFile(other) || Files.mismatch(path, other) >= 0) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Deletes everything. */
    @Override
    public void close() throws IOException {
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}

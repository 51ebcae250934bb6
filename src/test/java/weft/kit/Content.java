package weft.kit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** Files to share, made up but always the same. Immutable; the arrays are lent. */
public final class Content {
    private final String name;
    private final boolean single;
    private final Map<String, byte[]> files; // by path below the download directory

    private Content(String name, boolean single, Map<String, byte[]> files) {
        this.name = name;
        this.single = single;
        this.files = files;
    }

    /** One file. */
    public static Content ofLength(int length) {
        return new Content("content.bin", true, Map.of("content.bin", bytes("content.bin", length)));
    }

    /** A folder without files yet. */
    public static Content folder() {
        return new Content("folder", false, Map.of());
    }

    /** This folder and one more file; {@code path} may have folders of its own. */
    public Content withFile(String path, int length) {
        if (single) {
            throw new IllegalStateException("one file only");
        }
        var more = new LinkedHashMap<>(files);
        more.put(name + "/" + path, bytes(path, length));
        return new Content(name, false, more);
    }

    private static byte[] bytes(String path, int length) {
        var bytes = new byte[length];
        new SplittableRandom(path.hashCode()).nextBytes(bytes);
        return bytes;
    }

    /** The name of the file or folder. */
    public String name() {
        return name;
    }

    /** The bytes of the file at this path, names joined by slashes, the folder's first. */
    public byte[] file(String path) {
        return files.get(path);
    }

    /** Writes all files below {@code directory}. */
    public void writeInto(Path directory) throws IOException {
        for (var file : files.entrySet()) {
            var path = directory.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.write(path, file.getValue());
        }
    }

    /** Fails unless all files lie below {@code directory}, byte for byte. */
    public void assertLiesIn(Path directory) {
        files.forEach((path, bytes) ->
                assertThat(directory.resolve(path)).as("file of %s", directory).hasBinaryContent(bytes));
    }
}

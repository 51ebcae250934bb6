package weft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.codec.DecoderException;
import org.apache.commons.codec.binary.Hex;

/** Finds what tests read: files of this project's testdata, and, where it exists, of the folder shared beside it. */
public final class TestData {

    private static final ObjectMapper JSON = new ObjectMapper();

    private TestData() {}

    /** A file or folder of testdata. */
    public static Path path(String name) {
        return Path.of("testdata").resolve(name);
    }

    /** A file or folder of shared, which need not exist. */
    public static Path shared(String name) {
        return Path.of(System.getProperty("weft.shared", "../shared")).resolve(name);
    }

    /** A JSON file of testdata. */
    public static JsonNode json(String name) {
        return json(path(name));
    }

    /** A JSON file. */
    public static JsonNode json(Path file) {
        try {
            return JSON.readTree(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All bytes of a file. */
    public static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Bytes from hexadecimal digits; blanks are for reading only. */
    public static byte[] hex(String digits) {
        try {
            return Hex.decodeHex(digits.replace(" ", ""));
        } catch (DecoderException e) {
            throw new IllegalArgumentException(digits, e);
        }
    }

    /** The content that the vectors' generator makes of a seed: see content_generator in bep52_merkle.json. */
    public static byte[] generated(int seed, int length) {
        var content = new byte[length];
        int x = seed;
        for (int i = 0; i < length; i++) {
            x = x * 1103515245 + 12345;
            content[i] = (byte) (x >>> 16);
        }
        return content;
    }
}

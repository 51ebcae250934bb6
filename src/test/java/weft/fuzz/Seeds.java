package weft.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import weft.TestData;

/** What the fuzz targets begin with: the test vectors, as bytes. */
public final class Seeds {

    private Seeds() {}

    /** The bytes under {@code hex} in each row of a list of a vector file. */
    public static Stream<byte[]> hex(String vectors, String list) {
        return rows(vectors, list).map(row -> TestData.hex(row.get("hex").asText()));
    }

    /** The rows of a list of a vector file. */
    public static Stream<JsonNode> rows(String vectors, String list) {
        return StreamSupport.stream(
                TestData.json("vectors/" + vectors).get(list).spliterator(), false);
    }

    /** Every torrent file of testdata, smaller than {@code maxBytes}. */
    public static List<byte[]> torrents(int maxBytes) {
        var torrents = new ArrayList<byte[]>();
        for (var folder : List.of("torrents", "vectors/bep52")) {
            for (var file : files(TestData.path(folder))) {
                byte[] bytes = TestData.bytes(file);
                if (bytes.length < maxBytes) {
                    torrents.add(bytes);
                }
            }
        }
        return torrents;
    }

    private static List<Path> files(Path folder) {
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".torrent"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

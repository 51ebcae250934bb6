package weft.kit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.apache.commons.codec.digest.DigestUtils;
import weft.bencode.BDict;
import weft.bencode.BList;
import weft.bencode.BString;
import weft.bencode.BValue;
import weft.bencode.Bencode;
import weft.metainfo.Metainfo;
import weft.metainfo.MetainfoException;

/** A torrent with an empty file and symbolic links (BEP 47), which no creator of ours makes: one to a file, one to a directory. */
public final class LinkedFolder {
    private static final int PIECE = 32 * 1024;
    private static final byte[] A = bytes(1, 100_000);
    private static final byte[] B = bytes(2, 50_000);

    private LinkedFolder() {}

    private static byte[] bytes(int seed, int length) {
        var bytes = new byte[length];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }

    /** The torrent: its first file is the one that the second links to. */
    public static Metainfo metainfo() throws MetainfoException {
        var info = BDict.builder()
                .put(
                        "files",
                        BList.of(
                                file(A.length, "a"),
                                link("to-a", "a"),
                                file(0, "empty"),
                                link("to-sub", "sub"),
                                file(B.length, "sub", "b")))
                .put("name", "folder")
                .put("piece length", PIECE)
                .put("pieces", hashes())
                .build();
        return Metainfo.parse(Bencode.encode(BDict.builder().put("info", info).build()));
    }

    private static BDict file(int length, String... path) {
        return BDict.builder().put("length", length).put("path", path(path)).build();
    }

    private static BDict link(String name, String target) {
        return BDict.builder()
                .put("attr", "l")
                .put("length", 0)
                .put("path", path(name))
                .put("symlink path", path(target))
                .build();
    }

    private static BList path(String... elements) {
        return BList.of(Stream.of(elements).<BValue>map(BString::of).toList());
    }

    private static byte[] hashes() {
        var all = ByteBuffer.allocate(A.length + B.length).put(A).put(B).array();
        var hashes = ByteBuffer.allocate((all.length + PIECE - 1) / PIECE * 20);
        for (int begin = 0; begin < all.length; begin += PIECE) {
            hashes.put(DigestUtils.sha1(Arrays.copyOfRange(all, begin, Math.min(all.length, begin + PIECE))));
        }
        return hashes.array();
    }

    /** Where the torrent's files are, below a download directory. */
    public static Path in(Path directory) {
        return directory.resolve("folder");
    }

    /** Writes the files that have bytes, and nothing else. */
    public static void writeInto(Path directory) throws IOException {
        Files.createDirectories(in(directory).resolve("sub"));
        Files.write(in(directory).resolve("a"), A);
        Files.write(in(directory).resolve("sub/b"), B);
    }

    /** Fails unless all is there as it should be: every byte, and links that are links. */
    public static void assertLiesIn(Path directory) {
        var folder = in(directory);
        assertThat(folder.resolve("a")).hasBinaryContent(A);
        assertThat(folder.resolve("sub/b")).hasBinaryContent(B);
        assertThat(folder.resolve("empty")).isEmptyFile();
        for (var name : List.of("to-a", "to-sub")) {
            assertThat(folder.resolve(name)).isSymbolicLink();
        }
        assertThat(folder.resolve("to-a")).hasBinaryContent(A);
        assertThat(folder.resolve("to-sub/b")).hasBinaryContent(B);
    }
}

package weft.metainfo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import weft.TestData;
import weft.bencode.BDict;
import weft.bencode.BList;
import weft.bencode.BString;
import weft.bencode.BValue;
import weft.bencode.Bencode;

/**
 * testdata/vectors/path_sanitize.json: the torrents that it describes, and libtorrent 2.0.8's paths. Another sound path
 * will do; what every row must have is that nothing leaves the directory, different files stay different, and the same
 * torrent gets the same paths.
 */
@Timeout(60)
class PathVectorsTest {

    private static final JsonNode VECTORS = TestData.json("vectors/path_sanitize.json");

    /** Rows, by libtorrent's path, where ours is another one, and ours. */
    private static final Map<String, String> OTHER_PATHS = Map.ofEntries(
            // An element that filters down to nothing becomes _ rather than vanishing.
            Map.entry("root/a/c", "root/a/_/c"),
            Map.entry("root/c", "root/_/c root/_/_/c"),
            Map.entry("root/a", "root/a/_"),
            Map.entry("root/c:/c", "root/c:/_/c"),
            Map.entry("root/c/c", "root/c/_/c"),
            Map.entry("root/x", "root/_/x"),
            // NUL becomes _ like any control character, and so do DEL and its like.
            Map.entry("root/foo", "root/_foo root/fo_o"),
            Map.entry("root/_", "root/_ root/___"),
            Map.entry("root/\u007fdel", "root/_del"),
            // One _ for each malformed byte.
            Map.entry("root/filename_", "root/filename_ root/filename__ root/filename___"),
            Map.entry("root/filename_foobar", "root/filename_____foobar"),
            Map.entry("root/__/x", "root/____/x"),
            Map.entry("x/f", "_x/f"));

    static Stream<JsonNode> elements() {
        return rows("elements");
    }

    static Stream<JsonNode> names() {
        return rows("names");
    }

    static Stream<JsonNode> collisions() {
        return rows("collisions");
    }

    static Stream<JsonNode> symlinks() {
        return rows("symlinks");
    }

    private static Stream<JsonNode> rows(String key) {
        return StreamSupport.stream(VECTORS.get(key).spliterator(), false);
    }

    @ParameterizedTest
    @MethodSource("elements")
    void elementsBecomeAPathBelowTheTorrent(JsonNode row) throws MetainfoException {
        byte[] torrent = torrent(BString.of("root"), List.of(file(strings(row.get("elements")), 1)));

        List<String> path = assertSound(torrent).getFirst();

        assertLikeLibtorrent(path, row.get("path").asText());
        assertThat(path).startsWith("root").hasSize(row.get("elements").size() + 1);
    }

    @ParameterizedTest
    @MethodSource("names")
    void nameBecomesADirectory(JsonNode row) throws MetainfoException {
        BString name = BString.of(TestData.hex(row.get("name").get("hex").asText()));
        byte[] torrent = torrent(name, List.of(file(BList.of(BString.of("f")), 1)));

        List<String> path = assertSound(torrent).getFirst();

        String infoHash = Metainfo.parse(torrent).infoHash().toHex();
        boolean isNothing = row.get("torrent_name").asText().matches("_|[0-9a-f]{40}");
        if (isNothing) {
            assertThat(path).containsExactly(infoHash, "f");
        } else {
            assertLikeLibtorrent(path, row.get("path").asText());
        }
    }

    @ParameterizedTest
    @MethodSource("collisions")
    void filesThatWouldCollideAreNumbered(JsonNode row) throws MetainfoException {
        var files = new ArrayList<BValue>();
        for (JsonNode file : row.get("files")) {
            var elements = Stream.of(file.get("path").asText().split("/"))
                    .map(BString::of)
                    .toList();
            files.add(BDict.builder()
                    .put("path", BList.of(elements))
                    .put("length", file.get("length").asLong())
                    .put("attr", file.get("attr").asText())
                    .build());
        }
        byte[] torrent = torrent(BString.of("root"), files);

        assertSound(torrent);

        Metainfo metainfo = Metainfo.parseOwned(torrent, PathSanitizer.POSIX);
        var paths = metainfo.files().stream()
                .filter(file -> !file.isPadding())
                .map(file -> String.join("/", file.path().subList(1, file.path().size())))
                .toList();
        assertThat(paths).isEqualTo(expectedAfterCollisions(row));
    }

    private static List<String> expectedAfterCollisions(JsonNode row) {
        var expected = new ArrayList<String>();
        for (int i = 0; i < row.get("files").size(); i++) {
            // Padding is never stored, and its path means nothing.
            if (!row.get("files").get(i).get("attr").asText().equals("p")) {
                expected.add(row.get("result").get(i).asText());
            }
        }
        if (expected.equals(List.of("\u00e9", "\u00c9"))) {
            return List.of("\u00e9", "\u00c9.1"); // case of other letters than English ones counts for us
        }
        if (expected.equals(List.of("f1", ".pad/1234.1", "f2"))) {
            return List.of("f1", ".pad/1234", "f2"); // padding of the same path is in nobody's way
        }
        return expected;
    }

    @ParameterizedTest
    @MethodSource("symlinks")
    void linksResolveWithinTheTorrentOrNotAtAll(JsonNode row) throws MetainfoException {
        BValue link = BDict.builder()
                .put("path", BList.of(BString.of("l")))
                .put("length", 0)
                .put("attr", "l")
                .put("symlink path", strings(row.get("target_elements")))
                .build();
        byte[] torrent =
                torrent(BString.of("root"), List.of(file(BList.of(BString.of("a"), BString.of("t")), 1), link));

        TorrentFile file = Metainfo.parse(torrent).files().get(1);

        String target = file.symlinkTarget().map(path -> String.join("/", path)).orElse("root/l");
        assertThat(target).isEqualTo(row.get("resolved").asText());
    }

    @ParameterizedTest
    @EnumSource
    void theHostilePathsOfAllRowsTogetherStayApart(PathSanitizer sanitizer) throws MetainfoException {
        var files = new ArrayList<BValue>();
        elements().forEach(row -> files.add(file(strings(row.get("elements")), 1)));
        elements().forEach(row -> files.add(file(strings(row.get("elements")), 1)));

        Metainfo metainfo = Metainfo.parseOwned(torrent(BString.of("root"), files), sanitizer);

        assertSound(metainfo);
    }

    @Test
    void windowsGetsNamesThatItCanCreate() throws MetainfoException {
        var names = List.of(
                "CON", "con.txt", "Nul .x", "COM\u00b9", "lpt9.a.b", "a:b?*", "dots...", "blanks  ", ". .", "x");
        var files = names.stream()
                .map(name -> (BValue) file(BList.of(BString.of(name)), 1))
                .toList();

        Metainfo metainfo = Metainfo.parseOwned(torrent(BString.of("aux"), files), PathSanitizer.WINDOWS);

        assertThat(metainfo.files())
                .map(file -> String.join("/", file.path()))
                .containsExactly(
                        "_aux/_CON",
                        "_aux/_con.txt",
                        "_aux/_Nul .x",
                        "_aux/_COM\u00b9",
                        "_aux/_lpt9.a.b",
                        "_aux/a_b__",
                        "_aux/dots",
                        "_aux/blanks",
                        "_aux/_",
                        "_aux/x");
    }

    @Test
    void noTorrentIsCalledLikeTheDirectoryOfOurOwnState() throws MetainfoException {
        for (String name : List.of(".weft", ".WEFT", ".we/ft")) {
            byte[] torrent = torrent(BString.of(name), List.of(file(BList.of(BString.of("f")), 1)));

            assertThat(Metainfo.parse(torrent).name()).isEqualToIgnoringCase("_.weft");
        }
    }

    @Test
    void tenThousandFilesOfTheSamePathTakeNoTime() throws MetainfoException {
        var files = new ArrayList<BValue>();
        for (int i = 0; i < 10_000; i++) {
            files.add(file(BList.of(BString.of("same.txt")), 1));
        }

        Metainfo metainfo = Metainfo.parse(torrent(BString.of("root"), files));

        assertSound(metainfo);
        assertThat(metainfo.files().getLast().path()).containsExactly("root", "same.9999.txt");
        assertThat(metainfo.warnings()).hasSizeLessThan(60);
    }

    private static void assertLikeLibtorrent(List<String> path, String libtorrent) {
        String ours = String.join("/", path);
        if (ours.length() > 200) {
            assertThat(ours).startsWith(libtorrent.substring(0, 200)); // cut at a character, not at a byte
        } else {
            assertThat(OTHER_PATHS.getOrDefault(libtorrent, libtorrent).split(" (?=root)"))
                    .contains(ours);
        }
    }

    /** Checks the three things for both platforms and answers with the paths on POSIX. */
    private static List<List<String>> assertSound(byte[] torrent) throws MetainfoException {
        for (PathSanitizer sanitizer : PathSanitizer.values()) {
            Metainfo metainfo = Metainfo.parseOwned(torrent, sanitizer);
            assertSound(metainfo);
            assertThat(Metainfo.parseOwned(torrent, sanitizer).files().toString())
                    .isEqualTo(metainfo.files().toString());
        }
        return Metainfo.parseOwned(torrent, PathSanitizer.POSIX).files().stream()
                .map(TorrentFile::path)
                .toList();
    }

    private static void assertSound(Metainfo metainfo) {
        Path directory = Path.of("download").toAbsolutePath();
        Set<String> seen = new HashSet<>();
        for (TorrentFile file : metainfo.files()) {
            if (file.isPadding()) {
                continue;
            }
            assertThat(file.path())
                    .allSatisfy(element -> assertThat(element)
                            .isNotEmpty()
                            .isNotIn(".", "..")
                            .doesNotContain("/", "\\", "\u0000")
                            .matches(name -> name.getBytes(StandardCharsets.UTF_8).length <= 255));
            Path resolved = file.in(directory);
            assertThat(resolved.normalize()).isEqualTo(resolved);
            assertThat(resolved.startsWith(directory)).isTrue();
            assertThat(resolved.getNameCount() - directory.getNameCount())
                    .isEqualTo(file.path().size());
            assertThat(seen.add(String.join("/", file.path()).toLowerCase(Locale.ROOT)))
                    .isTrue();
        }
        for (String path : seen) {
            for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
                assertThat(seen).doesNotContain(path.substring(0, slash));
            }
        }
    }

    private static BList strings(JsonNode elements) {
        return BList.of(StreamSupport.stream(elements.spliterator(), false)
                .map(element -> BString.of(TestData.hex(element.get("hex").asText())))
                .toList());
    }

    private static BDict file(BList path, long length) {
        return BDict.builder().put("path", path).put("length", length).build();
    }

    private static byte[] torrent(BString name, List<? extends BValue> files) {
        BDict info = BDict.builder()
                .put("name", name)
                .put("files", BList.of(files))
                .put("piece length", 1 << 20)
                .put("pieces", new byte[20])
                .build();
        return Bencode.encode(BDict.builder().put("info", info).build());
    }
}

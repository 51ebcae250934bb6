package weft.metainfo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.commons.codec.binary.Hex;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import weft.TestData;

/**
 * Torrent files with known answers: testdata/torrents always, and those of other projects where the folder shared exists.
 * The answers are libtorrent 2.0.8's; where ours is another one, it is listed here with the reason.
 */
@Timeout(60)
class MetainfoVectorsTest {

    /** Files that libtorrent accepts and Weft refuses. */
    private static final Map<String, String> REFUSED = Map.of(
            "gen_v2_layer_bad_hash.torrent",
                    "a wrong piece layer; BEP 52 wants it refused, libtorrent does when it is added",
            "v2_invalid_piece_layer_root.torrent", "the same");

    /** Files whose paths are others than libtorrent's 2.0.8, as sound and as stable. */
    private static final Map<String, String> OTHER_PATHS = Map.of(
            "gen_v2_dotdot.torrent", "an element '..' becomes '_' rather than vanishing",
            "slash_path.torrent", "an element '/' becomes '_', as in libtorrent 2.1",
            "slash_path2.torrent", "the same",
            "invalid_directory_name.torrent", "the same",
            "symlink_filtered_path.torrent", "the same",
            "gen_utf8_keys.torrent", "each malformed byte becomes '_', where libtorrent takes more than it",
            "invalid_filename2.torrent", "elements '.' and '/' become '_'");

    static Stream<Named<JsonNode>> ours() {
        return rows(TestData.path("torrents"));
    }

    static Stream<Named<JsonNode>> others() {
        Path folder = TestData.shared("testdata/torrents");
        return Files.exists(folder) ? rows(folder) : Stream.of(Named.of("no folder " + folder, null));
    }

    private static Stream<Named<JsonNode>> rows(Path folder) {
        return StreamSupport.stream(
                        TestData.json(folder.resolve("expected.json")).spliterator(), false)
                .map(row -> Named.of(row.get("file").asText(), row));
    }

    @ParameterizedTest
    @MethodSource("ours")
    void agreesOnOurTorrents(JsonNode expected) throws MetainfoException {
        check(TestData.path("torrents"), expected);
    }

    @ParameterizedTest
    @MethodSource("others")
    void agreesOnTheTorrentsOfOthers(JsonNode expected) throws MetainfoException {
        assumeTrue(expected != null, () -> "torrents of other projects are not here: " + TestData.shared("testdata"));
        check(TestData.shared("testdata/torrents"), expected);
    }

    private static void check(Path folder, JsonNode expected) throws MetainfoException {
        String file = expected.get("file").asText();
        byte[] bytes = TestData.bytes(folder.resolve(file));
        boolean isAccepted = expected.get("verdict").asText().equals("accept") && !REFUSED.containsKey(file);
        if (isAccepted) {
            checkContents(expected, Metainfo.parseOwned(bytes, PathSanitizer.POSIX));
        } else {
            assertThatExceptionOfType(MetainfoException.class)
                    .isThrownBy(() -> Metainfo.parse(bytes))
                    .withMessageMatching(
                            "(?s)not a (usable torrent|torrent file): .*(expected|ends within|levels deep).*")
                    .matches(e -> e.offset() >= 0 && e.offset() <= bytes.length);
        }
    }

    private static void checkContents(JsonNode expected, Metainfo metainfo) {
        assertThat(metainfo.infoHashV1().map(InfoHash::toHex).orElse(null)).isEqualTo(text(expected, "info_hash_v1"));
        assertThat(metainfo.infoHashV2().map(InfoHash::toHex).orElse(null)).isEqualTo(text(expected, "info_hash_v2"));
        assertThat(metainfo.name()).isEqualTo(expected.get("name").asText());
        assertThat(metainfo.layout().pieceLength())
                .isEqualTo(expected.get("piece_length").asInt());
        assertThat(metainfo.layout().pieceCount())
                .isEqualTo(expected.get("num_pieces").asInt());
        assertThat(metainfo.layout().contentLength())
                .isEqualTo(expected.get("content_size").asLong());
        assertThat(metainfo.isPrivate()).isEqualTo(expected.get("private").asBoolean());
        assertThat(metainfo.comment().orElse(null)).isEqualTo(text(expected, "comment"));
        assertThat(metainfo.createdBy().orElse(null)).isEqualTo(text(expected, "created_by"));
        assertThat(metainfo.creationDate()
                        .map(date -> date.getEpochSecond() + "")
                        .orElse(null))
                .isEqualTo(text(expected, "creation_date"));
        assertThat(trackers(metainfo)).isEqualTo(trackers(expected));
        assertThat(webSeeds(metainfo)).containsExactlyInAnyOrderElementsOf(webSeeds(expected));
        assertThat(nodes(metainfo)).isEqualTo(nodes(expected));
        if (OTHER_PATHS.containsKey(expected.get("file").asText())) {
            assertThat(files(metainfo)).isNotEqualTo(files(expected));
            assertThat(files(metainfo))
                    .map(File::withoutPaths)
                    .isEqualTo(files(expected).stream().map(File::withoutPaths).toList());
        } else {
            assertThat(files(metainfo)).isEqualTo(files(expected));
        }
    }

    private static String text(JsonNode row, String key) {
        return row.hasNonNull(key) ? row.get(key).asText() : null;
    }

    /** Sorted by tier and address, as expected.json has them; blanks in front and behind are nothing to insist on. */
    private static List<String> trackers(Metainfo metainfo) {
        var all = new ArrayList<String>();
        for (int tier = 0; tier < metainfo.trackers().size(); tier++) {
            for (String url : metainfo.trackers().get(tier)) {
                all.add(tier + " " + url);
            }
        }
        all.sort(Comparator.naturalOrder());
        return all;
    }

    private static List<String> trackers(JsonNode expected) {
        var all = new ArrayList<String>();
        expected.get("trackers")
                .forEach(row ->
                        all.add(row.get("tier").asInt() + " " + row.get("url").asText()));
        all.sort(Comparator.naturalOrder());
        return all;
    }

    private static List<String> webSeeds(Metainfo metainfo) {
        return Stream.concat(metainfo.webSeeds().stream(), metainfo.httpSeeds().stream())
                .toList();
    }

    private static List<String> webSeeds(JsonNode expected) {
        return StreamSupport.stream(expected.get("web_seeds").spliterator(), false)
                .map(row -> row.get("url").asText())
                .toList();
    }

    private static List<String> nodes(Metainfo metainfo) {
        return metainfo.nodes().stream()
                .map(node -> node.getHostString() + " " + node.getPort())
                .toList();
    }

    /** libtorrent keeps a port that does not exist. */
    private static List<String> nodes(JsonNode expected) {
        return StreamSupport.stream(expected.get("dht_nodes").spliterator(), false)
                .filter(node -> node.get(1).asInt() <= 65535)
                .map(node -> node.get(0).asText() + " " + node.get(1).asInt())
                .toList();
    }

    /** What a row of expected.json says of a file. Padding is left out; that it is there shows in the offsets. */
    private record File(String path, long length, long offset, Set<String> flags, String symlink, String root) {

        File withoutPaths() {
            return new File("", length, offset, flags, "", root);
        }
    }

    private static List<File> files(Metainfo metainfo) {
        return metainfo.files().stream()
                .filter(file -> !file.isPadding())
                .map(file -> new File(
                        String.join("/", file.path()),
                        file.length(),
                        file.offset(),
                        flags(file),
                        file.symlinkTarget()
                                .map(target -> String.join("/", target))
                                .orElse(null),
                        file.piecesRoot()
                                .map(root -> Hex.encodeHexString(root.toBytes()))
                                .orElse(null)))
                .toList();
    }

    private static Set<String> flags(TorrentFile file) {
        var flags = new TreeSet<String>();
        if (file.isExecutable()) {
            flags.add("executable");
        }
        if (file.isHidden()) {
            flags.add("hidden");
        }
        return flags;
    }

    private static List<File> files(JsonNode expected) {
        var files = new ArrayList<File>();
        for (JsonNode row : expected.get("files")) {
            if (row.has("pad")) {
                continue;
            }
            String path = row.get("path").asText();
            var flags = new TreeSet<String>();
            Stream.of("executable", "hidden").filter(row::has).forEach(flags::add);
            String symlink = text(row, "symlink"); // to itself if it leads nowhere
            files.add(new File(
                    path,
                    row.get("size").asLong(),
                    row.get("offset").asLong(),
                    flags,
                    path.equals(symlink) ? null : symlink,
                    text(row, "pieces_root")));
        }
        return files;
    }
}

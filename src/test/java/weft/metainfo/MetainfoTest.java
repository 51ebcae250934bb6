package weft.metainfo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import weft.TestData;
import weft.bencode.BDict;
import weft.bencode.BInteger;
import weft.bencode.BList;
import weft.bencode.BString;
import weft.bencode.BValue;
import weft.bencode.Bencode;
import weft.bencode.BencodeLimits;

@Timeout(60)
class MetainfoTest {

    @TempDir
    private Path folder;

    @Test
    void errorSaysWhatWhereAndWhatWasExpected() {
        assertRejected("i5e", "the whole", 0, "expected a dictionary, found 5");
        assertRejected("de", "info", 0, "expected a dictionary, found nothing");
        assertRejected("d4:infole4:spami1ee", "info", 7, "expected a dictionary, found an empty list");
        assertRejected(
                "d4:infod6:lengthi-1e4:name1:x12:piece lengthi1e6:pieces0:ee",
                "info.length",
                16,
                "expected an integer from 0 to 9223372036854775807, found -1");
        assertRejected(
                "d4:infod5:filesld6:lengthi1e4:pathl1:aeed6:lengthi1e4:pathl1:bi7eeee4:name1:x12:piece lengthi1e6:pieces0:ee",
                "info.files[1].path[1]",
                58,
                "expected a string, found 7");
        assertRejected(
                "d4:infod6:lengthi9e4:name1:x12:piece lengthi4e6:pieces20:aaaaaaaaaaaaaaaaaaaaee",
                "info.pieces",
                54,
                "expected 3 hashes of 20 bytes, for 9 bytes in pieces of 4, found 20 bytes");
    }

    @Test
    void sizesThatOverflowAreRefused() {
        assertRejected(
                "d4:infod5:filesld6:lengthi9223372036854775807e4:pathl1:aeed6:lengthi9223372036854775807e4:pathl1:beee"
                        + "4:name1:x12:piece lengthi536854528e6:pieces0:ee",
                "info.piece length",
                125,
                "expected at most 2097152 pieces, found more");
    }

    @Test
    void whatIsNoBencodingIsNoTorrent() {
        assertThatExceptionOfType(MetainfoException.class)
                .isThrownBy(() -> Metainfo.parse("<html>".getBytes(StandardCharsets.US_ASCII)))
                .withMessage("not a torrent file: byte 0: expected a value, found '<'");
    }

    @Test
    void filesThatCannotBeReadAreNamed() throws IOException {
        Path empty = Files.createFile(folder.resolve("empty"));
        Path huge = Files.write(folder.resolve("huge"), new byte[10_000_001]);
        Path html = Files.writeString(folder.resolve("html"), "<html>");

        assertUnreadable(folder, folder + " is a directory, not a torrent file");
        assertUnreadable(folder.resolve("absent"), "there is no file " + folder.resolve("absent"));
        assertUnreadable(empty, empty + " is empty, not a torrent file");
        assertUnreadable(huge, huge + " is larger than the 10000000 bytes that a torrent file may have");
        assertUnreadable(html, html + " is not a torrent file: byte 0: expected a value, found '<'");
    }

    @Test
    void fileThatMayNotBeReadIsNamed() throws IOException {
        assumeFalse("root".equals(System.getProperty("user.name")), "root may read everything");
        Path secret = Files.createFile(folder.resolve("secret"));
        Files.setPosixFilePermissions(secret, Set.of());

        assertUnreadable(secret, "no permission to read " + secret);
    }

    @Test
    void infoHashIsOverTheBytesAsTheyStand() throws MetainfoException {
        String info = "d4:name1:x6:lengthi01e12:piece lengthi4e6:pieces20:aaaaaaaaaaaaaaaaaaaa4:name1:ye";

        Metainfo metainfo = Metainfo.parse(ascii("d4:info" + info + "eTRAILING"));

        assertThat(metainfo.infoHash().toHex()).isEqualTo(DigestUtils.sha1Hex(info));
        assertThat(metainfo.name()).isEqualTo("x");
        assertThat(metainfo.infoBytes()).isEqualTo(ByteBuffer.wrap(ascii(info)));
        assertThat(metainfo.toBytes()).isEqualTo(ascii("d4:info" + info + "e"));
        assertThat(metainfo.warnings())
                .containsExactly(
                        "byte 17: dictionary key \"length\" after \"name\", out of order",
                        "byte 25: an integer with a superfluous zero or sign",
                        "byte 78: dictionary key \"name\" after \"pieces\", out of order",
                        "byte 89: 8 bytes after the end of the value");
    }

    @Test
    void laterChangesOfTheArrayDoNotMatter() throws MetainfoException {
        byte[] bytes = ascii("d4:infod6:lengthi1e4:name1:x12:piece lengthi4e6:pieces20:aaaaaaaaaaaaaaaaaaaaee");
        Metainfo metainfo = Metainfo.parse(bytes);

        Arrays.fill(bytes, (byte) 0);

        assertThat(metainfo.pieceHashEquals(0, ascii("aaaaaaaaaaaaaaaaaaaa"))).isTrue();
        assertThat(metainfo.pieceHashEquals(0, ascii("aaaaaaaaaaaaaaaaaaab"))).isFalse();
        assertThat(metainfo.pieceHashEquals(0, new byte[0])).isFalse();
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> metainfo.pieceHash(1));
    }

    @Test
    void namesInAnotherCharsetAreReadIfTheTorrentNamesIt() throws MetainfoException {
        byte[] chinese = "\u4e2d\u6587".getBytes(Charset.forName("GBK"));

        assertThat(named(chinese, "GBK").name()).isEqualTo("\u4e2d\u6587");
        assertThat(named(chinese, "no such charset").name()).isEqualTo("____");
        assertThat(named("\u4e2d\u6587".getBytes(StandardCharsets.UTF_8), "GBK").name())
                .isEqualTo("\u4e2d\u6587");
    }

    @Test
    void announceCountsOnlyWithoutAList() throws MetainfoException {
        BList empty = BList.of(BList.EMPTY, BInteger.of(1));
        BList list = BList.of(BList.of(BString.of(" http://b/ "), BString.of(""), BString.of("http://b/")));

        assertThat(trackers("http://a/", empty)).containsExactly(List.of("http://a/"));
        assertThat(trackers("http://a/", list)).containsExactly(List.of("http://b/"));
        assertThat(trackers("", empty)).isEmpty();
    }

    @Test
    void hybridIsUsedByItsV1HalfAndKnownByBothHashes() throws IOException {
        Metainfo hybrid = Metainfo.read(TestData.path("vectors/bep52/hybrid_multi.torrent"));
        Metainfo v1 = Metainfo.read(TestData.path("vectors/bep52/v1_multi.torrent"));

        assertThat(hybrid.isV1()).isTrue();
        assertThat(hybrid.isV2()).isTrue();
        assertThat(hybrid.infoHash()).isEqualTo(hybrid.infoHashV1().orElseThrow());
        assertThat(hybrid.layout().contentLength()).isEqualTo(v1.layout().totalLength());
        assertThat(hybrid.files()).anyMatch(TorrentFile::isPadding);
    }

    @Test
    void hybridWhoseV1FilesDoNotBeginWithAPieceIsRefused() throws IOException {
        BDict info = ((BDict) Bencode.decodeStrict(
                        TestData.bytes(TestData.path("vectors/bep52/hybrid_multi.torrent")), BencodeLimits.METAINFO))
                .dict("info")
                .orElseThrow();
        var files = info.list("files").orElseThrow().values().stream()
                .filter(file -> ((BDict) file).string("attr").isEmpty())
                .toList();
        var unpadded = BDict.builder();
        info.entries().forEach(unpadded::put);
        byte[] torrent = torrent(unpadded.put("files", BList.of(files)).build());

        assertThatExceptionOfType(MetainfoException.class)
                .isThrownBy(() -> Metainfo.parse(torrent))
                .withMessageContaining("expected the files of the v1 half of this hybrid torrent, found others");
    }

    @Test
    void v2IsDescribedButHasNoV1Pieces() throws IOException {
        for (JsonNode torrent : TestData.json("vectors/bep52_merkle.json").get("torrents")) {
            Metainfo metainfo = Metainfo.read(
                    TestData.path("vectors").resolve(torrent.get("file").asText()));

            assertThat(metainfo.infoHashV2().map(InfoHash::toHex).orElse("null"))
                    .isEqualTo(torrent.get("info_hash_v2").asText());
            assertThat(metainfo.infoHashV1().map(InfoHash::toHex).orElse("null"))
                    .isEqualTo(torrent.get("info_hash_v1").asText());
            if (!metainfo.isV1()) {
                assertThatIllegalStateException().isThrownBy(() -> metainfo.pieceHash(0));
            }
            assertThat(metainfo.warnings()).isEmpty();
        }
    }

    @Test
    void wrongPieceLayersAreRefusedAndMissingOnesWarnedOf() throws IOException {
        BDict torrent = (BDict) Bencode.decodeStrict(
                TestData.bytes(TestData.path("vectors/bep52/v2_single_eleven_pieces.torrent")), BencodeLimits.METAINFO);
        var layer = torrent.dict("piece layers")
                .orElseThrow()
                .entries()
                .entrySet()
                .iterator()
                .next();
        byte[] damaged = ((BString) layer.getValue()).toBytes();
        damaged[33] ^= 1;
        BDict wrong = BDict.builder().put(layer.getKey(), BString.of(damaged)).build();

        assertThat(withLayers(torrent, BDict.EMPTY).warnings())
                .containsExactly("the piece layers of 1 files are missing");
        assertThatExceptionOfType(MetainfoException.class)
                .isThrownBy(() -> withLayers(torrent, wrong))
                .withMessageContaining("piece layers at byte")
                .withMessageContaining("expected the hashes of the pieces of file \"eleven_pieces\"");
    }

    @Test
    void paddingOfBitCometIsPaddingToo() throws MetainfoException {
        byte[] torrent = torrent(BDict.builder()
                .put("files", BList.of(file("a"), file("_____padding_file_0_stuff"), file("b")))
                .build());

        assertThat(Metainfo.parse(torrent).files()).map(TorrentFile::isPadding).containsExactly(false, true, false);
        assertThat(Metainfo.parse(torrent).layout().contentLength()).isEqualTo(2);
    }

    @Test
    void tooLongPathsAreRefused() {
        var deep = new BValue[100];
        Arrays.fill(deep, BString.of("d"));
        BDict file =
                BDict.builder().put("length", 1).put("path", BList.of(deep)).build();

        assertThatExceptionOfType(MetainfoException.class)
                .isThrownBy(() -> Metainfo.parse(
                        torrent(BDict.builder().put("files", BList.of(file)).build())))
                .withMessageContaining("expected paths of at most 100 elements");
    }

    private static Metainfo withLayers(BDict torrent, BDict layers) throws MetainfoException {
        return Metainfo.parse(Bencode.encode(BDict.builder()
                .put("info", torrent.dict("info").orElseThrow())
                .put("piece layers", layers)
                .build()));
    }

    private static List<List<String>> trackers(String announce, BList list) throws MetainfoException {
        BDict info = complete(BDict.builder().put("length", 1).build());
        return Metainfo.parse(Bencode.encode(BDict.builder()
                        .put("announce", announce)
                        .put("announce-list", list)
                        .put("info", info)
                        .build()))
                .trackers();
    }

    private static Metainfo named(byte[] name, String encoding) throws MetainfoException {
        BDict info = BDict.builder()
                .put("length", 1)
                .put("name", name)
                .put("piece length", 16384)
                .put("pieces", new byte[20])
                .build();
        return Metainfo.parse(Bencode.encode(
                BDict.builder().put("encoding", encoding).put("info", info).build()));
    }

    private static BDict file(String name) {
        return BDict.builder()
                .put("length", 1)
                .put("path", BList.of(BString.of(name)))
                .build();
    }

    private static byte[] torrent(BDict info) {
        return Bencode.encode(BDict.builder().put("info", complete(info)).build());
    }

    private static BDict complete(BDict info) {
        var builder =
                BDict.builder().put("name", "x").put("piece length", 16384).put("pieces", new byte[20]);
        info.entries().forEach(builder::put);
        return builder.build();
    }

    private static void assertRejected(String torrent, String keyPath, long offset, String reason) {
        assertThatExceptionOfType(MetainfoException.class)
                .isThrownBy(() -> Metainfo.parse(ascii(torrent)))
                .satisfies(e -> {
                    assertThat(e.reason()).isEqualTo(reason);
                    assertThat(e.keyPath()).isEqualTo(keyPath);
                    assertThat(e.offset()).isEqualTo(offset);
                })
                .withMessage("not a usable torrent: " + keyPath + " at byte " + offset + ": " + reason);
    }

    private static void assertUnreadable(Path path, String message) {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> Metainfo.read(path))
                .withMessage(message);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}

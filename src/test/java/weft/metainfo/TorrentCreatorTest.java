package weft.metainfo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import weft.TestData;
import weft.kit.Await;
import weft.metainfo.TorrentCreator.Progress;

@Timeout(60)
class TorrentCreatorTest {

    @TempDir
    private Path folder;

    @Test
    void singleFileIsDescribedByItsLength() throws Exception {
        Path file = write("file.bin", TestData.generated(1, 40_000));

        Metainfo metainfo = TorrentCreator.ofPath(file).create(2, Progress.NONE);

        assertThat(text(metainfo))
                .startsWith("d4:infod6:lengthi40000e4:name8:file.bin12:piece lengthi16384e6:pieces60:");
        assertThat(metainfo.warnings()).isEmpty();
        assertPiecesAreOf(metainfo, Files.readAllBytes(file));
    }

    @Test
    void filesGoInTheOrderOfTheirPathsAsBytes() throws Exception {
        for (String name : List.of("b", "a/z", "a.txt", "B", "a/\u00e9", "a/b/c", "\u20ac")) {
            write("many/" + name, name.getBytes(StandardCharsets.UTF_8));
        }

        Metainfo metainfo = TorrentCreator.ofPath(folder.resolve("many")).create(2, Progress.NONE);

        assertThat(metainfo.files())
                .map(file -> String.join("/", file.originalPath()))
                .containsExactly("B", "a/b/c", "a/z", "a/\u00e9", "a.txt", "b", "\u20ac");
        assertPiecesAreOf(metainfo, "Ba/b/ca/za/\u00e9a.txtb\u20ac".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void theSameBytesComeOutHoweverManyThreadsWork() throws Exception {
        Path many = writeFilesOfTheVectors();
        TorrentCreator creator =
                TorrentCreator.ofPath(many).withPieceLength(16384).withComment("again");

        Metainfo once = creator.create(1, Progress.NONE);
        Metainfo again = creator.create(7, Progress.NONE);

        assertThat(again.toBytes()).isEqualTo(once.toBytes());
        assertThat(again.creationDate()).isEmpty();
    }

    /** libtorrent put the files in the order in which the disk listed them; their lengths and pieces are the same. */
    @Test
    void theFilesOfTheVectorsAreDescribedAsLibtorrentDoes() throws Exception {
        Metainfo libtorrents = Metainfo.read(TestData.path("vectors/bep52/v1_multi.torrent"));
        Path many = writeFilesOfTheVectors();

        Metainfo ours = TorrentCreator.ofPath(many).withPieceLength(32768).create(2, Progress.NONE);

        assertThat(ours.name()).isEqualTo(libtorrents.name());
        assertThat(ours.layout().pieceCount()).isEqualTo(libtorrents.layout().pieceCount());
        assertThat(ours.files())
                .map(file -> file.path() + " " + file.length())
                .containsExactlyInAnyOrderElementsOf(libtorrents.files().stream()
                        .map(file -> file.path() + " " + file.length())
                        .toList());
        assertPiecesAreOf(ours, contentsInOrder(ours, many));
        assertPiecesAreOf(libtorrents, contentsInOrder(libtorrents, many));
    }

    @Test
    void everythingChosenIsWritten() throws Exception {
        Path file = write("x", new byte[] {1});

        Metainfo metainfo = TorrentCreator.ofPath(file)
                .withTrackers(List.of(List.of("http://a/announce", "http://b/announce"), List.of("udp://c:1")))
                .withWebSeeds(List.of("http://w/x"))
                .withPrivate()
                .withComment("caf\u00e9")
                .withCreatedBy("Weft")
                .withCreationDate(Instant.ofEpochSecond(1234567))
                .withPieceLength(1 << 28)
                .create(1, Progress.NONE);

        assertThat(metainfo.trackers())
                .containsExactly(List.of("http://a/announce", "http://b/announce"), List.of("udp://c:1"));
        assertThat(metainfo.webSeeds()).containsExactly("http://w/x");
        assertThat(metainfo.isPrivate()).isTrue();
        assertThat(metainfo.comment()).contains("caf\u00e9");
        assertThat(metainfo.createdBy()).contains("Weft");
        assertThat(metainfo.creationDate()).contains(Instant.ofEpochSecond(1234567));
        assertThat(metainfo.layout().pieceLength()).isEqualTo(1 << 28);
        assertThat(metainfo.warnings()).isEmpty();
    }

    @Test
    void aLoneTrackerNeedsNoList() throws Exception {
        Metainfo metainfo = TorrentCreator.ofPath(write("x", new byte[] {1}))
                .withTrackers(List.of(List.of("http://a/announce")))
                .create(1, Progress.NONE);

        assertThat(text(metainfo)).startsWith("d8:announce17:http://a/announce4:info");
        assertThat(metainfo.trackers()).containsExactly(List.of("http://a/announce"));
    }

    @Test
    void pieceLengthGrowsWithTheSquareRootOfTheSize() {
        assertThat(TorrentCreator.pieceLengthFor(1)).isEqualTo(16 << 10);
        assertThat(TorrentCreator.pieceLengthFor(2_684_355)).isEqualTo(16 << 10);
        assertThat(TorrentCreator.pieceLengthFor(2_684_356)).isEqualTo(32 << 10);
        assertThat(TorrentCreator.pieceLengthFor(1L << 30)).isEqualTo(512 << 10);
        assertThat(TorrentCreator.pieceLengthFor(703_687_441_777L)).isEqualTo(8 << 20);
        assertThat(TorrentCreator.pieceLengthFor(703_687_441_778L)).isEqualTo(16 << 20);
        assertThat(TorrentCreator.pieceLengthFor(6L << 40)).isEqualTo(16 << 20);
        assertThat(TorrentCreator.pieceLengthFor(7L << 40)).isEqualTo(32 << 20);
    }

    @Test
    void oddPieceLengthsAreRefused() {
        TorrentCreator creator = TorrentCreator.ofPath(folder);

        assertThatIllegalArgumentException().isThrownBy(() -> creator.withPieceLength(16383));
        assertThatIllegalArgumentException().isThrownBy(() -> creator.withPieceLength(8192));
        assertThatIllegalArgumentException().isThrownBy(() -> creator.withPieceLength(1 << 29));
    }

    @Test
    void progressEndsWithAllBytes() throws Exception {
        Path file = write("big", new byte[20_000_000]);
        var seen = new ArrayList<Long>();

        TorrentCreator.ofPath(file).create(2, (hashed, total) -> {
            assertThat(total).isEqualTo(20_000_000);
            seen.add(hashed);
        });

        assertThat(seen).isSorted().hasSizeGreaterThan(1).endsWith(20_000_000L);
    }

    @Test
    void interruptionStopsTheHashing() throws Exception {
        Path file = write("big", new byte[50_000_000]);

        assertThatExceptionOfType(InterruptedException.class)
                .isThrownBy(() -> TorrentCreator.ofPath(file)
                        .create(1, (hashed, total) -> Thread.currentThread().interrupt()));
        assertThat(Thread.interrupted()).isFalse();
        // The pool has ended; its thread may need a moment more.
        Await.until(
                "no thread is left",
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("weft create") && thread.isAlive()));
    }

    @Test
    void whatCannotBeSharedIsNamed() throws Exception {
        Path empty = Files.createDirectories(folder.resolve("empty/inner")).getParent();
        Path hollow = write("hollow/nothing", new byte[0]).getParent();

        assertFails(empty, "empty holds no data to share, only empty directories");
        assertFails(hollow, "hollow holds no data to share, only empty files");
        assertFails(folder.resolve("absent"), "there is no file or directory ");
        assertFails(Path.of("/"), "/ has no name that the torrent could have");
    }

    @Test
    void linksAreFollowedAndBadOnesNamed() throws Exception {
        Path real = write("real", new byte[] {1, 2, 3});
        Path good = Files.createDirectory(folder.resolve("good"));
        Files.createSymbolicLink(good.resolve("link"), real);
        Path broken = Files.createDirectory(folder.resolve("broken"));
        Files.createSymbolicLink(broken.resolve("link"), folder.resolve("absent"));
        Path loop = Files.createDirectory(folder.resolve("loop"));
        Files.createSymbolicLink(loop.resolve("link"), loop);

        assertThat(TorrentCreator.ofPath(good).create(1, Progress.NONE).layout().totalLength())
                .isEqualTo(3);
        assertFails(broken, "link is a link that leads nowhere");
        assertFails(loop, "link is a link to a directory that it lies in");
    }

    @Test
    void ourOwnStateIsLeftOut() throws Exception {
        write("download/.weft/x.resume", new byte[] {1});
        write("download/album/song", new byte[] {2});

        Metainfo metainfo = TorrentCreator.ofPath(folder.resolve("download")).create(1, Progress.NONE);

        assertThat(metainfo.files()).map(TorrentFile::path).containsExactly(List.of("download", "album", "song"));
    }

    @Test
    void unreadableFileIsNamed() throws Exception {
        Path file = write("secret/file", new byte[] {1});
        assumeFalse("root".equals(System.getProperty("user.name")), "root may read everything");
        Files.setPosixFilePermissions(file, Set.of());

        assertFails(file.getParent(), "no permission to read " + file);
    }

    @Test
    void aFileThatChangesMeanwhileIsNamed() throws Exception {
        Path first = write("changing/a", new byte[10_000_000]);
        Path last = write("changing/z", new byte[10_000_000]);

        assertFailsAfter(
                first.getParent(), () -> Files.write(last, new byte[5]), last + " changed while it was hashed");
        Files.write(last, new byte[10_000_000]);
        assertFailsAfter(
                first.getParent(),
                () -> Files.setLastModifiedTime(first, FileTime.from(Instant.EPOCH)),
                first + " changed while it was hashed");
        FileTime modified = Files.getLastModifiedTime(last);
        assertFailsAfter(
                first.getParent(),
                () -> Files.setLastModifiedTime(Files.write(last, new byte[10_000_001]), modified),
                last + " changed while it was hashed");
        assertFailsAfter(first.getParent(), () -> Files.delete(first), first + " vanished while it was hashed");
    }

    private interface Change {
        void make() throws IOException;
    }

    /** Makes the change when the first few megabytes are hashed. */
    private static void assertFailsAfter(Path path, Change change, String message) {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> TorrentCreator.ofPath(path).create(1, new Progress() {
                    private boolean isMade;

                    @Override
                    public void hashed(long hashedBytes, long totalBytes) {
                        if (!isMade) {
                            isMade = true;
                            try {
                                change.make();
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        }
                    }
                }))
                .withMessage(message);
    }

    private static void assertFails(Path path, String message) {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> TorrentCreator.ofPath(path).create(1, Progress.NONE))
                .withMessageContaining(message);
    }

    private static void assertPiecesAreOf(Metainfo metainfo, byte[] content) {
        Layout layout = metainfo.layout();
        assertThat(layout.totalLength()).isEqualTo(content.length);
        for (int piece = 0; piece < layout.pieceCount(); piece++) {
            int begin = (int) layout.pieceOffset(piece);
            byte[] sha1 = DigestUtils.sha1(Arrays.copyOfRange(content, begin, begin + layout.pieceLength(piece)));
            assertThat(metainfo.pieceHashEquals(piece, sha1)).isTrue();
            assertThat(metainfo.pieceHash(piece)).isEqualTo(sha1);
        }
    }

    private static byte[] contentsInOrder(Metainfo metainfo, Path directory) throws IOException {
        var content = new ByteArrayOutputStream();
        for (TorrentFile file : metainfo.files()) {
            content.writeBytes(Files.readAllBytes(file.in(directory.getParent())));
        }
        return content.toByteArray();
    }

    private Path writeFilesOfTheVectors() throws IOException {
        for (JsonNode torrent : TestData.json("vectors/bep52_merkle.json").get("torrents")) {
            if (torrent.get("file").asText().equals("bep52/v1_multi.torrent")) {
                for (JsonNode file : torrent.get("contents")) {
                    byte[] content = TestData.generated(
                            file.get("seed").asInt(), file.get("size").asInt());
                    write("v1_multi/" + file.get("path").asText().replaceFirst("^v1_multi/", ""), content);
                }
            }
        }
        return folder.resolve("v1_multi");
    }

    private Path write(String name, byte[] content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, content);
    }

    private static String text(Metainfo metainfo) {
        return new String(metainfo.toBytes(), StandardCharsets.ISO_8859_1);
    }
}

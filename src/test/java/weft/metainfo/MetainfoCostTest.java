package weft.metainfo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.fuzz.Cost;

/** Torrents within the limits of size whose reading could cost far more than their bytes. */
@Timeout(value = 20, unit = TimeUnit.SECONDS)
class MetainfoCostTest {

    @Test
    void aLongNameOfADirectoryIsNotPaidForByEachFileInIt() throws IOException {
        byte[] torrent = v2(name("d".repeat(1_000_000)), 30);

        Cost.atMost(100, torrent.length, () -> Metainfo.parse(torrent));

        byte[] withMore = v2(name("d".repeat(1_000_000)), 100_000);
        assertThatThrownBy(() -> Metainfo.parse(withMore))
                .isInstanceOf(MetainfoException.class)
                .hasMessageContaining("expected paths of at most");
    }

    @Test
    void filesBelowALongPathAreNotManyTimesWhatTheTorrentSays() throws IOException {
        byte[] torrent = v2(name("directory".repeat(20)).repeat(15), 200_000);

        Cost.atMost(
                100,
                torrent.length,
                () -> assertThatThrownBy(() -> Metainfo.parse(torrent))
                        .isInstanceOf(MetainfoException.class)
                        .hasMessageContaining("expected paths of at most"));
    }

    @Test
    void aLinkOfAMillionElementsLeadsNowhereAtOnce() throws IOException {
        var out = new ByteArrayOutputStream();
        write(out, "d4:infod5:filesld6:lengthi1e4:pathl1:aeed4:attr1:l4:pathl1:be12:symlink pathl");
        write(out, "1:a".repeat(1_000_000));
        write(out, "eee4:name1:n12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee");

        var torrent = Metainfo.parse(out.toByteArray());

        assertThat(torrent.files().get(1).symlinkTarget()).isEmpty();
    }

    @Test
    void linksThroughEachOtherAreFollowedOnce() throws IOException {
        int count = 20_000;
        var out = new ByteArrayOutputStream();
        write(out, "d4:infod5:filesld6:lengthi1e4:pathl1:aee");
        for (int i = 0; i < count; i++) {
            String link = "link" + i;
            String next = "link" + (i + 1) % count;
            write(
                    out,
                    "d4:attr1:l4:pathl" + name(link) + "e12:symlink pathl"
                            + name(next).repeat(20) + "ee");
        }
        write(out, "e4:name1:n12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee");

        var torrent = Metainfo.parse(out.toByteArray());

        assertThat(torrent.files())
                .hasSize(count + 1)
                .allSatisfy(file -> assertThat(file.symlinkTarget()).isEmpty());
    }

    @Test
    void whyATorrentIsRefusedIsSaidInBoundedWords() {
        String torrent = "d4:infod9:file treed" + name("x".repeat(1_000_000)) + "i1ee12:meta versioni2e"
                + "4:name1:n12:piece lengthi16384eee";

        assertThatThrownBy(() -> Metainfo.parse(torrent.getBytes(StandardCharsets.US_ASCII)))
                .isInstanceOfSatisfying(MetainfoException.class, e -> {
                    assertThat(e.getMessage()).hasSizeLessThan(500);
                    assertThat(e.keyPath()).startsWith("info.file tree.xxx");
                });
    }

    /** A v2 torrent with empty files below the directories of this bencoding. */
    private static byte[] v2(String directories, int files) {
        int depth = directories.split(":", -1).length - 1;
        var out = new ByteArrayOutputStream();
        write(out, "d4:infod9:file treed" + directories.replaceAll("([0-9]+:[^0-9]+)", "$1d"));
        for (int i = 0; i < files; i++) {
            write(out, "7:f%06dd0:d6:lengthi0eee".formatted(i));
        }
        write(out, "e".repeat(depth));
        write(out, name("z") + "d0:d6:lengthi1e11:pieces root32:" + "r".repeat(32) + "eee");
        write(out, "12:meta versioni2e4:name1:n12:piece lengthi16384eee");
        return out.toByteArray();
    }

    private static String name(String text) {
        return text.length() + ":" + text;
    }

    private static void write(ByteArrayOutputStream out, String text) {
        out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }
}

package weft.metainfo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import weft.fuzz.Cost;

/** What the fuzz targets ask of every torrent file that is accepted, and of the reason why one is refused. */
final class SoundMetainfo {

    /** A file in a torrent takes some 25 bytes at least, and an object for itself, each element and each path. */
    private static final int BYTES_PER_BYTE = 1000;

    private static final Path DIRECTORY = Path.of("download").toAbsolutePath();

    private SoundMetainfo() {}

    /** Reads {@code torrent} as on each platform; it may be refused. */
    static void read(byte[] torrent) throws IOException {
        for (PathSanitizer sanitizer : PathSanitizer.values()) {
            try {
                Cost.atMost(BYTES_PER_BYTE, torrent.length, () -> Metainfo.parseOwned(torrent, sanitizer));
                check(Metainfo.parseOwned(torrent, sanitizer));
            } catch (MetainfoException e) {
                assertThat(e.offset()).isBetween(0L, (long) torrent.length);
                assertThat(e.getMessage()).hasSizeLessThan(3000);
            }
        }
    }

    private static void check(Metainfo metainfo) throws MetainfoException {
        checkPaths(metainfo.files());
        checkLayout(metainfo.layout());
        assertThat(metainfo.trackers())
                .allSatisfy(tier -> assertThat(tier).isNotEmpty().noneMatch(String::isBlank));
        assertThat(metainfo.warnings()).hasSizeLessThan(100);
        if (metainfo.isV1()) {
            int last = metainfo.layout().pieceCount() - 1;
            assertThat(metainfo.pieceHashEquals(last, metainfo.pieceHash(last))).isTrue();
        }
        assertThat(Metainfo.parse(metainfo.toBytes()).infoHash()).isEqualTo(metainfo.infoHash());
        assertThat(metainfo.infoBytes().remaining()).isPositive();
    }

    private static void checkPaths(List<TorrentFile> files) {
        Set<String> seen = new HashSet<>();
        for (TorrentFile file : files) {
            if (!file.isPadding()) {
                checkPath(file.path());
                assertThat(file.in(DIRECTORY).normalize()).isEqualTo(file.in(DIRECTORY));
                assertThat(file.in(DIRECTORY).startsWith(DIRECTORY)).isTrue();
                assertThat(seen.add(String.join("/", file.path()).toLowerCase(Locale.ROOT)))
                        .as("a place of its own for %s", file)
                        .isTrue();
            }
            file.symlinkTarget().ifPresent(SoundMetainfo::checkPath);
        }
        for (String path : seen) {
            for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
                assertThat(seen).doesNotContain(path.substring(0, slash));
            }
        }
    }

    private static void checkPath(List<String> path) {
        assertThat(path).isNotEmpty();
        for (String element : path) {
            assertThat(element).isNotEmpty().isNotIn(".", "..");
            assertThat(element.indexOf('/') + element.indexOf('\\') + element.indexOf('\0'))
                    .isEqualTo(-3);
            assertThat(element.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(256);
        }
    }

    private static void checkLayout(Layout layout) {
        assertThat(layout.pieceCount()).isBetween(1, Layout.MAX_PIECES);
        assertThat(layout.contentLength()).isBetween(0L, layout.totalLength());
        for (int piece : List.of(0, layout.pieceCount() / 2, layout.pieceCount() - 1)) {
            int length = layout.pieceLength(piece);
            assertThat(length).isBetween(1, layout.pieceLength());
            assertThat(layout.blockLength(piece, layout.blockCount(piece) - 1)).isPositive();
            long sliced = layout.slices(piece, 0, length).stream()
                    .mapToLong(FileSlice::length)
                    .sum();
            assertThat(sliced).isEqualTo(length);
        }
    }
}

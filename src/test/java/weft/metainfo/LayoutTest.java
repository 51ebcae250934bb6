package weft.metainfo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LayoutTest {

    private static final int PIECE = 3 * 16384;

    @Test
    void lastPieceAndLastBlockAreShorter() {
        Layout layout = Layout.ofSingleFile(PIECE, "f", 2L * PIECE + 16385);

        assertThat(layout.pieceCount()).isEqualTo(3);
        assertThat(layout.pieceLength(1)).isEqualTo(PIECE);
        assertThat(layout.pieceLength(2)).isEqualTo(16385);
        assertThat(layout.pieceOffset(2)).isEqualTo(2L * PIECE);
        assertThat(layout.blockCount(1)).isEqualTo(3);
        assertThat(layout.blockCount(2)).isEqualTo(2);
        assertThat(layout.blockLength(2, 0)).isEqualTo(16384);
        assertThat(layout.blockLength(2, 1)).isEqualTo(1);
        assertThat(layout.blockOffset(2)).isEqualTo(32768);
    }

    @Test
    void exactPiecesHaveNoShortOne() {
        Layout layout = Layout.ofSingleFile(16384, "f", 32768);

        assertThat(layout.pieceCount()).isEqualTo(2);
        assertThat(layout.pieceLength(1)).isEqualTo(16384);
    }

    @Test
    void offsetsBeyondFourGigabytesAreRight() {
        Layout layout = Layout.ofSingleFile(1 << 24, "f", (5L << 30) + 1);

        assertThat(layout.pieceOffset(320)).isEqualTo(5L << 30);
        assertThat(layout.pieceLength(320)).isEqualTo(1);
        assertThat(layout.pieceAt(5L << 30)).isEqualTo(320);
    }

    @Test
    void emptyFilesAreInNoPiece() {
        Layout layout = Layout.of(16384, files(0, 10, 0, 0, 20000, 0));

        assertThat(layout.filesOf(0)).extracting(TorrentFile::index).containsExactly(1, 4);
        assertThat(layout.piecesOf(0)).isEqualTo(new PieceRange(0, 0));
        assertThat(layout.piecesOf(4)).isEqualTo(new PieceRange(0, 2));
        assertThat(layout.piecesOf(5).count()).isZero();
        assertThat(layout.fileIndexAt(9)).isEqualTo(1);
        assertThat(layout.fileIndexAt(10)).isEqualTo(4);
    }

    @Test
    void slicesSayWhereAStretchLies() {
        Layout layout = Layout.of(16384, files(10, 0, 5, 40000));

        assertThat(layout.slices(0, 8, 10))
                .containsExactly(
                        new FileSlice(layout.files().get(0), 8, 2),
                        new FileSlice(layout.files().get(2), 0, 5),
                        new FileSlice(layout.files().get(3), 0, 3));
        assertThat(layout.slices(1, 0, 1))
                .containsExactly(new FileSlice(layout.files().get(3), 16384 - 15, 1));
        assertThat(layout.slices(0, 16384, 0)).isEmpty();
    }

    @Test
    void filesOfV2BeginWithAPieceAndEndItEarly() {
        Layout layout = Layout.ofAlignedFiles(
                32768,
                List.of(
                        TorrentFile.of(0, List.of("a"), 0, 40000),
                        TorrentFile.of(1, List.of("b"), 40000, 0),
                        TorrentFile.of(2, List.of("c"), 65536, 100)));

        assertThat(layout.pieceCount()).isEqualTo(3);
        assertThat(layout.pieceLength(1)).isEqualTo(40000 - 32768);
        assertThat(layout.pieceLength(2)).isEqualTo(100);
        assertThat(layout.filesOf(1)).extracting(TorrentFile::index).containsExactly(0);
        assertThat(layout.contentLength()).isEqualTo(40100);
    }

    @Test
    void whatIsOutOfRangeIsRefused() {
        Layout layout = Layout.ofSingleFile(16384, "f", 20000);

        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> layout.pieceLength(2));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> layout.pieceOffset(-1));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> layout.blockLength(1, 1));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> layout.slices(1, 0, 3617));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> layout.pieceAt(20000));
    }

    @Test
    void gapsAndSenselessLengthsAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Layout.ofSingleFile(0, "f", 1));
        assertThatIllegalArgumentException().isThrownBy(() -> Layout.ofSingleFile(1, "f", Layout.MAX_PIECES + 1L));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Layout.of(16384, List.of(TorrentFile.of(0, List.of("f"), 1, 1))))
                .withMessage("file 0 at byte 1, expected file 0 at byte 0");
    }

    /** Files of these lengths, end to end. */
    static List<TorrentFile> files(int... lengths) {
        var files = new ArrayList<TorrentFile>();
        long offset = 0;
        for (int length : lengths) {
            files.add(TorrentFile.of(files.size(), List.of("f" + files.size()), offset, length));
            offset += length;
        }
        return files;
    }
}

package weft.metainfo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** What holds for any files and piece length. */
class LayoutPropertiesTest {

    @Property
    void piecesAndSlicesCoverEveryByteOnce(
            @ForAll @Size(min = 1, max = 20) List<@IntRange(max = 5000) Integer> lengths,
            @ForAll @IntRange(min = 1, max = 3000) int pieceLength) {
        Layout layout = Layout.of(
                pieceLength, LayoutTest.files(lengths.stream().mapToInt(i -> i).toArray()));

        long total = 0;
        var covered = new long[lengths.size()];
        for (int piece = 0; piece < layout.pieceCount(); piece++) {
            assertThat(layout.pieceOffset(piece)).isEqualTo(total);
            total += layout.pieceLength(piece);
            for (FileSlice slice : layout.slices(piece, 0, layout.pieceLength(piece))) {
                int file = slice.file().index();
                assertThat(slice.offsetInFile()).isEqualTo(covered[file]);
                assertThat(slice.length()).isPositive();
                assertThat(layout.piecesOf(file).contains(piece)).isTrue();
                covered[file] += slice.length();
            }
        }
        assertThat(total).isEqualTo(layout.totalLength());
        for (int file = 0; file < covered.length; file++) {
            assertThat(covered[file]).isEqualTo((long) lengths.get(file));
        }
    }
}

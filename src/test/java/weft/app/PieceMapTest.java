package weft.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PieceMapTest {
    private final PieceMap blocks = new PieceMap(Glyphs.UNICODE, false);
    private final PieceMap ascii = new PieceMap(Glyphs.ASCII, false);

    /** A character per piece: {@code #} there, {@code +} coming in, {@code .} wanted, a blank if it is not wanted. */
    private static PieceMap.Pieces pieces(String drawing) {
        return new PieceMap.Pieces(
                drawing.length(), where(drawing, '#'), where(drawing, '+'), where(drawing.replace('+', '.'), '.'));
    }

    private static BitSet where(String drawing, char c) {
        return IntStream.range(0, drawing.length())
                .filter(i -> drawing.charAt(i) == c)
                .collect(BitSet::new, BitSet::set, BitSet::or);
    }

    @Test
    void cellForEachPieceSaysWhatItIs() {
        assertThat(blocks.draw(pieces("##+. .#"), 7)).isEqualTo("██░· ·█");
        assertThat(ascii.draw(pieces("##+. .#"), 7)).isEqualTo("##-. .#");
    }

    @Test
    void fullerCellsAreDarker() {
        assertThat(blocks.draw(pieces("....#...##..###.####"), 5)).isEqualTo("·░▒▓█");
    }

    @Test
    void onlyAWholeCellIsSolid() {
        var almost = "#".repeat(999) + ".";

        assertThat(blocks.draw(pieces(almost), 1)).isEqualTo("▓");
        assertThat(blocks.draw(pieces(almost), 10)).isEqualTo("█████████▓");
    }

    @Test
    void onePieceIsNeverLost() {
        var one = ".".repeat(500) + "#" + ".".repeat(499);

        assertThat(blocks.draw(pieces(one), 10)).isEqualTo("·····░····");
    }

    @Test
    void fewPiecesFillTheLine() {
        assertThat(blocks.draw(pieces("#.#"), 9)).isEqualTo("███···███");
        assertThat(blocks.draw(pieces("#.#"), 8)).isEqualTo("███···██");
        assertThat(blocks.draw(pieces("+"), 4)).isEqualTo("░░░░");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 39, 79, 200})
    void mapIsAsWideAsAsked(int width) {
        for (int count : new int[] {1, 2, 78, 79, 80, 1000, 1001}) {
            assertThat(blocks.draw(pieces("#.+".repeat(count).substring(0, count)), width))
                    .hasSize(width);
        }
    }

    @Test
    void noPiecesAreNoMap() {
        assertThat(blocks.draw(pieces(""), 10)).isEmpty();
    }

    @Test
    void coloursRunAsLongAsTheyCan() {
        var map = new PieceMap(Glyphs.UNICODE, true);

        assertThat(map.draw(pieces("##+..."), 6)).isEqualTo("\033[32m██\033[0m\033[36m░\033[0m\033[2m···\033[0m");
    }

    @Test
    void encodingWithoutBlocksGetsAscii() {
        assertThat(Glyphs.of(StandardCharsets.UTF_8)).isEqualTo(Glyphs.UNICODE);
        assertThat(Glyphs.of(StandardCharsets.ISO_8859_1)).isEqualTo(Glyphs.ASCII);
        assertThat(Glyphs.of(StandardCharsets.US_ASCII)).isEqualTo(Glyphs.ASCII);
        assertThat(IntStream.range(0, 5)
                        .mapToObj(i -> String.valueOf(Glyphs.ASCII.shade(i)))
                        .collect(Collectors.joining()))
                .isEqualTo(".-+*#");
    }
}

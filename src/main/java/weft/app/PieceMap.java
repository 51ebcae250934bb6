package weft.app;

import java.util.BitSet;

/**
 * The pieces of a torrent on one line: each cell stands for an equal share of them, the fuller the darker. A share of
 * which nothing is wanted is blank. In colour, what is there is green and where pieces are coming in is cyan.
 *
 * <p>With fewer pieces than cells a piece takes several, so that the line is always as long as it can be.
 */
final class PieceMap {
    /** The shade of a cell that is whole. */
    private static final int WHOLE = 4;

    private final Glyphs glyphs;
    private final boolean colours;

    PieceMap(Glyphs glyphs, boolean colours) {
        this.glyphs = glyphs;
        this.colours = colours;
    }

    /** The map, exactly {@code width} columns, or empty if there is no piece. */
    String draw(Pieces pieces, int width) {
        if (pieces.count() == 0) {
            return "";
        }
        var map = new StringBuilder();
        var run = new StringBuilder(); // cells of one colour
        var colourOfRun = Colour.PLAIN;
        for (int cell = 0; cell < width; cell++) {
            int from = (int) ((long) cell * pieces.count() / width);
            int to = Math.max(from + 1, (int) ((cell + 1L) * pieces.count() / width));
            var colour = colour(pieces, from, to);
            if (colour != colourOfRun) {
                map.append(colourOfRun.paint(run.toString(), colours));
                run.setLength(0);
                colourOfRun = colour;
            }
            run.append(glyph(pieces, from, to));
        }
        return map.append(colourOfRun.paint(run.toString(), colours)).toString();
    }

    private char glyph(Pieces pieces, int from, int to) {
        int there = cardinality(pieces.verified(), from, to);
        if (there == to - from) {
            return glyphs.shade(WHOLE);
        }
        if (there == 0) {
            return isAny(pieces.begun(), from, to)
                    ? glyphs.shade(1)
                    : isAny(pieces.wanted(), from, to) ? glyphs.shade(0) : ' ';
        }
        return glyphs.shade(1 + there * (WHOLE - 1) / (to - from));
    }

    private static Colour colour(Pieces pieces, int from, int to) {
        if (isAny(pieces.begun(), from, to)) {
            return Colour.CYAN;
        }
        return isAny(pieces.verified(), from, to) ? Colour.GREEN : Colour.DIM;
    }

    private static boolean isAny(BitSet set, int from, int to) {
        int next = set.nextSetBit(from);
        return next >= 0 && next < to;
    }

    private static int cardinality(BitSet set, int from, int to) {
        int count = 0;
        for (int piece = set.nextSetBit(from); piece >= 0 && piece < to; piece = set.nextSetBit(piece + 1)) {
            count++;
        }
        return count;
    }

    /**
     * What the map shows.
     *
     * @param count how many pieces there are
     * @param verified those that are there
     * @param begun those that are coming in
     * @param wanted those that are to be had
     */
    record Pieces(int count, BitSet verified, BitSet begun, BitSet wanted) {}
}

package weft.app;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import weft.TorrentSnapshot;

/** How the demonstration's swarm looks: a line for each peer. */
final class DemoLines {
    private static final int NAME_COLUMNS = 11;
    private static final int RATE_COLUMNS = 9;
    /** A map that is narrower says nothing. */
    private static final int MIN_MAP = 8;

    private final Glyphs glyphs;
    private final PieceMap map;
    private final boolean colours;

    DemoLines(Glyphs glyphs, boolean colours) {
        this.glyphs = glyphs;
        this.colours = colours;
        this.map = new PieceMap(glyphs, colours);
    }

    /** The seed and the leechers, each at most {@code width} columns. */
    List<String> screen(TorrentView seed, List<TorrentView> leechers, int width) {
        var lines = new ArrayList<String>();
        lines.add(line("seed", seed, width));
        for (int i = 0; i < leechers.size(); i++) {
            lines.add(line(DemoSwarm.name(i), leechers.get(i), width));
        }
        return lines;
    }

    private String line(String name, TorrentView view, int width) {
        var figures = figures(view.figures());
        int room = width - NAME_COLUMNS - Text.columns(figures);
        if (room < MIN_MAP) {
            return Text.shortened(Text.padRight(name, NAME_COLUMNS) + figures, width, "");
        }
        return Colour.BOLD.paint(Text.padRight(name, NAME_COLUMNS), colours) + map.draw(view.pieces(), room) + figures;
    }

    private String figures(TorrentSnapshot now) {
        var percent = now.left() == 0 ? "100 %" : Units.percent(now.progress());
        return "  " + Text.padLeft(percent, 6)
                + "  " + glyphs.down() + Text.padLeft(Units.rate(now.downloadBytesPerSecond()), RATE_COLUMNS)
                + "  " + glyphs.up() + Text.padLeft(Units.rate(now.uploadBytesPerSecond()), RATE_COLUMNS);
    }

    /** All on one line, for a file or a pipe. */
    String plain(TorrentView seed, List<TorrentView> leechers) {
        return leechers.stream()
                        .map(view -> Units.percent(view.figures().progress()))
                        .collect(Collectors.joining(", ", "The leechers have ", ""))
                + "; the seed sends " + Units.rate(seed.figures().uploadBytesPerSecond()) + ", the leechers "
                + Units.rate(leechers.stream()
                        .mapToLong(view -> view.figures().uploadBytesPerSecond())
                        .sum());
    }
}

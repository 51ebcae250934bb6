package weft.app;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import weft.Diagnosis;
import weft.TorrentSnapshot;
import weft.TorrentState;

/** How the progress of a torrent reads: pure functions from what is known to lines. */
final class ProgressLines {
    private static final String GAP = "  ";
    /** The widest rate, "9.9 MiB/s" or "999 KiB/s", so that figures stay where they are. */
    private static final int RATE_COLUMNS = 9;

    /** Of trackers and peers that were tried: a person does not read more. */
    private static final int MAX_TRIED = 10;

    /** Of a tracker's address, as that may be long or hold a key. */
    private static final Pattern BEYOND_HOST = Pattern.compile("(?<=://[^/?#]{1,300})[/?#].*");

    private static final int PERCENT_COLUMNS = 6; // "42.3 %"
    /** More says nothing. */
    private static final long MAX_SECONDS_LEFT = 99L * 24 * 3600;

    private final Glyphs glyphs;
    private final boolean colours;
    private final PieceMap map;

    ProgressLines(Glyphs glyphs, boolean colours) {
        this.glyphs = glyphs;
        this.colours = colours;
        this.map = new PieceMap(glyphs, colours);
    }

    /** All torrents on a screen: three lines each, or one each if there is no room for more. */
    List<String> screen(List<TorrentView> views, Terminal.Size size) {
        // The last column stays free, as some terminals wrap when it is written, and the last row for the cursor.
        int width = size.columns() - 1;
        int rows = size.rows() - 1;
        var lines = new ArrayList<String>();
        if (views.stream()
                        .mapToInt(view -> view.complaint().isPresent() ? 4 : 3)
                        .sum()
                <= rows) {
            views.forEach(view -> lines.addAll(block(view, width)));
            return lines;
        }
        int shown = views.size() <= rows ? views.size() : rows - 1;
        views.subList(0, shown).forEach(view -> lines.add(line(view, width)));
        if (shown < views.size()) {
            lines.add(Text.shortened("... and " + (views.size() - shown) + " more", width, ""));
        }
        return lines;
    }

    /** The name, the figures, the map, and perhaps why nothing moves; each at most {@code width} columns. */
    List<String> block(TorrentView view, int width) {
        var lines = new ArrayList<String>(4);
        lines.add(Colour.BOLD.paint(Text.shortened(view.name(), width, glyphs.ellipsis()), colours));
        lines.add(fitted(figures(view, true), width));
        lines.add(
                isInVain(view)
                        ? Text.shortened(tried(view.diagnosis()), width, glyphs.ellipsis())
                        : map.draw(view.pieces(), width));
        view.complaint()
                .map(text -> Text.shortened(text, width, glyphs.ellipsis()))
                .ifPresent(text -> lines.add(Colour.YELLOW.paint(text, colours)));
        return lines;
    }

    /** Everything on one line of at most {@code width} columns: progress, rates, and as much of the name, and of what holds it up, as fits. */
    String line(TorrentView view, int width) {
        var figures = fitted(figures(view, true).stream().limit(3).toList(), width);
        int room = width - Text.columns(figures) - GAP.length();
        var label = view.complaint().map(text -> view.name() + ": " + text).orElse(view.name());
        return room < 3 ? figures : figures + GAP + Text.shortened(label, room, glyphs.ellipsis());
    }

    /** A line for a file or a pipe. */
    String plain(TorrentView view) {
        return view.name() + ": "
                + String.join(
                        ", ", figures(view, false).stream().map(Figure::text).toList())
                + (isInVain(view) ? "; " + tried(view.diagnosis()) : "");
    }

    /** Whether metadata has been sought for a while, and there are no pieces to show. */
    private static boolean isInVain(TorrentView view) {
        return view.figures().state() == TorrentState.FETCHING_METADATA
                && view.complaint().isPresent();
    }

    /** What was tried, and what came of it, on one line. */
    static String tried(Diagnosis diagnosis) {
        var evidence = diagnosis.evidence();
        var shown = evidence.stream()
                .limit(MAX_TRIED)
                .map(tried -> BEYOND_HOST.matcher(tried.where()).replaceFirst("") + " (" + tried.what() + ")")
                .collect(Collectors.joining(", "));
        int more = evidence.size() - MAX_TRIED;
        return evidence.isEmpty()
                ? "nobody to try"
                : Text.printable("tried " + shown + (more > 0 ? " and " + more + " more" : ""));
    }

    /** Why nothing moves, as a line for a file or a pipe. */
    static String plainComplaint(TorrentView view, String complaint) {
        return view.name() + ": nothing moves: " + complaint;
    }

    /** A figure, and how soon it is left out where there is no room: the highest first. */
    private record Figure(int dispensable, String text) {}

    private List<Figure> figures(TorrentView view, boolean aligned) {
        var now = view.figures();
        return switch (now.state()) {
            case CHECKING -> checking(now, aligned);
            case FETCHING_METADATA -> List.of(new Figure(0, "fetching metadata"), new Figure(1, peers(now)));
            case SEEDING -> seeding(now, aligned);
            case DOWNLOADING -> downloading(now, aligned);
            case PAUSED -> List.of(percent(now, aligned), new Figure(1, "paused"));
            case STOPPED -> List.of(percent(now, aligned), new Figure(1, "stopped"));
            case ERROR ->
                List.of(
                        percent(now, aligned),
                        new Figure(
                                1,
                                view.diagnosis().cause() == Diagnosis.Cause.DISK_FULL
                                        ? "waiting for room on the disk"
                                        : "stopped by an error"));
            case CLOSED -> List.of(percent(now, aligned), new Figure(1, "closed"));
        };
    }

    private List<Figure> downloading(TorrentSnapshot now, boolean aligned) {
        var figures = new ArrayList<Figure>();
        figures.add(percent(now, aligned));
        figures.add(new Figure(1, down(now.downloadBytesPerSecond(), aligned)));
        figures.add(new Figure(4, up(now.uploadBytesPerSecond(), aligned)));
        figures.add(new Figure(3, peers(now)));
        if (secondsLeft(now) <= MAX_SECONDS_LEFT) {
            figures.add(new Figure(2, Units.timeLeft(secondsLeft(now)) + " left"));
        }
        figures.add(new Figure(5, Units.size(now.wantedSize() - now.left()) + " of " + Units.size(now.wantedSize())));
        return figures;
    }

    private List<Figure> seeding(TorrentSnapshot now, boolean aligned) {
        return List.of(
                new Figure(0, "seeding"),
                new Figure(1, up(now.uploadBytesPerSecond(), aligned)),
                new Figure(2, peers(now)),
                new Figure(3, Units.size(now.uploaded()) + " sent"));
    }

    private static List<Figure> checking(TorrentSnapshot now, boolean aligned) {
        double share = now.piecesToCheck() == 0 ? 0 : (double) now.checkedPieces() / now.piecesToCheck();
        return List.of(
                new Figure(0, aligned ? Text.padLeft(Units.percent(share), PERCENT_COLUMNS) : Units.percent(share)),
                new Figure(1, "checking what is there"),
                new Figure(2, Units.count(now.piecesVerified(), "good piece")));
    }

    private static Figure percent(TorrentSnapshot now, boolean aligned) {
        var percent = now.left() == 0 ? "100 %" : Units.percent(now.progress());
        return new Figure(0, aligned ? Text.padLeft(percent, PERCENT_COLUMNS) : percent);
    }

    private String down(long bytesPerSecond, boolean aligned) {
        var rate = Units.rate(bytesPerSecond);
        return aligned ? glyphs.down() + Text.padLeft(rate, RATE_COLUMNS) : rate + " down";
    }

    private String up(long bytesPerSecond, boolean aligned) {
        var rate = Units.rate(bytesPerSecond);
        return aligned ? glyphs.up() + Text.padLeft(rate, RATE_COLUMNS) : rate + " up";
    }

    private static String peers(TorrentSnapshot now) {
        var peers = Units.count(now.peers(), "peer");
        return now.seeds() == 0 ? peers : peers + " (" + Units.count(now.seeds(), "seed") + ")";
    }

    /** How long it takes if it goes on like this; more than anybody waits if it does not move. */
    static long secondsLeft(TorrentSnapshot now) {
        return now.downloadBytesPerSecond() == 0
                ? Long.MAX_VALUE
                : Math.ceilDiv(now.left(), now.downloadBytesPerSecond());
    }

    private static String fitted(List<Figure> figures, int width) {
        var fitting = new ArrayList<>(figures);
        while (fitting.size() > 1 && Text.columns(joined(fitting)) > width) {
            fitting.remove(fitting.stream()
                    .max((a, b) -> Integer.compare(a.dispensable(), b.dispensable()))
                    .orElseThrow());
        }
        return Text.shortened(joined(fitting), width, "");
    }

    private static String joined(List<Figure> figures) {
        return String.join(GAP, figures.stream().map(Figure::text).toList());
    }
}

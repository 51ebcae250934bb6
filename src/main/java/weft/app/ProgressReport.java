package weft.app;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import weft.Diagnosis;
import weft.Torrent;
import weft.TorrentState;

/**
 * Reports how torrents get on, in the way that suits: live on a terminal, a line every few seconds elsewhere, or an
 * object every second for programs. Called as often as anybody likes; for the command's thread.
 */
final class ProgressReport {
    /** A few times a second: smooth, and next to nothing to compute. */
    private static final Duration LIVE = Duration.ofMillis(200);

    private static final Duration PLAIN = Duration.ofSeconds(1);
    private static final Duration PLAIN_LINE = Duration.ofSeconds(5);
    private static final Duration SAME_AGAIN = Duration.ofMinutes(5);
    private static final Duration JSON = Duration.ofSeconds(1);

    private final Output output;
    private final LongSupplier nanoClock;
    private final boolean json;
    private final boolean live;
    private final ProgressLines lines;
    private final Duration interval;
    private long dueNanos;
    private final Map<Torrent, Diagnosis.Cause> complained = new HashMap<>(); // of what was complained last
    private String lastPlain = "";
    private long lastPlainNanos;
    private long plainDueNanos;

    ProgressReport(Output output, boolean json, LongSupplier nanoClock) {
        this.output = output;
        this.nanoClock = nanoClock;
        this.json = json;
        this.live = !json && output.terminal().isPresent();
        this.lines = new ProgressLines(
                output.glyphs(), live && output.terminal().orElseThrow().hasColours());
        this.interval = json ? JSON : live ? LIVE : PLAIN;
        this.dueNanos = nanoClock.getAsLong();
        // A terminal or a program wants to see something at once; a line in a log that says 0 % is no news.
        this.plainDueNanos = dueNanos + PLAIN_LINE.toNanos();
    }

    /** How long to wait between two looks. */
    Duration untilNext() {
        return Duration.ofNanos(Math.max(0, dueNanos - nanoClock.getAsLong()));
    }

    /** Shows these, if it is time to show something. */
    void show(List<TorrentWatch> watches) {
        if (nanoClock.getAsLong() - dueNanos < 0) {
            return;
        }
        dueNanos = nanoClock.getAsLong() + interval.toNanos();
        var views = watches.stream().map(TorrentWatch::look).toList();
        if (json) {
            for (int i = 0; i < views.size(); i++) {
                output.json(toJson("progress", watches.get(i).torrent(), views.get(i)));
            }
        } else if (live) {
            output.live(lines.screen(views, output.terminal().orElseThrow().size()));
        } else {
            showPlain(watches, views);
        }
    }

    private void showPlain(List<TorrentWatch> watches, List<TorrentView> views) {
        if (nanoClock.getAsLong() - plainDueNanos >= 0) {
            plainDueNanos += PLAIN_LINE.toNanos();
            notePlain(String.join("\n", views.stream().map(lines::plain).toList()));
        }
        for (int i = 0; i < views.size(); i++) {
            noteComplaint(watches.get(i).torrent(), views.get(i));
        }
    }

    /** Says why nothing moves: once, and again only when the cause is another one. Errors are told at once by others. */
    private void noteComplaint(Torrent torrent, TorrentView view) {
        if (view.complaint().isEmpty() || view.figures().state() == TorrentState.ERROR) {
            complained.remove(torrent);
        } else if (complained.put(torrent, view.diagnosis().cause())
                != view.diagnosis().cause()) {
            output.note(ProgressLines.plainComplaint(view, view.complaint().get()));
        }
    }

    /** What has not changed is said again after a while only, so that a night without peers does not fill a disk. */
    private void notePlain(String text) {
        long now = nanoClock.getAsLong();
        if (!text.equals(lastPlain) || now - lastPlainNanos >= SAME_AGAIN.toNanos()) {
            lastPlain = text;
            lastPlainNanos = now;
            text.lines().forEach(output::note);
        }
    }

    /** Takes away what is shown live. */
    void end() {
        if (live) {
            output.endLive();
        }
    }

    /** A torrent's figures for programs: sizes in bytes, rates in bytes per second. */
    static Json toJson(String event, Torrent torrent, TorrentView view) {
        var now = view.figures();
        var json = new Json()
                .put("event", event)
                .put("name", torrent.name())
                .put("info_hash", torrent.infoHash())
                .put("state", now.state().name().toLowerCase(Locale.ROOT))
                .put("progress", now.progress())
                .put("total_size", now.size())
                .put("wanted_size", now.wantedSize())
                .put("left", now.left())
                .put("downloaded", now.downloaded())
                .put("uploaded", now.uploaded())
                .put("wasted", now.wasted())
                .put("download_bytes_per_second", now.downloadBytesPerSecond())
                .put("upload_bytes_per_second", now.uploadBytesPerSecond())
                .put("num_pieces", now.pieceCount())
                .put("pieces_verified", now.piecesVerified())
                .put("peers", now.peers())
                .put("seeds", now.seeds())
                .put("known_peers", now.knownPeers());
        if (now.left() > 0 && now.downloadBytesPerSecond() > 0) {
            json.put("seconds_left", ProgressLines.secondsLeft(now));
        }
        if (now.piecesToCheck() > 0) {
            json.put("pieces_checked", now.checkedPieces()).put("pieces_to_check", now.piecesToCheck());
        }
        return json.put("diagnosis", view.diagnosis().cause().name().toLowerCase(Locale.ROOT))
                .putIfPresent("stalled", view.complaint());
    }
}

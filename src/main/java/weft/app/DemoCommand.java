package weft.app;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import weft.Torrent;
import weft.metainfo.TorrentCreator;
import weft.tracker.TrackerServer;
import weft.tracker.TrackerServerOptions;

/**
 * {@code weft demo}: a whole swarm in one process. A tracker, a seed and some leechers, each a client with its own port,
 * talk over the loopback interface; the seed is slowed down, so that one can see how leechers help each other.
 */
@Command(
        name = "demo",
        description =
                "Show a tracker, a seed and some leechers at work, in this process and without a network. Takes some "
                        + "seconds, and leaves nothing behind.")
final class DemoCommand implements Callable<Integer> {
    private static final int LEECHERS = 4;
    private static final long CONTENT_BYTES = 32L << 20;
    private static final long SEED_BYTES_PER_SECOND = 7L << 20;

    private static final Duration SHORT = Duration.ofMillis(20);
    private static final Duration LIVE = Duration.ofMillis(100);
    private static final Duration PLAIN = Duration.ofSeconds(1);
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private final Output output;
    private final StopSignal stop;

    DemoCommand(Output output, StopSignal stop) {
        this.output = output;
        this.stop = stop;
    }

    @Override
    public Integer call() throws Exception {
        output.note("A tracker, a seed and " + LEECHERS + " leechers in this process, on 127.0.0.1 only");
        try (var content = DemoContent.create(CONTENT_BYTES);
                var tracker = TrackerServer.open(TrackerServerOptions.loopback())) {
            var torrent = stop.interruptibly(() -> TorrentCreator.ofPath(content.original())
                    .withTrackers(List.of(List.of(tracker.announceUri().toString())))
                    .create(Runtime.getRuntime().availableProcessors(), TorrentCreator.Progress.NONE));
            output.note("tracker    " + tracker.announceUri());
            output.note("torrent    " + torrent.name() + ", "
                    + Units.size(torrent.layout().totalLength()) + " in "
                    + Units.count(torrent.files().size(), "file") + ", "
                    + Units.count(torrent.layout().pieceCount(), "piece"));
            output.note(
                    "seed       held at " + Units.rate(SEED_BYTES_PER_SECOND) + ", or there would be little to see");
            try (var swarm = new DemoSwarm(torrent, content)) {
                return share(swarm, content, tracker);
            }
        }
    }

    private int share(DemoSwarm swarm, DemoContent content, TrackerServer tracker) throws Exception {
        long began = System.nanoTime();
        swarm.addSeed();
        while (tracker.statistics().seeds() == 0 && !isOver(began)) {
            stop.await(SHORT); // leechers that ask before the tracker knows the seed would have to ask again
        }
        swarm.paceSeed(SEED_BYTES_PER_SECOND);
        for (int i = 0; i < LEECHERS; i++) {
            swarm.addLeecher();
        }
        began = System.nanoTime();
        watch(swarm, began);
        var elapsed = Duration.ofNanos(System.nanoTime() - began);
        if (stop.isRequested()) {
            output.note("Interrupted.");
            return Main.INTERRUPTED;
        }
        if (!swarm.isComplete()) {
            throw new CommandException(
                    "the demonstration is not done after " + DEADLINE.toSeconds() + " s: " + complaints(swarm));
        }
        return conclude(swarm, content, elapsed);
    }

    private boolean isOver(long began) {
        return stop.isRequested() || System.nanoTime() - began > DEADLINE.toNanos();
    }

    private void watch(DemoSwarm swarm, long began) throws IOException {
        var terminal = output.terminal();
        var lines = new DemoLines(
                output.glyphs(), terminal.isPresent() && terminal.get().hasColours());
        var interval = terminal.isPresent() ? LIVE : PLAIN;
        long due = System.nanoTime() + interval.toNanos();
        try {
            while (!swarm.isComplete() && !isOver(began)) {
                stop.await(SHORT);
                if (System.nanoTime() >= due) {
                    due = System.nanoTime() + interval.toNanos();
                    show(swarm, lines);
                }
            }
            show(swarm, lines); // the last one stays
        } finally {
            output.keepLive();
        }
    }

    private void show(DemoSwarm swarm, DemoLines lines) {
        var seed = TorrentView.of(swarm.seed());
        var leechers = swarm.leechers().stream().map(TorrentView::of).toList();
        output.terminal()
                .ifPresentOrElse(
                        terminal -> output.live(
                                lines.screen(seed, leechers, terminal.size().columns() - 1)),
                        () -> output.note(lines.plain(seed, leechers)));
    }

    private static String complaints(DemoSwarm swarm) {
        return swarm.leechers().stream()
                .filter(torrent -> !torrent.isSeed())
                .map(torrent -> torrent.diagnosis().sentence())
                .distinct()
                .collect(Collectors.joining("; "));
    }

    private int conclude(DemoSwarm swarm, DemoContent content, Duration elapsed) throws Exception {
        for (int i = 0; i < LEECHERS; i++) {
            if (!content.isSame(DemoSwarm.name(i))) {
                throw new CommandException("what " + DemoSwarm.name(i) + " has differs from what the seed has");
            }
        }
        long size = swarm.seed().size();
        long bySeed = swarm.seed().uploaded();
        long byLeechers = swarm.leechers().stream().mapToLong(Torrent::uploaded).sum();
        output.result("All " + LEECHERS + " leechers have all " + Units.size(size) + ", byte for byte, after "
                + Units.elapsed(elapsed) + ".");
        output.result("The seed sent " + Units.size(bySeed) + ", and the leechers sent each other "
                + Units.size(byLeechers) + ".");
        return ExitCode.OK;
    }
}

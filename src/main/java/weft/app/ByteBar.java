package weft.app;

import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** A live line for work on a known number of bytes, on terminals only. For one thread at a time. */
final class ByteBar {
    private static final long INTERVAL_NANOS = Duration.ofMillis(200).toNanos();
    private static final int WIDEST_BAR = 60;
    private static final int STEPS = 1000;

    private final Output output;
    private final String activity;
    private final long total;
    private final Optional<Terminal> terminal;
    private final long beganNanos = System.nanoTime();
    private long dueNanos = beganNanos + INTERVAL_NANOS; // what takes no longer needs no bar

    /** {@code activity} as in "hashing". */
    ByteBar(Output output, String activity, long total) {
        this.output = output;
        this.activity = activity;
        this.total = total;
        this.terminal = output.terminal();
    }

    /** So much is done. */
    void show(long done) {
        long now = System.nanoTime();
        if (terminal.isEmpty() || now < dueNanos) {
            return;
        }
        dueNanos = now + INTERVAL_NANOS;
        var colours = terminal.get().hasColours();
        output.live(List.of(draw(
                output.glyphs(),
                colours,
                done,
                Duration.ofNanos(now - beganNanos),
                terminal.get().size().columns() - 1)));
    }

    /** The line at a width: share, activity, rate, and a bar for which there is room. */
    String draw(Glyphs glyphs, boolean colours, long done, Duration elapsed, int width) {
        double share = total == 0 ? 1 : (double) done / total;
        var text = Text.padLeft(Units.percent(share), 6) + "  " + activity + "  "
                + Text.padLeft(Units.rate(done, elapsed), 9) + "  ";
        int bar = Math.min(WIDEST_BAR, width - Text.columns(text));
        if (bar < 4) {
            return Text.shortened(text.strip(), width, "");
        }
        var reached = new BitSet();
        reached.set(0, (int) (STEPS * share));
        var rest = new BitSet();
        rest.set(0, STEPS);
        return text + new PieceMap(glyphs, colours).draw(new PieceMap.Pieces(STEPS, reached, new BitSet(), rest), bar);
    }

    /** Takes the line away. */
    void end() {
        if (terminal.isPresent()) {
            output.endLive();
        }
    }
}

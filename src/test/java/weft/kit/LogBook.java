package weft.kit;

import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** What Weft logs, from its making until it is closed, all levels down to DEBUG. */
public final class LogBook implements AutoCloseable {
    /** Kept here, or the level would be forgotten. */
    private static final Logger WEFT = Logger.getLogger("weft");

    /** A line, and whose fault it speaks of. */
    public record Entry(Level level, String text) {}

    private final ConcurrentLinkedQueue<Entry> entries = new ConcurrentLinkedQueue<>();
    private final Level levelBefore = WEFT.getLevel();

    private final Handler handler = new Handler() {
        private final SimpleFormatter formatter = new SimpleFormatter();

        @Override
        public void publish(LogRecord line) {
            var fault = line.getThrown() == null ? "" : " " + line.getThrown();
            entries.add(new Entry(line.getLevel(), formatter.formatMessage(line) + fault));
            if (levelBefore == null || line.getLevel().intValue() >= levelBefore.intValue()) {
                WEFT.getParent().log(line); // what was to be seen before is to be seen still
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    private LogBook() {}

    /** Begins to record. */
    public static LogBook open() {
        var book = new LogBook();
        book.handler.setLevel(Level.FINE);
        WEFT.setLevel(Level.FINE);
        WEFT.addHandler(book.handler);
        WEFT.setUseParentHandlers(false);
        return book;
    }

    /** What was logged so far. */
    public List<String> lines() {
        return entries.stream().map(Entry::text).toList();
    }

    /** What was logged so far that tells of a fault: warnings for the user, and bugs of ours. */
    public List<Entry> faults() {
        return entries.stream()
                .filter(entry -> entry.level().intValue() >= Level.WARNING.intValue())
                .toList();
    }

    @Override
    public void close() {
        WEFT.removeHandler(handler);
        WEFT.setUseParentHandlers(true);
        WEFT.setLevel(levelBefore);
    }
}

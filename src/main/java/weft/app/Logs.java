package weft.app;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * Brings the library's log to the terminal, a line per record: what a user can do something about, or with
 * {@code --verbose} the life of every peer. Libraries say {@link System.Logger}, the JDK puts java.util.logging behind it.
 * Whoever gives java.util.logging a configuration of his own ({@code -Djava.util.logging.config.file}) is obeyed instead.
 */
final class Logs extends Handler {
    /** Kept, as loggers that nobody holds are forgotten together with their levels. */
    private static final Logger WEFT = Logger.getLogger("weft");

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");

    private final Output output;
    private final SimpleFormatter formatter = new SimpleFormatter();

    private Logs(Output output) {
        this.output = output;
    }

    /** Sends every log record of this process to {@code output}, unless they are to go elsewhere. */
    static void to(Output output) {
        if (System.getProperty("java.util.logging.config.file") != null) {
            return;
        }
        LogManager.getLogManager().reset();
        Logger.getLogger("").addHandler(new Logs(output));
        Logger.getLogger("").setLevel(Level.WARNING);
        output.onVerbose(() -> WEFT.setLevel(Level.FINE));
    }

    @Override
    public void publish(LogRecord logged) {
        if (!isWanted(logged)) {
            return;
        }
        var message = formatter.formatMessage(logged);
        if (output.isVerbose()) {
            var time = TIME.format(Instant.ofEpochMilli(logged.getMillis()).atZone(ZoneId.systemDefault()));
            output.note(time + " " + logged.getLevel() + " " + logged.getLoggerName() + ": " + message);
        } else {
            output.error(message);
        }
        if (logged.getThrown() != null) {
            output.trace(logged.getThrown());
        }
    }

    private boolean isWanted(LogRecord logged) {
        if (output.isVerbose() || logged.getLevel().intValue() >= Level.SEVERE.intValue()) {
            return true;
        }
        // What stopped a torrent is said by the command that waits for it.
        return !output.isQuiet() && !String.valueOf(logged.getMessage()).startsWith("{0} stopped: ");
    }

    @Override
    public void flush() {
        // nothing is held back
    }

    @Override
    public void close() {
        // the streams are not ours
    }
}

package weft.concurrent;

import java.util.Objects;

/**
 * Something to be done when the process is told to end, by SIGINT, SIGTERM or {@link System#exit}: it ends when that is
 * done, so it had better be bounded. Added by programs, never by a library.
 */
public final class ExitHook implements AutoCloseable {
    private final Thread thread;

    private ExitHook(Thread thread) {
        this.thread = thread;
    }

    /** Adds work that is done in a thread of its own. */
    public static ExitHook add(String name, Runnable work) {
        var thread = Thread.ofPlatform().name(name).unstarted(Objects.requireNonNull(work, "work"));
        Runtime.getRuntime().addShutdownHook(thread);
        return new ExitHook(thread);
    }

    /** Takes it back; says whether it was in time. */
    public boolean remove() {
        try {
            return Runtime.getRuntime().removeShutdownHook(thread);
        } catch (IllegalStateException ending) {
            return false;
        }
    }

    /** Takes it back, unless the process is ending already. */
    @Override
    public void close() {
        remove();
    }
}

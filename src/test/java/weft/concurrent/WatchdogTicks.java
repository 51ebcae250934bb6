package weft.concurrent;

/** Lets tests of other packages look at the deadlines now. */
public final class WatchdogTicks {
    private WatchdogTicks() {}

    /** Closes every target that is past its deadline. */
    public static void tick(Watchdog watchdog) {
        watchdog.tick();
    }
}

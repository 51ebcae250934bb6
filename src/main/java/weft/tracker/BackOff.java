package weft.tracker;

import java.time.Duration;

/** How long to wait after a failure: libtorrent's rule, 17, 55, 117, 205 … seconds, up to an hour. */
final class BackOff {
    private static final Duration LONGEST = Duration.ofHours(1);
    private static final int ENOUGH_FOR_LONGEST = 100;

    private BackOff() {}

    /** {@code 5 + 5 × n² × 250/100} seconds after the {@code n}-th failure in a row. */
    static Duration after(int failures) {
        int n = Math.min(failures, ENOUGH_FOR_LONGEST);
        var wait = Duration.ofSeconds(5 + 5L * n * n * 250 / 100);
        return wait.compareTo(LONGEST) < 0 ? wait : LONGEST;
    }
}

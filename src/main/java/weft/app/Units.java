package weft.app;

import java.time.Duration;
import java.util.Locale;

/** Sizes, rates, shares and times as people read them. */
final class Units {
    private static final String[] SIZES = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private Units() {}

    /** Three figures at most: "0 B", "9.5 KiB", "85 MiB", "1.0 GiB"; from 1000 of a unit on the next one is used. */
    static String size(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 999.5 && unit < SIZES.length - 1) {
            value /= 1024;
            unit++;
        }
        // From 9.95 on one digit after the point would be rounded to "10.0".
        var format = unit == 0 || value >= 9.95 ? "%.0f %s" : "%.1f %s";
        return String.format(Locale.ROOT, format, value, SIZES[unit]);
    }

    /** Bytes per second: "85 MiB/s". */
    static String rate(long bytesPerSecond) {
        return size(bytesPerSecond) + "/s";
    }

    /** Bytes in a time, as a rate. */
    static String rate(long bytes, Duration time) {
        return rate(Math.round(bytes / Math.max(time.toNanos() / 1e9, 1e-3)));
    }

    /** The exact number, with separators: "1,073,741,824 bytes". */
    static String exactly(long bytes) {
        return String.format(Locale.ROOT, "%,d %s", bytes, bytes == 1 ? "byte" : "bytes");
    }

    /** A share of the whole: "42.3 %". Rounded down, so that only what is finished says "100 %". */
    static String percent(double share) {
        double percent = Math.clamp(share, 0, 1) * 100;
        return percent == 100 ? "100 %" : String.format(Locale.ROOT, "%.1f %%", Math.floor(percent * 10) / 10);
    }

    /** A time that was measured: "0.8 s", "12 s", and then as {@link #timeLeft}. */
    static String elapsed(Duration time) {
        double seconds = time.toNanos() / 1e9;
        return seconds < 9.95 ? String.format(Locale.ROOT, "%.1f s", seconds) : timeLeft(Math.round(seconds));
    }

    /** A time that is estimated: "12 s", "3 min 05 s", "2 h 05 min", "4 d 3 h". */
    static String timeLeft(long seconds) {
        if (seconds < 60) {
            return seconds + " s";
        }
        long minutes = seconds / 60;
        if (minutes < 60) {
            return String.format(Locale.ROOT, "%d min %02d s", minutes, seconds % 60);
        }
        long hours = minutes / 60;
        if (hours < 24) {
            return String.format(Locale.ROOT, "%d h %02d min", hours, minutes % 60);
        }
        return hours / 24 + " d " + hours % 24 + " h";
    }

    /** A number and its noun: "1 peer", "2 peers", "no peers". */
    static String count(long number, String noun) {
        var amount = number == 0 ? "no" : String.format(Locale.ROOT, "%,d", number);
        return amount + " " + noun + (number == 1 ? "" : "s");
    }
}

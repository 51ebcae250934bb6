package weft.app;

import java.time.Duration;
import java.util.concurrent.Callable;
import weft.concurrent.TaskScope;
import weft.storage.Disk;

/** Says once that a disk does not get on, as {@link TorrentWatch} does of a torrent's. */
final class DiskWatch {
    private static final Duration INTERVAL = Duration.ofMillis(500);
    private static final Duration PATIENCE = TorrentWatch.PATIENCE.minus(TorrentWatch.DISK_PATIENCE);

    private DiskWatch() {}

    /** Does the work, all of which is done by {@code disk}, and watches it meanwhile. */
    static <T> T during(Callable<T> work, Disk disk, Output output) throws Exception {
        try (var scope = TaskScope.allTogether("weft disk watch")) {
            scope.fork("", () -> watch(disk, output));
            return work.call();
        }
    }

    private static void watch(Disk disk, Output output) throws InterruptedException {
        long wellNanos = System.nanoTime();
        while (System.nanoTime() - wellNanos < PATIENCE.toNanos()) {
            Thread.sleep(INTERVAL);
            wellNanos = disk.isStuck() ? wellNanos : System.nanoTime();
        }
        output.note("The disk does not get on; waiting for it.");
    }
}

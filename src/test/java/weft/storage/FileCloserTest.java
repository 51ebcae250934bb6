package weft.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import weft.concurrent.WorkerPool;
import weft.kit.Await;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FileCloserTest {
    private final WorkerPool pool = new WorkerPool("weft closer test", 1);
    private final FileCloser closer = new FileCloser(pool.lane());
    private final CountDownLatch release = new CountDownLatch(1);

    @TempDir
    private Path directory;

    @AfterEach
    void end() {
        release.countDown();
        assertThat(pool.close(Duration.ofSeconds(10))).isTrue();
    }

    private void awaitRelease() {
        try {
            release.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void closesByAnotherThread() {
        var thread = new AtomicReference<Thread>();

        closer.close(() -> thread.set(Thread.currentThread()));

        Await.until("it is closed", () -> thread.get() != null);
        assertThat(thread.get().getName()).startsWith("weft closer test");
    }

    @Test
    void whatTakesForEverIsNotWaitedForAndSaysSoUntilItIsDone() {
        closer.close(this::awaitRelease);

        assertThat(closer.isStuck()).isTrue();
        release.countDown();
        Await.until("it is done", () -> !closer.isStuck());
    }

    @Test
    void anInterruptIsKeptAndTheFileClosedAllTheSame() {
        var closed = new AtomicBoolean();

        Thread.currentThread().interrupt();
        closer.close(() -> closed.set(true));

        assertThat(Thread.interrupted()).isTrue();
        Await.until("it is closed", closed::get);
    }

    @Test
    void whereThereAreNoThreadsAnyMoreTheCallerCloses() {
        pool.close();
        var closed = new AtomicBoolean();

        closer.close(() -> closed.set(true));

        assertThat(closed).isTrue();
    }

    /** With as many files open as there may be, all of a torrent whose disk is gone. */
    @Test
    void aTorrentWhoseFilesDoNotCloseKeepsNoOtherWaiting() throws Exception {
        int openFiles = 20;
        var content = Content.of(16_384, 50_000, 60_000, 70_000, 80_000, 90_000);
        var closing = new CountDownLatch(1);
        try (var disk = Disk.open(DiskOptions.defaults().withOpenFiles(openFiles))) {
            var gone = disk.share();
            for (int i = 0; i < openFiles; i++) {
                disk.openFileSet().reserveAtAnyRate(1);
                disk.openFileSet()
                        .add(new OpenFile(gone, new FileThatDoesNotClose(closing, release), false, "key " + i));
            }

            try (var storage = ChannelStorage.open(disk.share(), directory, content.layout(), Content.INFO_HASH)) {
                for (int piece = 0; piece < content.layout().pieceCount(); piece++) {
                    content.writeTo(storage, piece);
                }
            }

            assertThat(closing.getCount()).isZero();
            // The one that was tried is still counted; one of the others may take its time to close on a busy machine.
            Await.until("the others are closed", () -> disk.openFiles() == openFiles);
            release.countDown();
            Await.until("it has closed after all", () -> disk.openFiles() == openFiles - 1);
        }
    }
}

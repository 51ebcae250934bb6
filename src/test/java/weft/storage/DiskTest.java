package weft.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.concurrent.TaskScope;
import weft.kit.FakeClock;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DiskTest {

    private Disk disk;

    @BeforeEach
    void open() {
        disk = Disk.open();
    }

    @AfterEach
    void close() {
        disk.close();
    }

    @Test
    void thereIsAlwaysOneCarrierThatNoFileCallHolds() throws Exception {
        int carriers = Integer.getInteger(
                "jdk.virtualThreadScheduler.parallelism", Runtime.getRuntime().availableProcessors());
        var allowed = new ConcurrentLinkedQueue<Boolean>();
        var asked = new CountDownLatch(carriers + 3);
        var stall = new CountDownLatch(1);
        try (var scope = TaskScope.allTogether("test")) {
            for (int i = 0; i < carriers + 3; i++) {
                scope.fork("caller " + i, () -> {
                    boolean mayCall = disk.mayCall();
                    allowed.add(mayCall);
                    asked.countDown();
                    stall.await();
                    if (mayCall) {
                        disk.callMade();
                    }
                });
            }
            asked.await();

            assertThat(Collections.frequency(allowed, true)).isEqualTo(carriers - 1);

            stall.countDown();
            assertThat(scope.join(Duration.ofSeconds(30))).isTrue();
        }
    }

    @Test
    void aPlatformThreadHoldsNoCarrier() throws IOException {
        for (int i = 0; i < 1_000; i++) {
            assertThat(disk.mayCall()).isTrue();
        }
    }

    @Test
    void workForFileThreadsMayAskForMore() throws IOException {
        String name = disk.onFileThread(() -> disk.onFileThread(
                () -> disk.onFileThread(() -> Thread.currentThread().getName())));

        assertThat(name).startsWith("weft disk");
    }

    @Test
    void hashingThreadsMayWaitForFileThreads() throws IOException {
        List<String> names = disk.onHashingThread(() -> List.of(
                Thread.currentThread().getName(),
                disk.onFileThread(() -> Thread.currentThread().getName())));

        assertThat(names.get(0)).startsWith("weft hashing");
        assertThat(names.get(1)).startsWith("weft disk");
    }

    @Test
    void stepsAreMadeUntilNothingIsLeft() throws IOException {
        var left = new ConcurrentLinkedQueue<>(IntStream.range(0, 1_000).boxed().toList());
        var done = Collections.synchronizedList(new ArrayList<Integer>());

        disk.onAllFileThreads("count", () -> {
            Integer next = left.poll();
            if (next != null) {
                done.add(next);
            }
            return next != null;
        });

        assertThat(done).hasSize(1_000);
    }

    @Test
    void whatFailsOnADiskThreadFailsItsCaller() {
        assertThatThrownBy(() -> disk.onFileThread(() -> {
                    throw new IOException("as if broken");
                }))
                .hasMessage("as if broken");
        assertThatThrownBy(() -> disk.onAllHashingThreads("fail", () -> {
                    throw new IOException("as if broken");
                }))
                .hasMessage("as if broken");
    }

    @Test
    void callThatGetsOnIsNotStuckHoweverLongItTakes() throws Exception {
        var clock = new FakeClock();
        try (var ours = Disk.open(DiskOptions.defaults().withFileThreads(1), clock)) {
            var share = ours.share();
            var toDo = new LinkedBlockingQueue<Boolean>();
            var done = new LinkedBlockingQueue<Boolean>();
            try (var scope = TaskScope.allTogether("test")) {
                scope.fork(
                        "caller",
                        () -> share.onFileThread(() -> {
                            done.add(true); // it has begun
                            while (toDo.take()) {
                                share.step();
                                done.add(true);
                            }
                            return null;
                        }));
                done.take();
                for (int step = 0; step < 10; step++) {
                    clock.advance(Duration.ofSeconds(2));
                    assertThat(share.isStuck()).as("after 2 s").isFalse();
                    toDo.add(true);
                    done.take();
                }

                clock.advance(Duration.ofMillis(2001));

                assertThat(share.isStuck()).as("after more").isTrue();
                assertThat(ours.share().isStuck()).as("another share").isFalse();
                toDo.add(false);
                assertThat(scope.join(Duration.ofSeconds(30))).isTrue();
            }
            clock.advance(Duration.ofHours(1));
            assertThat(share.isStuck()).as("nothing to do").isFalse();
        }
    }

    @Test
    void workThatWaitsForItsTurnIsNotStuck() throws Exception {
        var clock = new FakeClock();
        try (var ours = Disk.open(DiskOptions.defaults().withHashingThreads(1), clock)) {
            var share = ours.share();
            var begun = new CountDownLatch(1);
            var release = new CountDownLatch(1);
            try (var scope = TaskScope.allTogether("test")) {
                scope.fork(
                        "other",
                        () -> ours.onHashingThread(() -> {
                            begun.countDown();
                            release.await();
                            return null;
                        }));
                begun.await();
                scope.fork("caller", () -> share.onHashingThread(() -> true));

                clock.advance(Duration.ofHours(1));

                assertThat(ours.isStuck()).isTrue();
                assertThat(share.isStuck()).isFalse();
                release.countDown();
                assertThat(scope.join(Duration.ofSeconds(30))).isTrue();
            }
        }
    }

    @Test
    void shareThatIsStuckKeepsNoOtherWaiting() throws Exception {
        var stuck = disk.share();
        var healthy = disk.share();
        int threads =
                DiskOptions.defaults().fileThreads() + DiskOptions.defaults().hashingThreads();
        var allStuck = new CountDownLatch(threads);
        var release = new CountDownLatch(1);
        Callable<Boolean> halt = () -> {
            allStuck.countDown();
            release.await();
            return true;
        };
        try (var scope = TaskScope.allTogether("test")) {
            scope.fork("relief", disk::run);
            for (int i = 0; i < threads; i++) {
                scope.fork("file " + i, () -> stuck.onFileThread(halt));
                scope.fork("hash " + i, () -> stuck.onHashingThread(halt));
            }
            allStuck.await();

            for (int i = 0; i < 1_000; i++) {
                assertThat(healthy.<Integer>onFileThread(() -> 1)).isOne();
                assertThat(healthy.<Integer>onHashingThread(() -> 2)).isEqualTo(2);
                assertThat(disk.<Integer>onFileThread(() -> 3)).isEqualTo(3);
            }

            release.countDown();
        }
    }

    @Test
    void closingAShareClosesNothing() throws IOException {
        disk.share().close();

        assertThat(disk.<Integer>onFileThread(() -> 1)).isOne();
    }

    @Test
    void aClosedDiskSaysSo() {
        disk.close();
        disk.close();

        assertThatThrownBy(() -> disk.onFileThread(() -> 1)).isInstanceOf(ClosedChannelException.class);
    }
}

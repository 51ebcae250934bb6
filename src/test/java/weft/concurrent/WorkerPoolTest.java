package weft.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.kit.Await;
import weft.kit.WeftThreads;

@Timeout(30)
class WorkerPoolTest {
    private static final int SIZE = 2;
    private static final int PLACES = SIZE * 64;

    private final WorkerPool pool = new WorkerPool("weft pool test", SIZE);
    private final CountDownLatch release = new CountDownLatch(1);

    @AfterEach
    void close() {
        release.countDown();
        assertThat(pool.close(Duration.ofSeconds(10))).isTrue();
    }

    private void occupyAllThreads() throws InterruptedException {
        var busy = new CountDownLatch(SIZE);
        for (int i = 0; i < SIZE; i++) {
            pool.submit(() -> {
                busy.countDown();
                awaitRelease();
            });
        }
        busy.await();
    }

    private void awaitRelease() {
        awaitQuietly(release);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError("a task was interrupted", e);
        }
    }

    @Test
    void callReturnsWhatTheWorkReturns() throws Exception {
        assertThat(pool.<Integer>call(() -> 42)).isEqualTo(42);
    }

    @Test
    void callThrowsWhatTheWorkThrows() {
        assertThatThrownBy(() -> pool.call(() -> {
                    throw new IOException("disk");
                }))
                .isExactlyInstanceOf(IOException.class)
                .hasMessage("disk");
        assertThatThrownBy(() -> pool.call(() -> {
                    throw new InternalError("fault");
                }))
                .isExactlyInstanceOf(InternalError.class);
    }

    @Test
    void workRunsOnNamedPlatformDaemons() throws Exception {
        var thread = pool.call(Thread::currentThread);

        assertThat(thread.isVirtual()).isFalse();
        assertThat(thread.isDaemon()).isTrue();
        assertThat(thread.getName()).startsWith("weft pool test ");
    }

    @Test
    void noMoreRunAtATimeThanThereAreThreads() throws Exception {
        occupyAllThreads();
        var started = new AtomicInteger();
        var ended = new CountDownLatch(5);
        for (int i = 0; i < 5; i++) {
            pool.submit(() -> {
                started.incrementAndGet();
                ended.countDown();
            });
        }

        assertThat(started).hasValue(0);
        release.countDown();
        ended.await();
    }

    @Test
    void whoeverComesWhenTheQueueIsFullWaitsForAPlace() throws Exception {
        occupyAllThreads();
        for (int i = SIZE; i < PLACES; i++) {
            pool.submit(() -> {});
        }
        var handedOver = new CompletableFuture<Boolean>();
        var late = Thread.ofVirtual().start(() -> {
            try {
                pool.submit(() -> {});
                handedOver.complete(true);
            } catch (InterruptedException e) {
                handedOver.completeExceptionally(e);
            }
        });

        Await.until("waits", () -> late.getState() == Thread.State.WAITING);
        assertThat(handedOver).isNotDone();
        release.countDown();

        assertThat(handedOver.get()).isTrue();
    }

    @Test
    void callerThatIsInterruptedStopsWaitingAndItsWorkRunsToItsEnd() throws Exception {
        var began = new CountDownLatch(1);
        var ended = new CountDownLatch(1);
        var outcome = new CompletableFuture<Object>();
        var caller = Thread.ofVirtual().start(() -> {
            try {
                outcome.complete(pool.call(() -> {
                    began.countDown();
                    awaitRelease();
                    ended.countDown();
                    return "done";
                }));
            } catch (Exception e) {
                outcome.complete(e);
            }
        });
        began.await();

        caller.interrupt();

        assertThat(outcome.get()).isInstanceOf(InterruptedException.class);
        release.countDown();
        ended.await();
    }

    @Test
    void closeTellsCallersWhoseWorkHasNotBegun() throws Exception {
        occupyAllThreads();
        var outcome = new CompletableFuture<Exception>();
        var caller = Thread.ofVirtual().start(() -> {
            try {
                pool.call(() -> "never");
            } catch (Exception e) {
                outcome.complete(e);
            }
        });
        Await.until("waits", () -> caller.getState() == Thread.State.WAITING);

        assertThat(pool.close(Duration.ofMillis(10))).isFalse();

        assertThat(outcome.get()).isInstanceOfAny(CancellationException.class, RejectedExecutionException.class);
    }

    @Test
    void closeWakesWhoWaitsForAPlace() throws Exception {
        occupyAllThreads();
        for (int i = SIZE; i < PLACES; i++) {
            pool.submit(() -> {});
        }
        var outcome = new CompletableFuture<Exception>();
        var late = Thread.ofVirtual().start(() -> {
            try {
                pool.submit(() -> {});
            } catch (InterruptedException | RuntimeException e) {
                outcome.complete(e);
            }
        });
        Await.until("waits", () -> late.getState() == Thread.State.WAITING);

        pool.close(Duration.ofMillis(10));

        assertThat(outcome.get()).isInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void nothingIsTakenAfterClose() {
        pool.close();

        assertThatThrownBy(() -> pool.submit(() -> {})).isInstanceOf(RejectedExecutionException.class);
        assertThatThrownBy(() -> pool.call(() -> 1)).isInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void closeLeavesNoThread() throws Exception {
        for (int i = 0; i < 10; i++) {
            pool.submit(() -> {});
        }

        pool.close();

        assertThat(threads()).isZero();
    }

    // --- lanes

    private static void assertRuns(WorkerPool.Lane lane) throws Exception {
        var ran = new CountDownLatch(1);
        lane.submit(ran::countDown);
        ran.await();
    }

    /** Stuck in as many threads as the pool has, with more waiting. */
    private WorkerPool.Lane stuckLane() throws InterruptedException {
        var lane = pool.lane();
        var stuck = new CountDownLatch(SIZE);
        for (int i = 0; i < SIZE; i++) {
            lane.submit(() -> {
                stuck.countDown();
                awaitRelease();
            });
        }
        lane.submit(() -> {});
        stuck.await();
        return lane;
    }

    private int threads() {
        return (int) WeftThreads.alive().values().stream()
                .filter(name -> name.startsWith("weft pool test"))
                .count();
    }

    /** Two lanes are stuck, and a third is served all the same. */
    private WorkerPool.Lane healthyBesideStuckLanes() throws InterruptedException {
        stuckLane();
        var second = new CompletableFuture<WorkerPool.Lane>();
        var late = Thread.ofVirtual().start(() -> {
            try {
                second.complete(stuckLane());
            } catch (InterruptedException e) {
                second.completeExceptionally(e);
            }
        });
        Await.until("the second lane got its threads, and stuck", () -> {
            pool.relieve();
            return second.isDone();
        });
        late.join();
        var healthy = pool.lane();
        var ran = new CountDownLatch(1);
        healthy.submit(ran::countDown);
        Await.until("a third lane is served", () -> {
            pool.relieve();
            return ran.getCount() == 0;
        });
        return healthy;
    }

    @Test
    void lanesThatAreStuckKeepNoOtherWaiting() throws Exception {
        var healthy = healthyBesideStuckLanes();

        for (int i = 0; i < 100; i++) {
            assertRuns(healthy); // without waiting for relief again
        }
        assertThat(threads()).isLessThanOrEqualTo(3 * SIZE);
    }

    /** All torrents of a disk that is gone: more of them than there are threads to lend in quieter times. */
    @Test
    void howeverManyLanesAreStuckTheOthersAreServed() throws Exception {
        int lanes = 150;
        var stuckInEach = new CountDownLatch(lanes);
        for (int i = 0; i < lanes; i++) {
            var lane = pool.lane();
            var first = new AtomicBoolean(true);
            for (int task = 0; task < 2 * SIZE; task++) {
                lane.submit(() -> {
                    if (first.getAndSet(false)) {
                        stuckInEach.countDown();
                    }
                    awaitRelease();
                });
            }
        }
        var healthy = pool.lane();
        var ran = new CountDownLatch(1);
        healthy.submit(ran::countDown);

        Await.until("the healthy lane is served, and all others are stuck", () -> {
            pool.relieve();
            return ran.getCount() == 0 && stuckInEach.getCount() == 0;
        });

        for (int i = 0; i < 100; i++) {
            assertRuns(healthy);
        }
        assertThat(threads()).isBetween(lanes, SIZE + 64 + lanes);
    }

    @Test
    void stuckLaneGetsNoMoreThreadsThanThePoolHas() throws Exception {
        stuckLane();
        var healthy = pool.lane();
        var ran = new CountDownLatch(1);
        healthy.submit(ran::countDown);

        Await.until("the other is served", () -> {
            pool.relieve();
            return ran.getCount() == 0;
        });

        assertThat(threads()).isEqualTo(SIZE + 1);
    }

    @Test
    void noThreadIsLentWhileNoneIsStuck() throws Exception {
        var lane = pool.lane();
        for (int i = 0; i < 50; i++) {
            lane.submit(() -> {});
            pool.relieve();
        }
        assertRuns(lane);

        assertThat(threads()).isLessThanOrEqualTo(SIZE);
    }

    @Test
    void lentThreadsGoWhenTheStuckOnesComeBack() throws Exception {
        healthyBesideStuckLanes();

        release.countDown();

        Await.until("no more threads than ever", () -> {
            pool.relieve();
            assertRuns(pool.lane());
            return threads() <= SIZE;
        });
    }

    @Test
    void whatWaitedForStuckThreadsIsDoneAtOnceByThoseLentMeanwhile() throws Exception {
        var lane = stuckLane();
        var ran = new CountDownLatch(1);
        lane.submit(ran::countDown);
        var other = pool.lane();
        var together = new CountDownLatch(SIZE);
        for (int i = 0; i < SIZE; i++) {
            other.submit(() -> {
                together.countDown();
                awaitQuietly(together);
            });
        }
        Await.until("as many threads are lent, and idle", () -> {
            pool.relieve();
            return together.getCount() == 0 && idleThreads() == SIZE;
        });

        release.countDown();

        assertThat(ran.await(5, TimeUnit.SECONDS)).isTrue(); // an idle thread looks by itself after 10
    }

    /** Threads that wait for work, which unlike stuck ones they do for a time. */
    private static int idleThreads() {
        return (int) Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("weft pool test"))
                .filter(thread -> thread.getState() == Thread.State.TIMED_WAITING)
                .count();
    }

    @Test
    void lanesTakeTurns() throws Exception {
        try (var single = new WorkerPool("weft pool test single", 1)) {
            var lanes = List.of(single.lane(), single.lane());
            var order = new CopyOnWriteArrayList<String>();
            single.submit(this::awaitRelease);
            for (int lane = 0; lane < 2; lane++) {
                for (int task = 0; task < 3; task++) {
                    var name = lane + "." + task;
                    lanes.get(lane).submit(() -> order.add(name));
                }
            }

            release.countDown();
            Await.until("all is done", () -> order.size() == 6);

            assertThat(order).containsExactly("0.0", "1.0", "0.1", "1.1", "0.2", "1.2");
        }
    }

    @Test
    void workThatFailsGivesItsPlaceBack() throws Exception {
        for (int i = 0; i < 3 * PLACES; i++) {
            assertThatThrownBy(() -> pool.call(() -> {
                        throw new IOException("again");
                    }))
                    .isInstanceOf(IOException.class);
        }
    }
}

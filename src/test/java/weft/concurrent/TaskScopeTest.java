package weft.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.kit.Await;
import weft.kit.WeftThreads;

@Timeout(30)
class TaskScopeTest {
    private final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();

    private TaskScope supervised() {
        return TaskScope.supervised("weft test", (task, failure) -> log.add(task + ": " + failure.getMessage()));
    }

    /** Waits in memory until it is interrupted. */
    private static void waitForEver() throws InterruptedException {
        new CountDownLatch(1).await();
    }

    /** Does not care about interrupts. */
    private static void waitStubbornly(CountDownLatch latch) {
        boolean done = false;
        while (!done) {
            try {
                latch.await();
                done = true;
            } catch (InterruptedException e) {
                // stubborn
            }
        }
    }

    @Test
    void taskRunsInVirtualThreadNamedAfterScopeAndTask() throws Exception {
        var thread = new CompletableFuture<Thread>();

        try (var scope = supervised();
                var child = scope.childSupervised("9dd66bca", (task, failure) -> {})) {
            child.fork("reader", () -> thread.complete(Thread.currentThread()));

            assertThat(thread.get().getName()).isEqualTo("weft test 9dd66bca reader");
            assertThat(thread.get().isVirtual()).isTrue();
        }
    }

    @Test
    void platformThreadIsAThreadOfTheScopeLikeAnyOther() throws Exception {
        var scope = supervised();
        var thread = new CompletableFuture<Thread>();

        scope.forkPlatform("selector", () -> {
            thread.complete(Thread.currentThread());
            waitForEver();
        });

        assertThat(thread.get().getName()).isEqualTo("weft test selector");
        assertThat(thread.get().isVirtual()).isFalse();
        assertThat(thread.get().isDaemon()).isTrue();
        assertThat(scope.close(TaskScope.PATIENCE)).isTrue();
        assertThat(thread.get().isAlive()).isFalse();
        assertThatThrownBy(() -> scope.forkPlatform("late", () -> {})).isInstanceOf(IllegalStateException.class);
        assertThat(log).isEmpty();
    }

    @Test
    void childWithoutNameGoesUnderItsParents() throws Exception {
        var name = new CompletableFuture<String>();

        try (var scope = supervised()) {
            scope.childAllTogether("")
                    .fork("reader", () -> name.complete(Thread.currentThread().getName()));

            assertThat(name.get()).isEqualTo("weft test reader");
        }
    }

    @Test
    void closeInterruptsWhatWaitsInMemoryAndLeavesNoThread() {
        var scope = supervised();
        for (int i = 0; i < 100; i++) {
            scope.fork("waiter " + i, TaskScopeTest::waitForEver);
        }

        boolean ended = scope.close(Duration.ofSeconds(10));

        assertThat(ended).isTrue();
        Await.until(
                "no thread is left",
                () -> WeftThreads.alive().values().stream().noneMatch(name -> name.startsWith("weft test waiter")));
    }

    @Test
    void resourcesAreClosedBeforeThreadsAreInterrupted() {
        var scope = supervised();
        var interrupted = new CountDownLatch(1);
        scope.fork("waiter", () -> {
            try {
                waitForEver();
            } catch (InterruptedException e) {
                log.add("interrupted");
                interrupted.countDown();
            }
        });
        scope.closeFirst(() -> {
            assertThat(interrupted.getCount()).isOne();
            log.add("closed");
        });

        scope.close();

        assertThat(log).containsExactly("closed", "interrupted");
    }

    @Test
    void childScopesShutDownBeforeTheirParentsResources() {
        var scope = supervised();
        var child = scope.childSupervised("child", (task, failure) -> {});
        var grandchild = child.childAllTogether("grandchild");
        scope.closeFirst(() -> log.add("scope"));
        child.closeFirst(() -> log.add("child"));
        grandchild.closeFirst(() -> log.add("grandchild"));

        scope.close();

        assertThat(log).containsExactly("grandchild", "child", "scope");
        assertThat(child.tryFork("late", () -> {})).isFalse();
        assertThat(grandchild.tryFork("late", () -> {})).isFalse();
    }

    @Test
    void closeWaitsForThreadsOfChildren() {
        var scope = supervised();
        var release = new CountDownLatch(1);
        scope.childSupervised("child", (task, failure) -> {}).fork("stubborn", () -> waitStubbornly(release));

        assertThat(scope.close(Duration.ofMillis(50))).isFalse();
        release.countDown();
        assertThat(scope.close(Duration.ofSeconds(10))).isTrue();
    }

    @Test
    void failedTaskOfSupervisedScopeIsReportedAndHarmsNoOther() throws Exception {
        try (var scope = supervised()) {
            var goOn = new CountDownLatch(1);
            var done = new CountDownLatch(1);
            scope.fork("good", () -> {
                goOn.await();
                done.countDown();
            });

            scope.fork("bad", () -> {
                throw new IOException("no luck");
            });
            Await.until("the failure is reported", () -> !log.isEmpty());
            goOn.countDown();
            done.await();

            assertThat(log).containsExactly("bad: no luck");
        }
    }

    @Test
    void errorOfTaskIsReportedToo() {
        try (var scope = supervised()) {
            scope.fork("bad", () -> {
                throw new StackOverflowError("deep");
            });

            Await.until("the failure is reported", () -> log.contains("bad: deep"));
        }
    }

    @Test
    void firstFailureEndsAllTogether() throws Exception {
        try (var scope = TaskScope.allTogether("weft pair")) {
            var ended = new CountDownLatch(1);
            scope.closeFirst(() -> log.add("closed"));
            scope.fork("writer", () -> {
                try {
                    waitForEver();
                } finally {
                    ended.countDown();
                }
            });

            scope.fork("reader", () -> {
                throw new IOException("gone");
            });
            ended.await();

            assertThat(scope.failure()).hasValueSatisfying(e -> assertThat(e).hasMessage("gone"));
            assertThat(log).containsExactly("closed");
            assertThat(scope.tryFork("late", () -> {})).isFalse();
        }
    }

    @Test
    void taskThatEndsBecauseItsScopeWasClosedHasNotFailed() {
        var scope = supervised();
        scope.fork("waiter", TaskScopeTest::waitForEver);

        scope.close();

        assertThat(log).isEmpty();
        assertThat(scope.failure()).isEmpty();
    }

    @Test
    void nothingIsForkedAfterShutdown() {
        var scope = supervised();
        scope.shutdown();

        assertThat(scope.tryFork("late", () -> log.add("ran"))).isFalse();
        assertThatThrownBy(() -> scope.fork("late", () -> log.add("ran")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("weft test");
        assertThatThrownBy(() -> scope.childSupervised("late", (task, failure) -> {}))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> scope.asExecutor("late").execute(() -> log.add("ran")))
                .isInstanceOf(RejectedExecutionException.class);
        assertThat(log).isEmpty();
    }

    @Test
    void resourceThatComesTooLateIsClosedAtOnce() {
        var scope = supervised();
        scope.shutdown();

        scope.closeFirst(() -> log.add("closed"));

        assertThat(log).containsExactly("closed");
    }

    @Test
    void forgottenResourceIsNotClosed() {
        var scope = supervised();
        AutoCloseable resource = () -> log.add("closed");
        scope.closeFirst(resource);
        scope.forget(resource);

        scope.close();

        assertThat(log).isEmpty();
    }

    @Test
    void resourceThatFailsToCloseKeepsNobodyElseFromBeingClosed() {
        var scope = supervised();
        scope.closeFirst(() -> {
            throw new IOException("stuck");
        });
        scope.closeFirst(() -> log.add("closed"));

        scope.close();

        assertThat(log).containsExactly("closed");
    }

    @Test
    void closeMayBeCalledTwiceAndByAThreadOfTheScope() throws Exception {
        var scope = supervised();
        var closed = new CompletableFuture<Boolean>();
        scope.fork("self", () -> closed.complete(scope.close(Duration.ofSeconds(10))));

        assertThat(closed.get()).isTrue();
        scope.close();
        scope.close();
    }

    @Test
    void closeGivesUpWhenPatienceRunsOut() {
        var scope = supervised();
        var release = new CountDownLatch(1);
        scope.fork("stubborn", () -> waitStubbornly(release));

        boolean ended = scope.close(Duration.ofMillis(50));

        assertThat(ended).isFalse();
        release.countDown();
        assertThat(scope.close(Duration.ofSeconds(10))).isTrue();
    }

    @Test
    void interruptWhileClosingIsHandedOnAndClosingFinished() throws Exception {
        var scope = supervised();
        var release = new CountDownLatch(1);
        scope.fork("stubborn", () -> waitStubbornly(release));
        var stillInterrupted = new CompletableFuture<Boolean>();
        var closer = Thread.ofVirtual().start(() -> {
            boolean ended = scope.close(Duration.ofSeconds(20));
            stillInterrupted.complete(ended && Thread.currentThread().isInterrupted());
        });
        Await.until("closing", () -> closer.getState() == Thread.State.TIMED_WAITING);

        closer.interrupt();
        Await.until("interrupt taken", () -> !closer.isInterrupted());
        release.countDown();

        assertThat(stillInterrupted.get()).isTrue();
    }

    @Test
    void joinWaitsWithoutEndingAnything() throws Exception {
        try (var scope = supervised()) {
            var release = new CountDownLatch(1);
            scope.fork("task", release::await);

            assertThat(scope.join(Duration.ofMillis(20))).isFalse();
            release.countDown();
            assertThat(scope.join(Duration.ofSeconds(10))).isTrue();

            assertThat(scope.tryFork("another", () -> {})).isTrue();
        }
    }

    @Test
    void forksThatRaceWithCloseEitherRunAndAreJoinedOrAreRefused() throws Exception {
        for (int round = 0; round < 20; round++) {
            var scope = supervised();
            List<Thread> started = new ArrayList<>();
            var forker = Thread.ofVirtual().start(() -> {
                while (scope.tryFork("racer", TaskScopeTest::waitForEver)) {
                    started.add(Thread.currentThread());
                }
            });
            Await.until("some forked", () -> !started.isEmpty());

            assertThat(scope.close(Duration.ofSeconds(10))).isTrue();
            forker.join();
        }
    }
}

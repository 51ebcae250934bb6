package weft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.concurrent.TaskScope;
import weft.kit.Await;

/** What waits for a listener has a bound. */
@Timeout(60)
class EventsTest {
    private static final int PIECES = 100;

    private final Events events = new Events();
    private final TaskScope scope = TaskScope.supervised("weft events test", (task, failure) -> {});
    private final CountDownLatch entered = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final List<String> heard = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        goOn.countDown();
        events.close();
        assertThat(scope.close(Await.PATIENCE)).isTrue();
    }

    private final TorrentListener stuckAtFirst = new TorrentListener() {
        @Override
        public void onStateChanged(TorrentState state) {
            heard(state.toString());
        }

        @Override
        public void onPieceVerified(int piece) {
            heard("verified " + piece);
        }

        @Override
        public void onPieceFailed(int piece) {
            heard("failed " + piece);
        }

        private void heard(String event) {
            entered.countDown();
            boolean interrupted = false;
            while (true) {
                try {
                    goOn.await();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            heard.add(event);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    };

    private void listenAndGetStuck() throws InterruptedException {
        events.add(stuckAtFirst);
        scope.fork("events", events::run);
        state(TorrentState.CHECKING);
        entered.await();
    }

    private void state(TorrentState state) {
        events.fire(new Events.Subject("state"), listener -> listener.onStateChanged(state));
    }

    private void verified(int piece) {
        events.fire(new Events.Subject("piece", piece), listener -> listener.onPieceVerified(piece));
    }

    private void failed(int piece) {
        events.fire(new Events.Subject("piece", piece), listener -> listener.onPieceFailed(piece));
    }

    @Test
    void aListenerThatIsStuckCostsBoundedMemory() throws Exception {
        listenAndGetStuck();

        for (int check = 0; check < 5_000; check++) {
            for (int piece = 0; piece < PIECES; piece++) {
                verified(piece);
            }
            state(TorrentState.PAUSED);
        }

        assertThat(events.waiting()).isLessThanOrEqualTo(Events.PATIENCE + PIECES + 1);
    }

    @Test
    void whatIsMerelySlowHearsAllInOrder() throws Exception {
        listenAndGetStuck();
        var expected = new ArrayList<>(List.of("CHECKING"));
        for (int i = 0; i < Events.PATIENCE; i++) {
            verified(i % PIECES);
            expected.add("verified " + i % PIECES);
        }

        goOn.countDown();

        Await.until("all is told", () -> heard.size() == expected.size());
        assertThat(heard).isEqualTo(expected);
    }

    @Test
    void whoIsFarBehindHearsTheLastOfEachThing() throws Exception {
        listenAndGetStuck();
        IntStream.range(0, Events.PATIENCE).forEach(i -> verified(0));
        for (int i = 0; i < 10; i++) {
            verified(1);
            failed(1);
            failed(2);
            verified(2);
            state(TorrentState.PAUSED);
            state(TorrentState.SEEDING);
        }

        goOn.countDown();

        Await.until("all is told", () -> heard.size() == 1 + Events.PATIENCE + 3);
        assertThat(heard.subList(1 + Events.PATIENCE, heard.size()))
                .containsExactly("failed 1", "verified 2", "SEEDING");
    }

    @Test
    void whatWaitsAtTheEndIsTold() throws Exception {
        listenAndGetStuck();
        state(TorrentState.PAUSED);

        events.close();
        state(TorrentState.CLOSED);
        goOn.countDown();

        assertThat(scope.close(Await.PATIENCE)).isTrue();
        assertThat(heard).containsExactly("CHECKING", "PAUSED", "CLOSED");
    }

    @Test
    void anAbandonedListenerHearsNoMore() throws Exception {
        listenAndGetStuck();
        state(TorrentState.PAUSED);

        events.abandon();
        goOn.countDown();

        assertThat(scope.close(Await.PATIENCE)).isTrue();
        assertThat(heard).containsExactly("CHECKING");
    }
}

package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.kit.Await;
import weft.kit.FakeClock;

@Timeout(30)
class CandidatesTest {
    private static final Duration MOMENT = Duration.ofNanos(1);

    private static final OwnAddresses OWN =
            new OwnAddresses(Optional.of(new InetSocketAddress("198.51.100.7", 6881)), Optional.empty());

    private final FakeClock clock = new FakeClock();
    private final Candidates candidates = new Candidates(clock);
    private int probes;

    private static InetSocketAddress address(int last, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) last}), port);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static InetSocketAddress address(int last, int third, int port) {
        return new InetSocketAddress("203.0." + third + "." + last, port);
    }

    /** However many peers tell of however many addresses. */
    @Test
    void whatPeersTellPushesNothingOutThatOthersTold() throws Exception {
        for (int i = 0; i < 1900; i++) {
            candidates.add(address(i % 250, i / 250, 7000));
        }
        for (int teller = 0; teller < 20; teller++) {
            for (int i = 0; i < 250; i++) {
                candidates.addExchanged(
                        address(i, 100 + teller, 7000), address(teller).getAddress());
            }
        }

        assertThat(candidates.size()).isEqualTo(1900 + 500);
        for (int i = 0; i < 100; i++) {
            assertThat(candidates.add(address(i, 50, 7000))).isTrue();
        }
        assertThat(candidates.size()).isEqualTo(2000 + 500);
    }

    @Test
    void ofOnePeerNoMoreThanAHundredAreKeptAndThoseThatFailMakeWay() throws Exception {
        for (int i = 0; i < 150; i++) {
            assertThat(candidates.addExchanged(address(i, 7, 7000), address(1).getAddress()))
                    .isEqualTo(i < Candidates.MOST_OF_ONE_PEER);
        }
        assertThat(candidates.addExchanged(address(1, 8, 7000), address(2).getAddress()))
                .as("of another")
                .isTrue();

        candidates.failed(candidates.take(), "nobody");
        candidates.failed(candidates.take(), "nobody");

        assertThat(candidates.addExchanged(address(200, 7, 7000), address(1).getAddress()))
                .isTrue();
    }

    @Test
    void whatPeersTellIsTriedBesideTheOthersAndNotBeforeThem() throws Exception {
        for (int i = 0; i < 100; i++) {
            candidates.addExchanged(address(i, 7, 7000), address(1).getAddress());
        }
        for (int i = 0; i < 20; i++) {
            candidates.add(address(i, 9, 7000));
        }

        int told = 0;
        for (int i = 0; i < 30; i++) {
            told += candidates.take().getAddress().getAddress()[2] == 9 ? 1 : 0;
        }

        assertThat(told).isEqualTo(20);
    }

    @Test
    void whatATrackerTellsTooCountsAsTheTrackers() {
        candidates.addExchanged(address(1), address(9).getAddress());
        assertThat(candidates.isForPublicOnly(address(1))).isTrue();

        assertThat(candidates.add(address(1))).isFalse();

        assertThat(candidates.isForPublicOnly(address(1))).isFalse();
    }

    @Test
    void ofAPrivateTorrentOnlyWhatTrackersTellCounts() throws Exception {
        candidates.addExchanged(address(1), address(9).getAddress());
        candidates.take();
        candidates.addExchanged(address(2), address(9).getAddress());
        candidates.came(address(3), false);
        candidates.add(address(4));

        candidates.becomePrivate();

        assertThat(candidates.isForPublicOnly(address(1))).as("connected").isTrue();
        assertThat(candidates.size()).isEqualTo(2);
        assertThat(candidates.take()).isEqualTo(address(4));
        assertThat(candidates.addExchanged(address(5), address(9).getAddress())).isFalse();
        assertThat(candidates.add(address(5))).isTrue();
        candidates.ended(address(1), "private", false);
        assertThat(candidates.addresses().known()).as("it is not tried again").isEqualTo(2);
    }

    /** Of the DHT and the local network, where anybody can say anything. */
    @Test
    void whatWasFoundHasABoundAndIsNotForPrivateTorrents() {
        for (int i = 0; i < 600; i++) {
            candidates.addFound(address(1 + i % 200, 2000 + i));
        }
        assertThat(candidates.size()).isEqualTo(500);
        assertThat(candidates.addFound(address(1, 1023)))
                .as("a service, not a peer")
                .isFalse();
        assertThat(candidates.add(address(1, 1023))).as("the user knows better").isTrue();

        candidates.becomePrivate();

        assertThat(candidates.size()).isEqualTo(1);
        assertThat(candidates.addFound(address(2))).isFalse();
    }

    @Test
    void ourOwnAddressIsNotTriedAgainWhoeverTells() throws Exception {
        candidates.add(address(1));
        candidates.take();

        candidates.isOurs(address(1));

        assertThat(candidates.add(address(1))).isFalse();
        assertThat(candidates.addExchanged(address(1), address(9).getAddress())).isFalse();
        for (int i = 2; i < 100; i++) {
            candidates.isOurs(address(i));
        }
        assertThat(candidates.add(address(99)))
                .as("not more than a few are remembered")
                .isTrue();
    }

    private static InetSocketAddress address(int last) {
        return address(last, 6881);
    }

    /** Whether an address may be tried now: then it is taken. If not, one that may is taken instead. */
    private boolean isReady(InetSocketAddress address) throws InterruptedException {
        var probe = address(200, ++probes);
        candidates.add(probe);
        var first = candidates.take();
        if (first.equals(address)) {
            candidates.remove(probe);
            return true;
        }
        assertThat(first).isEqualTo(probe);
        candidates.remove(probe);
        return false;
    }

    /** Fails unless {@code address} may be tried after this time, and not a moment sooner. */
    private void assertReadyAfter(Duration time, InetSocketAddress address) throws InterruptedException {
        clock.advance(time.minus(MOMENT));
        // Of two that are ready either may come first: a not-ready one is never taken.
        for (int i = 0; i < 8; i++) {
            assertThat(isReady(address)).as("before %s", time).isFalse();
        }
        clock.advance(MOMENT);
        assertThat(candidates.take()).isEqualTo(address);
    }

    @Test
    void newAddressMayBeTriedAtOnceAndByOneOnly() throws Exception {
        candidates.add(address(1));
        candidates.add(address(2));

        var taken = new HashSet<InetSocketAddress>();
        taken.add(candidates.take());
        taken.add(candidates.take());

        assertThat(taken).containsExactlyInAnyOrder(address(1), address(2));
    }

    @Test
    void senselessAddressesAreRefused() throws Exception {
        assertThat(candidates.add(address(1, 0))).isFalse();
        assertThat(candidates.add(InetSocketAddress.createUnresolved("peer.example", 6881)))
                .isFalse();
        assertThat(candidates.add(new InetSocketAddress(InetAddress.getByName("224.0.0.1"), 6881)))
                .isFalse();
        assertThat(candidates.size()).isZero();
    }

    @Test
    void knownAddressIsNotTakenTwice() throws Exception {
        assertThat(candidates.add(address(1))).isTrue();
        assertThat(candidates.add(address(1))).isFalse();
        assertThat(candidates.add(address(1, 6882))).isTrue();
        assertThat(candidates.size()).isEqualTo(2);
    }

    @Test
    void failuresAreTriedAgainLessAndLessOften() throws Exception {
        candidates.add(address(1));
        candidates.take();

        for (int seconds : new int[] {5, 15, 45, 135, 405, 1215, 1800, 1800, 1800, 1800, 1800, 1800, 1800}) {
            candidates.failed(address(1), "Connection refused");

            assertReadyAfter(Duration.ofSeconds(seconds), address(1));
        }
        assertThat(candidates.lastReason(address(1))).contains("Connection refused");
    }

    @Test
    void connectionThatStoodForgivesFailures() throws Exception {
        candidates.add(address(1));
        candidates.take();
        candidates.failed(address(1), "Connection refused");
        clock.advance(Duration.ofSeconds(5));
        candidates.take();

        candidates.ended(address(1), "closed by the peer", false);
        assertReadyAfter(Duration.ofSeconds(15), address(1));

        candidates.failed(address(1), "Connection refused");
        assertReadyAfter(Duration.ofSeconds(5), address(1));
        assertThat(candidates.lastReason(address(1))).contains("Connection refused");
    }

    @Test
    void uselessPeerIsLeftAloneForHalfAnHour() throws Exception {
        candidates.add(address(1));
        candidates.take();

        candidates.ended(address(1), "nothing to trade: both have everything", true);

        assertReadyAfter(Duration.ofMinutes(30), address(1));
    }

    @Test
    void putBackIsNoFailure() throws Exception {
        candidates.add(address(1));
        candidates.take();

        candidates.putBack(address(1), Duration.ofSeconds(1));

        assertReadyAfter(Duration.ofSeconds(1), address(1));
        assertThat(candidates.lastReason(address(1))).isEmpty();
    }

    @Test
    void hurryMakesEverythingReadyButWhatIsBusy() throws Exception {
        candidates.add(address(1));
        candidates.add(address(2));
        candidates.take();
        candidates.take();
        candidates.failed(address(1), "Connection refused");

        candidates.hurry();

        assertThat(candidates.take()).isEqualTo(address(1));
        assertThat(isReady(address(2))).isFalse();
    }

    @Test
    void removedAddressIsForgottenWhateverBecomesOfIt() throws Exception {
        candidates.add(address(1));
        candidates.take();
        candidates.remove(address(1));

        candidates.failed(address(1), "too late");
        candidates.ended(address(1), "too late", false);
        candidates.putBack(address(1), Duration.ZERO);

        assertThat(candidates.size()).isZero();
        assertThat(candidates.lastReason(address(1))).isEmpty();
    }

    @Test
    void highestPriorityIsTriedFirstAndWhoHasFailedLast() throws Exception {
        for (int i = 1; i < 100; i++) {
            candidates.add(address(i));
        }
        var failing = candidates.take();
        candidates.failed(failing, "Connection refused");
        clock.advance(Duration.ofSeconds(5));

        candidates.weAre(OWN);
        candidates.add(address(100));

        var taken = new ArrayList<InetSocketAddress>();
        for (int i = 1; i <= 100; i++) {
            taken.add(candidates.take());
        }
        assertThat(taken.removeLast()).isEqualTo(failing);
        assertThat(taken)
                .isSortedAccordingTo(Comparator.comparingLong((InetSocketAddress address) ->
                                OWN.priority(address).orElseThrow())
                        .reversed());
    }

    @Test
    void takeWaitsForAnAddress() throws Exception {
        var taken = new CompletableFuture<InetSocketAddress>();
        var taker = Thread.ofVirtual().start(() -> {
            try {
                taken.complete(candidates.take());
            } catch (InterruptedException e) {
                taken.completeExceptionally(e);
            }
        });
        Await.until("waits", () -> taker.getState() == Thread.State.TIMED_WAITING);

        candidates.add(address(1));

        assertThat(taken.get()).isEqualTo(address(1));
    }

    @Test
    void boundedAndWhoFailedMostGoesFirst() throws Exception {
        for (int i = 0; i < 2000; i++) {
            assertThat(candidates.add(address(i / 200, 1 + i % 200))).isTrue();
        }
        assertThat(candidates.add(address(99))).as("nobody has failed").isFalse();
        var once = candidates.take();
        candidates.failed(once, "Connection refused");
        var twice = candidates.take();
        candidates.failed(twice, "Connection refused");
        candidates.failed(twice, "Connection refused");

        assertThat(candidates.add(address(99))).isTrue();

        assertThat(candidates.size()).isEqualTo(2000);
        assertThat(candidates.lastReason(twice)).isEmpty();
        assertThat(candidates.lastReason(once)).isPresent();
    }

    @Test
    void whoWasConnectedAlreadyIsTriedSoonAfterThatConnectionHasEnded() throws Exception {
        candidates.add(address(1));
        candidates.take();
        candidates.ended(address(1), "is connected already", true);
        clock.advance(Duration.ofMinutes(1));

        candidates.noLongerDuplicates(address(2).getAddress(), "is connected already");
        candidates.noLongerDuplicates(address(1).getAddress(), "is connected already");

        assertReadyAfter(Duration.ofSeconds(15), address(1));
    }
}

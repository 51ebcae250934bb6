package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import weft.kit.FakeChannel;
import weft.kit.FakeClock;
import weft.kit.Message;
import weft.kit.Message.Bitfield;
import weft.kit.Message.Choke;
import weft.kit.Message.Have;
import weft.kit.Message.HaveAll;
import weft.kit.Message.HaveNone;
import weft.kit.Message.Interested;
import weft.kit.Message.NotInterested;
import weft.kit.Message.RejectRequest;
import weft.kit.Message.Request;
import weft.kit.Message.Unchoke;
import weft.metainfo.Layout;
import weft.picker.PiecePicker;
import weft.wire.Reserved;

/** Pieces of one block. */
class PeerTest {
    private static final int PIECES = 1000;
    private static final int BLOCK = 16 * 1024;
    private static final Reserved PLAIN = new Reserved(0);

    private final FakeClock clock = new FakeClock();
    private final Random random = new Random(1);
    private final PiecePicker picker = new PiecePicker(Layout.ofSingleFile(BLOCK, "x", (long) PIECES * BLOCK), random);
    private final FakeChannel channel = new FakeChannel("10.0.0.1", 6881);
    private Peer peer = peer(Reserved.OURS);

    private Peer peer(Reserved reserved) {
        return TestPeer.of(channel, reserved, picker, random, clock);
    }

    /** A peer that has everything, serves us, and whom we want something of. */
    private void interest() {
        picker.haveAll(peer.source());
        peer.choked(false);
        peer.updateInterest(() -> true);
    }

    private List<Message> sent() throws IOException, InterruptedException {
        var batch = peer.outbox().take(0, Integer.MAX_VALUE);
        var bytes = new byte[batch.control().remaining()];
        batch.control().get(bytes);
        var in = new DataInputStream(new ByteArrayInputStream(bytes));
        var messages = new ArrayList<Message>();
        while (in.available() > 0) {
            messages.add(Message.read(in));
        }
        return messages;
    }

    private List<Request> requests() throws IOException, InterruptedException {
        return sent().stream()
                .filter(Request.class::isInstance)
                .map(Request.class::cast)
                .toList();
    }

    private void deliver(Request request) {
        picker.arrived(peer.source(), request.piece(), request.begin(), request.length(), new ArrayList<>());
        peer.blockArrived(request.piece(), request.begin(), request.length());
    }

    @Test
    void interestIsToldWhenItChangesOnly() throws Exception {
        peer.updateInterest(() -> true);
        picker.have(peer.source(), 3);
        peer.updateInterest(() -> true);
        peer.updateInterest(() -> true);
        peer.updateInterest(() -> false);

        assertThat(sent()).containsExactly(new Interested(), new NotInterested());
    }

    @Test
    void nothingIsAskedWithoutInterest() throws Exception {
        picker.haveAll(peer.source());
        peer.choked(false);

        peer.refill();

        assertThat(sent()).isEmpty();
    }

    /** A pause, while the peer's reader is just about to ask for more. */
    @Test
    void noRequestFollowsTheWordThatWeWantNothing() throws Exception {
        peer = peer(PLAIN);
        var transferring = new AtomicBoolean();
        picker.haveAll(peer.source());
        var together = new CyclicBarrier(2);
        int rounds = 3_000;
        var reader = Thread.ofPlatform().start(() -> {
            for (int round = 0; round < rounds; round++) {
                meet(together);
                peer.refill();
                meet(together);
            }
        });

        for (int round = 0; round < rounds; round++) {
            peer.choked(true); // gives back what was asked for
            peer.choked(false);
            transferring.set(true);
            peer.updateInterest(transferring::get);
            meet(together);
            transferring.set(false);
            peer.updateInterest(transferring::get);
            meet(together);

            assertThat(sent()).startsWith(new Interested()).endsWith(new NotInterested());
        }
        reader.join();
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void windowIsKeptFullInBatches() throws Exception {
        interest();
        peer.refill();
        var asked = new ArrayDeque<>(requests());
        for (int i = 0; i < 200; i++) { // until the window is large
            deliver(asked.poll());
            peer.refill();
            asked.addAll(requests());
        }
        int window = asked.size();
        assertThat(window).isGreaterThan(40);

        int delivered = 0;
        List<Request> more = List.of();
        while (more.isEmpty()) {
            deliver(asked.poll());
            delivered++;
            peer.refill();
            more = requests();
        }

        assertThat(delivered).as("a few free places are not worth it").isBetween(4, window / 2);
        assertThat(more).hasSizeGreaterThanOrEqualTo(delivered);
    }

    @Test
    void silenceForAMinuteAfterARequestIsASnub() {
        interest();
        peer.refill();

        clock.advance(RequestPipeline.SNUBBED_AFTER);
        assertThat(peer.tick(clock.getAsLong())).isFalse();
        clock.advance(Duration.ofNanos(1));

        assertThat(peer.tick(clock.getAsLong())).isTrue();
        assertThat(peer.isSnubbed()).isTrue();
        assertThat(peer.outstanding()).as("free for others").isZero();
        assertThat(peer.tick(clock.getAsLong())).as("told once").isFalse();
    }

    @Test
    void silenceWithoutARequestIsNone() {
        interest();

        clock.advance(Duration.ofHours(1));

        assertThat(peer.tick(clock.getAsLong())).isFalse();
        peer.refill();
        assertThat(peer.tick(clock.getAsLong())).as("the wait has only begun").isFalse();
    }

    @Test
    void snubberIsAskedForOneBlockAndABlockMakesItWhole() throws Exception {
        interest();
        peer.refill();
        requests();
        clock.advance(RequestPipeline.SNUBBED_AFTER.plusSeconds(1));
        peer.tick(clock.getAsLong());

        peer.refill();
        var one = requests();
        assertThat(one).hasSize(1);
        deliver(one.getFirst());
        assertThat(peer.isSnubbed()).isFalse();
        peer.refill();

        assertThat(requests()).hasSizeGreaterThan(1);
    }

    /** The last block must not wait for one that is silent while another that had snubbed us, too, is well again. */
    @Test
    void whatASnubberIsAskedForIsGivenUpAfterAMinuteAgain() {
        interest();
        peer.refill();
        for (int minute = 0; minute < 3; minute++) {
            assertThat(peer.outstanding()).isPositive();
            clock.advance(RequestPipeline.SNUBBED_AFTER.plusSeconds(1));

            assertThat(peer.tick(clock.getAsLong())).as("told once").isEqualTo(minute == 0);

            assertThat(peer.outstanding()).isZero();
            peer.refill();
        }
    }

    @Test
    void chokeRejectsWhatIsQueued() throws Exception {
        peer.choke(false, false);
        peer.outbox().offer(new Outbox.Block(5, 0, BLOCK), () -> true);
        peer.outbox().offer(new Outbox.Block(6, 0, BLOCK), () -> true);

        peer.choke(true, false);

        assertThat(sent())
                .containsExactly(
                        new Unchoke(), new Choke(), new RejectRequest(5, 0, BLOCK), new RejectRequest(6, 0, BLOCK));
        assertThat(peer.queuedUploads()).isZero();
    }

    @Test
    void withoutTheFastExtensionAChokeSaysItAll() throws Exception {
        peer = peer(PLAIN);
        peer.choke(false, false);
        peer.outbox().offer(new Outbox.Block(5, 0, BLOCK), () -> true);

        peer.choke(true, false);

        assertThat(sent()).containsExactly(new Unchoke(), new Choke());
        assertThat(peer.queuedUploads()).isZero();
    }

    @Test
    void chokeIsToldWhenItChangesOnly() throws Exception {
        peer.choke(true, false);
        peer.choke(false, false);
        peer.choke(false, true);
        assertThat(peer.isOptimistic()).isTrue();
        peer.choke(true, true);

        assertThat(sent()).containsExactly(new Unchoke(), new Choke());
        assertThat(peer.isOptimistic()).isFalse();
    }

    @Test
    void piecesAreToldInTheShortestWay() throws Exception {
        var none = new BitSet();
        var some = new BitSet();
        some.set(1);
        var all = new BitSet();
        all.set(0, PIECES);

        for (BitSet pieces : List.of(none, some, all)) {
            peer.sendPieces(pieces, PIECES);
        }
        assertThat(sent()).hasExactlyElementsOfTypes(HaveNone.class, Bitfield.class, HaveAll.class);

        peer = peer(PLAIN);
        for (BitSet pieces : List.of(none, some, all)) {
            peer.sendPieces(pieces, PIECES);
        }
        assertThat(sent()).hasExactlyElementsOfTypes(Bitfield.class, Bitfield.class);
    }

    @Test
    void haveIsNotToldToWhoHasThePiece() throws Exception {
        picker.have(peer.source(), 3);

        peer.sendHave(3);
        peer.sendHave(4);

        assertThat(sent()).containsExactly(new Have(4));
    }

    @Test
    void peerThatReadsNothingIsDropped() {
        for (int i = 0; i < 100_000 && !channel.isClosed(); i++) {
            peer.choke(i % 2 == 0, false);
        }

        assertThat(channel.isClosed()).isTrue();
        assertThat(peer.closeReason()).contains("does not read what we send");
    }

    @Test
    void peerThatReadsNothingWhileAHashCheckFindsAllPiecesAgainAndAgainIsNotDroppedForIt() throws Exception {
        for (int i = 0; i < 100 * PIECES; i++) {
            peer.sendHave(i % PIECES);
        }

        assertThat(channel.isClosed()).isFalse();
        assertThat(sent()).hasSize(PIECES);
    }

    @Test
    void firstReasonOfACloseIsKept() {
        peer.close("first");
        peer.close("second");

        assertThat(peer.closeReason()).contains("first");
        assertThat(channel.isClosed()).isTrue();
    }

    @Test
    void allowedPiecesAreRememberedAndTold() throws Exception {
        peer.allowFast(Set.of(8));

        assertThat(peer.allowedFast()).containsExactly(8);
        assertThat(sent()).containsExactly(new Message.AllowedFast(8));
    }
}

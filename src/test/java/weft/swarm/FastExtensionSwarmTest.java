package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.FakePeer;
import weft.kit.Message;
import weft.kit.Message.AllowedFast;
import weft.kit.Message.Bitfield;
import weft.kit.Message.Cancel;
import weft.kit.Message.Choke;
import weft.kit.Message.Have;
import weft.kit.Message.HaveAll;
import weft.kit.Message.HaveNone;
import weft.kit.Message.Interested;
import weft.kit.Message.Piece;
import weft.kit.Message.RejectRequest;
import weft.kit.Message.Request;
import weft.kit.Message.SuggestPiece;
import weft.kit.Message.Unchoke;
import weft.kit.Node;
import weft.kit.SharedTorrent;
import weft.kit.SwarmExtension;

/** BEP 6, as a peer at the other end of the line sees it. Pieces have two blocks. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FastExtensionSwarmTest {
    private static final int PIECES = 64;
    private static final int BLOCK = 16 * 1024;

    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension();

    private SharedTorrent share() throws Exception {
        return swarm.share(Content.ofLength(PIECES * 2 * BLOCK));
    }

    /** A seed with one slot, which is taken: whoever comes is choked. */
    private static Node busySeed(SharedTorrent shared) throws Exception {
        var seed = shared.open(
                shared.seededDirectory(),
                SwarmExtension.clientOptions().withUploadSlotsPerTorrent(1),
                options -> options);
        seed.awaitComplete();
        var favourite = shared.dial(seed, "127.0.0.2").shakeHands();
        favourite.send(new HaveNone(), new Interested());
        favourite.await(Unchoke.class);
        return seed;
    }

    @Test
    void seedSaysHaveAll() throws Exception {
        var shared = share();

        shared.connect(shared.seed()).expect(HaveAll.class);
    }

    @Test
    void emptyLeecherSaysHaveNone() throws Exception {
        var shared = share();

        shared.connect(shared.leecher()).expect(HaveNone.class);
    }

    @Test
    void withoutTheExtensionASeedSaysABitfieldWithoutSpareBits() throws Exception {
        var shared = swarm.share(Content.ofLength(2 * BLOCK * 11));

        var peer = shared.dial(shared.seed(), "127.0.0.1").shakeHands(FakePeer.PLAIN);

        var bitfield = peer.expect(Bitfield.class);
        assertThat(bitfield.bits().get(0)).isEqualTo((byte) 0xff);
        assertThat(bitfield.bits().get(1)).isEqualTo((byte) 0b1110_0000);
    }

    @Test
    void withoutTheExtensionAnEmptyLeecherSaysNothing() throws Exception {
        var shared = share();
        var peer = shared.dial(shared.leecher(), "127.0.0.1").shakeHands(FakePeer.PLAIN);

        peer.send(new Have(3), new Unchoke());

        peer.expect(Interested.class);
        assertThat(peer.expect(Request.class).piece()).isEqualTo(3);
    }

    @Test
    void peerThatHasSomeSaysABitfieldEvenWithTheExtension() throws Exception {
        var shared = share();
        var leecher = shared.leecher();
        var giver = shared.connect(leecher);
        giver.send(new HaveNone(), new Have(5), new Unchoke());
        for (Request request : giver.await(2, Request.class)) {
            giver.serve(request);
        }
        giver.await(Message.NotInterested.class);

        var pieces = shared.connect(leecher).expect(Bitfield.class).pieces();

        assertThat(pieces.stream()).containsExactly(5);
    }

    @Test
    void chokedRequestIsRejected() throws Exception {
        var shared = share();
        var peer = shared.connect(busySeed(shared));
        peer.expect(HaveAll.class);

        peer.send(new HaveNone(), new Request(7, BLOCK, BLOCK));

        assertThat(peer.expect(RejectRequest.class)).isEqualTo(new RejectRequest(7, BLOCK, BLOCK));
    }

    @Test
    void requestForAPieceThatIsNotThereIsRejected() throws Exception {
        var shared = share();
        var peer = shared.connect(shared.leecher());
        peer.expect(HaveNone.class);

        peer.send(new HaveNone(), new Request(7, 0, BLOCK));

        assertThat(peer.expect(RejectRequest.class)).isEqualTo(new RejectRequest(7, 0, BLOCK));
    }

    @Test
    void chokedPeerMayHaveItsAllowedFastPieces() throws Exception {
        var shared = share();
        var peer = shared.connect(busySeed(shared));
        peer.send(new HaveNone(), new Interested());
        Set<Integer> allowed = new HashSet<>();
        for (AllowedFast message : peer.await(10, AllowedFast.class)) {
            allowed.add(message.piece());
        }

        for (int piece : allowed) {
            peer.send(new Request(piece, 0, BLOCK), new Request(piece, BLOCK, BLOCK));
        }

        assertThat(allowed).hasSize(10);
        for (int i = 0; i < 20; i++) {
            var block = peer.expect(Piece.class);
            assertThat(allowed).contains(block.piece());
            assertThat(block).isEqualTo(peer.answerTo(new Request(block.piece(), block.begin(), BLOCK)));
        }
        int other = firstMissing(allowed);
        peer.send(new Request(other, 0, BLOCK));
        assertThat(peer.expect(RejectRequest.class).piece()).isEqualTo(other);
    }

    private static int firstMissing(Set<Integer> pieces) {
        int piece = 0;
        while (pieces.contains(piece)) {
            piece++;
        }
        return piece;
    }

    /** Not for ever, or it would be a slot. libtorrent's figure: each block three times. */
    @Test
    void allowedFastPiecesAreServedAFewTimesOnly() throws Exception {
        var shared = share();
        var peer = shared.connect(busySeed(shared));
        peer.send(new HaveNone(), new Interested());
        int piece = peer.await(10, AllowedFast.class).getFirst().piece();

        int served = 0;
        while (true) {
            peer.send(new Request(piece, 0, BLOCK));
            if (peer.next() instanceof RejectRequest) {
                break;
            }
            served++;
        }

        assertThat(served).isEqualTo(10 * 2 * 3);
    }

    private static void becomeUnchoked(FakePeer leecher) throws Exception {
        leecher.expect(HaveAll.class);
        leecher.send(new HaveNone(), new Interested());
        leecher.expect(Unchoke.class);
    }

    private static List<Request> hundredRequests() {
        return IntStream.range(0, 100)
                .mapToObj(i -> new Request(i / 2, i % 2 * BLOCK, BLOCK))
                .toList();
    }

    @Test
    void everyRequestThatAChokeVoidsIsRejectedOnce() throws Exception {
        var shared = share();
        var storage = shared.seededStorage();
        var seed = shared.seed(options -> options.withStorage(storage));
        var peer = shared.connect(seed);
        becomeUnchoked(peer);
        storage.stall();
        var asked = hundredRequests();
        peer.send(asked.toArray(Message[]::new));
        Await.until("the writer waits for the storage", storage::isWaitedFor);

        seed.torrent().pause();
        Await.until("it is choked", () -> seed.torrent().peers().getFirst().amChoking());
        storage.resume();

        var answered = new ArrayList<Request>();
        boolean choked = false;
        while (answered.size() < asked.size()) {
            switch (peer.next()) {
                case Piece block ->
                    answered.add(new Request(
                            block.piece(), block.begin(), block.block().limit()));
                case RejectRequest reject -> {
                    assertThat(choked).as("rejects come after the choke").isTrue();
                    answered.add(new Request(reject.piece(), reject.begin(), reject.length()));
                }
                case Choke choke -> choked = true;
                case Message other -> assertThat(other).isNull();
            }
        }
        assertThat(answered).containsExactlyInAnyOrderElementsOf(asked);
        assertThat(choked).isTrue();
    }

    @Test
    void cancelledRequestIsRejectedAndNotServed() throws Exception {
        var shared = share();
        var storage = shared.seededStorage();
        var seed = shared.seed(options -> options.withStorage(storage));
        var peer = shared.connect(seed);
        becomeUnchoked(peer);
        storage.stall();
        var asked = hundredRequests();
        var last = asked.getLast();

        peer.send(asked.toArray(Message[]::new));
        peer.send(new Cancel(last.piece(), last.begin(), last.length()));
        peer.send(new Request(PIECES - 1, 0, 1)); // answered after the cancel
        peer.send(new Have(0));
        Await.until(
                "all that has been read",
                () -> seed.torrent().peers().getFirst().progress() > 0);
        storage.resume();

        int blocks = 0;
        boolean rejected = false;
        boolean ended = false;
        while (!ended || !rejected) {
            switch (peer.next()) {
                case Piece block -> {
                    assertThat(block.piece() == last.piece() && block.begin() == last.begin())
                            .isFalse();
                    blocks++;
                    ended = block.piece() == PIECES - 1;
                }
                case RejectRequest reject -> {
                    assertThat(reject).isEqualTo(new RejectRequest(last.piece(), last.begin(), last.length()));
                    rejected = true;
                }
                case Message other -> assertThat(other).isNull();
            }
        }
        assertThat(blocks).isEqualTo(asked.size() - 1 + 1);
    }

    @Test
    void allowedFastPieceIsAskedForWhileChoked() throws Exception {
        var shared = share();
        var leecher = shared.leecher();
        var peer = shared.connect(leecher);

        peer.send(new HaveAll(), new AllowedFast(3));
        for (Request request : peer.await(2, Request.class)) {
            assertThat(request.piece()).isEqualTo(3);
            peer.serve(request);
        }

        Await.until("the piece is there", () -> leecher.torrent().pieces().get(3));
        assertThat(leecher.torrent().pieces().stream()).containsExactly(3);
    }

    /** Or both would be busy with nothing else. The barrier: a request of the peer's own, which is rejected. */
    @Test
    void rejectedAllowedFastPieceIsNotAskedAgainWhileChoked() throws Exception {
        var shared = share();
        var peer = shared.connect(shared.leecher());
        peer.send(new HaveAll(), new AllowedFast(3));
        for (Request request : peer.await(2, Request.class)) {
            peer.send(RejectRequest.of(request));
        }

        peer.send(new Request(0, 0, BLOCK));
        peer.await(RejectRequest.class);
        peer.send(new Request(0, 0, BLOCK));
        peer.await(RejectRequest.class);

        assertThat(peer.passedOver()).noneMatch(Request.class::isInstance);
        peer.send(new Unchoke());
        peer.await(Request.class);
    }

    @Test
    void suggestedPieceIsAskedForFirst() throws Exception {
        var shared = share();
        var peer = shared.connect(shared.leecher());

        peer.send(new HaveAll(), new SuggestPiece(41), new Unchoke());

        assertThat(peer.await(2, Request.class)).extracting(Request::piece).containsExactly(41, 41);
    }

    @Test
    void whatAChokeVoidsIsAskedForAgainAfterRejectsAndUnchoke() throws Exception {
        var shared = swarm.share(Content.ofLength(4 * BLOCK));
        var leecher = shared.leecher();
        var peer = shared.connect(leecher);
        peer.send(new HaveAll(), new Unchoke());
        var first = peer.await(4, Request.class);

        peer.send(new Choke());
        for (Request request : first) {
            peer.send(RejectRequest.of(request));
        }
        peer.send(new Unchoke());

        var second = peer.await(4, Request.class);
        assertThat(second).containsExactlyInAnyOrderElementsOf(first);
        for (Request request : second) {
            peer.serve(request);
        }
        leecher.awaitComplete();
    }

    /** BEP 6: a choke voids nothing by itself; what was asked for still comes, or a reject. */
    @Test
    void blockThatComesAfterAChokeIsTaken() throws Exception {
        var shared = swarm.share(Content.ofLength(4 * BLOCK));
        var leecher = shared.leecher();
        var peer = shared.connect(leecher);
        peer.send(new HaveAll(), new Unchoke());
        var asked = peer.await(4, Request.class);

        peer.send(new Choke());
        for (Request request : asked) {
            peer.serve(request);
        }

        leecher.awaitComplete();
        assertThat(leecher.torrent().snapshot().wasted()).isZero();
    }

    @Test
    void withoutTheExtensionAChokeVoidsAllRequests() throws Exception {
        var shared = swarm.share(Content.ofLength(4 * BLOCK));
        var leecher = shared.leecher();
        var peer = shared.dial(leecher, "127.0.0.1").shakeHands(FakePeer.PLAIN);
        var all = new BitSet();
        all.set(0, 2);
        peer.send(Bitfield.of(all, 2), new Unchoke());
        var first = peer.await(4, Request.class);

        peer.send(new Choke(), new Unchoke());

        var second = peer.await(4, Request.class);
        assertThat(second).containsExactlyInAnyOrderElementsOf(first);
        for (Request request : second) {
            peer.serve(request);
        }
        leecher.awaitComplete();
    }

    @Test
    void fastMessageThatWasNotAgreedOnEndsTheConnection() throws Exception {
        var shared = share();
        var leecher = shared.leecher();
        var peer = shared.dial(leecher, "127.0.0.1").shakeHands(FakePeer.PLAIN);

        peer.send(new HaveAll());

        assertThat(peer.untilClosed()).isEmpty();
        leecher.awaitDisconnect("have all: the Fast Extension was not agreed on");
    }

    @Test
    void extensionBitIsSaidInBothDirections() throws Exception {
        var shared = share();
        var leecher = shared.leecher();
        var incoming = shared.dial(leecher, "127.0.0.1");
        incoming.sendHandshake(FakePeer.FAST);
        var server = shared.listen("127.0.0.2");
        leecher.connectTo(server);
        var outgoing = server.accept();

        var reserved = List.of(
                incoming.expectHandshake().reserved(),
                outgoing.expectHandshake().reserved());

        assertThat(reserved).allMatch(bits -> (bits & FakePeer.FAST) != 0);
    }
}

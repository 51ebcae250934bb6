package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.TorrentState;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.FakePeer;
import weft.kit.Message;
import weft.kit.Message.Bitfield;
import weft.kit.Message.Cancel;
import weft.kit.Message.Have;
import weft.kit.Message.HaveAll;
import weft.kit.Message.HaveNone;
import weft.kit.Message.Interested;
import weft.kit.Message.KeepAlive;
import weft.kit.Message.NotInterested;
import weft.kit.Message.Piece;
import weft.kit.Message.RejectRequest;
import weft.kit.Message.Request;
import weft.kit.Message.Unchoke;
import weft.kit.Scripts;
import weft.kit.SharedTorrent;
import weft.kit.SwarmExtension;

/** What Weft says to a peer, and when. Pieces have two blocks. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ConversationSwarmTest {
    private static final int BLOCK = 16 * 1024;

    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension();

    private SharedTorrent share(int pieces) throws Exception {
        return swarm.share(Content.ofLength(pieces * 2 * BLOCK));
    }

    private static Bitfield bitfield(SharedTorrent shared, int... pieces) {
        var set = new BitSet();
        for (int piece : pieces) {
            set.set(piece);
        }
        return Bitfield.of(set, shared.pieceCount());
    }

    // --- interest and HAVE

    @Test
    void interestFollowsTheTruth() throws Exception {
        var shared = share(4);
        var peer = shared.connect(shared.leecher());
        peer.expect(HaveNone.class);

        peer.send(bitfield(shared, 1), new Unchoke());
        peer.expect(Interested.class);
        for (Request request : peer.await(2, Request.class)) {
            peer.serve(request);
        }
        peer.expect(NotInterested.class);
        peer.send(new Have(2));

        peer.expect(Interested.class);
        assertThat(peer.await(2, Request.class)).extracting(Request::piece).containsOnly(2);
    }

    @Test
    void haveIsToldToThoseWhoLackThePieceOnly() throws Exception {
        var shared = share(4);
        var leecher = shared.leecher();
        var giver = shared.dial(leecher, "127.0.0.2").shakeHands();
        var taker = shared.dial(leecher, "127.0.0.3").shakeHands();
        taker.send(new HaveNone());
        giver.send(bitfield(shared, 0, 1), new Unchoke());
        for (Request request : giver.await(4, Request.class)) {
            giver.serve(request);
        }

        assertThat(taker.await(2, Have.class)).extracting(Have::piece).containsExactlyInAnyOrder(0, 1);
        giver.await(NotInterested.class);

        assertThat(giver.passedOver()).noneMatch(Have.class::isInstance);
    }

    @Test
    void leecherServesWhatItHas() throws Exception {
        var shared = share(4);
        var leecher = shared.leecher();
        var giver = shared.dial(leecher, "127.0.0.2").shakeHands();
        giver.send(bitfield(shared, 2), new Unchoke());
        for (Request request : giver.await(2, Request.class)) {
            giver.serve(request);
        }
        var taker = shared.dial(leecher, "127.0.0.3").shakeHands();
        taker.send(new HaveNone(), new Interested());
        taker.await(Unchoke.class);
        Await.until("the piece is there", () -> leecher.torrent().pieces().get(2));
        var request = new Request(2, 100, 1000);

        taker.send(request);

        assertThat(taker.await(Piece.class)).isEqualTo(taker.answerTo(request));
    }

    /** As aria2 does where that is no longer than haves: in a torrent of 32 pieces after each of them. */
    @Test
    void peerMayTellEachOfItsPiecesByABitfield() throws Exception {
        var shared = share(32);
        var leecher = shared.leecher();
        var peer = shared.connect(leecher);

        for (int count = 0; count <= 32; count++) {
            peer.send(bitfield(shared, IntStream.range(0, count).toArray()));
        }

        Await.until(
                () -> "all are known, but " + leecher.torrent().disconnects(),
                () -> leecher.torrent().peers().stream().anyMatch(each -> each.progress() == 1));
    }

    @Test
    void peerThatTellsTheSamePiecesOverAndOverIsDropped() throws Exception {
        var shared = share(32);
        var leecher = shared.leecher();
        var peer = shared.connect(leecher);

        peer.send(Collections.nCopies(400, bitfield(shared, 1)).toArray(Message[]::new));

        Await.until(
                "it is dropped",
                () -> leecher.torrent().disconnects().toString().contains("bitfield: far too many messages"));
    }

    // --- sharing the work between peers

    @Test
    void noBlockIsAskedOfTwoPeersWhileOthersAreFree() throws Exception {
        var shared = share(64); // 128 blocks
        var leecher = shared.leecher();
        var first = shared.dial(leecher, "127.0.0.2").shakeHands();
        first.send(new HaveAll(), new Unchoke());
        var second = shared.dial(leecher, "127.0.0.3").shakeHands();
        second.send(new HaveAll(), new Unchoke());

        var asked = new ArrayList<>(first.await(8, Request.class));
        asked.addAll(second.await(8, Request.class));

        assertThat(asked).doesNotHaveDuplicates();
    }

    @Test
    void whatALostPeerWasAskedForIsAskedOfAnother() throws Exception {
        var shared = share(2);
        var leecher = shared.leecher();
        var first = shared.dial(leecher, "127.0.0.2").shakeHands();
        first.send(new HaveAll(), new Unchoke());
        var asked = first.await(4, Request.class);
        first.serve(asked.getFirst());
        first.close();
        var second = shared.dial(leecher, "127.0.0.3").shakeHands();
        second.send(new HaveAll(), new Unchoke());

        var rest = second.await(3, Request.class);
        for (Request request : rest) {
            second.serve(request);
        }

        leecher.awaitComplete();
        assertThat(rest).containsExactlyInAnyOrderElementsOf(asked.subList(1, 4));
    }

    @Test
    void endgameCompletesThoughAPeerStallsInTheMiddleAndCancelsWhatItOwes() throws Exception {
        var shared = share(8); // 16 blocks
        var leecher = shared.leecher();
        var slow = shared.dial(leecher, "127.0.0.2").shakeHands();
        slow.send(new HaveAll(), new Unchoke());
        var asked = slow.await(8, Request.class);
        for (Request request : asked.subList(0, 3)) {
            slow.serve(request);
        }

        leecher.connectTo(shared.listen("127.0.0.3").serve(Scripts.honestSeed()));
        leecher.awaitComplete();

        leecher.assertHasContent();
        var messages = slow.untilClosed(); // seeds have nothing to trade
        var owed = new ArrayList<>(asked.subList(3, asked.size()));
        messages.stream()
                .filter(Request.class::isInstance)
                .map(Request.class::cast)
                .forEach(owed::add);
        var cancelled = messages.stream().filter(Cancel.class::isInstance).toList();
        assertThat(cancelled)
                .isNotEmpty()
                .isSubsetOf(owed.stream().map(Cancel::of).toList())
                .doesNotHaveDuplicates();
    }

    @Test
    void blockThatComesThoughItWasCancelledHarmsNothing() throws Exception {
        var shared = share(1);
        var leecher = shared.leecher();
        var slow = shared.dial(leecher, "127.0.0.2").shakeHands();
        slow.send(bitfield(shared, 0), new Unchoke());
        var asked = slow.await(2, Request.class);
        var quick = shared.dial(leecher, "127.0.0.3").shakeHands();
        quick.send(bitfield(shared, 0), new Unchoke());
        quick.serve(quick.await(Request.class));
        var cancel = slow.await(Cancel.class);

        slow.serve(new Request(cancel.piece(), cancel.begin(), cancel.length()));
        asked.remove(new Request(cancel.piece(), cancel.begin(), cancel.length()));
        slow.serve(asked.getFirst());

        Await.until("the piece is there", () -> leecher.torrent().pieces().get(0));
        assertThat(leecher.torrent().downloaded()).isEqualTo(2L * BLOCK);
        Await.until("it is counted as waste", () -> leecher.torrent().snapshot().wasted() == BLOCK);
    }

    // --- staying and going

    @Test
    void keepAlivesAreTaken() throws Exception {
        var shared = share(2);
        var leecher = shared.leecher();
        var peer = shared.connect(leecher);

        peer.send(new KeepAlive(), new KeepAlive(), new HaveAll(), new KeepAlive(), new Unchoke(), new KeepAlive());
        for (Request request : peer.await(4, Request.class)) {
            peer.send(new KeepAlive());
            peer.serve(request);
        }

        leecher.awaitComplete();
    }

    @Test
    void messagesThatNobodyKnowsAreSkipped() throws Exception {
        var shared = share(2);
        var leecher = shared.leecher();
        var peer = shared.connect(leecher);

        peer.send(
                new Message.Other(
                        20, ByteBuffer.wrap("\0d1:md11:ut_metadatai3eee".getBytes(StandardCharsets.US_ASCII))),
                new HaveAll(),
                new Message.Port(6881),
                new Message.Other(200, ByteBuffer.allocate(200_000)),
                new Unchoke());
        for (Request request : peer.await(4, Request.class)) {
            peer.serve(request);
        }

        leecher.awaitComplete();
    }

    @Test
    void messagesMayComeAByteAtATime() throws Exception {
        var shared = swarm.share(Content.ofLength(1000));
        var leecher = shared.leecher();
        var peer = shared.connect(leecher);
        peer.send(new HaveAll());
        for (byte one : new Unchoke().encode()) {
            peer.sendRaw(new byte[] {one});
        }

        for (byte one : peer.answerTo(peer.await(Request.class)).encode()) {
            peer.sendRaw(new byte[] {one});
        }

        leecher.awaitComplete();
        leecher.assertHasContent();
    }

    @Test
    void seedThatMeetsASeedSaysThatThereIsNothingToTrade() throws Exception {
        var shared = share(2);
        var seed = shared.seed();
        var peer = shared.connect(seed);

        peer.send(new HaveAll());

        peer.untilClosed();
        seed.awaitDisconnect("nothing to trade");
    }

    @Test
    void secondConnectionOfTheSamePeerIsRefused() throws Exception {
        var shared = share(2);
        var leecher = shared.leecher();
        var first = shared.dial(leecher, "127.0.0.2").shakeHands();
        leecher.awaitPeers(1);

        var second = shared.dial(leecher, "127.0.0.3").withId(first.id()).shakeHands();

        second.untilClosed();
        first.send(new HaveAll());
        first.await(Interested.class);
        leecher.awaitPeers(1);
    }

    /** One connection each way: the one that the side with the greater peer id has dialled stays. */
    @Test
    void ofTwoThatDialEachOtherBothKeepTheSameConnection() throws Exception {
        for (boolean theyAreGreater : List.of(true, false)) {
            var shared = share(2);
            var leecher = shared.leecher();
            var id = leecher.torrent().peerId();
            id[0] += (byte) (theyAreGreater ? 1 : -1);
            var server = shared.listen("127.0.0.2");
            leecher.connectTo(server);
            var dialledByWeft = server.accept().withId(id).shakeHands();
            leecher.awaitPeers(1);

            var dialledByPeer = shared.dial(leecher, "127.0.0.2").withId(id).shakeHands();

            var leaving = theyAreGreater ? dialledByWeft : dialledByPeer;
            var staying = theyAreGreater ? dialledByPeer : dialledByWeft;
            leaving.untilClosed();
            staying.send(new HaveAll());
            staying.await(Interested.class);
            leecher.awaitPeers(1);
        }
    }

    @Test
    void peerWithOurOwnIdIsLetGo() throws Exception {
        var shared = share(2);
        var leecher = shared.leecher();

        var peer = shared.dial(leecher, "127.0.0.2")
                .withId(leecher.torrent().peerId())
                .shakeHands();

        assertThat(peer.untilClosed()).isEmpty();
        leecher.awaitPeers(0);
    }

    @Test
    void peerThatAsksForAnotherTorrentIsClosedWithoutAWord() throws Exception {
        var shared = share(2);
        var leecher = shared.leecher();
        var peer = shared.dial(leecher, "127.0.0.2");

        peer.sendRaw(FakePeer.handshake(FakePeer.FAST, new byte[20], peer.id()));

        assertThat(peer.untilClosed()).isEmpty();
    }

    @Test
    void dialledPeerWithAnotherTorrentIsNamedInTheReason() throws Exception {
        var shared = share(2);
        var leecher = shared.leecher();
        var server = shared.listen("127.0.0.2");
        leecher.connectTo(server);
        var peer = server.accept();

        peer.sendRaw(FakePeer.handshake(FakePeer.FAST, new byte[20], peer.id()));

        leecher.awaitDisconnect("handshake: for torrent 0000000000000000000000000000000000000000");
    }

    /** The peer id may come later: the acceptor answers as soon as it knows the torrent. */
    @Test
    void handshakeIsAnsweredBeforeThePeerIdHasCome() throws Exception {
        var shared = share(2);
        var leecher = shared.leecher();
        var peer = shared.dial(leecher, "127.0.0.2");
        var handshake =
                FakePeer.handshake(FakePeer.FAST, shared.metainfo().infoHash().truncated(), peer.id());

        peer.sendRaw(Arrays.copyOf(handshake, 48));
        peer.expectHandshake();
        peer.sendRaw(Arrays.copyOfRange(handshake, 48, 68));

        peer.expect(HaveNone.class);
        leecher.awaitPeers(1);
    }

    // --- pausing

    @Test
    void pausedSeedChokesEverybodyAndServesNobody() throws Exception {
        var shared = share(2);
        var seed = shared.seed();
        var peer = shared.connect(seed);
        peer.send(new HaveNone(), new Interested());
        peer.await(Unchoke.class);

        seed.torrent().pause();
        peer.expect(Message.Choke.class);
        peer.send(new Request(0, 0, BLOCK));
        peer.expect(RejectRequest.class);
        seed.torrent().start();

        peer.expect(Unchoke.class);
        var request = new Request(0, 0, BLOCK);
        peer.send(request);
        assertThat(peer.expect(Piece.class)).isEqualTo(peer.answerTo(request));
    }

    @Test
    void pausedLeecherKeepsItsPeersAndAsksForNothing() throws Exception {
        var shared = share(64);
        var leecher = shared.leecher();
        var peer = shared.connect(leecher);
        peer.send(bitfield(shared, 0));
        peer.await(Interested.class);

        leecher.torrent().pause();
        peer.expect(NotInterested.class);
        leecher.awaitState(TorrentState.PAUSED);
        peer.send(new Unchoke(), new Have(1), new Request(9, 0, BLOCK));
        peer.expect(RejectRequest.class); // the answer comes after what the unchoke would have led to

        leecher.awaitPeers(1);
        leecher.torrent().start();
        peer.expect(Interested.class);
        peer.expect(Request.class);
    }

    @Test
    void pausedTorrentAcceptsPeers() throws Exception {
        var shared = share(2);
        var leecher = shared.leecher();
        leecher.torrent().pause();
        leecher.awaitState(TorrentState.PAUSED);

        var peer = shared.connect(leecher);
        peer.send(new HaveAll(), new Unchoke());
        leecher.awaitPeers(1);
        leecher.torrent().start();

        for (Request request : peer.await(4, Request.class)) {
            peer.serve(request);
        }
        leecher.awaitComplete();
    }

    @Test
    void stoppedTorrentHasNoPeersAndTakesNone() throws Exception {
        var shared = share(2);
        var leecher = shared.leecher();
        var peer = shared.connect(leecher);
        leecher.awaitPeers(1);

        leecher.torrent().stop();
        peer.untilClosed();
        leecher.awaitState(TorrentState.STOPPED);
        var another = shared.dial(leecher, "127.0.0.2");
        another.sendHandshake(FakePeer.FAST);

        assertThat(another.untilClosed()).isEmpty();
        leecher.awaitPeers(0);
    }

    @Test
    void bannedPeerIsNotDialledAgain() throws Exception {
        var shared = share(2);
        var leecher = shared.leecher();
        var server = shared.listen("127.0.0.2").serve(Scripts.seed((request, peer) -> peer.send(peer.lieTo(request))));

        leecher.connectTo(server).awaitDisconnect("banned");
        leecher.torrent().stop();
        leecher.awaitState(TorrentState.STOPPED);
        leecher.torrent().start(); // known addresses are tried at once
        Await.until(
                "the address is forgotten", () -> leecher.torrent().snapshot().knownPeers() == 0);

        assertThat(server.accepted()).isOne();
    }
}

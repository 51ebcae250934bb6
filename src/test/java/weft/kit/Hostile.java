package weft.kit;

import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import weft.kit.Message.AllowedFast;
import weft.kit.Message.Bitfield;
import weft.kit.Message.Cancel;
import weft.kit.Message.Have;
import weft.kit.Message.HaveAll;
import weft.kit.Message.HaveNone;
import weft.kit.Message.Interested;
import weft.kit.Message.Other;
import weft.kit.Message.Piece;
import weft.kit.Message.RejectRequest;
import weft.kit.Message.Request;
import weft.kit.Message.SuggestPiece;
import weft.kit.Message.Unchoke;

/**
 * Peers as one does not want them, each as a script that can be played on a connection in either direction. An honest
 * transfer must complete with any of them about.
 */
public enum Hostile {
    /** Every block has a wrong byte. */
    CORRUPT_BLOCKS(Fate.BANNED, Scripts.seed((request, peer) -> peer.send(peer.lieTo(request)))),

    /** Only one piece is wrong, all others are right. */
    ONE_CORRUPT_PIECE(
            Fate.BANNED,
            Scripts.seed(
                    (request, peer) -> peer.send(request.piece() == 1 ? peer.lieTo(request) : peer.answerTo(request)))),

    /** Blocks shorter than asked for. */
    SHORT_BLOCKS(
            Fate.DROPPED, Scripts.seed((request, peer) -> peer.send(resized(peer, request, request.length() - 1)))),

    /** Blocks longer than asked for. */
    LONG_BLOCKS(Fate.DROPPED, Scripts.seed((request, peer) -> peer.send(resized(peer, request, request.length() + 1)))),

    /** Blocks without a byte in them. */
    EMPTY_BLOCKS(Fate.DROPPED, Scripts.seed((request, peer) -> peer.send(resized(peer, request, 0)))),

    /** The right bytes, said to be those of another block. */
    MISPLACED_BLOCKS(
            Fate.DROPPED,
            Scripts.seed((request, peer) -> peer.send(new Piece(
                    (request.piece() + 1) % peer.torrent().pieceCount(),
                    request.begin(),
                    peer.answerTo(request).block())))),

    /** Blocks at offsets that are no block's. */
    CROOKED_BLOCKS(
            Fate.DROPPED,
            Scripts.seed((request, peer) -> peer.send(new Piece(
                    request.piece(),
                    request.begin() + 1,
                    resized(peer, request, 100).block())))),

    /** Blocks that nobody asked for, without end. */
    UNREQUESTED_BLOCKS(Fate.DROPPED, peer -> {
        peer.shakeHands();
        peer.send(new HaveAll(), new Unchoke());
        while (true) {
            peer.send(new Piece(0, 0, ByteBuffer.wrap(peer.torrent().block(0, 0, 1000))));
        }
    }),

    /** Every block a hundred times. */
    REPEATED_BLOCKS(Fate.DROPPED, Scripts.seed((request, peer) -> {
        for (int i = 0; i < 100; i++) {
            peer.serve(request);
        }
    })),

    /** Serves nothing, though it says it would. */
    SILENT_SEED(Fate.ANY, Scripts.seed((request, peer) -> {})),

    /** Rejects everything it is asked for. */
    REJECTING_SEED(
            Fate.ANY,
            Scripts.seed((request, peer) ->
                    peer.send(new RejectRequest(request.piece(), request.begin(), request.length())))),

    /** Connects and says nothing. */
    SILENT(Fate.ANY, Hostile::readForEver),

    /** Half a handshake, and silence. */
    HALF_A_HANDSHAKE(Fate.ANY, peer -> {
        peer.sendRaw(Arrays.copyOf(ourHandshake(peer), 30));
        readForEver(peer);
    }),

    /** A handshake at one byte in a while. */
    DRIPPING(Fate.ANY, peer -> {
        for (byte one : ourHandshake(peer)) {
            peer.sendRaw(new byte[] {one});
            pause(20);
        }
        readForEver(peer);
    }),

    /** Another protocol. */
    GARBAGE_HANDSHAKE(Fate.ANY, peer -> {
        peer.sendRaw(
                "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: somebody who is lost\r\nAccept: everything\r\n\r\n"
                        .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        readForEver(peer);
    }),

    /** Another torrent. */
    WRONG_INFO_HASH(Fate.ANY, peer -> {
        peer.sendRaw(FakePeer.handshake(FakePeer.FAST, new byte[20], peer.id()));
        readForEver(peer);
    }),

    /** A message of four gigabytes, as it says. */
    ABSURD_LENGTH(Fate.DROPPED, raw(0xff, 0xff, 0xff, 0xff, 7, 1, 2, 3)),

    /** A message of two gigabytes less a byte. */
    GREAT_LENGTH(Fate.DROPPED, raw(0x7f, 0xff, 0xff, 0xff, 20)),

    /** A choke with a payload. */
    WRONG_FIXED_LENGTH(Fate.DROPPED, raw(0, 0, 0, 2, 0, 0)),

    /** A have that is cut short. */
    SHORT_HAVE(Fate.DROPPED, raw(0, 0, 0, 3, 4, 0, 0)),

    /** A bitfield of the wrong length. */
    SHORT_BITFIELD(Fate.DROPPED, afterHandshake(peer -> peer.send(new Bitfield(ByteBuffer.allocate(1))))),

    /** A bitfield with bits set for pieces beyond the last. */
    SPARE_BITS(Fate.DROPPED, afterHandshake(peer -> {
        var bits = new byte[(peer.torrent().pieceCount() + 7) / 8];
        Arrays.fill(bits, (byte) 0xff);
        peer.send(new Bitfield(ByteBuffer.wrap(bits)));
    })),

    /** Says twice what it has, and contradicts itself. */
    TWO_STORIES(Fate.DROPPED, afterHandshake(peer -> peer.send(new HaveAll(), new HaveNone()))),

    /** Has a piece that does not exist. */
    ABSURD_HAVE(Fate.DROPPED, afterHandshake(peer -> peer.send(new Have(Integer.MAX_VALUE)))),

    /** Has a piece with a negative number. */
    NEGATIVE_HAVE(Fate.DROPPED, afterHandshake(peer -> peer.send(new Have(-1)))),

    /** Asks for a piece that does not exist. */
    ABSURD_REQUEST(Fate.DROPPED, afterHandshake(peer -> peer.send(new Request(1 << 30, 0, 16384)))),

    /** Asks beyond the end of a piece. */
    REQUEST_PAST_END(Fate.DROPPED, afterHandshake(peer -> peer.send(new Request(0, 16384, 1 << 20)))),

    /** Asks with numbers that overflow when added. */
    OVERFLOWING_REQUEST(Fate.DROPPED, afterHandshake(peer -> peer.send(new Request(0, Integer.MAX_VALUE - 10, 16384)))),

    /** Asks for nothing. */
    EMPTY_REQUEST(Fate.DROPPED, afterHandshake(peer -> peer.send(new Request(0, 0, 0)))),

    /** Takes back what does not exist. */
    ABSURD_CANCEL(Fate.DROPPED, afterHandshake(peer -> peer.send(new Cancel(-5, 0, 16384)))),

    /** A block of a piece that does not exist. */
    ABSURD_PIECE(Fate.DROPPED, afterHandshake(peer -> peer.send(new Piece(1 << 20, 0, ByteBuffer.allocate(16384))))),

    /** Suggests and allows pieces that do not exist. */
    ABSURD_FAST(Fate.DROPPED, afterHandshake(peer -> peer.send(new SuggestPiece(-1), new AllowedFast(1 << 30)))),

    /** Rejects what nobody asked for. */
    REJECT_STORM(Fate.DROPPED, afterHandshake(peer -> {
        peer.send(new HaveAll());
        for (int i = 0; i < 1000; i++) {
            peer.send(new RejectRequest(0, 0, 16384));
        }
    })),

    /** Messages that nobody knows, long ones. */
    UNKNOWN_MESSAGES(Fate.ANY, afterHandshake(peer -> {
        for (int i = 0; i < 50; i++) {
            peer.send(new Other(99, ByteBuffer.allocate(100_000)));
        }
    })),

    /** Changes its mind ten thousand times. */
    FLIPPING_INTEREST(Fate.ANY, afterHandshake(peer -> {
        for (int i = 0; i < 10_000; i++) {
            peer.send(new Interested(), new Message.NotInterested());
        }
    })),

    /** Chokes and unchokes, thousands of times, and never serves. */
    FLIPPING_CHOKE(Fate.ANY, afterHandshake(peer -> {
        peer.send(new HaveAll());
        for (int i = 0; i < 3_000; i++) {
            peer.send(new Unchoke(), new Message.Choke());
        }
    })),

    /** Says that it has a piece, a hundred thousand times. */
    HAVE_FLOOD(Fate.ANY, afterHandshake(peer -> {
        for (int i = 0; i < 1000; i++) {
            var many = new Message[100];
            Arrays.fill(many, new Have(0));
            peer.send(many);
        }
    })),

    /** Asks for the same block, tens of thousands of times, and reads nothing. */
    REQUEST_FLOOD(Fate.ANY, peer -> {
        peer.shakeHands();
        peer.send(new Interested());
        var many = new Message[200];
        Arrays.fill(many, new Request(0, 0, 16384));
        for (int i = 0; i < 500; i++) {
            peer.send(many);
        }
    }),

    /** Comes, shakes hands and goes. */
    FLAPPING(Fate.ANY, FakePeer::shakeHands),

    /** Comes and goes without a word. */
    SLAMMING(Fate.ANY, peer -> {}),

    /** Closes its side in the middle of a block. */
    HALF_A_BLOCK(Fate.ANY, Scripts.seed((request, peer) -> {
        peer.sendRaw(Arrays.copyOf(peer.answerTo(request).encode(), 5000));
        peer.close();
    }));

    /** What must become of it. */
    public enum Fate {
        /** Its address is refused from now on. */
        BANNED,
        /** Its connection is closed. */
        DROPPED,
        /** It may be borne, as long as it harms nobody. */
        ANY
    }

    private final Fate fate;

    @SuppressWarnings("ImmutableEnumChecker") // a function without state
    private final Script script;

    Hostile(Fate fate, Script script) {
        this.fate = fate;
        this.script = script;
    }

    /** What must become of it. */
    public Fate fate() {
        return fate;
    }

    /** What it does. */
    public Script script() {
        return script;
    }

    private interface Deed {
        void on(FakePeer peer) throws IOException, InterruptedException;
    }

    private static Script afterHandshake(Deed deed) {
        return peer -> {
            peer.shakeHands();
            deed.on(peer);
            readForEver(peer);
        };
    }

    private static Script raw(int... values) {
        return afterHandshake(peer -> {
            var bytes = new byte[values.length];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) values[i];
            }
            peer.sendRaw(bytes);
        });
    }

    private static byte[] ourHandshake(FakePeer peer) {
        return FakePeer.handshake(
                FakePeer.FAST, peer.torrent().metainfo().infoHash().truncated(), peer.id());
    }

    private static Piece resized(FakePeer peer, Request request, int length) {
        var block = peer.torrent().block(request.piece(), request.begin(), request.length());
        return new Piece(request.piece(), request.begin(), ByteBuffer.wrap(Arrays.copyOf(block, length)));
    }

    private static void readForEver(FakePeer peer) throws IOException {
        peer.skipAll();
        throw new SocketException("Weft has closed the connection");
    }

    private static void pause(long millis) throws InterruptedException {
        if (new CountDownLatch(1).await(millis, TimeUnit.MILLISECONDS)) {
            throw new AssertionError();
        }
    }
}

package weft.kit;

import static weft.kit.Hostile.Fate.BANNED;
import static weft.kit.Hostile.Fate.BORNE;
import static weft.kit.Hostile.Fate.DROPPED;
import static weft.kit.Hostile.Fate.OVERDUE;
import static weft.kit.Hostile.Fate.TURNED_AWAY;
import static weft.kit.Hostile.Victim.LEECHER;
import static weft.kit.Hostile.Victim.SEED;

import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import weft.kit.Message.AllowedFast;
import weft.kit.Message.Bitfield;
import weft.kit.Message.Cancel;
import weft.kit.Message.Choke;
import weft.kit.Message.Extended;
import weft.kit.Message.Have;
import weft.kit.Message.HaveNone;
import weft.kit.Message.Interested;
import weft.kit.Message.KeepAlive;
import weft.kit.Message.NotInterested;
import weft.kit.Message.Other;
import weft.kit.Message.Piece;
import weft.kit.Message.Port;
import weft.kit.Message.RejectRequest;
import weft.kit.Message.Request;
import weft.kit.Message.SuggestPiece;
import weft.kit.Message.Unchoke;

/**
 * The catalogue of peers as one does not want them: what each does on the wire, as a {@link Script} that can be played on
 * a connection in either direction, whom it is after, and what must become of it. Whatever it is, an honest transfer
 * beside it completes, no fault of ours comes to light, and memory stays bounded.
 *
 * <p>For the tests of every feature that talks to peers: play all of them ({@code @EnumSource}) at what is new, and add to
 * the catalogue what is new to do wrong. They suit a torrent of at least two pieces of at least two blocks.
 */
public enum Hostile {

    // --- blocks

    /** Every block has a wrong byte. */
    CORRUPT_BLOCKS(LEECHER, BANNED, "sent wrong data", Scripts.seed((request, peer) -> peer.send(peer.lieTo(request)))),

    /** Only one piece is wrong, all others are right. */
    ONE_CORRUPT_PIECE(
            LEECHER,
            BANNED,
            "sent wrong data",
            Scripts.seed(
                    (request, peer) -> peer.send(request.piece() == 1 ? peer.lieTo(request) : peer.answerTo(request)))),

    /** One block in seven is wrong, now here, now there. */
    CORRUPT_NOW_AND_THEN(LEECHER, BANNED, "sent wrong data", peer -> {
        var count = new AtomicInteger();
        Scripts.seed((request, to) ->
                        to.send(count.incrementAndGet() % 7 == 0 ? to.lieTo(request) : to.answerTo(request)))
                .run(peer);
    }),

    /** Blocks shorter than asked for. */
    SHORT_BLOCKS(
            LEECHER,
            DROPPED,
            "piece: 4 blocks that nobody asked for",
            Scripts.seed((request, peer) -> peer.send(resized(peer, request, request.length() - 1)))),

    /** Blocks longer than asked for, by a byte. */
    LONG_BLOCKS(
            LEECHER,
            DROPPED,
            "piece: block of 16385 bytes",
            Scripts.seed((request, peer) -> peer.send(resized(peer, request, 16385)))),

    /** Blocks of 128 KiB, which some clients ask for and we do not. */
    HUGE_BLOCKS(
            LEECHER,
            DROPPED,
            "piece: block of 131072 bytes",
            Scripts.seed((request, peer) -> peer.send(resized(peer, request, 128 * 1024)))),

    /** Blocks without a byte in them. */
    EMPTY_BLOCKS(
            LEECHER,
            DROPPED,
            "piece: block of 0 bytes",
            Scripts.seed((request, peer) -> peer.send(resized(peer, request, 0)))),

    /** The right bytes, said to be those of another piece, which may have been asked for too or not, or be shorter. */
    MISPLACED_BLOCKS(
            LEECHER,
            DROPPED,
            "banned: sent wrong data|piece: 4 blocks that nobody asked for|piece: \\d+ bytes at \\d+ of a piece of",
            Scripts.seed((request, peer) -> peer.send(new Piece(
                    (request.piece() + 1) % peer.torrent().pieceCount(),
                    request.begin(),
                    peer.answerTo(request).block())))),

    /** Blocks at offsets that are no block's. */
    CROOKED_BLOCKS(
            LEECHER,
            DROPPED,
            "piece: 4 blocks that nobody asked for",
            Scripts.seed((request, peer) -> peer.send(new Piece(
                    request.piece(),
                    request.begin() + 1,
                    resized(peer, request, 100).block())))),

    /** Blocks that begin where their piece ends. */
    BLOCKS_PAST_THE_END(
            LEECHER,
            DROPPED,
            "piece: 16384 bytes at \\d+ of a piece of",
            Scripts.seed(
                    (request, peer) -> peer.send(new Piece(request.piece(), 1 << 20, ByteBuffer.allocate(16384))))),

    /** Blocks at a negative offset. */
    BLOCKS_BEFORE_THE_BEGINNING(
            LEECHER,
            DROPPED,
            "piece: 16384 bytes at 4294950912 of a piece of",
            Scripts.seed((request, peer) -> peer.send(new Piece(request.piece(), -16384, ByteBuffer.allocate(16384))))),

    /** Blocks of a piece that does not exist. */
    BLOCKS_OF_NO_PIECE(
            LEECHER,
            DROPPED,
            "piece: index 2147483647 >= ",
            Scripts.seed((request, peer) ->
                    peer.send(new Piece(Integer.MAX_VALUE, request.begin(), ByteBuffer.allocate(16384))))),

    /** Blocks that nobody asked for, without end. */
    UNREQUESTED_BLOCKS(LEECHER, DROPPED, "piece: 4 blocks that nobody asked for", peer -> {
        peer.shakeHands();
        peer.send(new Unchoke());
        while (true) {
            peer.send(new Piece(0, 0, ByteBuffer.wrap(peer.torrent().block(0, 0, 16384))));
        }
    }),

    /** Every block a hundred times. */
    REPEATED_BLOCKS(LEECHER, DROPPED, "piece: 4 blocks that nobody asked for", Scripts.seed((request, peer) -> {
        for (int i = 0; i < 100; i++) {
            peer.serve(request);
        }
    })),

    /** Half a block, and it is gone. */
    HALF_A_BLOCK(LEECHER, DROPPED, "closed by the peer", Scripts.seed((request, peer) -> {
        peer.sendRaw(Arrays.copyOf(peer.answerTo(request).encode(), 5000));
        peer.close();
    })),

    /** A block at one byte in a while; after two minutes it should have been whole. */
    DRIPPING_BLOCKS(LEECHER, BORNE, "", Scripts.seed((request, peer) -> {
        for (byte one : peer.answerTo(request).encode()) {
            peer.sendRaw(new byte[] {one});
            pause(20);
        }
    })),

    // --- those who do not serve

    /** Serves nothing, though it says it would; after a minute it is snubbed. */
    SILENT_SEED(LEECHER, BORNE, "", Scripts.seed((request, peer) -> {})),

    /** Rejects everything it is asked for. */
    REJECTING_SEED(
            LEECHER,
            DROPPED,
            "reject request: 1001 and not a block in between",
            Scripts.seed((request, peer) -> peer.send(RejectRequest.of(request)))),

    /** Rejects what nobody asked for. */
    UNASKED_REJECTS(LEECHER, DROPPED, "reject request: of a block that nobody asked for", afterHandshake(peer -> {
        for (int i = 0; i < 10; i++) {
            peer.send(new RejectRequest(0, 0, 16384));
        }
    })),

    /** Chokes us whenever it is asked, and unchokes us at once. */
    CHOKING_AT_EVERY_REQUEST(LEECHER, DROPPED, "(un)?choke: far too many", peer -> {
        peer.shakeHands(FakePeer.PLAIN);
        peer.send(allPieces(peer));
        Scripts.serve(peer, (request, to) -> to.send(new Choke(), new Unchoke()));
    }),

    /** Goes when it is asked for something. */
    CLOSING_AT_EVERY_REQUEST(
            LEECHER, DROPPED, "closed by the peer|reset", Scripts.seed((request, peer) -> peer.close())),

    /** Says nothing more, but reads on. */
    HALF_CLOSED(LEECHER, DROPPED, "closed by the peer", afterHandshake(FakePeer::endOutput)),

    // --- handshakes

    /** Connects and says nothing. */
    SILENT(LEECHER, OVERDUE, "has not sent its handshake in time", Hostile::readForEver),

    /** Half a handshake, and silence. */
    HALF_A_HANDSHAKE(LEECHER, OVERDUE, "has not sent its handshake in time", peer -> {
        peer.sendRaw(Arrays.copyOf(ourHandshake(peer), 30));
        readForEver(peer);
    }),

    /** All of a handshake but the peer id, which may come late, but not that late. */
    NAMELESS(LEECHER, OVERDUE, "has not sent its handshake in time", peer -> {
        peer.sendRaw(Arrays.copyOf(ourHandshake(peer), 48));
        readForEver(peer);
    }),

    /** A handshake at one byte a second. */
    DRIPPING_HANDSHAKE(LEECHER, OVERDUE, "has not sent its handshake in time", peer -> {
        for (byte one : ourHandshake(peer)) {
            peer.sendRaw(new byte[] {one});
            pause(1000);
        }
    }),

    /** Comes and goes without a word. */
    SLAMMING(LEECHER, TURNED_AWAY, "connection closed after 0 of|reset", peer -> {}),

    /** Looks for a web server. */
    HTTP_REQUEST(
            LEECHER,
            TURNED_AWAY,
            "handshake: not the BitTorrent protocol",
            saying("GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: somebody who is lost\r\nAccept: everything\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII))),

    /** Looks for a web server that keeps secrets: the beginning of a TLS ClientHello. */
    TLS_HELLO(
            LEECHER,
            TURNED_AWAY,
            "handshake: not the BitTorrent protocol",
            saying(ByteBuffer.allocate(517)
                    .put(new byte[] {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3})
                    .array())),

    /** Random bytes, as those of encrypted handshakes are. */
    NOISE_FOR_A_HANDSHAKE(LEECHER, TURNED_AWAY, "handshake: not the BitTorrent protocol", peer -> {
        peer.sendRaw(noise(1, 600));
        readForEver(peer);
    }),

    /** A protocol that is nearly ours. */
    NEARLY_THE_PROTOCOL(LEECHER, TURNED_AWAY, "handshake: not the BitTorrent protocol", peer -> {
        var handshake = ourHandshake(peer);
        handshake[19] = 'L';
        peer.sendRaw(handshake);
        readForEver(peer);
    }),

    /** Another torrent. */
    WRONG_INFO_HASH(LEECHER, TURNED_AWAY, "handshake: for torrent 0{40}|wants unknown torrent 0{40}", peer -> {
        peer.sendRaw(FakePeer.handshake(FakePeer.FAST, new byte[20], peer.id()));
        readForEver(peer);
    }),

    /** Says that it is us. */
    OUR_OWN_ID(LEECHER, TURNED_AWAY, "connected to ourselves", peer -> {
        var handshake = ourHandshake(peer);
        peer.sendRaw(Arrays.copyOf(handshake, 48));
        peer.sendRaw(peer.expectHandshake().peerId().array());
        readForEver(peer);
    }),

    /** Comes, shakes hands and goes. */
    FLAPPING(LEECHER, DROPPED, "closed by the peer|reset", FakePeer::shakeHands),

    // --- lengths and ids

    /** A message of four gigabytes, as it says. */
    ABSURD_LENGTH(LEECHER, DROPPED, "message of 4294967295 bytes > ", raw(0xff, 0xff, 0xff, 0xff, 7, 1, 2, 3)),

    /** A message of two gigabytes less a byte. */
    GREAT_LENGTH(LEECHER, DROPPED, "message of 2147483647 bytes > ", raw(0x7f, 0xff, 0xff, 0xff, 20)),

    /** A message that nobody knows, and longer than any may be. */
    LONG_UNKNOWN_MESSAGE(LEECHER, DROPPED, "message of 2097152 bytes > ", raw(0, 0x20, 0, 0, 99)),

    /** A bitfield of a megabyte. */
    GREAT_BITFIELD(LEECHER, DROPPED, "bitfield: length 1048576, not ", raw(0, 0x10, 0, 0, 5)),

    /** A block whose header says that it has no header. */
    HEADLESS_BLOCK(LEECHER, DROPPED, "piece: block of -7 bytes", raw(0, 0, 0, 2, 7, 0)),

    /** A choke with a payload. */
    WRONG_FIXED_LENGTH(LEECHER, DROPPED, "choke: length 2, not 1", raw(0, 0, 0, 2, 0, 0)),

    /** A have that is cut short. */
    SHORT_HAVE(LEECHER, DROPPED, "have: length 3, not 5", raw(0, 0, 0, 3, 4, 0, 0)),

    /** A request that goes on after its end. */
    LONG_REQUEST(SEED, DROPPED, "request: length 17, not 13", raw(0, 0, 0, 17, 6)),

    /** Messages of an extension that was not agreed on. */
    UNAGREED_FAST_MESSAGES(LEECHER, DROPPED, "suggest piece: the Fast Extension was not agreed on", peer -> {
        peer.shakeHands(FakePeer.PLAIN);
        peer.send(new SuggestPiece(0));
        readForEver(peer);
    }),

    // --- the extension protocol

    /** An extension handshake that is not bencoded, from one with whom that protocol was not agreed on. */
    EXTENSION_GARBAGE(
            LEECHER, BORNE, "", afterHandshake(peer -> peer.send(new Other(20, ByteBuffer.wrap(noise(2, 5000)))))),

    /** An extension handshake that is not bencoded, where it counts. */
    EXTENSION_HANDSHAKE_GARBAGE(
            LEECHER,
            DROPPED,
            "extension handshake: ",
            extended(peer -> peer.send(new Extended(0, ByteBuffer.wrap(noise(3, 5000)))))),

    /** An extension handshake in which nothing can be. */
    ABSURD_EXTENSION_HANDSHAKE(LEECHER, BORNE, "", extended(peer -> {
        var names = new StringBuilder();
        for (int i = 0; i < 3000; i++) {
            names.append("6:x%05di255e".formatted(i));
        }
        peer.send(Extended.of(
                0,
                "d1:md" + names + "e13:metadata_sizei9223372036854775807e1:pi-1e4:reqqi0e11:upload_only3:yes1:v1000:"
                        + "v".repeat(1000) + "6:yourip3:abce"));
    })),

    /** Names ever more extensions, in ever more handshakes. */
    EVER_MORE_EXTENSIONS(LEECHER, DROPPED, "far too many|extension handshake: said 1001 times", extended(peer -> {
        for (int i = 0; i < 10_000; i++) {
            peer.send(Extended.handshake(Map.of("x%058d".formatted(i), 1)));
        }
    })),

    /** Says the same handshake without end. */
    EXTENSION_HANDSHAKE_FLOOD(
            LEECHER,
            DROPPED,
            "far too many|extension handshake: said 1001 times",
            extended(peer -> flood(peer, Extended.handshake(Map.of("ut_metadata", 3))))),

    /** Messages under numbers that we have given to nobody, without end. */
    UNKNOWN_EXTENSIONS(
            LEECHER,
            DROPPED,
            "extended: far too many",
            extended(peer -> flood(peer, Extended.of(200, "x"), Extended.of(31, "x")))),

    /** An extended message without the extension's number. */
    NAMELESS_EXTENSION(LEECHER, DROPPED, "extended: without an extension's id", raw(0, 0, 0, 1, 20)),

    /** The longest message that is kept, at one byte in a while; after two minutes it should have been whole. */
    DRIPPING_EXTENSION(LEECHER, BORNE, "", extended(peer -> {
        for (byte one : Extended.of(0, "d1:v60000:" + "v".repeat(60_000) + "e").encode()) {
            peer.sendRaw(new byte[] {one});
            pause(20);
        }
    })),

    /** Asks for the metadata without end, and reads nothing. */
    METADATA_REQUEST_FLOOD(SEED, DROPPED, "extended: far too many|does not read what we send|reset", extended(peer -> {
        peer.send(Extended.handshake(Map.of("ut_metadata", 3)));
        flood(peer, Extended.of(2, "d8:msg_typei0e5:piecei0ee"));
    })),

    /** Asks for pieces of the metadata that cannot be. */
    ABSURD_METADATA_REQUEST(SEED, DROPPED, "metadata: piece -1", extended(peer -> {
        peer.send(Extended.handshake(Map.of("ut_metadata", 3)));
        peer.send(Extended.of(2, "d8:msg_typei0e5:piecei2147483647ee"), Extended.of(2, "d8:msg_typei0e5:piecei-1ee"));
    })),

    /** Sends pieces of metadata that nobody asked for, without end. */
    UNASKED_METADATA(
            LEECHER,
            DROPPED,
            "extended: far too many",
            extended(peer -> flood(
                    peer, Extended.of(2, "d8:msg_typei1e5:piecei0e10:total_sizei2147483648ee" + "x".repeat(16_384))))),

    /** Has a piece, and has it not, without end. */
    FLIPPING_LOSSES(
            LEECHER,
            DROPPED,
            "extended: far too many",
            extended(peer -> flood(peer, new Have(0), Extended.of(7, "\0\0\0\0")))),

    /** Wants nothing, and wants something, without end. */
    FLIPPING_UPLOAD_ONLY(
            LEECHER,
            DROPPED,
            "extended: far too many",
            extended(peer -> flood(peer, Extended.of(3, "\1"), Extended.of(3, "\0")))),

    /** Tells of peers without end. */
    PEX_FLOOD(
            LEECHER,
            DROPPED,
            "ut_pex: 6 messages within a minute",
            extended(peer -> flood(peer, Extended.of(1, "d5:added6:\1\1\1\1\1\1e")))),

    /** Tells of peers that do not exist, as many as a message holds. */
    PEX_LIES(LEECHER, BORNE, "", extended(peer -> {
        var nobody = new StringBuilder();
        for (int i = 0; i < 10_000; i++) {
            nobody.append('\u007f')
                    .append('\0')
                    .append('\u00c8')
                    .append((char) (1 + i % 250))
                    .append((char) (4 + i / 250))
                    .append('\1');
        }
        peer.send(Extended.of(1, "d5:added60000:" + nobody + "e"));
    })),

    /** Tells of peers in a message that makes no sense. */
    PEX_GARBAGE(LEECHER, DROPPED, "ut_pex: ", extended(peer -> peer.send(Extended.of(1, "le")))),

    // --- whatever comes

    /** Whatever comes. */
    NOISE(LEECHER, DROPPED, "", afterHandshake(peer -> {
        for (int seed = 0; seed < 1000; seed++) {
            peer.sendRaw(noise(seed, 10_000));
        }
    })),

    // --- pieces it says it has

    /** A bitfield of one byte. */
    SHORT_BITFIELD(
            LEECHER,
            DROPPED,
            "bitfield: length 2, not ",
            afterHandshake(peer -> peer.send(new Bitfield(ByteBuffer.allocate(1))))),

    /** A bitfield without a byte. */
    EMPTY_BITFIELD(
            LEECHER,
            DROPPED,
            "bitfield: length 1, not ",
            afterHandshake(peer -> peer.send(new Bitfield(ByteBuffer.allocate(0))))),

    /** A bitfield of a byte too many. */
    LONG_BITFIELD(
            LEECHER,
            DROPPED,
            "bitfield: length \\d+, not ",
            afterHandshake(peer ->
                    peer.send(new Bitfield(ByteBuffer.allocate((peer.torrent().pieceCount() + 7) / 8 + 1))))),

    /** A bitfield with bits set for pieces beyond the last. */
    SPARE_BITS(LEECHER, DROPPED, "bitfield: bit \\d+ set of ", afterHandshake(peer -> {
        var bits = new byte[(peer.torrent().pieceCount() + 7) / 8];
        Arrays.fill(bits, (byte) 0xff);
        peer.send(new Bitfield(ByteBuffer.wrap(bits)));
    })),

    /** Says twice what it has. BEP 3 does not allow that, but aria2 does it, and it does no harm. */
    SECOND_BITFIELD(LEECHER, BORNE, "", afterHandshake(peer -> peer.send(noPieces(peer), noPieces(peer)))),

    /** Says what it has without end. */
    BITFIELD_FLOOD(LEECHER, DROPPED, "bitfield: far too many", afterHandshake(peer -> flood(peer, noPieces(peer)))),

    /** Says twice what it has, and contradicts itself. */
    TWO_STORIES(
            LEECHER,
            DROPPED,
            "have none: the peer has told its pieces before",
            afterHandshake(peer -> peer.send(new Have(0), new HaveNone()))),

    /** Has a piece that does not exist. */
    ABSURD_HAVE(
            LEECHER,
            DROPPED,
            "have: index 2147483647 >= ",
            afterHandshake(peer -> peer.send(new Have(Integer.MAX_VALUE)))),

    /** Has a piece with a negative number. */
    NEGATIVE_HAVE(LEECHER, DROPPED, "have: index 4294967295 >= ", afterHandshake(peer -> peer.send(new Have(-1)))),

    /** Says that it has a piece, without end. */
    HAVE_FLOOD(LEECHER, DROPPED, "have: far too many", afterHandshake(peer -> flood(peer, new Have(0)))),

    // --- requests

    /** Asks for a piece that does not exist. */
    ABSURD_REQUEST(
            SEED,
            DROPPED,
            "request: index 1073741824 >= ",
            afterHandshake(peer -> peer.send(new Request(1 << 30, 0, 16384)))),

    /** Asks beyond the end of a piece. */
    REQUEST_PAST_THE_END(
            SEED,
            DROPPED,
            "request: 1048576 bytes at 16384 of a piece of ",
            afterHandshake(peer -> peer.send(new Request(0, 16384, 1 << 20)))),

    /** Asks for more than the 128 KiB that anybody may ask for. */
    GREEDY_REQUEST(
            SEED,
            DROPPED,
            "request: (131073 bytes at 0 of a piece of |block of 131073 bytes > 131072)",
            afterHandshake(peer -> peer.send(new Request(0, 0, 128 * 1024 + 1)))),

    /** Asks with numbers that overflow when added. */
    OVERFLOWING_REQUEST(
            SEED,
            DROPPED,
            "request: 16384 bytes at 2147483637 of a piece of ",
            afterHandshake(peer -> peer.send(new Request(0, Integer.MAX_VALUE - 10, 16384)))),

    /** Asks for less than nothing. */
    NEGATIVE_REQUEST(
            SEED,
            DROPPED,
            "request: 4294967295 bytes at 0 of a piece of ",
            afterHandshake(peer -> peer.send(new Request(0, 0, -1)))),

    /** Asks for nothing. */
    EMPTY_REQUEST(
            SEED,
            DROPPED,
            "request: 0 bytes at 0 of a piece of ",
            afterHandshake(peer -> peer.send(new Request(0, 0, 0)))),

    /** Takes back what does not exist. */
    ABSURD_CANCEL(
            SEED, DROPPED, "cancel: index 4294967291 >= ", afterHandshake(peer -> peer.send(new Cancel(-5, 0, 16384)))),

    /** Asks for pieces that we do not have, without end. */
    REQUESTS_OF_WHAT_IS_NOT_THERE(
            LEECHER,
            DROPPED,
            "request: 301 that could not be served",
            afterHandshake(peer -> flood(peer, new Request(0, 0, 16384)))),

    /** Asks without end while it is choked, and never was anything else. */
    REQUESTS_WHILE_CHOKED(
            SEED,
            DROPPED,
            "request: 301 that could not be served",
            afterHandshake(peer -> flood(peer, new Request(0, 0, 16384)))),

    /** Asks for the same block without end, and reads nothing. */
    REQUEST_FLOOD(SEED, DROPPED, "request: far too many|does not read what we send", peer -> {
        peer.shakeHands();
        peer.send(new Interested());
        awaitUnchoke(peer);
        flood(peer, new Request(0, 0, 16384));
    }),

    /** The same without the Fast Extension, where nothing can be rejected. */
    PLAIN_REQUEST_FLOOD(SEED, DROPPED, "request: far too many", peer -> {
        peer.shakeHands(FakePeer.PLAIN);
        peer.send(new Interested());
        awaitUnchoke(peer);
        flood(peer, new Request(0, 0, 16384));
    }),

    /** Asks for all that it may, and does not read; after two minutes it should have. */
    NEVER_READING(SEED, BORNE, "", peer -> {
        peer.shakeHands();
        peer.send(new Interested());
        awaitUnchoke(peer);
        for (int i = 0; i < 250; i++) {
            peer.send(new Request(i % 2, 0, 16384));
        }
        pause(Long.MAX_VALUE);
    }),

    /** Asks for overlapping parts of the same piece, as is its right. */
    OVERLAPPING_REQUESTS(SEED, BORNE, "", peer -> {
        peer.shakeHands();
        peer.send(new Interested());
        awaitUnchoke(peer);
        for (int begin = 0; begin < 200; begin++) {
            peer.send(new Request(0, begin, 16384));
        }
        readForEver(peer);
    }),

    /** Takes back without end what it has not asked for. */
    CANCEL_FLOOD(SEED, DROPPED, "cancel: far too many", afterHandshake(peer -> flood(peer, new Cancel(0, 0, 16384)))),

    // --- changes of mind, and noise

    /** Changes its mind about interest, without end. */
    FLIPPING_INTEREST(
            SEED,
            DROPPED,
            "interested: far too many",
            afterHandshake(peer -> flood(peer, new Interested(), new NotInterested()))),

    /** Chokes and unchokes without end, and never serves. */
    FLIPPING_CHOKE(LEECHER, DROPPED, "choke: far too many", peer -> {
        peer.shakeHands(FakePeer.PLAIN);
        peer.send(allPieces(peer));
        flood(peer, new Unchoke(), new Choke());
    }),

    /** Nothing to say, all the time. */
    KEEP_ALIVE_FLOOD(
            LEECHER, DROPPED, "keep-alive: far too many", afterHandshake(peer -> flood(peer, new KeepAlive()))),

    /** Where its DHT node is, all the time. */
    PORT_FLOOD(LEECHER, DROPPED, "port: far too many", afterHandshake(peer -> flood(peer, new Port(6881)))),

    /** Suggests without end. */
    SUGGESTION_FLOOD(
            LEECHER, DROPPED, "suggest piece: far too many", afterHandshake(peer -> flood(peer, new SuggestPiece(0)))),

    /** Allows us, while it chokes us, what it does not have, without end. */
    ALLOWED_FAST_FLOOD(
            LEECHER,
            DROPPED,
            "allowed fast: far too many",
            afterHandshake(peer -> flood(peer, new AllowedFast(0), new AllowedFast(1)))),

    /** Suggests what does not exist. */
    ABSURD_SUGGESTION(
            LEECHER,
            DROPPED,
            "suggest piece: index 4294967295 >= ",
            afterHandshake(peer -> peer.send(new SuggestPiece(-1)))),

    /** Allows what does not exist. */
    ABSURD_ALLOWED_FAST(
            LEECHER,
            DROPPED,
            "allowed fast: index 1073741824 >= ",
            afterHandshake(peer -> peer.send(new AllowedFast(1 << 30)))),

    /** Messages that nobody knows, without end. */
    UNKNOWN_MESSAGES(
            LEECHER,
            DROPPED,
            "message 99: far too many",
            afterHandshake(peer -> flood(peer, new Other(99, ByteBuffer.allocate(0))))),

    /** Messages that nobody knows, as long as they may be, without end. */
    LONG_UNKNOWN_MESSAGES(LEECHER, DROPPED, "message 99: far too many", afterHandshake(peer -> {
        while (true) {
            peer.send(new Other(99, ByteBuffer.allocate((1 << 20) - 1)));
        }
    }));

    /** Whom it is after: its fate is certain only there. */
    public enum Victim {
        /** One that has nothing yet, and nobody else to get it from. */
        LEECHER,
        /** One that has everything. */
        SEED
    }

    /** What must become of it. */
    public enum Fate {
        /** Its connection is closed and its address refused from now on. */
        BANNED,
        /** Its connection is closed, at once. */
        DROPPED,
        /** It does not become a peer: its connection is closed at once. */
        TURNED_AWAY,
        /** It does not become a peer: its connection is closed ten seconds after it was opened. */
        OVERDUE,
        /** It may stay, as long as it harms nobody. */
        BORNE
    }

    private final Victim victim;
    private final Fate fate;
    private final String reason;

    @SuppressWarnings("ImmutableEnumChecker") // a function without state
    private final Script script;

    Hostile(Victim victim, Fate fate, String reason, Script script) {
        this.victim = victim;
        this.fate = fate;
        this.reason = reason;
        this.script = script;
    }

    /** Whom it is after. */
    public Victim victim() {
        return victim;
    }

    /** What must become of it. */
    public Fate fate() {
        return fate;
    }

    /**
     * The reason that is given for its end, a regular expression to be found in it. Of one that becomes a peer, or that
     * Weft has dialled, it is among the torrent's {@code disconnects()}; of any it is in the log, at level DEBUG.
     */
    public String reason() {
        return reason;
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

    /** As one with whom the extension protocol is agreed on. */
    private static Script extended(Deed deed) {
        return peer -> {
            peer.shakeHands(FakePeer.FAST | FakePeer.EXTENDED);
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

    private static Script saying(byte[] bytes) {
        return peer -> {
            peer.sendRaw(bytes);
            readForEver(peer);
        };
    }

    /** Until Weft closes the connection. */
    private static void flood(FakePeer peer, Message... messages) throws IOException {
        var many = new Message[400];
        for (int i = 0; i < many.length; i++) {
            many[i] = messages[i % messages.length];
        }
        while (true) {
            peer.send(many);
        }
    }

    private static byte[] ourHandshake(FakePeer peer) {
        return FakePeer.handshake(
                FakePeer.FAST, peer.torrent().metainfo().infoHash().truncated(), peer.id());
    }

    private static byte[] noise(int seed, int length) {
        var bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static Bitfield noPieces(FakePeer peer) {
        return new Bitfield(ByteBuffer.allocate((peer.torrent().pieceCount() + 7) / 8));
    }

    private static Bitfield allPieces(FakePeer peer) {
        var all = new BitSet();
        all.set(0, peer.torrent().pieceCount());
        return Bitfield.of(all, peer.torrent().pieceCount());
    }

    private static Piece resized(FakePeer peer, Request request, int length) {
        var block = peer.torrent().block(request.piece(), request.begin(), request.length());
        return new Piece(request.piece(), request.begin(), ByteBuffer.wrap(Arrays.copyOf(block, length)));
    }

    private static void readForEver(FakePeer peer) throws IOException {
        peer.skipAll();
        throw new SocketException("Weft has closed the connection");
    }

    private static void awaitUnchoke(FakePeer peer) throws IOException {
        while (!(peer.next() instanceof Unchoke)) {
            // what it has, and what it wants
        }
    }

    private static void pause(long millis) throws IOException {
        try {
            if (new CountDownLatch(1).await(millis, TimeUnit.MILLISECONDS)) {
                throw new AssertionError();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("the test has ended", e);
        }
    }
}

package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import weft.bencode.BString;
import weft.extension.Extension;
import weft.extension.ExtensionPeer;
import weft.kit.Await;
import weft.kit.Content;
import weft.kit.FakePeer;
import weft.kit.Message.Extended;
import weft.kit.Message.Have;
import weft.kit.Message.HaveAll;
import weft.kit.Message.HaveNone;
import weft.kit.Message.Interested;
import weft.kit.Message.NotInterested;
import weft.kit.Message.Other;
import weft.kit.Message.RejectRequest;
import weft.kit.Message.Request;
import weft.kit.Message.Unchoke;
import weft.kit.Node;
import weft.kit.SharedTorrent;
import weft.kit.SwarmExtension;
import weft.wire.MetadataMessage;

/** What Weft says and hears by the extension protocol (BEP 10, 9, 21, 54), over real connections. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ExtensionSwarmTest {
    private static final int BLOCK = 16 * 1024;
    private static final long BOTH = FakePeer.FAST | FakePeer.EXTENDED;

    @RegisterExtension
    final SwarmExtension swarm = new SwarmExtension();

    private SharedTorrent share(int pieces) throws Exception {
        return swarm.share(Content.ofLength(pieces * 2 * BLOCK));
    }

    private FakePeer connect(SharedTorrent shared, Node node) throws Exception {
        return shared.dial(node, "127.0.0.2").shakeHands(BOTH);
    }

    /** Waits until Weft has read all that was sent: a request that it cannot serve is rejected after that. */
    private static void awaitHeard(FakePeer peer) throws IOException {
        peer.send(new Request(0, 0, 1));
        peer.await(RejectRequest.class);
    }

    // --- the handshake

    @Test
    void whatWeSayFirstIsWhoWeAreAndWhatWeKnow() throws Exception {
        var shared = share(4);
        var server = shared.listen("127.0.0.3");
        shared.leecher().connectTo(server);

        var dialled = server.accept().shakeHands(BOTH);
        var said = dialled.expectExtensionHandshake();

        assertThat(said.dict("m").orElseThrow().integer("ut_metadata")).hasValue(2);
        assertThat(said.dict("m").orElseThrow().integer("lt_donthave")).hasValue(7);
        assertThat(said.dict("m").orElseThrow().integer("upload_only")).hasValue(3);
        assertThat(said.string("v").orElseThrow().utf8()).startsWith("Weft");
        assertThat(said.string("yourip")).contains(BString.of(new byte[] {127, 0, 0, 3}));
        assertThat(said.integer("reqq")).hasValue(500);
        assertThat(said.integer("metadata_size"))
                .hasValue(shared.metainfo().infoBytes().remaining());
        assertThat(said.integer("upload_only")).as("we want something").isEmpty();
        dialled.expect(HaveNone.class);
    }

    @Test
    void whereWeCanBeReachedIsToldToThoseWeDialOnly() throws Exception {
        var shared = share(4);
        var server = shared.listen("127.0.0.3");
        var leecher = shared.leecher().connectTo(server);

        assertThat(server.accept().shakeHands(BOTH).expectExtensionHandshake().integer("p"))
                .hasValue(leecher.address().getPort());
        assertThat(connect(shared, leecher).expectExtensionHandshake().integer("p"))
                .isEmpty();
    }

    @Test
    void seedSaysThatItOnlyUploads() throws Exception {
        var shared = share(4);

        var said = connect(shared, shared.seed()).expectExtensionHandshake();

        assertThat(said.integer("upload_only")).hasValue(1);
    }

    @Test
    void whoBecomesASeedSaysSo() throws Exception {
        var shared = share(1);
        var leecher = shared.leecher();
        var peer = connect(shared, leecher);
        peer.expectExtensionHandshake();
        peer.send(new HaveNone());
        awaitHeard(peer);

        leecher.connectTo(shared.seed()).awaitComplete();

        assertThat(FakePeer.decoded(peer.awaitExtended(0)).integer("upload_only"))
                .hasValue(1);
    }

    @Test
    void peerWithoutTheBitIsToldNothingAndCannotSayAnything() throws Exception {
        var shared = share(4);
        var leecher = shared.leecher();
        var peer = shared.dial(leecher, "127.0.0.2").shakeHands();

        peer.expect(HaveNone.class);
        peer.send(Extended.handshake(Map.of("ut_metadata", 3), "1:v6:Nobody"));
        peer.send(new HaveAll());
        peer.await(Interested.class);

        assertThat(leecher.torrent().peers()).noneMatch(one -> one.client().contains("Nobody"));
    }

    @Test
    void clientIsKnownByTheNameThatItSays() throws Exception {
        var shared = share(4);
        var leecher = shared.leecher();

        connect(shared, leecher).send(Extended.handshake(Map.of(), "1:v10:My Torrent"));

        Await.until(
                "it is called so",
                () -> leecher.torrent().peers().stream()
                        .anyMatch(peer -> peer.client().equals("My Torrent")));
    }

    @Test
    void noMoreRequestsThanThePeerLetsWait() throws Exception {
        var shared = share(30);
        var peer = connect(shared, shared.leecher());
        peer.send(Extended.handshake(Map.of(), "4:reqqi3e"), new HaveAll(), new Unchoke());

        var asked = new ArrayList<>(peer.await(3, Request.class));
        for (int served = 0; served < 40; served++) {
            assertThat(asked).hasSizeLessThanOrEqualTo(3);
            peer.serve(asked.removeFirst());
            while (asked.isEmpty()) {
                asked.addAll(peer.await(1, Request.class));
            }
            asked.addAll(requests(peer.within(Duration.ofMillis(served % 10 == 0 ? 30 : 1))));
        }
    }

    private static List<Request> requests(List<?> messages) {
        return messages.stream()
                .filter(Request.class::isInstance)
                .map(Request.class::cast)
                .toList();
    }

    @Test
    void undecodableHandshakeEndsTheConnectionWithAReason() throws Exception {
        var shared = share(4);
        var leecher = shared.leecher();

        connect(shared, leecher).send(Extended.of(0, "nonsense"));

        leecher.awaitDisconnect("extension handshake: ");
    }

    // --- BEP 21

    @Test
    void seedPartsFromOneThatOnlyUploads() throws Exception {
        var shared = share(4);
        var seed = shared.seed();

        connect(shared, seed).send(Extended.handshake(Map.of(), "11:upload_onlyi1e"));

        seed.awaitDisconnect("nothing to trade: neither wants anything");
    }

    @Test
    void seedPartsFromOneThatSaysLaterThatItOnlyUploads() throws Exception {
        var shared = share(4);
        var seed = shared.seed();

        connect(shared, seed).send(Extended.handshake(Map.of(), ""), Extended.of(3, "\1"));

        seed.awaitDisconnect("nothing to trade: neither wants anything");
    }

    @Test
    void leecherStaysWithOneThatOnlyUploads() throws Exception {
        var shared = share(1);
        var leecher = shared.leecher();
        var peer = connect(shared, leecher);
        peer.send(Extended.handshake(Map.of(), "11:upload_onlyi1e"), new HaveAll(), new Unchoke());
        for (Request request : peer.await(2, Request.class)) {
            peer.serve(request);
        }

        leecher.awaitComplete().awaitDisconnect("nothing to trade");
        leecher.assertHasContent();
    }

    // --- BEP 54

    @Test
    void pieceThatThePeerHasLostIsNotAskedOfIt() throws Exception {
        var shared = share(3);
        var peer = connect(shared, shared.leecher());
        peer.expectExtensionHandshake();
        peer.expect(HaveNone.class);
        peer.send(new HaveAll());
        peer.expect(Interested.class);

        peer.send(Extended.of(7, "\0\0\0\0"), Extended.of(7, "\0\0\0\2"), new Unchoke());

        assertThat(peer.await(2, Request.class)).extracting(Request::piece).containsOnly(1);
        assertThat(requests(peer.within(Duration.ofMillis(100)))).isEmpty();
    }

    @Test
    void interestEndsWithTheLastPieceThatThePeerLosesAndComesBackWithIt() throws Exception {
        var shared = share(1);
        var peer = connect(shared, shared.leecher());
        peer.expectExtensionHandshake();
        peer.expect(HaveNone.class);
        peer.send(new HaveAll());
        peer.expect(Interested.class);

        peer.send(Extended.of(7, "\0\0\0\0"));
        peer.expect(NotInterested.class);
        peer.send(new Have(0));

        peer.expect(Interested.class);
    }

    @Test
    void whatWasAskedOfALostPieceIsAskedOfAnother() throws Exception {
        var shared = share(1);
        var leecher = shared.leecher();
        var first = connect(shared, leecher);
        first.send(new HaveAll(), new Unchoke());
        var asked = first.await(2, Request.class);
        var second = shared.dial(leecher, "127.0.0.4").shakeHands(BOTH);
        second.send(new HaveAll(), new Unchoke());
        second.await(Interested.class);

        first.send(Extended.of(7, "\0\0\0\0"));
        for (Request request : asked) {
            first.send(RejectRequest.of(request)); // BEP 54: with the Fast Extension they are rejected
        }

        for (Request request : second.await(2, Request.class)) {
            second.serve(request);
        }
        leecher.awaitComplete();
        assertThat(leecher.torrent().disconnects()).noneMatch(line -> line.contains("reject"));
    }

    @Test
    void absurdLossesEndTheConnection() throws Exception {
        var shared = share(3);
        var leecher = shared.leecher();

        connect(shared, leecher).send(Extended.of(7, "\0\0\0\3"));
        leecher.awaitDisconnect("lt_donthave: index 3");
        connect(shared, leecher).send(Extended.of(7, "\u00ff\u00ff\u00ff\u00ff"));
        leecher.awaitDisconnect("lt_donthave: index 4294967295");
        connect(shared, leecher).send(Extended.of(7, "\0\0\0"));
        leecher.awaitDisconnect("lt_donthave: 3 bytes, not 4");
        connect(shared, leecher).send(Extended.of(3, ""));
        leecher.awaitDisconnect("upload_only: 0 bytes, not 1");
    }

    @Test
    void pieceThatWeHaveLostIsTakenBackFromThoseWhoUnderstandAndTheOthersAreSentAway() throws Exception {
        var shared = share(3);
        var seed = shared.seed();
        var knowing = connect(shared, seed);
        knowing.expectExtensionHandshake();
        knowing.send(Extended.handshake(Map.of("lt_donthave", 9)));
        knowing.expect(HaveAll.class);
        awaitHeard(knowing);
        var ignorant = shared.dial(seed, "127.0.0.4").shakeHands();
        ignorant.expect(HaveAll.class);
        seed.awaitPeers(2);

        damage(seed, 1);
        seed.torrent().hashCheck();

        assertThat(knowing.awaitExtended(9).text()).isEqualTo("\0\0\0\1");
        ignorant.untilClosed();
        seed.awaitDisconnect("pieces that it was told of are damaged");
        assertThat(seed.torrent().peers()).hasSize(1);
    }

    private static void damage(Node node, int piece) throws Exception {
        try (var files = Files.walk(node.directory())) {
            var file = files.filter(path ->
                            Files.isRegularFile(path) && !path.toString().contains(".weft"))
                    .findFirst()
                    .orElseThrow();
            try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), piece * 2L * BLOCK + 5);
            }
        }
    }

    // --- BEP 9

    @Test
    void metadataIsServedPieceByPiece() throws Exception {
        var shared = swarm.share(Content.ofLength(2_000_000), 16 * 1024); // more than 2 KB of hashes
        var info = shared.metainfo().infoBytes();
        var peer = connect(shared, shared.seed());
        peer.send(Extended.handshake(Map.of("ut_metadata", 5)));

        peer.send(Extended.of(2, "d8:msg_typei0e5:piecei0ee"));

        var answer = peer.awaitExtended(5);
        var message =
                (MetadataMessage.Data) MetadataMessage.decode(answer.payload()).orElseThrow();
        assertThat(message.totalSize()).isEqualTo(info.remaining());
        assertThat(message.bytes()).isEqualTo(info.slice(0, Math.min(16384, info.remaining())));
    }

    @Test
    void pieceOutOfRangeIsRejectedAndWhatNobodyKnowsIgnored() throws Exception {
        var shared = share(4);
        var peer = connect(shared, shared.seed());
        peer.send(Extended.handshake(Map.of("ut_metadata", 5)));

        peer.send(
                Extended.of(2, "d8:msg_typei7e5:piecei0ee"),
                Extended.of(2, "d8:msg_typei2e5:piecei0ee"),
                Extended.of(2, "d8:msg_typei1e5:piecei0e10:total_sizei5eehello"),
                Extended.of(2, "d8:msg_typei0e5:piecei1ee"),
                Extended.of(2, "d8:msg_typei0e5:piecei2147483647ee"));

        assertThat(peer.awaitExtended(5).text()).isEqualTo("d8:msg_typei2e5:piecei1ee");
        assertThat(peer.awaitExtended(5).text()).isEqualTo("d8:msg_typei2e5:piecei2147483647ee");
    }

    @Test
    void nothingIsSentToWhoHasTurnedTheExtensionOff() throws Exception {
        var shared = share(4);
        var peer = connect(shared, shared.seed());
        peer.send(
                Extended.handshake(Map.of("ut_metadata", 5)),
                Extended.handshake(Map.of("ut_metadata", 0)),
                Extended.of(2, "d8:msg_typei0e5:piecei0ee"),
                Extended.handshake(Map.of("ut_metadata", 6)),
                Extended.of(2, "d8:msg_typei0e5:piecei9ee"));

        assertThat(peer.awaitExtended(6).text()).isEqualTo("d8:msg_typei2e5:piecei9ee");
        assertThat(peer.passedOver())
                .noneMatch(message -> message instanceof Extended extended && extended.extensionId() == 5);
    }

    // --- extensions of others

    /** Under which id Weft wants to be sent messages of an extension; its handshake must come next. */
    private static int idOf(String extension, FakePeer peer) throws IOException {
        var ids = peer.expectExtensionHandshake().dict("m").orElseThrow();
        return (int) ids.integer(extension).orElseThrow();
    }

    /** Says hello to everybody, and keeps what it hears. */
    private static final class Hello implements Extension {
        private static final ByteBuffer HELLO = StandardCharsets.UTF_8.encode("hello, whoever you are");

        private final ConcurrentLinkedQueue<String> heard = new ConcurrentLinkedQueue<>();
        private final AtomicInteger closed = new AtomicInteger();

        @Override
        public String name() {
            return "xy_hello";
        }

        @Override
        public Conversation connected(ExtensionPeer peer) {
            return new Conversation() {
                @Override
                public void handshake() {
                    peer.send(HELLO); // the same buffer to all
                }

                @Override
                public void message(ByteBuffer payload) {
                    heard.add(StandardCharsets.UTF_8.decode(payload).toString());
                }

                @Override
                public void closed() {
                    closed.incrementAndGet();
                }
            };
        }
    }

    @Test
    void anybodysExtensionIsSpokenBetweenNodes() throws Exception {
        var shared = share(4);
        var ofSeed = new Hello();
        var seed = shared.seed(options -> options.withExtension(ofSeed));
        var others = new ArrayList<Hello>();
        for (int i = 0; i < 5; i++) {
            var hello = new Hello();
            others.add(hello);
            shared.leecher(options -> options.withExtension(hello)).connectTo(seed);
        }
        shared.leecher().connectTo(seed).awaitComplete(); // one that does not know it

        Await.until(() -> "all are greeted: " + ofSeed.heard, () -> ofSeed.heard.size() == 5);
        for (Hello hello : others) {
            Await.until("it is greeted", () -> !hello.heard.isEmpty());
            assertThat(hello.heard).containsOnly("hello, whoever you are");
        }
        seed.close();
        assertThat(ofSeed.closed.get()).isGreaterThanOrEqualTo(6);
    }

    @Test
    void messagesAsLongAsTheyMayBeArriveWhole() throws Exception {
        var shared = share(1);
        var longest = new byte[ExtensionPeer.LONGEST_MESSAGE];
        Arrays.fill(longest, (byte) 'x');
        var hello = new Hello();
        var sent = new CountDownLatch(1);
        var seed = shared.seed(options -> options.withExtension(new Extension() {
            @Override
            public String name() {
                return "xy_hello";
            }

            @Override
            public Conversation connected(ExtensionPeer peer) {
                return new Conversation() {
                    @Override
                    public void handshake() {
                        peer.send(ByteBuffer.wrap(longest), ByteBuffer.allocate(0));
                        try {
                            peer.send(ByteBuffer.wrap(longest), ByteBuffer.allocate(1));
                        } catch (IllegalArgumentException tooLong) {
                            sent.countDown();
                        }
                    }

                    @Override
                    public void message(ByteBuffer payload) {}
                };
            }
        }));

        shared.leecher(options -> options.withExtension(hello)).connectTo(seed);

        assertThat(sent.await(20, TimeUnit.SECONDS)).isTrue();
        Await.until("it has come", () -> hello.heard.contains("x".repeat(longest.length)));
    }

    /** Whatever it throws, and when: one connection ends, and it is said why. */
    @Test
    void extensionThatFailsCostsOneConnection() throws Exception {
        for (String when : List.of("connected", "null", "handshake", "message")) {
            var shared = share(1);
            var leecher = shared.leecher(options -> options.withExtension(new Extension() {
                @Override
                public String name() {
                    return "xy_fails";
                }

                @Override
                public Conversation connected(ExtensionPeer peer) {
                    failAt("connected");
                    return when.equals("null")
                            ? null
                            : new Conversation() {
                                @Override
                                public void handshake() {
                                    failAt("handshake");
                                }

                                @Override
                                public void message(ByteBuffer payload) {
                                    failAt("message");
                                }

                                @Override
                                public void closed() {
                                    throw new IllegalStateException("closed, too");
                                }
                            };
                }

                private void failAt(String now) {
                    if (now.equals(when)) {
                        throw new IllegalStateException("as it was meant to");
                    }
                }
            }));
            var peer = connect(shared, leecher);
            if (!when.equals("connected") && !when.equals("null")) { // there it ends before it has begun
                int id = idOf("xy_fails", peer);
                peer.send(Extended.handshake(Map.of("xy_fails", 1)), Extended.of(id, "?"));
            }

            leecher.awaitDisconnect("the extension xy_fails failed: java.lang.");
            if (!when.equals("null")) {
                leecher.awaitDisconnect("IllegalStateException: as it was meant to");
            }
            var other = shared.dial(leecher, "127.0.0.5").shakeHands();
            other.send(new HaveAll(), new Unchoke());
            for (Request request : other.await(2, Request.class)) {
                other.serve(request);
            }
            leecher.awaitComplete();
            assertThat(swarm.log().faults()).isEmpty();
        }
    }

    @Test
    void anExtensionMaySayMuchButNotUnderAnIdThatWeHaveNotGivenIt() throws Exception {
        var shared = share(1);
        var hello = new Hello();
        var leecher = shared.leecher(options -> options.withExtension(hello));
        var talkative = connect(shared, leecher);
        int id = idOf("xy_hello", talkative);
        for (int i = 0; i < 5000; i++) {
            talkative.send(Extended.of(id, "x"));
        }
        Await.until("all is heard", () -> hello.heard.size() == 5000);

        var senseless = shared.dial(leecher, "127.0.0.6").shakeHands(BOTH);
        try {
            for (int i = 0; i < 5000; i++) {
                senseless.send(Extended.of(id + 1, "x"));
            }
        } catch (SocketException closed) {
            // as it should be
        }
        leecher.awaitDisconnect("extended: far too many messages that change nothing");
        assertThat(leecher.torrent().peers()).hasSize(1);
    }

    @Test
    void messagesTooLongForAnExtensionArePassedOver() throws Exception {
        var shared = share(1);
        var hello = new Hello();
        var leecher = shared.leecher(options -> options.withExtension(hello));
        var peer = connect(shared, leecher);
        int id = idOf("xy_hello", peer);

        peer.send(
                Extended.of(id, "x".repeat(ExtensionPeer.LONGEST_MESSAGE + 1)),
                new Other(20, ByteBuffer.allocate(1 << 19)),
                Extended.of(id, "short"));

        Await.until("the short one is heard", () -> !hello.heard.isEmpty());
        assertThat(hello.heard).containsExactly("short");
    }

    // --- the port

    @Test
    void whoHasSaidWhereItListensIsDialledAfterItHasGone() throws Exception {
        var shared = share(4);
        var leecher = shared.leecher();
        var server = shared.listen("127.0.0.2");
        var peer = connect(shared, leecher);
        peer.send(Extended.handshake(Map.of(), "1:pi" + server.address().getPort() + "e"));
        awaitHeard(peer);

        peer.close();

        server.accept().shakeHands(BOTH).expectExtensionHandshake();
    }
}

package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.concurrent.TaskScope;
import weft.concurrent.Watchdog;
import weft.kit.Await;
import weft.kit.FakeChannel;
import weft.kit.FakeClock;
import weft.kit.FakePeer;
import weft.kit.Message;
import weft.kit.Message.Extended;
import weft.kit.Message.Have;
import weft.kit.Message.Port;
import weft.kit.SteeredStorage;
import weft.metainfo.InfoHash;
import weft.metainfo.Layout;
import weft.net.AddressVotes;
import weft.net.BufferPool;
import weft.net.ConnectionLimits;
import weft.storage.Disk;
import weft.storage.PieceVerifier;
import weft.wire.ExtensionHandshake;
import weft.wire.Handshake;
import weft.wire.PeerId;
import weft.wire.Reserved;

/** A torrent that may have ten peers, and of which no more is known than its info-hash. */
@Timeout(60)
class MetadataSwarmTest {
    private static final int MAX_PEERS = 10;
    private static final byte[] INFO = "d4:name1:xe".getBytes(StandardCharsets.US_ASCII);
    private static final InfoHash HASH = InfoHash.ofV1(DigestUtils.sha1(INFO));
    private static final Layout LAYOUT = Layout.ofSingleFile(16 * 1024, "x", 1 << 20);
    private static final Reserved BOTH = new Reserved(FakePeer.FAST | FakePeer.EXTENDED);
    private static final byte[] HAVE_NONE = {0, 0, 0, 1, 15};

    /** Any that is generated is less: it begins with "-WE". */
    private static final byte[] GREATER_ID = "-ZZ0001-000000000001".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] LESSER_ID = "-AA0001-000000000001".getBytes(StandardCharsets.US_ASCII);

    private final FakeClock clock = new FakeClock();
    private final Random random = new Random(1);
    private final Watchdog watchdog = new Watchdog(System::nanoTime);
    private final Disk disk = Disk.open();
    private final TaskScope scope = TaskScope.supervised("weft metadata test", (task, failure) -> {});
    private final ConnectionLimits limits = new ConnectionLimits(100, 10, 100);
    private final SteeredStorage storage = new SteeredStorage(LAYOUT);
    private final CompletableFuture<byte[]> fetched = new CompletableFuture<>();
    private final AtomicInteger ports = new AtomicInteger(20_000);
    private final List<InetSocketAddress> nodes = new CopyOnWriteArrayList<>();
    private MetadataSwarm swarm;
    private Optional<Swarm> successor = Optional.empty();

    @BeforeEach
    void start() {
        var shared = new Swarm.Shared(
                PeerId.generate(random),
                limits,
                new BufferPool(64 * 1024, 4),
                watchdog,
                new Bans(),
                random,
                clock,
                new AddressVotes(),
                6881,
                true,
                Optional.of(nodes::add));
        swarm = new MetadataSwarm(HASH, shared, MAX_PEERS, fetched::complete);
        swarm.start(scope);
    }

    @AfterEach
    void stop() {
        assertThat(successor.map(next -> next.stop(Duration.ofSeconds(10))).orElse(true))
                .isTrue();
        assertThat(swarm.stop(Duration.ofSeconds(10))).isTrue();
        scope.close();
        disk.close();
    }

    // --- peers, each at a port of its own

    private FakeChannel from(String host) {
        return new FakeChannel(host, ports.getAndIncrement());
    }

    /** It connects to us. */
    private FakeChannel comes(FakeChannel channel, byte[] id) {
        channel.feed(id);
        var place = limits.accepted(channel.remoteAddress().getAddress(), channel::close)
                .orElseThrow();
        accept(channel, watchdog.watch(channel), new Handshake.Head(BOTH, HASH), place);
        return channel;
    }

    private void accept(
            FakeChannel channel, Watchdog.Guard deadline, Handshake.Head head, ConnectionLimits.Place place) {
        if (successor.isPresent()) {
            successor.get().accept(channel, deadline, head, place);
        } else {
            swarm.accept(channel, deadline, head, place);
        }
    }

    private FakeChannel comes(FakeChannel channel) {
        return comes(channel, PeerId.generate(random).toBytes());
    }

    /** We connect to it. */
    private FakeChannel dialled(FakeChannel channel, byte[] id) {
        channel.feed(FakePeer.handshake(FakePeer.FAST | FakePeer.EXTENDED, HASH.truncated(), id));
        var address = channel.remoteAddress();
        var place = limits.dialling(address.getAddress()).orElseThrow();
        scope.fork("dialler", () -> swarm.door().greet(swarm.scope(), channel, address, place, swarm.entrance()));
        return channel;
    }

    private FakeChannel dialled(FakeChannel channel) {
        return dialled(channel, PeerId.generate(random).toBytes());
    }

    private static FakeChannel says(FakeChannel channel, Extended message) {
        return channel.feed(message.encode());
    }

    private static FakeChannel claimsToHaveIt(FakeChannel channel) {
        return says(channel, Extended.handshake(Map.of("ut_metadata", 3), "13:metadata_sizei" + INFO.length + "e"));
    }

    private static FakeChannel sendsIt(FakeChannel channel) {
        return says(
                channel,
                Extended.of(
                        2,
                        "d8:msg_typei1e5:piecei0e10:total_sizei" + INFO.length + "ee"
                                + new String(INFO, StandardCharsets.US_ASCII)));
    }

    /** As many as there may be, of whom none has anything, from two addresses. */
    private List<FakeChannel> crowd() {
        var crowd = new ArrayList<FakeChannel>();
        for (int i = 0; i < MAX_PEERS; i++) {
            crowd.add(comes(from("203.0.113." + (1 + i % 2))));
            awaitPeers(i + 1);
        }
        return crowd;
    }

    private void awaitPeers(int count) {
        Await.until(
                () -> count + " peers, but " + swarm.peers() + swarm.disconnects(),
                () -> swarm.peers().size() == count);
    }

    private boolean isIn(FakeChannel channel) {
        return swarm.peers().stream().anyMatch(peer -> peer.address().equals(channel.remoteAddress()));
    }

    private void awaitIn(FakeChannel channel) {
        Await.until(() -> "it is in, but " + swarm.peers() + swarm.disconnects(), () -> isIn(channel));
    }

    private void awaitDisconnect(String reason) {
        Await.until(
                () -> reason + ", but " + swarm.disconnects(),
                () -> swarm.disconnects().stream().anyMatch(end -> end.reason().equals(reason)));
    }

    // --- room

    @Test
    void aCrowdThatHasNothingDoesNotKeepOutOneWhoHasIt() throws Exception {
        var crowd = crowd();
        clock.advance(Room.IDLE.minusNanos(1));
        assertThat(comes(from("192.0.2.1")).isClosed()).isTrue();
        clock.advance(Duration.ofNanos(1));

        var honest = sendsIt(claimsToHaveIt(comes(from("192.0.2.1"))));

        assertThat(fetched.get(20, TimeUnit.SECONDS)).isEqualTo(INFO);
        assertThat(honest.isClosed()).isFalse();
        Await.until(
                "one has gone",
                () -> crowd.stream().filter(FakeChannel::isClosed).count() == 1);
        awaitDisconnect("made room for another peer, with nothing exchanged for a minute");
        assertThat(comes(from("192.0.2.2")).isClosed())
                .as("the next, five seconds before its turn")
                .isTrue();
    }

    @Test
    void aCrowdThatHasNothingDoesNotKeepUsFromDialling() {
        crowd();
        assertThat(swarm.entrance().hasRoomToDial(0)).isFalse();
        clock.advance(Room.IDLE);
        assertThat(swarm.entrance().hasRoomToDial(0)).isTrue();
        assertThat(swarm.entrance().hasRoomToDial(1)).as("another beside it").isFalse();

        var honest = dialled(from("192.0.2.1"));

        awaitIn(honest);
        awaitPeers(MAX_PEERS);
    }

    @Test
    void whoClaimsToHaveItStaysBeforeWhoDoesNot() {
        var crowd = crowd();
        crowd.subList(1, MAX_PEERS).forEach(MetadataSwarmTest::claimsToHaveIt);
        Await.until("they are heard", () -> swarm.standing().having() == MAX_PEERS - 1);
        clock.advance(Room.IDLE);

        awaitIn(comes(from("192.0.2.1")));

        Await.until("the one that has nothing has gone", crowd.getFirst()::isClosed);
        clock.advance(Room.TURNOVER);
        assertThat(comes(from("192.0.2.2")).isClosed()).isTrue();
        assertThat(crowd.subList(1, MAX_PEERS)).noneMatch(FakeChannel::isClosed);
    }

    // --- duplicates

    private void assertFirstMakesWay(FakeChannel first, FakeChannel second) {
        awaitIn(second);
        Await.until("the first has gone", first::isClosed);
        awaitDisconnect("is connected already");
        awaitPeers(1);
        assertThat(second.isClosed()).isFalse();
    }

    private void assertFirstStays(FakeChannel first, FakeChannel second) {
        Await.until("the second has gone", second::isClosed);
        awaitDisconnect("is connected already");
        awaitPeers(1);
        assertThat(isIn(first)).isTrue();
        assertThat(first.isClosed()).isFalse();
    }

    /** Two that dial each other at the same time see the two connections in either order, and must keep the same one. */
    @Test
    void ofTwoThatDialEachOtherTheConnectionOfTheGreaterIdStays() {
        for (byte[] id : List.of(GREATER_ID, LESSER_ID)) {
            for (boolean weAreFirst : List.of(true, false)) {
                var first = from("192.0.2.1");
                var second = from("192.0.2.1");
                awaitIn(weAreFirst ? dialled(first, id) : comes(first, id));
                if (weAreFirst) {
                    comes(second, id);
                } else {
                    dialled(second, id);
                }

                boolean oursStays = Arrays.equals(id, LESSER_ID);
                if (weAreFirst == oursStays) {
                    assertFirstStays(first, second);
                } else {
                    assertFirstMakesWay(first, second);
                }
                first.close();
                second.close();
                awaitPeers(0);
            }
        }
    }

    @Test
    void aPeerThatSeemsToStandHereMayComeAgain() {
        var lost = comes(from("192.0.2.1"), GREATER_ID);
        awaitIn(lost);
        clock.advance(Room.IDLE);

        assertFirstMakesWay(lost, comes(from("192.0.2.1"), GREATER_ID));
    }

    // --- the DHT

    @Test
    void theDhtHearsOfThePeersNodeAtOnceAndOnce() {
        var channel = from("192.0.2.1");
        channel.feed(PeerId.generate(random).toBytes())
                .feed(new Port(7001).encode())
                .feed(new Port(7002).encode());
        var place = limits.accepted(channel.remoteAddress().getAddress(), channel::close)
                .orElseThrow();
        var head = new Handshake.Head(new Reserved(FakePeer.FAST | FakePeer.EXTENDED | 1), HASH);

        swarm.accept(channel, watchdog.watch(channel), head, place);
        channel.awaitReader();

        assertThat(nodes).containsExactly(new InetSocketAddress("192.0.2.1", 7001));
        comes(from("192.0.2.2")).feed(new Port(7003).encode()).awaitReader();
        assertThat(nodes).as("of one that says it has no DHT").hasSize(1);
    }

    /** A ban is of an address. */
    @Test
    void theOtherConnectionsOfALiarEndWithTheOneThatLied() {
        var liar = claimsToHaveIt(comes(from("192.0.2.9")));
        var sibling = comes(from("192.0.2.9"));
        var honest = comes(from("192.0.2.10"));
        awaitIn(liar);
        awaitIn(sibling);
        awaitIn(honest);

        says(
                liar,
                Extended.of(
                        2, "d8:msg_typei1e5:piecei0e10:total_sizei" + INFO.length + "ee" + "x".repeat(INFO.length)));

        Await.until("both are closed", () -> liar.isClosed() && sibling.isClosed());
        assertThat(honest.isClosed()).isFalse();
    }

    // --- handing over

    private Swarm startSuccessor() {
        var next = swarm.succeededBy(
                new Swarm.Subject(HASH, LAYOUT, false, Optional.empty(), List.of()),
                new Swarm.Limits(MAX_PEERS, 4),
                new BareSwarm.Silent());
        next.start(scope, storage, new PieceVerifier(disk, LAYOUT, storage, (piece, hash) -> true), false);
        successor = Optional.of(next);
        return next;
    }

    /** The files have been looked at, and somebody is quick to come. */
    @Test
    void whoHasAPlaceKeepsItWhenTheTorrentBegins() {
        var crowd = crowd();
        var next = startSuccessor();

        var quick = comes(from("192.0.2.1"));

        Await.until("it is turned away", quick::isClosed);
        Await.until(
                () -> "all are taken over, but " + swarm.disconnects(),
                () -> next.peers().size() == MAX_PEERS);
        assertThat(crowd).noneMatch(FakeChannel::isClosed);
        assertThat(swarm.peers()).isEmpty();
        assertThat(next.hasRoom()).isFalse();
    }

    /** BEP 11: a message a minute, and nobody is added twice. */
    @Test
    void whoHasBeenToldOfPeersIsNotToldAgainWhenTheTorrentBegins() throws Exception {
        var told = exchanges(comes(from("192.0.2.1")), 7001);
        var other = exchanges(comes(from("192.0.2.2")), 7002);
        Await.until("each is told of the other", () -> exchanged(told) == 1 && exchanged(other) == 1);
        var next = startSuccessor();
        Await.until(
                () -> "both are taken over, but " + swarm.disconnects(),
                () -> next.peers().size() == 2 && swarm.peers().isEmpty());
        told.awaitReader();
        other.awaitReader();

        next.tick(clock.getAsLong());
        clock.advance(Duration.ofMinutes(1));
        next.tick(clock.getAsLong());
        next.checked(3, true, false); // what was to be said before goes out at the latest with this

        Await.until("both are told of a piece", () -> haves(told) == 1 && haves(other) == 1);
        assertThat(exchanged(told)).isEqualTo(1);
        assertThat(exchanged(other)).isEqualTo(1);

        var third = exchanges(comes(from("192.0.2.3")), 7003);
        Await.until("it is heard", () -> next.peers().size() == 3);
        third.awaitReader();
        next.tick(clock.getAsLong());
        Await.until(
                "there is news for all", () -> exchanged(told) == 2 && exchanged(other) == 2 && exchanged(third) == 1);
    }

    /** It takes part in peer exchange, and can be reached at this port. */
    private static FakeChannel exchanges(FakeChannel channel, int port) {
        return says(channel, Extended.handshake(Map.of("ut_pex", 1), "1:pi" + port + "e"));
    }

    private static long exchanged(FakeChannel channel) throws IOException {
        return said(channel).stream()
                .filter(message -> message instanceof Extended extended && extended.extensionId() == 1)
                .count();
    }

    private static long haves(FakeChannel channel) throws IOException {
        return said(channel).stream().filter(Have.class::isInstance).count();
    }

    /** All that was said to a peer that has connected to us. */
    private static List<Message> said(FakeChannel channel) throws IOException {
        var written = channel.written();
        int begin = Math.min(Handshake.LENGTH, written.length);
        var in = new DataInputStream(new ByteArrayInputStream(written, begin, written.length - begin));
        var messages = new ArrayList<Message>();
        while (in.available() > 0) {
            messages.add(Message.read(in));
        }
        return messages;
    }

    /** There may be hundreds of them for days. */
    @Test
    void whoHasNothingToSayIsLookedAtOnceASecondUntilTheMetadataIsThere() throws Exception {
        var honest = claimsToHaveIt(comes(from("192.0.2.1"))).awaitReader();
        assertThat(honest.patience()).isEqualTo(MetadataPeer.LOOK_EVERY).isEqualTo(Duration.ofSeconds(1));

        sendsIt(honest);
        fetched.get(20, TimeUnit.SECONDS);
        honest.awaitReader();

        Await.until("it is hurried", () -> honest.patience().equals(MetadataPeer.LOOK_OFTEN));
    }

    /** However soon the torrent begins after hands were shaken: BEP 6 wants one of three messages first. */
    @Test
    void theGreetingIsNotLostWhenTheTorrentBeginsAtOnce() throws Exception {
        startSuccessor();
        var download = new MetadataDownload(HASH, clock);
        for (int i = 0; i < 100; i++) { // mostly before the writer has looked for something to write
            var channel = from("192.0.2.1");
            var place = limits.accepted(channel.remoteAddress().getAddress(), channel::close)
                    .orElseThrow();
            var connection = new Connection(
                    channel, watchdog.watch(channel), place, false, BOTH, PeerId.generate(random), Optional.empty());
            var peer = new MetadataPeer(swarm, connection, download, ExtensionTable.beforeMetadata(List.of()));
            peer.greet(ExtensionHandshake.EMPTY);

            try (var conversation = scope.childAllTogether("conversation")) {
                peer.converse(conversation);
            }

            assertThat(HexFormat.of().formatHex(channel.written()))
                    .endsWith(HexFormat.of().formatHex(HAVE_NONE));
            connection.close();
        }
    }
}

package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.concurrent.TaskScope;
import weft.concurrent.Watchdog;
import weft.kit.Await;
import weft.kit.FakeChannel;
import weft.kit.FakePeer;
import weft.kit.Message;
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

/** A swarm that has all the peers it may have, and whose peers tell it how they see it. */
@Timeout(60)
class PrioritySwarmTest {
    private static final long EXTENSION_PROTOCOL = 0x10_0000L;
    private static final int MAX_PEERS = 10;
    private static final InfoHash HASH = InfoHash.parse("aa".repeat(20));
    private static final Layout LAYOUT = Layout.ofSingleFile(16 * 1024, "x", 1 << 20);
    private static final InetSocketAddress OWN = new InetSocketAddress("198.51.100.7", 6881);

    private final Random random = new Random(1);
    private final Watchdog watchdog = new Watchdog(System::nanoTime);
    private final Disk disk = Disk.open();
    private final TaskScope scope = TaskScope.supervised("weft priority test", (task, failure) -> {});
    private final ConnectionLimits limits = new ConnectionLimits(100, 10, 100);
    private final SteeredStorage storage = new SteeredStorage(LAYOUT);
    private Door door;
    private Swarm swarm;

    @BeforeEach
    void start() {
        var shared = new Swarm.Shared(
                PeerId.generate(random),
                limits,
                new BufferPool(64 * 1024, 4),
                watchdog,
                new Bans(),
                random,
                System::nanoTime,
                new AddressVotes(),
                OWN.getPort(),
                false,
                Optional.empty());
        door = new Door(HASH, Reserved.OURS, shared);
        swarm = new Swarm(
                new Swarm.Subject(HASH, LAYOUT, false, Optional.empty(), List.of()),
                door,
                Optional.empty(),
                shared,
                new Swarm.Limits(MAX_PEERS, 4),
                new Silent());
        swarm.start(scope, storage, new PieceVerifier(disk, LAYOUT, storage, (piece, hash) -> true), false);
    }

    @AfterEach
    void stop() {
        assertThat(swarm.stop(Duration.ofSeconds(10))).isTrue();
        scope.close();
        disk.close();
    }

    /** Each in a /16 of its own: the rest of an address counts by half. */
    private static FakeChannel channel(int number) {
        return new FakeChannel(200 + number / 256 + "." + number % 256 + ".0.1", 6881);
    }

    private static long priority(FakeChannel channel) {
        return PeerPriority.of(OWN.getAddress(), channel.remoteAddress().getAddress());
    }

    /** The peer says how it sees us. */
    private FakeChannel talkative(FakeChannel channel) {
        var says = new ExtensionHandshake(
                Map.of(),
                Optional.empty(),
                OptionalInt.empty(),
                Optional.of(OWN.getAddress()),
                OptionalInt.empty(),
                OptionalLong.empty(),
                Optional.empty());
        var extended =
                ByteBuffer.allocate(1 + says.encode().length).put((byte) 0).put(says.encode());
        return channel.feed(FakePeer.handshake(
                        FakePeer.FAST | EXTENSION_PROTOCOL,
                        HASH.truncated(),
                        PeerId.generate(random).toBytes()))
                .feed(new Message.Other(20, extended.flip()).encode());
    }

    private void dial(FakeChannel channel) {
        var address = channel.remoteAddress();
        var place = limits.dialling(address.getAddress()).orElseThrow();
        scope.fork("dialler", () -> door.greet(swarm.scope(), channel, address, place, swarm.entrance()));
    }

    private void comes(FakeChannel channel) {
        var head = new Handshake.Head(new Reserved(FakePeer.FAST), HASH);
        var place = limits.accepted(channel.remoteAddress().getAddress(), channel::close)
                .orElseThrow();
        channel.feed(PeerId.generate(random).toBytes());
        swarm.accept(channel, watchdog.watch(channel), head, place);
    }

    @Test
    void aNewcomerOfHigherPriorityTakesThePlaceOfTheLowest() {
        var peers = new ArrayList<>(IntStream.range(1, 1 + MAX_PEERS)
                .mapToObj(number -> talkative(channel(number)))
                .toList());
        peers.forEach(this::dial);
        Await.until(
                "all are in",
                () -> swarm.peers().stream()
                                .filter(peer -> peer.seenAs().isPresent())
                                .count()
                        == MAX_PEERS);
        swarm.tick(System.nanoTime());
        peers.sort(Comparator.comparingLong(PrioritySwarmTest::priority));
        var lower = IntStream.range(100, 6000)
                .mapToObj(PrioritySwarmTest::channel)
                .filter(channel -> priority(channel) < priority(peers.getFirst()))
                .findFirst()
                .orElseThrow();
        var higher = IntStream.range(100, 6000)
                .mapToObj(PrioritySwarmTest::channel)
                .filter(channel -> priority(channel) > priority(peers.get(1)))
                .findFirst()
                .orElseThrow();

        comes(lower);
        comes(higher);

        Await.until(
                () -> "the lowest has gone, but " + swarm.disconnects() + swarm.peers(), peers.getFirst()::isClosed);
        Await.until(
                "the newcomer is in",
                () -> swarm.peers().stream().anyMatch(peer -> peer.address().equals(higher.remoteAddress())));
        assertThat(lower.isClosed()).isTrue();
        assertThat(higher.isClosed()).isFalse();
        assertThat(peers.subList(1, MAX_PEERS)).noneMatch(FakeChannel::isClosed);
    }

    private static final class Silent implements Swarm.Listener {
        @Override
        public void pieceVerified(int piece) {}

        @Override
        public void pieceFailed(int piece) {}

        @Override
        public void completed(boolean byDownload) {}

        @Override
        public void storageFailed(IOException cause) {}
    }
}

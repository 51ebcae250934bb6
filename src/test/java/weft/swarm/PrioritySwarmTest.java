package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.kit.Await;
import weft.kit.FakeChannel;
import weft.kit.FakePeer;
import weft.kit.Message;
import weft.wire.ExtensionHandshake;
import weft.wire.Reserved;

/** A swarm that has all the peers it may have, and whose peers tell it how they see it. */
@Timeout(60)
class PrioritySwarmTest {
    private static final long EXTENSION_PROTOCOL = 0x10_0000L;
    private static final int MAX_PEERS = 10;
    private static final InetSocketAddress OWN = new InetSocketAddress("198.51.100.7", BareSwarm.PORT);

    private final BareSwarm bare = new BareSwarm("weft priority test", MAX_PEERS, System::nanoTime);
    private final Swarm swarm = bare.swarm();

    @AfterEach
    void stop() {
        bare.close();
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
                        FakePeer.FAST | EXTENSION_PROTOCOL, BareSwarm.HASH.truncated(), bare.newPeerId()))
                .feed(new Message.Other(20, extended.flip()).encode());
    }

    private void comes(FakeChannel channel) {
        channel.feed(bare.newPeerId());
        bare.accept(channel, new Reserved(FakePeer.FAST));
    }

    @Test
    void aNewcomerOfHigherPriorityTakesThePlaceOfTheLowest() {
        var peers = new ArrayList<>(IntStream.range(1, 1 + MAX_PEERS)
                .mapToObj(number -> talkative(channel(number)))
                .toList());
        peers.forEach(bare::dial);
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
}

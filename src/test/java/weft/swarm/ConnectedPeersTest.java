package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.concurrent.Watchdog;
import weft.kit.FakeChannel;
import weft.kit.FakeClock;
import weft.metainfo.Layout;
import weft.net.AddressVotes;
import weft.net.BufferPool;
import weft.net.ConnectionLimits;
import weft.picker.PiecePicker;
import weft.wire.ExtensionHandshake;
import weft.wire.PeerId;
import weft.wire.Reserved;

/** Who may join the peers of a torrent that may have ten. */
@Timeout(30)
class ConnectedPeersTest {
    private final FakeClock clock = new FakeClock();
    private final Random random = new Random(1);
    private final PiecePicker picker = new PiecePicker(Layout.ofSingleFile(16 * 1024, "x", 1 << 20), random);
    private final Candidates candidates = new Candidates(clock);
    private final PeerId id = PeerId.generate(random);
    private final ConnectedPeers<Peer> peers = new ConnectedPeers<>(
            new Swarm.Shared(
                    PeerId.generate(random),
                    new ConnectionLimits(100, 10, 100),
                    new BufferPool(64 * 1024, 4),
                    new Watchdog(clock),
                    new Bans(),
                    random,
                    clock,
                    new AddressVotes(),
                    6881,
                    true,
                    Optional.empty()),
            candidates,
            10,
            () -> 0);

    private Peer peer(String host, int port) {
        return peer(new FakeChannel(host, port), id);
    }

    private Peer anybody(int number) {
        return peer(new FakeChannel("10.0.0." + number, 6881), PeerId.generate(random));
    }

    private Peer peer(FakeChannel channel, PeerId peerId) {
        return new Peer(
                "9dd66bca",
                channel,
                false,
                peerId,
                Reserved.OURS,
                picker,
                ExtensionTable.of(List.of()),
                ExtensionHandshake.EMPTY,
                clock);
    }

    private Optional<String> join(Peer peer) {
        return peers.join(peer, peer.channel(), () -> {});
    }

    @Test
    void whoWasTurnedAwayAsADuplicateIsTriedAgainWhenTheOtherHasGone() throws Exception {
        var kept = peer("192.0.2.1", 1);
        assertThat(join(kept)).isEmpty();
        var address = new InetSocketAddress("192.0.2.1", 2);
        candidates.add(address);
        candidates.take();
        var later = peer("192.0.2.1", 2);

        var reason = join(later).orElseThrow();
        assertThat(reason).isEqualTo("is connected already");
        assertThat(peers.again(later, reason)).contains(Parting.Again.LATE);
        candidates.ended(address, reason, true);
        peers.leave(kept, false);

        assertThat(peers.again(later, reason)).as("now that it has gone").isEmpty();
        clock.advance(Duration.ofSeconds(15));
        assertThat(candidates.take()).isEqualTo(address);
    }

    @Test
    void whoeverHasTakenAnIdKeepsItsOwnerOutOnlyWhileItIsAtWork() {
        var first = peer("192.0.2.1", 1);
        assertThat(join(first)).isEmpty();
        var owner = peer("203.0.113.1", 1);

        var reason = join(owner).orElseThrow();
        assertThat(reason).isEqualTo("a peer of this id is connected from another address");
        assertThat(peers.again(owner, reason)).contains(Parting.Again.AS_AFTER_A_FAILURE);
        clock.advance(Room.IDLE);

        assertThat(join(owner)).isEmpty();
        assertThat(first.closeReason()).contains("is connected already");
    }

    @Test
    void aPlaceThatIsKeptIsForOneAlone() {
        for (int i = 0; i < 9; i++) {
            assertThat(join(anybody(i))).isEmpty();
        }
        var expected = anybody(9);
        peers.expect(expected.channel());

        assertThat(join(anybody(10))).contains("no room for more peers");
        assertThat(join(expected)).isEmpty();
        assertThat(peers.isFree(1)).isFalse();
        peers.leave(expected, false);
        assertThat(peers.isFree(1)).isTrue();
    }
}

package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.concurrent.TaskScope;
import weft.concurrent.Watchdog;
import weft.kit.Await;
import weft.kit.FakeClock;
import weft.net.AddressVotes;
import weft.net.BufferPool;
import weft.net.ConnectionLimits;
import weft.wire.PeerId;
import weft.wire.Reserved;

/** What becomes of addresses that may not be dialled now. */
@Timeout(30)
class ConnectorTest {
    private static final int ADDRESSES = 1000;

    private final FakeClock clock = new FakeClock();
    private final AtomicInteger asked = new AtomicInteger(); // once for each address that is looked at

    private final class Roomy implements Connector.Host {
        @Override
        public boolean hasRoomToDial(int beingDialled) {
            asked.incrementAndGet();
            return true;
        }

        @Override
        public void refusedBanned(InetAddress address) {
            throw new AssertionError("nobody is banned");
        }

        @Override
        public Parting converse(Connection connection) {
            throw new AssertionError("nobody is dialled");
        }
    }

    /** With two thousand addresses that would be millions of looks a second, for each torrent of a client that is full. */
    @Test
    void whileNobodyMayBeDialledTheAddressesAreNotAllLookedAt() throws Exception {
        var limits = new ConnectionLimits(1, 1, 1);
        limits.dialling(InetAddress.getByName("192.0.2.1")).orElseThrow().established();
        var shared = new Swarm.Shared(
                PeerId.generate(new Random(1)),
                limits,
                new BufferPool(64 * 1024, 4),
                new Watchdog(clock),
                new Bans(),
                new Random(1),
                clock,
                new AddressVotes(),
                BareSwarm.PORT,
                false,
                Optional.empty());
        var door = new Door(BareSwarm.HASH, Reserved.OURS, shared);
        for (int i = 0; i < ADDRESSES; i++) {
            door.candidates().add(new InetSocketAddress("198.51.100.1", 6881 + i));
        }
        try (var scope = TaskScope.supervised("weft connector test", (task, failure) -> {})) {
            var connector =
                    Thread.ofVirtual().unstarted(() -> run(new Connector("test", shared, door, new Roomy()), scope));

            connector.start();
            Await.until("it waits", () -> connector.getState() == Thread.State.TIMED_WAITING);

            assertThat(asked.get()).isPositive().isLessThan(ADDRESSES);
            connector.interrupt();
            connector.join();
        }
    }

    private static void run(Connector connector, TaskScope scope) {
        try {
            connector.run(scope);
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }
}

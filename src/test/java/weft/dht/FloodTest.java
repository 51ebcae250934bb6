package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import weft.bencode.BString;
import weft.kit.Await;

/** A node on a real socket that is sent more than it can take. */
@Timeout(120)
class FloodTest {
    private static final int DATAGRAMS = 300_000;
    private static final int UNLIMITED = 1_000_000_000;
    private static final long MEBIBYTE = 1 << 20;

    private final Random random = new Random(1);

    /** Different targets, ids and torrents each time, so that whatever is kept for any of them grows. */
    private byte[] query(int number, BString token) {
        var id = NodeId.random(random);
        var target = NodeId.random(random);
        var method = switch (number % 5) {
            case 0 -> new Method.Ping();
            case 1 -> new Method.FindNode(target, Set.of());
            case 2 -> new Method.GetPeers(target, Set.of(), false, false);
            case 3 -> new Method.AnnouncePeer(target, 1, false, false, token);
            default -> new Method.SampleInfohashes(target, Set.of());
        };
        return Krpc.encode(new Query(BString.of("t" + number), id, number % 2 == 0, method));
    }

    @Test
    void aFloodIsDroppedAndCostsNoMemory() throws IOException {
        var loopback = InetAddress.getLoopbackAddress();
        try (var dht = Dht.open(DhtOptions.loopback());
                var flooder = DatagramChannel.open().bind(new InetSocketAddress(loopback, 0))) {
            var to = new InetSocketAddress(loopback, dht.port());
            long before = usedBytes();

            for (int i = 0; i < DATAGRAMS; i++) {
                flooder.send(ByteBuffer.wrap(query(i, BString.of("token"))), to);
            }
            flooder.send(ByteBuffer.wrap(new byte[1400]), to);

            Await.until("most of it ignored", () -> dht.statistics().ignored() > 1000);
            var now = dht.statistics();
            assertThat(now.queriesAnswered() + now.queriesRefused())
                    .as("the limit for one address, and one more for each time that it was asked itself")
                    .isLessThanOrEqualTo(DhtOptions.loopback().datagramsPerAddress() + now.queriesSent());
            assertThat(usedBytes() - before).isLessThan(16 * MEBIBYTE);
        }
    }

    @Test
    void withoutLimitsStoresAreBoundedStill() throws IOException {
        var loopback = InetAddress.getLoopbackAddress();
        var options = DhtOptions.loopback().withRates(250, UNLIMITED, UNLIMITED).withCapacity(100, 10, 500, 50);
        try (var dht = Dht.open(options);
                var flooder = DatagramChannel.open().bind(new InetSocketAddress(loopback, 0))) {
            var to = new InetSocketAddress(loopback, dht.port());
            flooder.configureBlocking(false);
            var received = ByteBuffer.allocate(2000);
            long before = usedBytes();

            for (int i = 0; i < DATAGRAMS / 3; i++) {
                var target = NodeId.random(random);
                ask(flooder, to, new Method.GetPeers(target, Set.of(), false, false));
                received.clear();
                if (flooder.receive(received) != null) {
                    announceWith(received.flip(), flooder, to);
                }
            }

            Await.until("full", () -> dht.statistics().queriesReceived() > 1000);
            var now = dht.statistics();
            assertThat(now.torrents()).isLessThanOrEqualTo(100);
            assertThat(now.peers()).isLessThanOrEqualTo(500);
            assertThat(usedBytes() - before).isLessThan(16 * MEBIBYTE);
        }
    }

    private void ask(DatagramChannel from, InetSocketAddress to, Method.GetPeers method) throws IOException {
        var transaction = BString.of(method.infoHash().toBytes());
        from.send(ByteBuffer.wrap(Krpc.encode(new Query(transaction, NodeId.random(random), true, method))), to);
    }

    /** Announces for the torrent that the answer is about, which the transaction's id says. */
    private void announceWith(ByteBuffer datagram, DatagramChannel from, InetSocketAddress to) throws IOException {
        var bytes = new byte[datagram.remaining()];
        datagram.get(bytes);
        if (Krpc.decode(bytes) instanceof Answer answer
                && answer.transaction().length() == NodeId.BYTES
                && answer.contents().token().isPresent()) {
            var announce = new Method.AnnouncePeer(
                    NodeId.of(answer.transaction()),
                    7000,
                    false,
                    false,
                    answer.contents().token().orElseThrow());
            from.send(ByteBuffer.wrap(Krpc.encode(new Query(BString.of("a"), answer.id(), true, announce))), to);
        }
    }

    private static long usedBytes() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}

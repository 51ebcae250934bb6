package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Lookups in a network a tenth of which is silent. {@code -Dweft.dht.nodes=10000} makes it larger, and then the figures are
 * printed, too.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class SimulationTest {
    private static final Integer WANTED = Integer.getInteger("weft.dht.nodes");
    private static final int NODES = WANTED == null ? 1000 : WANTED;
    private static final int TORRENTS = 500;
    private static final double SILENT = 0.1;

    private final SimulatedNetwork network = new SimulatedNetwork(1);
    private int found;
    private int maxHops;
    private long hops;
    private long queries;
    private long nanos;

    @Test
    void whatWasAnnouncedIsFoundThoughATenthIsSilent() throws InterruptedException {
        long bytesBefore = usedBytes();
        network.populate(NODES);
        long bytesPerNode = WANTED == null ? 0 : (usedBytes() - bytesBefore) / NODES;
        network.silence(SILENT);

        for (int i = 0; i < TORRENTS; i++) {
            var infoHash = NodeId.random(network.random());
            announce(network.anyNode(), infoHash);
            lookUp(network.anyNode(), infoHash);
        }

        var figures = String.format(
                "%d nodes: found %.1f %%, hops %.1f, at most %d, queries %.1f, %d ms, %d bytes a node",
                NODES,
                100.0 * found / TORRENTS,
                (double) hops / TORRENTS,
                maxHops,
                (double) queries / TORRENTS,
                nanos / TORRENTS / 1_000_000,
                bytesPerNode);
        if (WANTED != null) {
            System.err.println(figures);
        }
        assertThat(found).as(figures).isGreaterThanOrEqualTo(TORRENTS * 99 / 100);
        assertThat(maxHops).as(figures).isLessThanOrEqualTo((int) (2 * Math.log(NODES) / Math.log(2)));
    }

    private static Method.GetPeers getPeers(NodeId infoHash) {
        return new Method.GetPeers(infoHash, Set.of(), false, false);
    }

    private static void announce(Node node, NodeId infoHash) throws InterruptedException {
        List<Lookup.Found> nearest =
                node.lookup(infoHash, getPeers(infoHash), Lookup.Listener.NONE).run();
        node.store(
                nearest, at -> at.token().map(token -> new Method.AnnouncePeer(infoHash, 7000, false, false, token)));
    }

    private void lookUp(Node node, NodeId infoHash) throws InterruptedException {
        var peers = new HashSet<InetSocketAddress>();
        long begun = network.nanoTime();
        var lookup = node.lookup(infoHash, getPeers(infoHash), (contact, contents) -> peers.addAll(contents.values()));
        lookup.run();
        found += peers.isEmpty() ? 0 : 1;
        nanos += network.nanoTime() - begun;
        maxHops = Math.max(maxHops, lookup.hops());
        hops += lookup.hops();
        queries += lookup.queries();
    }

    private static long usedBytes() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}

package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import weft.bencode.BencodeException;

class DhtStateTest {
    private static final NodeId ID = NodeId.parse("f8e966d1e207d02c44511a58dccff2f5429e9a3b");

    private final SimulatedNetwork network = new SimulatedNetwork(3);

    private static List<InetSocketAddress> addresses(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new InetSocketAddress("20.1." + i / 250 + "." + (1 + i % 250), 1))
                .toList();
    }

    @Test
    void readsWhatItHasWritten() throws BencodeException {
        var nodes = List.of(new InetSocketAddress("20.1.2.3", 4), new InetSocketAddress("2001:db8::1", 5));
        for (var state : List.of(DhtState.NONE, new DhtState(Optional.of(ID), Optional.empty(), nodes))) {
            assertThat(DhtState.parse(state.toBytes())).isEqualTo(state);
        }
    }

    @Test
    void whatIsNoStateIsRefusedAndWhatMakesNoSenseInOneIsLeftOut() throws BencodeException {
        for (var other : List.of("", "x", "de", "le", "d5:nodesi1ee", "d5:nodesll9:127.0.0.1i6881eeee")) {
            assertThatThrownBy(() -> DhtState.parse(other.getBytes(StandardCharsets.US_ASCII)))
                    .as(other)
                    .isInstanceOf(BencodeException.class);
        }
        var odd = "d2:id3:abc5:nodesl3:abc6:abcdefee".getBytes(StandardCharsets.US_ASCII);
        assertThat(DhtState.parse(odd).nodes()).hasSize(1);
        assertThat(DhtState.parse(odd).ipv4Id()).isEmpty();
    }

    @Test
    void whoKnowsFewKeepsTheNodesOfTheRunBefore() {
        var node = network.join();
        var friend = network.join();
        var before = new DhtState(Optional.empty(), Optional.of(ID), addresses(300));
        node.ping(network.addressOf(friend));
        network.pass(1_000_000_000L);

        var state = DhtState.of(List.of(node), before);

        assertThat(state.ipv4Id()).contains(node.id());
        assertThat(state.ipv6Id()).contains(ID);
        assertThat(state.nodes())
                .hasSize(200)
                .startsWith(network.addressOf(friend))
                .containsAll(addresses(199));
    }
}

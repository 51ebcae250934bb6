package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import weft.TestData;

class PeerPriorityTest {

    static Stream<Named<JsonNode>> rows() {
        var rows = new ArrayList<Named<JsonNode>>();
        var vectors = TestData.json("vectors/bep40_peer_priority.json");
        for (String family : List.of("ipv4", "ipv6")) {
            vectors.get(family).forEach(row -> rows.add(Named.of(row.get("a") + " and " + row.get("b"), row)));
        }
        return rows.stream();
    }

    private static InetSocketAddress endpoint(JsonNode pair) {
        return new InetSocketAddress(pair.get(0).asText(), pair.get(1).asInt());
    }

    /** For IPv6 there are two rules; ours is libtorrent's. */
    @ParameterizedTest
    @MethodSource("rows")
    void bothSidesReachTheNumberOfTheVectors(JsonNode row) {
        var expected = (row.has("libtorrent") ? row.get("libtorrent") : row)
                .get("priority_hex")
                .asText();
        var a = endpoint(row.get("a"));
        var b = endpoint(row.get("b"));

        assertThat(String.format("%08x", PeerPriority.of(a, b))).isEqualTo(expected);
        assertThat(PeerPriority.of(b, a)).isEqualTo(PeerPriority.of(a, b));
    }

    private static InetAddress address(String literal) {
        return new InetSocketAddress(literal, 1).getAddress();
    }

    @Test
    void whatIsNotKnownHasNoPriority() {
        var own = new OwnAddresses(Optional.of(new InetSocketAddress("192.0.2.1", 6881)), Optional.empty());

        assertThat(own.priority(address("10.0.0.1"))).isPresent();
        assertThat(own.priority(address("2001:db8::1"))).isEmpty();
        assertThat(own.priority(new InetSocketAddress("192.0.2.1", 1))).isPresent(); // ports decide
        assertThat(own.priority(address("192.0.2.1"))).isEmpty();
        assertThat(OwnAddresses.UNKNOWN.priority(address("10.0.0.1"))).isEmpty();
    }
}

package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DhtOptionsTest {
    private static final InetSocketAddress ADDRESS = new InetSocketAddress("192.0.2.1", 1);

    @Test
    void whatIsSetIsKeptWhateverElseIsSet() {
        var state = new DhtState(Optional.empty(), Optional.empty(), List.of(ADDRESS));
        var options = DhtOptions.defaults()
                .withBind(ADDRESS)
                .withRouters(List.of(ADDRESS))
                .withNodes(List.of(ADDRESS, ADDRESS))
                .withState(state)
                .withReadOnly(true)
                .withRates(1, 2, 3)
                .withCapacity(4, 5, 6, 7)
                .withBind(ADDRESS);

        assertThat(options.bind()).isEqualTo(ADDRESS);
        assertThat(options.routers()).containsExactly(ADDRESS);
        assertThat(options.nodes()).containsExactly(ADDRESS, ADDRESS);
        assertThat(options.state()).isEqualTo(state);
        assertThat(options.readOnly()).isTrue();
        assertThat(List.of(options.queriesPerSecond(), options.answersPerSecond(), options.datagramsPerAddress()))
                .containsExactly(1, 2, 3);
        assertThat(List.of(options.maxTorrents(), options.maxPeersPerTorrent(), options.maxPeers(), options.maxItems()))
                .containsExactly(4, 5, 6, 7);
    }

    @Test
    void optionsDoNotChange() {
        var options = DhtOptions.defaults();
        var nodes = new ArrayList<>(List.of(ADDRESS));

        var others = options.withNodes(nodes).withReadOnly(true);
        nodes.clear();

        assertThat(options.nodes()).isEmpty();
        assertThat(options.readOnly()).isFalse();
        assertThat(others.nodes()).containsExactly(ADDRESS);
    }

    @Test
    void limitsArePositiveAndNamesAreNotListenedOn() {
        var options = DhtOptions.defaults();

        assertThatThrownBy(() -> options.withRates(1, 0, 1)).hasMessage("answers per second < 1: 0");
        assertThatThrownBy(() -> options.withCapacity(1, 1, 1, -1)).hasMessage("items < 1: -1");
        assertThatThrownBy(() -> options.withBind(InetSocketAddress.createUnresolved("nowhere.invalid", 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nowhere.invalid");
    }
}

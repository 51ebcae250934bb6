package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import weft.kit.FakeClock;

class TorrentSampleTest {
    private final FakeClock clock = new FakeClock();
    private final PeerStore store = new PeerStore(PeerStore.Limits.DEFAULT, clock, new SplittableRandom(51));
    private final TorrentSample sample = new TorrentSample(store, clock);

    @Test
    void tellsOfAllAsLongAsTheyAreFew() {
        assertThat(sample.current()).isEqualTo(new Answer.Samples(3600, 0, List.of()));

        announce(0, 19);

        assertThat(sample.current().count()).isEqualTo(19);
        assertThat(sample.current().infoHashes()).hasSize(19).doesNotHaveDuplicates();
    }

    @Test
    void tellsOfTheSameForAnHour() {
        announce(0, 500);
        var first = sample.current();
        assertThat(first.infoHashes()).hasSize(20).doesNotHaveDuplicates();

        clock.advance(Duration.ofMinutes(29));
        announce(0, 600);
        clock.advance(Duration.ofMinutes(29));

        assertThat(sample.current()).isEqualTo(new Answer.Samples(3600, 600, first.infoHashes()));

        clock.advance(Duration.ofMinutes(2));
        announce(0, 600);

        assertThat(sample.current().infoHashes()).hasSize(20).isNotEqualTo(first.infoHashes());
    }

    private void announce(int first, int end) {
        var peer = new InetSocketAddress(InetAddress.getLoopbackAddress(), 6881);
        for (int i = first; i < end; i++) {
            store.announce(NodeId.parse("%040x".formatted(i)), peer, false);
        }
    }
}

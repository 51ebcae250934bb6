package weft.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;
import weft.fuzz.Cost;
import weft.fuzz.Seeds;

/** Any datagram that comes to our tracker, from a stranger and from one with a connection id. */
class UdpServiceFuzz {
    private static final InetSocketAddress SENDER = new InetSocketAddress("192.0.2.1", 4000);
    private static final int LARGEST_ANSWER = 1400;

    static Stream<byte[]> seeds() {
        return Seeds.hex("udp_tracker.json", "rows");
    }

    @Timeout(20)
    @MethodSource("seeds")
    @FuzzTest
    void answersWithLittleOrNotAtAll(byte[] input) throws IOException {
        Cost.atMost(1000, input.length, () -> ask(input));
    }

    private static void ask(byte[] input) throws IOException {
        var options = TrackerServerOptions.loopback();
        // With a key of its own each time: an id that does not change is one that a fuzzer guesses.
        var service = new UdpService(options, new SwarmTable(options, () -> 0, new Random(1)), () -> 0);

        service.answer(ByteBuffer.wrap(input), SENDER)
                .ifPresent(answer -> assertThat(answer.encode().remaining()).isLessThanOrEqualTo(input.length));

        if (input.length >= UdpRequest.HEADER_LENGTH) {
            var connect = ByteBuffer.wrap(new UdpRequest.Connect(1).encode().array());
            var connected =
                    (UdpAnswer.Connected) service.answer(connect, SENDER).orElseThrow();
            var known = ByteBuffer.wrap(input.clone()).putLong(0, connected.connectionId());
            for (int i = 0; i < 2; i++) { // the second time to a tracker that knows the torrent
                var answer = service.answer(known.rewind(), SENDER);
                if (answer.isPresent()) {
                    var bytes = answer.get().encode();
                    assertThat(bytes.remaining()).isLessThanOrEqualTo(LARGEST_ANSWER);
                    assertThat(UdpAnswer.parse(bytes, IpFamily.IPV4)).isNotNull();
                }
            }
        }
    }
}

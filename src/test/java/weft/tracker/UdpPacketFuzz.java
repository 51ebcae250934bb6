package weft.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;
import weft.fuzz.Cost;
import weft.fuzz.Seeds;
import weft.wire.ProtocolException;

/** Any bytes from a UDP tracker or from one of its clients: bounded, and written as they were read, or refused. */
class UdpPacketFuzz {

    static Stream<byte[]> seeds() {
        return Seeds.hex("udp_tracker.json", "rows");
    }

    @Timeout(20)
    @MethodSource("seeds")
    @FuzzTest
    void readsOrRefuses(byte[] input) throws IOException {
        Cost.atMost(1000, input.length, () -> {
            readRequest(input);
            readAnswer(input, IpFamily.IPV4);
            readAnswer(input, IpFamily.IPV6);
        });
    }

    private static void readRequest(byte[] input) throws IOException {
        UdpRequest request;
        try {
            request = UdpRequest.parse(ByteBuffer.wrap(input));
        } catch (ProtocolException e) {
            return;
        }
        var again = request.encode();
        assertThat(again.remaining()).isLessThanOrEqualTo(2 * input.length);
        assertThat(UdpRequest.parse(again)).isEqualTo(request);
    }

    private static void readAnswer(byte[] input, IpFamily family) throws IOException {
        UdpAnswer answer;
        try {
            answer = UdpAnswer.parse(ByteBuffer.wrap(input), family);
        } catch (ProtocolException e) {
            return;
        }
        switch (answer) {
            case UdpAnswer.Announced announced ->
                assertThat(announced.peers())
                        .hasSizeLessThanOrEqualTo(HttpAnswers.MAX_PEERS)
                        .allSatisfy(peer -> assertThat(peer.getPort()).isPositive());
            case UdpAnswer.Refused refused -> {
                assertThat(refused.message()).hasSizeLessThan(1000);
                assertThat(refused.message().codePoints().filter(Character::isISOControl))
                        .isEmpty();
            }
            // What follows has nothing in it that could be written in two ways.
            case UdpAnswer.Connected connected ->
                assertThat(UdpAnswer.parse(connected.encode(), family)).isEqualTo(connected);
            case UdpAnswer.Scraped scraped ->
                assertThat(UdpAnswer.parse(scraped.encode(), family)).isEqualTo(scraped);
        }
    }
}

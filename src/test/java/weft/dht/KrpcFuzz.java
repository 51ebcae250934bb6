package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;
import weft.fuzz.Cost;
import weft.fuzz.Seeds;

/** Any datagram: a message or none, and a message is written so that it reads the same. */
class KrpcFuzz {
    static Stream<byte[]> seeds() {
        return Stream.concat(Seeds.hex("dht_messages.json", "rows"), Seeds.hex("dht_messages.json", "malformed"));
    }

    @Timeout(20)
    @MethodSource("seeds")
    @FuzzTest
    void readsOrRefuses(byte[] input) throws IOException {
        Cost.atMost(1000, input.length, () -> read(input));

        var message = read(input);

        if (message != null) {
            // As others write bencoding in more ways than one, what we write may be longer than what we would read.
            byte[] written = Krpc.encode(message);
            if (written.length <= 1500) {
                assertThat(Krpc.decode(written)).isEqualTo(message);
            }
        }
    }

    /** The message, or null. */
    private static Message read(byte[] input) {
        try {
            return Krpc.decode(input.clone());
        } catch (KrpcException e) {
            assertThat(e).hasMessageMatching("(?s).+");
            return null;
        }
    }
}

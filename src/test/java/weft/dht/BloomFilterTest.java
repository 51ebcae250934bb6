package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static weft.TestData.hex;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import weft.TestData;
import weft.bencode.BString;

class BloomFilterTest {

    static Stream<JsonNode> rows() {
        return StreamSupport.stream(
                TestData.json("vectors/bep33_bloom.json").get("rows").spliterator(), false);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void filterAndEstimateAreThoseOfTheVectors(JsonNode row) throws UnknownHostException {
        var filter = new BloomFilter();

        if (row.get("insert").isTextual()) {
            insertThePublishedAddresses(filter);
        } else {
            for (var address : row.get("insert")) {
                filter.insert(InetAddress.getByName(address.asText()));
            }
        }

        var expected = BString.of(hex(row.get("filter_hex").asText()));
        assertThat(filter.toBytes()).isEqualTo(expected);
        assertThat(new BloomFilter(expected).toBytes()).isEqualTo(expected);
        assertThat(filter.estimate()).isCloseTo(row.get("estimate").asDouble(), within(0.0001));
    }

    /** 192.0.2.0-192.0.2.255 and 2001:db8::0-2001:db8::3e7. */
    private static void insertThePublishedAddresses(BloomFilter filter) throws UnknownHostException {
        for (int i = 0; i < 256; i++) {
            filter.insert(InetAddress.getByName("192.0.2." + i));
        }
        for (int i = 0; i <= 0x3e7; i++) {
            filter.insert(InetAddress.getByName("2001:db8::" + Integer.toHexString(i)));
        }
    }

    @Test
    void unionCountsWhoIsInBothOnce() throws UnknownHostException {
        var one = new BloomFilter();
        var other = new BloomFilter();
        for (int i = 0; i < 300; i++) {
            (i < 200 ? one : other).insert(address(i));
            if (i < 100) {
                other.insert(address(i));
            }
        }

        one.add(other);

        assertThat(one.estimate()).isCloseTo(300, within(15.0));
        for (int i = 0; i < 300; i++) {
            assertThat(one.mayContain(address(i))).isTrue();
        }
        assertThat(address(1000))
                .satisfies(a -> assertThat(new BloomFilter().mayContain(a)).isFalse());
    }

    @Test
    void estimateIsWithinATenthUpToThreeThousandAndFiniteBeyond() throws UnknownHostException {
        var filter = new BloomFilter();
        var random = new SplittableRandom(33);
        for (int count = 1; count <= 3000; count++) {
            filter.insert(address(random.nextInt()));
            if (count % 500 == 0) {
                assertThat(filter.estimate()).isCloseTo(count, within(count * 0.1));
            }
        }

        var full = new byte[BloomFilter.BYTES];
        Arrays.fill(full, (byte) 0xff);

        assertThat(new BloomFilter(BString.of(full)).estimate()).isBetween(7000.0, 8000.0);
    }

    @Test
    void hasTwoHundredAndFiftySixBytes() {
        for (int length : new int[] {0, 255, 257}) {
            assertThatIllegalArgumentException().isThrownBy(() -> new BloomFilter(BString.of(new byte[length])));
        }
    }

    private static InetAddress address(int number) throws UnknownHostException {
        return InetAddress.getByAddress(
                new byte[] {(byte) (number >>> 24), (byte) (number >>> 16), (byte) (number >>> 8), (byte) number});
    }
}

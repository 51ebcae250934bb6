package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static weft.TestData.hex;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.apache.commons.codec.binary.Hex;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import weft.TestData;
import weft.bencode.BString;
import weft.metainfo.InfoHash;

class NodeIdTest {

    private static final JsonNode VECTORS = TestData.json("vectors/bep42_node_id.json");

    static Stream<Named<JsonNode>> rows() {
        return StreamSupport.stream(VECTORS.get("rows").spliterator(), false)
                .map(row -> Named.of(
                        row.get("ip").asText() + " " + row.get("origin").asText(), row));
    }

    static Stream<Named<JsonNode>> exempt() {
        return StreamSupport.stream(VECTORS.get("exempt").spliterator(), false)
                .map(row -> Named.of(row.get("ip").asText(), row));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void idFitsTheAddressItWasMadeFor(JsonNode row) throws UnknownHostException {
        var address = InetAddress.getByName(row.get("ip").asText());

        boolean fits = NodeId.parse(row.get("node_id").asText()).fits(address);

        assertThat(fits).isEqualTo(row.get("valid").asBoolean());
    }

    @ParameterizedTest
    @MethodSource("exempt")
    void onlyLocalAddressesMayHaveAnyId(JsonNode row) throws UnknownHostException {
        var address = InetAddress.getByName(row.get("ip").asText());
        boolean expected = row.get("exempt").asBoolean(true); // null: libtorrent 2.0 and 2.1 differ, we do as 2.1

        assertThat(NodeId.isExempt(address)).isEqualTo(expected);
        assertThat(ids(200).allMatch(id -> id.fits(address))).isEqualTo(expected);
    }

    @Test
    void generatedIdFitsItsAddressAndIsRandomOtherwise() throws UnknownHostException {
        var random = new SplittableRandom(42);
        for (var ip : List.of("8.8.8.8", "255.255.255.255", "2001:db8::1", "2a00:1450:4001:82b::200e", "10.0.0.1")) {
            var address = InetAddress.getByName(ip);

            var ids = Stream.generate(() -> NodeId.generateFor(address, random))
                    .limit(1000)
                    .toList();

            assertThat(ids).doesNotHaveDuplicates().allMatch(id -> id.fits(address));
            assertThat(ids.stream().map(id -> id.toBytes()[19]).distinct()).hasSizeGreaterThan(200);
            for (int bit = 21; bit < NodeId.BITS; bit++) {
                int at = bit;
                assertThat(ids.stream().filter(id -> bit(id, at)).count())
                        .as("ones at bit %d", bit)
                        .isBetween(400L, 600L);
            }
        }
    }

    @Test
    void idOfAnotherAddressSeldomFits() throws UnknownHostException {
        var address = InetAddress.getByName("8.8.8.8");

        assertThat(ids(100_000).filter(id -> id.fits(address)).count()).isLessThan(5); // one in 2^21 by chance
    }

    @Test
    void hasTwentyBytes() {
        var text = "0123456789abcdef0123456789abcdef80fffe7f";

        assertThat(NodeId.of(hex(text)).toHex()).isEqualTo(text);
        assertThat(NodeId.of(BString.of(hex(text)))).hasToString(text);
        assertThat(NodeId.parse(text.toUpperCase(Locale.ROOT)).toBytes()).isEqualTo(hex(text));
        assertThat(NodeId.of(InfoHash.parse(text)).toBytes()).isEqualTo(hex(text));
        assertThat(NodeId.of(InfoHash.parse(text + "ff".repeat(12))).toBytes()).isEqualTo(hex(text));
        for (int length : new int[] {0, 19, 21, 32}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> NodeId.of(new byte[length]))
                    .withMessage("a node id has 20 bytes, not " + length);
            assertThatIllegalArgumentException().isThrownBy(() -> NodeId.of(BString.of(new byte[length])));
            assertThatIllegalArgumentException().isThrownBy(() -> NodeId.parse("0".repeat(2 * length)));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NodeId.parse("x".repeat(40)))
                .withMessageContaining("40 hexadecimal digits");
    }

    @Property
    void comparesAndMeasuresLikeAnUnsignedNumber(
            @ForAll("id") NodeId here, @ForAll("id") NodeId a, @ForAll("id") NodeId b) {
        assertThat(sign(a.compareTo(b))).isEqualTo(number(a).compareTo(number(b)));
        assertThat(number(a.distance(b))).isEqualTo(number(a).xor(number(b)));
        int nearer = number(here).xor(number(a)).compareTo(number(here).xor(number(b)));
        assertThat(sign(here.compareDistances(a, b))).isEqualTo(nearer);
        assertThat(sign(here.byDistance().compare(a, b))).isEqualTo(nearer);
        assertThat(here.commonPrefixLength(a))
                .isEqualTo(NodeId.BITS - number(here).xor(number(a)).bitLength());
    }

    @Property
    void isEqualToTheSameBytesOnly(@ForAll("id") NodeId a, @ForAll("id") NodeId b) {
        assertThat(a.equals(b)).isEqualTo(Arrays.equals(a.toBytes(), b.toBytes()));
        assertThat(NodeId.of(a.toBytes())).isEqualTo(a).hasSameHashCodeAs(a).isNotEqualTo("a");
        assertThat(a.toHex()).isEqualTo(Hex.encodeHexString(a.toBytes()));
    }

    @Property
    void randomIdSharesExactlyThePrefixAskedFor(
            @ForAll("id") NodeId here, @ForAll @IntRange(max = NodeId.BITS - 1) int bits, @ForAll long seed) {
        assertThat(here.commonPrefixLength(here.randomSharing(bits, new SplittableRandom(seed))))
                .isEqualTo(bits);
    }

    @Test
    void randomIdIsRandomBehindThePrefix() {
        var here = NodeId.random(new SplittableRandom(1));
        var random = new SplittableRandom(2);

        var there = Stream.generate(() -> here.randomSharing(21, random))
                .limit(1000)
                .toList();

        for (int bit = 22; bit < NodeId.BITS; bit++) {
            int at = bit;
            assertThat(there.stream().filter(id -> bit(id, at)).count()).isBetween(400L, 600L);
        }
        assertThatIllegalArgumentException().isThrownBy(() -> here.randomSharing(NodeId.BITS, random));
        assertThatIllegalArgumentException().isThrownBy(() -> here.randomSharing(-1, random));
    }

    /** Ids near each other in every way: random bytes after a common prefix, with single bits flipped. */
    @Provide
    Arbitrary<NodeId> id() {
        Arbitrary<byte[]> random = Arbitraries.bytes().array(byte[].class).ofSize(NodeId.BYTES);
        Arbitrary<byte[]> near = Arbitraries.integers()
                .between(0, NodeId.BITS - 1)
                .map(bit -> BigInteger.ONE.shiftLeft(bit).toByteArray())
                .map(bytes -> {
                    var padded = new byte[NodeId.BYTES];
                    int length = Math.min(bytes.length, NodeId.BYTES);
                    System.arraycopy(bytes, bytes.length - length, padded, NodeId.BYTES - length, length);
                    return padded;
                });
        return Arbitraries.oneOf(random, near).map(NodeId::of);
    }

    @Property
    void anyTwentyBytesAreAnId(@ForAll @Size(20) byte[] bytes) {
        assertThat(NodeId.of(bytes).toBytes()).isEqualTo(bytes);
    }

    private static Stream<NodeId> ids(int count) {
        var random = new SplittableRandom(7);
        return Stream.generate(() -> NodeId.random(random)).limit(count);
    }

    private static boolean bit(NodeId id, int index) {
        return (id.toBytes()[index / 8] & 0x80 >>> index % 8) != 0;
    }

    private static BigInteger number(NodeId id) {
        return new BigInteger(1, id.toBytes());
    }

    private static int sign(int order) {
        return Integer.signum(order);
    }
}

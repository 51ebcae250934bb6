package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;
import weft.TestData;
import weft.bencode.BString;
import weft.bencode.BValue;
import weft.bencode.Bencode;
import weft.bencode.BencodeException;
import weft.bencode.BencodeLimits;
import weft.fuzz.Cost;
import weft.fuzz.Seeds;
import weft.kit.FakeClock;

/**
 * Any item that a stranger puts: kept, or refused with one of the BEP's codes. What is kept is what was put, and can be got
 * by its target. The first byte of the input says how long the salt is; then come salt, key, signature, sequence number and
 * value, as far as there are bytes.
 */
class ItemFuzz {
    private static final NodeId SELF = NodeId.parse("0".repeat(40));

    static Stream<byte[]> seeds() {
        return Seeds.rows("bep44_items.json", "rows").map(row -> {
            var out = new ByteArrayOutputStream();
            byte[] salt = TestData.hex(row.path("salt_hex").asText(""));
            out.write(salt.length);
            out.writeBytes(salt);
            out.writeBytes(TestData.hex(row.path("public_key").asText("00".repeat(32))));
            out.writeBytes(TestData.hex(row.path("signature").asText("00".repeat(64))));
            out.writeBytes(
                    ByteBuffer.allocate(8).putLong(row.path("seq").asLong()).array());
            out.writeBytes(TestData.hex(row.get("v_bencoded_hex").asText()));
            return out.toByteArray();
        });
    }

    @Timeout(20)
    @MethodSource("seeds")
    @FuzzTest
    void keepsOrRefuses(byte[] input) throws IOException {
        var parts = new Parts(input);
        BValue value;
        try {
            value = Bencode.decode(parts.value, BencodeLimits.KRPC).value();
        } catch (BencodeException e) {
            return;
        }
        var signed = new Method.Put.Signed(
                BString.of(parts.key),
                BString.of(parts.salt),
                parts.sequence,
                BString.of(parts.signature),
                OptionalLong.empty());
        var store = new ItemStore(2, () -> SELF, SimulatedNetwork::atOnce, new FakeClock());

        Cost.atMost(1000, input.length, () -> put(store, new Method.Put(BString.EMPTY, value, Optional.of(signed))));
        var refusal = put(store, new Method.Put(BString.EMPTY, value, Optional.of(signed)));
        var fixedRefusal = put(store, new Method.Put(BString.EMPTY, value, Optional.empty()));

        refusal.ifPresentOrElse(
                why -> assertThat(why.code()).isIn(203, 205, 206, 207),
                () -> assertThat(store.get(MutableItem.target(signed.key(), signed.salt())))
                        .hasValueSatisfying(item -> assertThat(item.value()).isEqualTo(value)));
        fixedRefusal.ifPresentOrElse(
                why -> assertThat(why.code()).isEqualTo(205),
                () -> assertThat(store.get(ImmutableItem.of(value).target()))
                        .hasValueSatisfying(item -> assertThat(item.value()).isEqualTo(value)));
        assertThat(store.size()).isEqualTo((refusal.isEmpty() ? 1 : 0) + (fixedRefusal.isEmpty() ? 1 : 0));
    }

    private static Optional<ItemStore.Refusal> put(ItemStore store, Method.Put put) {
        var said = new AtomicReference<Optional<ItemStore.Refusal>>();
        store.put(put, InetAddress.getLoopbackAddress(), target -> true, said::set);
        return said.get();
    }

    /** The input, cut up. */
    private static final class Parts {
        private final byte[] salt;
        private final byte[] key;
        private final byte[] signature;
        private final long sequence;
        private final byte[] value;
        private final byte[] input;
        private int at;

        Parts(byte[] input) {
            this.input = input;
            this.salt = next(next(1).length == 0 ? 0 : input[0] & 0xff);
            this.key = next(ItemKey.BYTES);
            this.signature = next(ItemKey.SIGNATURE_BYTES);
            this.sequence = ByteBuffer.wrap(Arrays.copyOf(next(8), 8)).getLong();
            this.value = next(input.length);
        }

        private byte[] next(int length) {
            int end = Math.min(at + length, input.length);
            byte[] part = Arrays.copyOfRange(input, at, end);
            at = end;
            return part;
        }
    }
}

package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static weft.TestData.hex;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.apache.commons.codec.binary.Hex;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import weft.TestData;
import weft.bencode.BList;
import weft.bencode.BString;
import weft.bencode.BValue;
import weft.bencode.Bencode;
import weft.bencode.BencodeException;
import weft.bencode.BencodeLimits;

class ItemTest {
    private static final ItemKeyPair KEYS = ItemKeyPair.ofSeed(new byte[32]);

    static Stream<Named<JsonNode>> rows(String kind) {
        return StreamSupport.stream(
                        TestData.json("vectors/bep44_items.json").get("rows").spliterator(), false)
                .filter(row -> row.get("kind").asText().equals(kind))
                .map(row -> Named.of(row.get("origin").asText(), row));
    }

    static Stream<Named<JsonNode>> mutable() {
        return rows("mutable");
    }

    static Stream<Named<JsonNode>> immutable() {
        return rows("immutable");
    }

    @ParameterizedTest
    @MethodSource("mutable")
    void mutableItemIsSignedAndFoundAsTheVectorsSay(JsonNode row) {
        var salt = BString.of(hex(row.get("salt_hex").asText()));
        var key = ItemKey.parse(row.get("public_key").asText());
        var value = decoded(row.get("v_bencoded_hex").asText());
        long sequence = row.get("seq").asLong();
        var signature = BString.of(hex(row.get("signature").asText()));

        var item = MutableItem.received(key, salt, stored(value, key, sequence, signature));

        assertThat(MutableItem.signed(salt, sequence, ItemValue.of(value)))
                .isEqualTo(hex(row.get("signed_buffer_hex").asText()));
        assertThat(MutableItem.target(key, salt)).hasToString(row.get("target").asText());
        assertThat(item.isPresent()).isEqualTo(row.get("valid").asBoolean());
        item.ifPresent(valid -> {
            assertThat(valid.value()).isEqualTo(value);
            assertThat(valid.target()).hasToString(row.get("target").asText());
        });
    }

    @ParameterizedTest
    @MethodSource("mutable")
    void aSeedGivesTheKeyAndSignatureOfTheVectors(JsonNode row) {
        if (row.get("seed").isNull() || !row.get("valid").asBoolean()) {
            return; // the BEP publishes keys in a form that leads back to no seed
        }
        var keys = ItemKeyPair.ofSeed(hex(row.get("seed").asText()));

        var item = MutableItem.sign(
                keys,
                BString.of(hex(row.get("salt_hex").asText())),
                row.get("seq").asLong(),
                decoded(row.get("v_bencoded_hex").asText()));

        assertThat(keys.key()).hasToString(row.get("public_key").asText());
        assertThat(item.signature()).isEqualTo(hex(row.get("signature").asText()));
    }

    @ParameterizedTest
    @MethodSource("immutable")
    void immutableItemIsFoundByItsHash(JsonNode row) {
        var value = decoded(row.get("v_bencoded_hex").asText());
        var target = NodeId.parse(row.get("target").asText());

        var received = ImmutableItem.received(target, value);

        assertThat(received.isPresent()).isEqualTo(row.get("valid").asBoolean());
        received.ifPresent(item -> assertThat(item).isEqualTo(ImmutableItem.of(value)));
    }

    /** Known answers of RFC 8032, section 7.1. */
    @Test
    void signsAsTheRfcDoes() {
        var keys = ItemKeyPair.ofSeed(hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));

        assertThat(keys.key()).hasToString("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        assertThat(keys.sign(new byte[0]).toBytes())
                .isEqualTo(hex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                        + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"));
    }

    @Test
    void keyPairIsMadeAgainOfItsSeedAndDoesNotTellIt() {
        var keys = ItemKeyPair.generate();
        var again = ItemKeyPair.ofSeed(keys.seed());

        assertThat(again.key()).isEqualTo(keys.key()).hasSameHashCodeAs(keys.key());
        assertThat(ItemKeyPair.generate().key()).isNotEqualTo(keys.key());
        assertThat(ItemKey.parse(keys.key().toHex())).isEqualTo(keys.key());
        assertThat(keys.toString()).contains(keys.key().toHex()).doesNotContain(Hex.encodeHexString(keys.seed()));
        for (int length : new int[] {0, 31, 33, 64}) {
            assertThatIllegalArgumentException().isThrownBy(() -> ItemKeyPair.ofSeed(new byte[length]));
            assertThatIllegalArgumentException().isThrownBy(() -> ItemKey.of(new byte[length]));
            assertThatIllegalArgumentException().isThrownBy(() -> ItemKey.parse("0".repeat(2 * length)));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> ItemKey.parse("x".repeat(64)));
    }

    @Test
    void tooMuchIsRefusedWhenItIsMade() {
        var longest = BString.of("x".repeat(996)); // 996:x...
        var salt = BString.of(new byte[64]);

        assertThat(MutableItem.sign(KEYS, salt, Long.MAX_VALUE, longest).value())
                .isEqualTo(longest);
        assertThat(ImmutableItem.of(longest).value()).isEqualTo(longest);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ImmutableItem.of(BString.of("x".repeat(997))))
                .withMessage("an item's value may have 1000 bytes, not 1001");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MutableItem.sign(KEYS, BString.of(new byte[65]), 1, longest));
        assertThatIllegalArgumentException().isThrownBy(() -> MutableItem.sign(KEYS, salt, -1, longest));
    }

    @Test
    void deepestValueThatFitsIsReadAgain() {
        BValue deep = BList.EMPTY;
        for (int i = 1; i < 500; i++) {
            deep = BList.of(List.of(deep));
        }

        assertThat(ImmutableItem.of(deep).value()).isEqualTo(deep);
    }

    @Property(tries = 100)
    void whatWasSignedIsReceivedAndNothingThatWasChanged(
            @ForAll @Size(max = 64) byte[] saltBytes,
            @ForAll @LongRange(min = 0) long sequence,
            @ForAll @Size(max = 100) byte[] bytes,
            @ForAll @IntRange(max = 511) int bit) {
        var salt = BString.of(saltBytes);
        var value = BString.of(bytes);
        var key = KEYS.key();
        var item = MutableItem.sign(KEYS, salt, sequence, value);
        var signature = item.signatureAsString();
        byte[] forged = item.signature();
        forged[bit / 8] ^= (byte) (1 << bit % 8);
        var otherKey = key.toBytes();
        otherKey[bit / 8 % 32] ^= (byte) (1 << bit % 8);

        assertThat(MutableItem.received(key, salt, stored(value, key, sequence, signature)))
                .contains(item);
        assertThat(MutableItem.received(key, salt, stored(value, key, sequence, BString.of(forged))))
                .isEmpty();
        assertThat(MutableItem.received(
                        ItemKey.of(otherKey), salt, stored(value, ItemKey.of(otherKey), sequence, signature)))
                .isEmpty();
        assertThat(MutableItem.received(key, salt, stored(value, ItemKey.of(otherKey), sequence, signature)))
                .isEmpty();
        assertThat(MutableItem.received(key, salt, stored(value, key, sequence ^ 1, signature)))
                .isEmpty();
        assertThat(MutableItem.received(key, salt, stored(BString.of(bytes.length + "!"), key, sequence, signature)))
                .isEmpty();
        assertThat(MutableItem.received(
                        key,
                        BString.of(Arrays.copyOf(saltBytes, saltBytes.length + 1)),
                        stored(value, key, sequence, signature)))
                .isEmpty();
    }

    /** Points that are none, points of small order, and signatures of any length are no signatures, and no exceptions. */
    @Test
    void anyKeyAndSignatureAreVerifiedWithoutException() {
        var random = new SplittableRandom(44);
        var message = "3:seqi1e1:v0:".getBytes(StandardCharsets.US_ASCII);
        var key = new byte[32];
        for (int i = 0; i < 300; i++) {
            random.nextBytes(key);
            var signature = new byte[i % 130];
            random.nextBytes(signature);
            assertThat(ItemKey.of(key).verifies(message, BString.of(signature))).isFalse();
            assertThat(KEYS.key().verifies(message, BString.of(signature))).isFalse();
        }
        Arrays.fill(key, (byte) 0xff);
        assertThat(ItemKey.of(key).verifies(message, BString.of(key))).isFalse();
        assertThat(ItemKey.of(key).verifies(message, BString.of(Arrays.copyOf(key, 64))))
                .isFalse();
    }

    @Test
    void immutableItemOfAnotherHashIsNotReceived() {
        var item = ImmutableItem.of(BString.of("Hello World!"));

        assertThat(ImmutableItem.received(item.target(), BString.of("Hello World!")))
                .contains(item);
        assertThat(ImmutableItem.received(item.target(), BString.of("Hello World?")))
                .isEmpty();
        var tooLong = BString.of("x".repeat(997));
        var itsTarget = NodeId.of(DigestUtils.sha1(Bencode.encode(tooLong)));
        assertThat(ImmutableItem.received(itsTarget, tooLong)).isEmpty();
    }

    private static Answer.Stored stored(BValue value, ItemKey key, long sequence, BString signature) {
        return new Answer.Stored(
                Optional.of(value),
                Optional.of(BString.of(key.toBytes())),
                OptionalLong.of(sequence),
                Optional.of(signature));
    }

    private static BValue decoded(String hex) {
        try {
            return Bencode.decodeStrict(hex(hex), BencodeLimits.KRPC);
        } catch (BencodeException e) {
            throw new IllegalArgumentException(hex, e);
        }
    }
}

package weft.dht;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.commons.codec.digest.DigestUtils;
import weft.bencode.BInteger;
import weft.bencode.BString;
import weft.bencode.BValue;
import weft.bencode.Bencode;

/**
 * An item that the holder of a key may replace (BEP 44). It is found by the public key, and by a salt if there is more than
 * one under that key; of two the one with the greater sequence number counts. Signed is
 *
 * <pre>
 *   [4:salt&lt;salt, bencoded&gt;] 3:seq i&lt;sequence number&gt;e 1:v&lt;value, bencoded&gt;
 * </pre>
 */
public final class MutableItem implements Item {

    /** BEP 44: the longest salt. */
    public static final int MAX_SALT_BYTES = 64;

    private final ItemKey key;
    private final BString salt;
    private final long sequence;
    private final ItemValue value;
    private final BString signature;
    private final NodeId target;

    private MutableItem(ItemKey key, BString salt, long sequence, ItemValue value, BString signature) {
        this.key = key;
        this.salt = salt;
        this.sequence = sequence;
        this.value = value;
        this.signature = signature;
        this.target = target(key, salt);
    }

    /**
     * Signs a value.
     *
     * @param salt tells items under the same key apart; {@link BString#EMPTY} for none
     * @param sequence greater than that of the item that this replaces, and not negative
     * @throws IllegalArgumentException if the sequence number is negative, the salt has more than 64 bytes, or the value
     *     more than 1000, bencoded
     */
    public static MutableItem sign(ItemKeyPair keys, BString salt, long sequence, BValue value) {
        if (sequence < 0) {
            throw new IllegalArgumentException("a negative sequence number: " + sequence);
        }
        if (salt.length() > MAX_SALT_BYTES) {
            throw new IllegalArgumentException("a salt may have " + MAX_SALT_BYTES + " bytes, not " + salt.length());
        }
        var encoded = ItemValue.of(value);
        var ownSalt = BString.of(salt.toBytes());
        var signature = keys.sign(signed(ownSalt, sequence, encoded));
        return new MutableItem(keys.key(), ownSalt, sequence, encoded, signature);
    }

    /**
     * What a node says is under this key and salt; nothing if anything about it is wrong. Verifying a signature is costly,
     * see {@link ItemKey#verifies}.
     */
    static Optional<MutableItem> received(ItemKey key, BString salt, Answer.Stored stored) {
        if (stored.value().isEmpty()
                || stored.signature().isEmpty()
                || stored.sequence().orElse(-1) < 0
                || !stored.key().filter(key.asString()::equals).isPresent()) {
            return Optional.empty();
        }
        var encoded = ItemValue.received(stored.value().orElseThrow());
        return encoded.isTooLong()
                ? Optional.empty()
                : verified(
                        key,
                        salt,
                        stored.sequence().orElseThrow(),
                        encoded,
                        stored.signature().orElseThrow());
    }

    /** The item, if it is signed right. All but that is to be checked before. */
    static Optional<MutableItem> verified(
            ItemKey key, BString salt, long sequence, ItemValue value, BString signature) {
        return key.verifies(signed(salt, sequence, value), signature)
                // Copies: what is received are views of its datagram.
                ? Optional.of(new MutableItem(
                        key, BString.of(salt.toBytes()), sequence, value, BString.of(signature.toBytes())))
                : Optional.empty();
    }

    /** Where the item under this key and salt is found: SHA-1 of the two. */
    public static NodeId target(ItemKey key, BString salt) {
        return target(key.asString(), salt);
    }

    static NodeId target(BString key, BString salt) {
        var sha1 = DigestUtils.getSha1Digest();
        sha1.update(key.asByteBuffer());
        sha1.update(salt.asByteBuffer());
        return NodeId.of(sha1.digest());
    }

    /** The bytes that the signature is of. */
    static byte[] signed(BString salt, long sequence, ItemValue value) {
        var buffer = new ByteArrayOutputStream();
        if (salt.length() > 0) {
            buffer.writeBytes(ascii("4:salt"));
            buffer.writeBytes(Bencode.encode(salt));
        }
        buffer.writeBytes(ascii("3:seq"));
        buffer.writeBytes(Bencode.encode(BInteger.of(sequence)));
        buffer.writeBytes(ascii("1:v"));
        buffer.writeBytes(value.encoded().toBytes());
        return buffer.toByteArray();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Whose it is. */
    public ItemKey key() {
        return key;
    }

    /** What tells it apart from others under the same key; empty if nothing does. */
    public BString salt() {
        return salt;
    }

    /** Grows with each value, from 0 to 2^63 - 1. */
    public long sequence() {
        return sequence;
    }

    /** 64 bytes of Ed25519. */
    public byte[] signature() {
        return signature.toBytes();
    }

    BString signatureAsString() {
        return signature;
    }

    /** SHA-1 of key and salt. */
    @Override
    public NodeId target() {
        return target;
    }

    @Override
    public BValue value() {
        return value.decode();
    }

    /** Of the value. */
    int encodedLength() {
        return value.encoded().length();
    }

    /** Whether the two say the same, and when. */
    boolean hasSameContent(MutableItem other) {
        return sequence == other.sequence && value.equals(other.value);
    }

    /** Whether this item is what is told here: then it need not be verified again. */
    boolean isSigned(long itsSequence, ItemValue itsValue, BString itsSignature) {
        return sequence == itsSequence && value.equals(itsValue) && signature.equals(itsSignature);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MutableItem that
                && key.equals(that.key)
                && salt.equals(that.salt)
                && isSigned(that.sequence, that.value, that.signature);
    }

    @Override
    public int hashCode() {
        return 31 * target.hashCode() + Long.hashCode(sequence);
    }

    @Override
    public String toString() {
        return "item " + target + " of " + key + ", sequence number " + sequence;
    }
}

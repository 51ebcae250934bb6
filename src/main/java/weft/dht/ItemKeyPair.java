package weft.dht;

import java.io.Serial;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import java.util.HexFormat;
import weft.bencode.BString;

/**
 * What is needed to publish items that only one's own can replace (BEP 44): an Ed25519 key, made of 32 bytes that are kept
 * secret, the seed. Immutable. {@link #toString} does not tell the seed.
 *
 * <p>The 64 bytes that libtorrent and the BEP call a private key are made from the seed, and do not lead back to it.
 */
public final class ItemKeyPair {

    /** RFC 8032: the length of a seed. */
    public static final int SEED_BYTES = 32;

    private final byte[] seed;
    private final PrivateKey secret;
    private final ItemKey key;

    private ItemKeyPair(byte[] seed, PrivateKey secret, ItemKey key) {
        this.seed = seed;
        this.secret = secret;
        this.key = key;
    }

    /** A new one. */
    public static ItemKeyPair generate() {
        var seed = new byte[SEED_BYTES];
        new SecureRandom().nextBytes(seed);
        return ofSeed(seed);
    }

    /**
     * The one with a copy of this seed.
     *
     * @throws IllegalArgumentException if it is not 32 bytes
     */
    public static ItemKeyPair ofSeed(byte[] seed) {
        if (seed.length != SEED_BYTES) {
            throw new IllegalArgumentException("a seed has 32 bytes, not " + seed.length);
        }
        try {
            var pair = pairOf(seed);
            byte[] encoded = pair.getPublic().getEncoded(); // as X.509 has it, with the 32 bytes at the end
            int start = encoded.length - ItemKey.BYTES;
            var key = ItemKey.of(Arrays.copyOfRange(encoded, start, encoded.length));
            return new ItemKeyPair(seed.clone(), pair.getPrivate(), key);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has Ed25519 since 15", e);
        }
    }

    /**
     * The JDK makes a private key of a seed, but has no call that gives the public key to it, except while it generates a
     * pair: there the seed is the first and only thing that it asks of its random numbers.
     */
    private static KeyPair pairOf(byte[] seed) throws GeneralSecurityException {
        var generator = KeyPairGenerator.getInstance("Ed25519");
        generator.initialize(NamedParameterSpec.ED25519, new SeedAsRandom(seed));
        var pair = generator.generateKeyPair();
        if (!(pair.getPrivate() instanceof EdECPrivateKey secret)
                || !Arrays.equals(secret.getBytes().orElse(null), seed)) {
            throw new IllegalStateException(generator.getProvider() + " does not take its random numbers for the seed");
        }
        return pair;
    }

    /** Gives out one seed. */
    private static final class SeedAsRandom extends SecureRandom {
        @Serial
        private static final long serialVersionUID = 1;

        private final byte[] seed;

        SeedAsRandom(byte[] seed) {
            this.seed = seed;
        }

        @Override
        public void nextBytes(byte[] bytes) {
            System.arraycopy(seed, 0, bytes, 0, Math.min(seed.length, bytes.length));
        }
    }

    /** The public half: where the items are, and what they are verified by. */
    public ItemKey key() {
        return key;
    }

    /** A copy of the secret 32 bytes: whoever has them can publish in the owner's name. */
    public byte[] seed() {
        return seed.clone();
    }

    BString sign(byte[] message) {
        try {
            var signer = Signature.getInstance("Ed25519");
            signer.initSign(secret);
            signer.update(message);
            return BString.of(signer.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a key of the JDK's own does not sign", e);
        }
    }

    /** Names the public key only. */
    @Override
    public String toString() {
        return "key pair of " + HexFormat.of().formatHex(key.toBytes());
    }
}

package weft.dht;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;
import weft.bencode.BString;

/**
 * The public half of the key by which items are signed (BEP 44): 32 bytes of Ed25519 (RFC 8032). Whoever has it can find the
 * items and see that they are genuine. Immutable; compares by content.
 */
public final class ItemKey {

    /** RFC 8032. */
    public static final int BYTES = 32;

    /** RFC 8032. */
    static final int SIGNATURE_BYTES = 64;

    /** The JDK reads public keys as X.509 has them: this (RFC 8410, section 4) before the 32 bytes. */
    private static final byte[] X509_HEAD = HexFormat.of().parseHex("302a300506032b6570032100");

    private final BString bytes;

    private ItemKey(BString bytes) {
        this.bytes = bytes;
    }

    /**
     * The key of a copy of these 32 bytes. Not all such are a point of the curve; what is not has signed nothing.
     *
     * @throws IllegalArgumentException if they are not 32
     */
    public static ItemKey of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("an item's key has 32 bytes, not " + bytes.length);
        }
        return new ItemKey(BString.of(bytes));
    }

    /**
     * Reads 64 hexadecimal digits in either case.
     *
     * @throws IllegalArgumentException if {@code hex} is anything else
     */
    public static ItemKey parse(String hex) {
        if (hex.length() != 2 * BYTES) {
            throw new IllegalArgumentException("not an item's key (64 hexadecimal digits): " + hex);
        }
        return of(HexFormat.of().parseHex(hex));
    }

    /**
     * Whether {@code signature} is this key's for {@code message}. Takes half a millisecond or more, so whoever does this
     * for strangers limits how often.
     */
    boolean verifies(byte[] message, BString signature) {
        try {
            var verifier = Signature.getInstance("Ed25519");
            verifier.initVerify(forJdk());
            verifier.update(message);
            return verifier.verify(signature.toBytes());
        } catch (InvalidKeySpecException | InvalidKeyException | SignatureException invalid) {
            return false; // no point of the curve, or no signature at all
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has Ed25519 since 15", e);
        }
    }

    private PublicKey forJdk() throws GeneralSecurityException {
        var encoded = new byte[X509_HEAD.length + BYTES];
        System.arraycopy(X509_HEAD, 0, encoded, 0, X509_HEAD.length);
        System.arraycopy(bytes.toBytes(), 0, encoded, X509_HEAD.length, BYTES);
        return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
    }

    /** A copy of the 32 bytes. */
    public byte[] toBytes() {
        return bytes.toBytes();
    }

    /** The 32 bytes, as messages have them. */
    BString asString() {
        return bytes;
    }

    /** 64 hexadecimal digits, lower case. */
    public String toHex() {
        return HexFormat.of().formatHex(toBytes());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ItemKey that && bytes.equals(that.bytes);
    }

    @Override
    public int hashCode() {
        return bytes.hashCode();
    }

    /** The same as {@link #toHex}. */
    @Override
    public String toString() {
        return toHex();
    }
}

package weft.bencode;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/**
 * A byte string: text, a hash, or 20 bytes times the number of pieces. A decoded one is a slice of the array it was
 * decoded from, so that even a string of megabytes costs no copy; whoever keeps one keeps that array alive. Compares as
 * unsigned bytes, which is the order of dictionary keys (BEP 3).
 */
public final class BString implements BValue, Comparable<BString> {

    /** The string of no bytes. */
    public static final BString EMPTY = new BString(new byte[0], 0, 0);

    private final byte[] source; // never changed, never handed out
    private final int offset;
    private final int length;

    private BString(byte[] source, int offset, int length) {
        this.source = source;
        this.offset = offset;
        this.length = length;
    }

    /** A string of a copy of {@code bytes}. */
    public static BString of(byte[] bytes) {
        return slice(bytes.clone(), 0, bytes.length);
    }

    /** A string of the UTF-8 bytes of {@code text}. */
    public static BString of(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return slice(bytes, 0, bytes.length);
    }

    /** A view of part of an array that nobody changes any more. */
    static BString slice(byte[] source, int offset, int length) {
        return new BString(source, offset, length);
    }

    /** The number of bytes. */
    public int length() {
        return length;
    }

    /** The byte at {@code index}, counted from 0. */
    public byte byteAt(int index) {
        return source[offset + Objects.checkIndex(index, length)];
    }

    /** A view of the bytes {@code from} (inclusive) to {@code to} (exclusive). */
    public BString substring(int from, int to) {
        Objects.checkFromToIndex(from, to, length);
        return slice(source, offset + from, to - from);
    }

    /** A copy of the bytes. */
    public byte[] toBytes() {
        return Arrays.copyOfRange(source, offset, offset + length);
    }

    /** A read-only view of the bytes, from position 0 to the limit. */
    public ByteBuffer asByteBuffer() {
        return ByteBuffer.wrap(source, offset, length).slice().asReadOnlyBuffer();
    }

    /** The bytes as UTF-8 text; what is not UTF-8 becomes U+FFFD. */
    public String utf8() {
        return new String(source, offset, length, StandardCharsets.UTF_8);
    }

    /** The bytes as text in {@code charset}, or nothing if they are malformed in it. */
    public Optional<String> text(Charset charset) {
        try {
            CharBuffer decoded = charset.newDecoder().decode(ByteBuffer.wrap(source, offset, length));
            return Optional.of(decoded.toString());
        } catch (CharacterCodingException malformed) {
            return Optional.empty();
        }
    }

    /** True if these bytes and {@code bytes[from..to)} are the same, without making a copy of either. */
    public boolean contentEquals(byte[] bytes, int from, int to) {
        return Arrays.equals(source, offset, offset + length, bytes, from, to);
    }

    @Override
    public int compareTo(BString other) {
        return Arrays.compareUnsigned(
                source, offset, offset + length, other.source, other.offset, other.offset + other.length);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BString that && contentEquals(that.source, that.offset, that.offset + that.length);
    }

    @Override
    public int hashCode() {
        int hash = 1;
        for (int i = offset; i < offset + length; i++) {
            hash = 31 * hash + source[i];
        }
        return hash;
    }

    /** For people: short printable text in quotes, or else the number of bytes. */
    @Override
    public String toString() {
        if (length > 100) {
            return length + " bytes";
        }
        return text(StandardCharsets.UTF_8)
                .filter(text -> text.chars().noneMatch(Character::isISOControl))
                .map(text -> '"' + text + '"')
                .orElse(length + " bytes");
    }

    /** Where the first byte after this string lies in the decoded array: for a key, where its value begins. */
    int endOffset() {
        return offset + length;
    }

    void copyTo(byte[] target, int at) {
        System.arraycopy(source, offset, target, at, length);
    }
}

package weft.bencode;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * A dictionary: byte strings to values, in ascending order of the keys as unsigned bytes (BEP 3).
 *
 * <p>The typed look-ups ({@link #string}, {@link #integer}, {@link #list}, {@link #dict}) answer with nothing both when
 * the key is absent and when its value is of another kind: for an optional field of a stranger's message the two mean
 * the same. Who must tell them apart asks {@link #get}.
 *
 * <p>Two parallel arrays and a binary search rather than a map: a torrent of a hundred thousand files is as many little
 * dictionaries.
 */
public final class BDict implements BValue {

    /** The dictionary without entries. */
    public static final BDict EMPTY = builder().build();

    private final BString[] keys; // ascending, unique
    private final BValue[] values;
    private final byte[] source; // the array that this was decoded from, or null if this was built
    private final int start; // of this dictionary's encoding in source
    private final int end;

    /** Takes all arrays over; the keys ascend and are unique. */
    BDict(BString[] keys, BValue[] values, byte[] source, int start, int end) {
        this.keys = keys;
        this.values = values;
        this.source = source;
        this.start = start;
        this.end = end;
    }

    /** An empty builder; the order of its calls does not matter. */
    public static Builder builder() {
        return new Builder();
    }

    /** The number of entries. */
    public int size() {
        return keys.length;
    }

    /** The value under {@code key}, of whatever kind. */
    public Optional<BValue> get(BString key) {
        int index = Arrays.binarySearch(keys, key);
        return index < 0 ? Optional.empty() : Optional.of(values[index]);
    }

    /** The value under the UTF-8 bytes of {@code key}, of whatever kind. */
    public Optional<BValue> get(String key) {
        return get(BString.of(key));
    }

    /** The byte string under {@code key}. */
    public Optional<BString> string(String key) {
        return get(key, BString.class);
    }

    /** The integer under {@code key}. */
    public OptionalLong integer(String key) {
        return get(key).orElse(null) instanceof BInteger(long value) ? OptionalLong.of(value) : OptionalLong.empty();
    }

    /** The list under {@code key}. */
    public Optional<BList> list(String key) {
        return get(key, BList.class);
    }

    /** The dictionary under {@code key}. */
    public Optional<BDict> dict(String key) {
        return get(key, BDict.class);
    }

    private <T extends BValue> Optional<T> get(String key, Class<T> kind) {
        return get(key).filter(kind::isInstance).map(kind::cast);
    }

    /** All entries in ascending order of the keys; the map cannot be changed. */
    public Map<BString, BValue> entries() {
        var entries = LinkedHashMap.<BString, BValue>newLinkedHashMap(keys.length);
        for (int i = 0; i < keys.length; i++) {
            entries.put(keys[i], values[i]);
        }
        return Collections.unmodifiableMap(entries);
    }

    /**
     * The encoding of this dictionary byte for byte as it was decoded, however odd: an info-hash is taken over this. For
     * a dictionary that was built it is the canonical encoding.
     */
    public BString raw() {
        if (source != null) {
            return BString.slice(source, start, end - start);
        }
        byte[] encoded = Bencode.encode(this);
        return BString.slice(encoded, 0, encoded.length);
    }

    /** Where this dictionary began in the decoded bytes; nothing if it was built. */
    public OptionalInt offset() {
        return source == null ? OptionalInt.empty() : OptionalInt.of(start);
    }

    /** Where the value of {@code key} began in the decoded bytes; nothing if there is none or this was built. */
    public OptionalInt offsetOf(String key) {
        int index = source == null ? -1 : Arrays.binarySearch(keys, BString.of(key));
        return index < 0 ? OptionalInt.empty() : OptionalInt.of(keys[index].endOffset());
    }

    /** Equal if the entries are; how they were encoded does not matter. */
    @Override
    public boolean equals(Object other) {
        return other instanceof BDict that && Arrays.equals(keys, that.keys) && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(keys) + Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return entries().toString();
    }

    void writeTo(BencodeWriter writer) {
        for (int i = 0; i < keys.length; i++) {
            writer.write(keys[i]);
            writer.write(values[i]);
        }
    }

    /** Collects entries in any order; a key that is put again gets the later value. Not for sharing between threads. */
    public static final class Builder {

        private final TreeMap<BString, BValue> entries = new TreeMap<>();

        private Builder() {}

        /** Puts a value under a key of any bytes. */
        public Builder put(BString key, BValue value) {
            entries.put(key, value);
            return this;
        }

        /** Puts a value. */
        public Builder put(String key, BValue value) {
            return put(BString.of(key), value);
        }

        /** Puts an integer. */
        public Builder put(String key, long value) {
            return put(key, BInteger.of(value));
        }

        /** Puts a text as UTF-8. */
        public Builder put(String key, String value) {
            return put(key, BString.of(value));
        }

        /** Puts a copy of some bytes. */
        public Builder put(String key, byte[] value) {
            return put(key, BString.of(value));
        }

        /** The dictionary of what was put so far. */
        public BDict build() {
            return new BDict(
                    entries.keySet().toArray(BString[]::new), entries.values().toArray(BValue[]::new), null, 0, 0);
        }
    }
}

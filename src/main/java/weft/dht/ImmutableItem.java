package weft.dht;

import java.util.Optional;
import org.apache.commons.codec.digest.DigestUtils;
import weft.bencode.BValue;

/** An item that never changes: it is found by the hash of its value (BEP 44), which is how one knows that it is genuine. */
public final class ImmutableItem implements Item {

    private final ItemValue value;
    private final NodeId target;

    ImmutableItem(ItemValue value) {
        this.value = value;
        this.target = NodeId.of(DigestUtils.sha1(value.encoded().toBytes()));
    }

    /**
     * The item of this value.
     *
     * @throws IllegalArgumentException if it is more than 1000 bytes, bencoded
     */
    public static ImmutableItem of(BValue value) {
        return new ImmutableItem(ItemValue.of(value));
    }

    /** What a node says is at {@code target}; nothing if it cannot be. */
    static Optional<ImmutableItem> received(NodeId target, BValue value) {
        var encoded = ItemValue.received(value);
        return encoded.isTooLong()
                ? Optional.empty()
                : Optional.of(new ImmutableItem(encoded)).filter(item -> item.target.equals(target));
    }

    /** SHA-1 of the value, bencoded. */
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

    @Override
    public boolean equals(Object other) {
        return other instanceof ImmutableItem that && value.equals(that.value);
    }

    @Override
    public int hashCode() {
        return target.hashCode();
    }

    @Override
    public String toString() {
        return "item " + target;
    }
}

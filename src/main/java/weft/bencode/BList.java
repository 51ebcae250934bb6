package weft.bencode;

import java.util.Iterator;
import java.util.List;

/** A list of values of any kinds. */
public final class BList implements BValue, Iterable<BValue> {

    /** The list without values. */
    public static final BList EMPTY = new BList(List.of());

    private final List<BValue> values;

    private BList(List<BValue> values) {
        this.values = values;
    }

    /** A list of these values. */
    public static BList of(List<? extends BValue> values) {
        return values.isEmpty() ? EMPTY : new BList(List.copyOf(values));
    }

    /** A list of these values. */
    public static BList of(BValue... values) {
        return of(List.of(values));
    }

    /** The values in order; the list cannot be changed. */
    public List<BValue> values() {
        return values;
    }

    /** The number of values. */
    public int size() {
        return values.size();
    }

    /** The value at {@code index}, counted from 0. */
    public BValue get(int index) {
        return values.get(index);
    }

    @Override
    public Iterator<BValue> iterator() {
        return values.iterator();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BList that && values.equals(that.values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    @Override
    public String toString() {
        return values.toString();
    }
}

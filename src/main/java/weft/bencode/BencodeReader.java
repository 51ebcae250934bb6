package weft.bencode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;

/**
 * Reads one value from an array, without recursion: what is open lies on a stack of its own, one {@link Frame} a level,
 * so that a hostile "lllll..." meets the depth limit and never the end of a thread's stack. Used once, by one thread.
 *
 * <p>Strict and lenient differ in one method, {@link #deviation}.
 */
final class BencodeReader {

    /** More than this many complaints about one input help nobody. */
    private static final int MAX_WARNINGS = 20;

    private final byte[] in;
    private final BencodeLimits limits;
    private final boolean strict;

    private final List<Frame> frames = new ArrayList<>(); // reused; the first depth of them are open
    private int depth;
    private int position;
    private int tokens;
    private final List<String> warnings = new ArrayList<>();
    private int unlistedWarnings;

    BencodeReader(byte[] in, BencodeLimits limits, boolean strict) {
        this.in = in;
        this.limits = limits;
        this.strict = strict;
    }

    Decoded read() throws BencodeException {
        if (in.length > limits.maxBytes()) {
            throw new BencodeException(
                    limits.maxBytes(),
                    in.length + " bytes of bencoding, at most " + limits.maxBytes() + " are accepted");
        }
        BValue value = readValue();
        if (position < in.length) {
            deviation(position, () -> (in.length - position) + " bytes after the end of the value");
        }
        if (unlistedWarnings > 0) {
            warnings.add("and " + unlistedWarnings + " more of the kind");
        }
        return new Decoded(value, warnings, position);
    }

    private BValue readValue() throws BencodeException {
        while (true) {
            BValue value;
            if (depth > 0 && peek() == 'e') {
                value = closeFrame();
            } else if (depth > 0 && top().wantsKey()) {
                readKey();
                continue;
            } else if (peek() == 'l' || peek() == 'd') {
                openFrame();
                continue;
            } else {
                value = readScalar();
            }
            if (depth == 0) {
                return value;
            }
            top().values.add(value);
        }
    }

    private BValue readScalar() throws BencodeException {
        countToken();
        byte first = peek();
        if (first == 'i') {
            return readInteger();
        }
        if (isDigit(first)) {
            return readString();
        }
        throw new BencodeException(position, "expected a value, found " + describe(first));
    }

    // i<decimal>e
    private BInteger readInteger() throws BencodeException {
        int start = position++;
        boolean negative = peek() == '-';
        if (negative) {
            position++;
        }
        int firstDigit = position;
        long number = 0; // kept negative: there is one more negative number than there are positive ones
        while (isDigit(peek())) {
            int digit = in[position] - '0';
            if (number < (Long.MIN_VALUE + digit) / 10) {
                throw new BencodeException(start, "an integer that does not fit 64 bits");
            }
            number = number * 10 - digit;
            position++;
        }
        if (position == firstDigit || in[position] != 'e') {
            throw new BencodeException(position, "expected a digit of an integer, found " + describe(in[position]));
        }
        if (!negative && number == Long.MIN_VALUE) {
            throw new BencodeException(start, "an integer that does not fit 64 bits");
        }
        boolean superfluousZero = in[firstDigit] == '0' && position > firstDigit + 1;
        if (superfluousZero || (negative && number == 0)) {
            deviation(start, () -> "an integer with a superfluous zero or sign");
        }
        position++;
        return BInteger.of(negative ? number : -number);
    }

    // <decimal>:<bytes>
    private BString readString() throws BencodeException {
        int start = position;
        long length = 0;
        while (isDigit(peek())) {
            // Stops growing as soon as it is more than any array holds, so that no count of digits makes it wrap.
            length = Math.min(length * 10 + in[position] - '0', Integer.MAX_VALUE + 1L);
            position++;
        }
        if (in[position] != ':') {
            throw new BencodeException(
                    position, "expected a digit or the colon of a string's length, found " + describe(in[position]));
        }
        if (in[start] == '0' && position > start + 1) {
            deviation(start, () -> "a string's length with a leading zero");
        }
        position++;
        if (length > in.length - position) {
            String expected = length > Integer.MAX_VALUE ? "over " + Integer.MAX_VALUE : Long.toString(length);
            throw new BencodeException(
                    start,
                    "expected a string of " + expected + " bytes, but only " + (in.length - position) + " are left");
        }
        var string = BString.slice(in, position, (int) length);
        position += (int) length;
        return string;
    }

    private void readKey() throws BencodeException {
        countToken();
        if (!isDigit(peek())) {
            throw new BencodeException(position, "expected a dictionary key (a string), found " + describe(peek()));
        }
        int start = position;
        BString key = readString();
        List<BString> keys = top().keys;
        if (!keys.isEmpty()) {
            int order = key.compareTo(keys.getLast());
            if (order == 0) {
                deviation(start, () -> "dictionary key " + key + " twice");
            } else if (order < 0) {
                deviation(start, () -> "dictionary key " + key + " after " + keys.getLast() + ", out of order");
            }
            top().ascending &= order > 0;
        }
        keys.add(key);
    }

    private void openFrame() throws BencodeException {
        countToken();
        if (depth == limits.maxDepth()) {
            throw new BencodeException(position, "nested more than " + limits.maxDepth() + " levels deep");
        }
        if (depth == frames.size()) {
            frames.add(new Frame());
        }
        frames.get(depth++).open(in[position] == 'd', position);
        position++;
    }

    private BValue closeFrame() throws BencodeException {
        Frame frame = top();
        if (frame.isDict && !frame.wantsKey()) {
            throw new BencodeException(position, "dictionary key " + frame.keys.getLast() + " without a value");
        }
        position++;
        depth--;
        return frame.isDict ? frame.toDict(in, position) : BList.of(frame.values);
    }

    private Frame top() {
        return frames.get(depth - 1);
    }

    private void countToken() throws BencodeException {
        if (++tokens > limits.maxTokens()) {
            throw new BencodeException(position, "more than " + limits.maxTokens() + " values");
        }
    }

    private byte peek() throws BencodeException {
        if (position == in.length) {
            throw new BencodeException(position, position == 0 ? "empty input" : "the input ends within a value");
        }
        return in[position];
    }

    /**
     * Something that BEP 3 forbids or no canonical encoder writes, but whose meaning is plain. A supplier, since a hostile
     * input has millions of them and nobody reads more than a few.
     */
    private void deviation(int offset, Supplier<String> what) throws BencodeException {
        if (strict) {
            throw new BencodeException(offset, what.get());
        }
        if (warnings.size() < MAX_WARNINGS) {
            warnings.add("byte " + offset + ": " + what.get());
        } else {
            unlistedWarnings++;
        }
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    private static String describe(byte b) {
        return b > ' ' && b < 127 ? "'" + (char) b + "'" : "byte 0x%02x".formatted(b & 0xff);
    }

    /** A list or dictionary whose end has not been read yet. */
    private static final class Frame {

        private static final BString[] NO_KEYS = {};
        private static final BValue[] NO_VALUES = {};

        private boolean isDict;
        private int start;
        private boolean ascending;
        private final List<BString> keys = new ArrayList<>();
        private final List<BValue> values = new ArrayList<>();

        void open(boolean dict, int offset) {
            isDict = dict;
            start = offset;
            ascending = true;
            keys.clear();
            values.clear();
        }

        boolean wantsKey() {
            return isDict && keys.size() == values.size();
        }

        BDict toDict(byte[] in, int end) {
            if (keys.isEmpty()) {
                return new BDict(NO_KEYS, NO_VALUES, in, start, end);
            }
            if (!ascending) {
                sortKeepingTheFirstOfDoubles();
            }
            return new BDict(keys.toArray(NO_KEYS), values.toArray(NO_VALUES), in, start, end);
        }

        private void sortKeepingTheFirstOfDoubles() {
            var order = new Integer[keys.size()];
            Arrays.setAll(order, i -> i);
            Arrays.sort(order, Comparator.comparing(keys::get)); // stable
            var sortedKeys = new ArrayList<BString>();
            var sortedValues = new ArrayList<BValue>();
            for (int i : order) {
                if (sortedKeys.isEmpty() || !sortedKeys.getLast().equals(keys.get(i))) {
                    sortedKeys.add(keys.get(i));
                    sortedValues.add(values.get(i));
                }
            }
            keys.clear();
            keys.addAll(sortedKeys);
            values.clear();
            values.addAll(sortedValues);
        }
    }
}

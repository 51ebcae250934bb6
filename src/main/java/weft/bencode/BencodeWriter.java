package weft.bencode;

import java.util.Arrays;

/** Writes the canonical encoding of one value. Used once, by one thread. */
final class BencodeWriter {

    /** The longest decimal of a long, its sign included. */
    private static final int MAX_DECIMAL_LENGTH = 20;

    private byte[] out = new byte[256];
    private int length;

    void write(BValue value) {
        switch (value) {
            case BInteger(long number) -> {
                writeByte('i');
                writeDecimal(number);
                writeByte('e');
            }
            case BString string -> {
                writeDecimal(string.length());
                writeByte(':');
                makeRoomFor(string.length());
                string.copyTo(out, length);
                length += string.length();
            }
            case BList list -> {
                writeByte('l');
                list.forEach(this::write);
                writeByte('e');
            }
            case BDict dict -> {
                writeByte('d');
                dict.writeTo(this);
                writeByte('e');
            }
        }
    }

    private void writeByte(char ascii) {
        makeRoomFor(1);
        out[length++] = (byte) ascii;
    }

    private void writeDecimal(long number) {
        makeRoomFor(MAX_DECIMAL_LENGTH);
        if (number < 0) {
            out[length++] = '-';
        }
        int digits = 1;
        for (long rest = number / 10; rest != 0; rest /= 10) {
            digits++;
        }
        long rest = number;
        for (int at = length + digits - 1; at >= length; at--) {
            out[at] = (byte) ('0' + Math.abs(rest % 10));
            rest /= 10;
        }
        length += digits;
    }

    private void makeRoomFor(int count) {
        if (count > out.length - length) {
            out = Arrays.copyOf(out, Math.max(2 * out.length, Math.addExact(length, count)));
        }
    }

    byte[] toBytes() {
        return Arrays.copyOf(out, length);
    }
}

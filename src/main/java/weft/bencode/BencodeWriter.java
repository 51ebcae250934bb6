package weft.bencode;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes the canonical encoding of one value. Used once, by one thread. */
final class BencodeWriter {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    void write(BValue value) {
        switch (value) {
            case BInteger(long number) -> writeAscii("i" + number + "e");
            case BString string -> {
                writeAscii(string.length() + ":");
                string.writeTo(out);
            }
            case BList list -> {
                out.write('l');
                list.forEach(this::write);
                out.write('e');
            }
            case BDict dict -> {
                out.write('d');
                dict.writeTo(this);
                out.write('e');
            }
        }
    }

    private void writeAscii(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    byte[] toBytes() {
        return out.toByteArray();
    }
}

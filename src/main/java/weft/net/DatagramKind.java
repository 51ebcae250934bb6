package weft.net;

import java.nio.ByteBuffer;

/** What comes to a client's one UDP port, told apart by its first bytes. */
public enum DatagramKind {
    /** BEP 29: {@code <type:4 bits, 0 to 4><version:4 bits, 1>...}, 20 bytes at least. */
    UTP,
    /** BEP 5: a bencoded dictionary, {@code d...e}. */
    DHT,
    /** BEP 15, what trackers answer: {@code <action:4, 0 to 3><transaction id:4>...}. */
    TRACKER;

    private static final int UTP_HEADER_BYTES = 20;
    private static final int HIGHEST_UTP_TYPE = 4;
    private static final int TRACKER_HEADER_BYTES = 8;
    private static final int HIGHEST_TRACKER_ACTION = 3;

    /** The kind of the bytes between position and limit, or null if they are none of ours. */
    static DatagramKind of(ByteBuffer datagram) {
        int length = datagram.remaining();
        if (length == 0) {
            return null;
        }
        int start = datagram.position();
        int first = datagram.get(start) & 0xff;
        if (length >= UTP_HEADER_BYTES && (first & 0x0f) == 1 && first >>> 4 <= HIGHEST_UTP_TYPE) {
            return UTP;
        }
        if (first == 'd' && datagram.get(datagram.limit() - 1) == 'e') {
            return DHT;
        }
        if (length >= TRACKER_HEADER_BYTES
                && Integer.compareUnsigned(datagram.getInt(start), HIGHEST_TRACKER_ACTION) <= 0) {
            return TRACKER;
        }
        return null;
    }
}

package weft.tracker;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import weft.bencode.BString;
import weft.wire.ProtocolException;

/** What a client sends to a UDP tracker (BEP 15): {@code <connection id:8><action:4><transaction id:4>...}, big-endian. */
sealed interface UdpRequest {
    /** In place of a connection id, by one who has none yet. */
    long PROTOCOL_ID = 0x41727101980L;

    int CONNECT = 0;
    int ANNOUNCE = 1;
    int SCRAPE = 2;

    /** What all requests begin with. */
    int HEADER_LENGTH = 16;

    int ANNOUNCE_LENGTH = 98;
    int HASH_LENGTH = 20;

    /** BEP 15: as many fit into a packet. */
    int MAX_HASHES = 74;

    /** The request as it is sent. */
    ByteBuffer encode();

    /** Asks for a connection id. */
    record Connect(int transactionId) implements UdpRequest {
        @Override
        public ByteBuffer encode() {
            return header(HEADER_LENGTH, PROTOCOL_ID, CONNECT, transactionId).flip();
        }
    }

    /**
     * An announce.
     *
     * <pre>
     * &lt;connection id:8&gt;&lt;action:4=1&gt;&lt;transaction id:4&gt;&lt;info hash:20&gt;&lt;peer id:20&gt;&lt;downloaded:8&gt;&lt;left:8&gt;&lt;uploaded:8&gt;
     * &lt;event:4&gt;&lt;IP address:4&gt;&lt;key:4&gt;&lt;num_want:4&gt;&lt;port:2&gt;&lt;options&gt;
     * </pre>
     *
     * @param event 0 none, 1 completed, 2 started, 3 stopped
     * @param ip an IPv4 address other than the sender's, which few trackers believe; or 0
     * @param numWant negative for as many as the tracker likes
     * @param urlData path and query of the tracker's address (BEP 41), each character one byte
     */
    record Announce(
            long connectionId,
            int transactionId,
            BString infoHash,
            BString peerId,
            long downloaded,
            long left,
            long uploaded,
            int event,
            int ip,
            int key,
            int numWant,
            int port,
            Optional<String> urlData)
            implements UdpRequest {
        @Override
        public ByteBuffer encode() {
            var options = urlData.map(Announce::options).orElse(new byte[0]);
            return header(ANNOUNCE_LENGTH + options.length, connectionId, ANNOUNCE, transactionId)
                    .put(infoHash.asByteBuffer())
                    .put(peerId.asByteBuffer())
                    .putLong(downloaded)
                    .putLong(left)
                    .putLong(uploaded)
                    .putInt(event)
                    .putInt(ip)
                    .putInt(key)
                    .putInt(numWant)
                    .putShort((short) port)
                    .put(options)
                    .flip();
        }

        private static final int END_OF_OPTIONS = 0;
        private static final int NOP = 1;
        private static final int URL_DATA = 2;
        private static final int LONGEST_OPTION = 255;

        // BEP 41: <type:1><length:1><data>..., one after the other; what is longer is cut into several
        private static byte[] options(String urlData) {
            byte[] bytes = urlData.getBytes(StandardCharsets.ISO_8859_1);
            var options = new ByteArrayOutputStream();
            int at = 0;
            do {
                int length = Math.min(LONGEST_OPTION, bytes.length - at);
                options.write(URL_DATA);
                options.write(length);
                options.write(bytes, at, length);
                at += length;
            } while (at < bytes.length);
            return options.toByteArray();
        }

        private static Optional<String> urlDataOf(ByteBuffer options) throws ProtocolException {
            StringBuilder urlData = null;
            while (options.hasRemaining()) {
                int type = options.get();
                if (type == END_OF_OPTIONS) {
                    break;
                }
                if (type == NOP) {
                    continue;
                }
                int length = options.hasRemaining() ? options.get() & 0xff : Integer.MAX_VALUE;
                if (length > options.remaining()) {
                    throw new ProtocolException("announce: option " + (type & 0xff) + " runs past the end");
                }
                if (type == URL_DATA) {
                    urlData = urlData == null ? new StringBuilder() : urlData;
                    urlData.append(StandardCharsets.ISO_8859_1.decode(options.slice(options.position(), length)));
                }
                options.position(options.position() + length);
            }
            return Optional.ofNullable(urlData).map(StringBuilder::toString);
        }
    }

    /** Asks for the counts of some torrents: {@code ...<info hash:20>...}. */
    record Scrape(long connectionId, int transactionId, List<BString> infoHashes) implements UdpRequest {
        public Scrape {
            infoHashes = List.copyOf(infoHashes);
        }

        @Override
        public ByteBuffer encode() {
            var packet = header(HEADER_LENGTH + HASH_LENGTH * infoHashes.size(), connectionId, SCRAPE, transactionId);
            infoHashes.forEach(hash -> packet.put(hash.asByteBuffer()));
            return packet.flip();
        }
    }

    /** Reads what is between position and limit of {@code packet}; takes at most {@link #MAX_HASHES} of a scrape. */
    static UdpRequest parse(ByteBuffer packet) throws ProtocolException {
        atLeast(packet, HEADER_LENGTH, "request");
        long connectionId = packet.getLong();
        int action = packet.getInt();
        int transactionId = packet.getInt();
        return switch (action) {
            case CONNECT -> {
                if (connectionId != PROTOCOL_ID) {
                    throw new ProtocolException("connect: no protocol id, but " + Long.toHexString(connectionId));
                }
                yield new Connect(transactionId);
            }
            case ANNOUNCE -> {
                atLeast(packet, ANNOUNCE_LENGTH - HEADER_LENGTH, "announce");
                yield new Announce(
                        connectionId,
                        transactionId,
                        twentyBytes(packet),
                        twentyBytes(packet),
                        packet.getLong(),
                        packet.getLong(),
                        packet.getLong(),
                        packet.getInt(),
                        packet.getInt(),
                        packet.getInt(),
                        packet.getInt(),
                        packet.getShort() & 0xffff,
                        Announce.urlDataOf(packet));
            }
            case SCRAPE -> {
                atLeast(packet, HASH_LENGTH, "scrape");
                var hashes = new ArrayList<BString>();
                while (packet.remaining() >= HASH_LENGTH && hashes.size() < MAX_HASHES) {
                    hashes.add(twentyBytes(packet));
                }
                yield new Scrape(connectionId, transactionId, hashes);
            }
            default -> throw new ProtocolException("request: no such action, " + action);
        };
    }

    private static ByteBuffer header(int length, long connectionId, int action, int transactionId) {
        return ByteBuffer.allocate(length).putLong(connectionId).putInt(action).putInt(transactionId);
    }

    private static void atLeast(ByteBuffer packet, int bytes, String what) throws ProtocolException {
        if (packet.remaining() < bytes) {
            throw new ProtocolException(what + ": " + packet.remaining() + " bytes, not " + bytes);
        }
    }

    private static BString twentyBytes(ByteBuffer packet) {
        var bytes = new byte[HASH_LENGTH];
        packet.get(bytes);
        return BString.of(bytes);
    }
}

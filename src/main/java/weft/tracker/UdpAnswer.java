package weft.tracker;

import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import weft.bencode.BString;
import weft.wire.ProtocolException;

/** What a UDP tracker answers (BEP 15): {@code <action:4><transaction id:4>...}, big-endian. */
sealed interface UdpAnswer {
    int ERROR = 3;

    int HEADER_LENGTH = 8;
    int CONNECTED_LENGTH = 16;
    int ANNOUNCED_LENGTH = 20;
    int COUNTS_LENGTH = 12;

    /** The answer as it is sent. */
    ByteBuffer encode();

    /** {@code <action:4=0><transaction id:4><connection id:8>}. */
    record Connected(int transactionId, long connectionId) implements UdpAnswer {
        @Override
        public ByteBuffer encode() {
            return header(CONNECTED_LENGTH, UdpRequest.CONNECT, transactionId)
                    .putLong(connectionId)
                    .flip();
        }
    }

    /**
     * <pre>
     * &lt;action:4=1&gt;&lt;transaction id:4&gt;&lt;interval:4&gt;&lt;leechers:4&gt;&lt;seeders:4&gt;&lt;peers&gt;
     * </pre>
     *
     * with peers of 6 bytes over IPv4 and of 18 over IPv6.
     *
     * @param interval seconds
     */
    record Announced(int transactionId, int interval, int leechers, int seeders, List<InetSocketAddress> peers)
            implements UdpAnswer {
        public Announced {
            peers = List.copyOf(peers);
        }

        @Override
        public ByteBuffer encode() {
            var packed = new ByteArrayOutputStream();
            peers.forEach(peer -> CompactPeers.encode(peer, packed));
            return header(ANNOUNCED_LENGTH + packed.size(), UdpRequest.ANNOUNCE, transactionId)
                    .putInt(interval)
                    .putInt(leechers)
                    .putInt(seeders)
                    .put(packed.toByteArray())
                    .flip();
        }
    }

    /** {@code <action:4=2><transaction id:4>}, then the counts of each torrent in the order of the request. */
    record Scraped(int transactionId, List<Counts> files) implements UdpAnswer {
        public Scraped {
            files = List.copyOf(files);
        }

        @Override
        public ByteBuffer encode() {
            var packet = header(HEADER_LENGTH + COUNTS_LENGTH * files.size(), UdpRequest.SCRAPE, transactionId);
            files.forEach(file ->
                    packet.putInt(file.seeders()).putInt(file.completed()).putInt(file.leechers()));
            return packet.flip();
        }
    }

    /** {@code <seeders:4><completed:4><leechers:4>}. */
    record Counts(int seeders, int completed, int leechers) {}

    /** {@code <action:4=3><transaction id:4><text>}. */
    record Refused(int transactionId, String message) implements UdpAnswer {
        @Override
        public ByteBuffer encode() {
            byte[] text = message.getBytes(StandardCharsets.UTF_8);
            return header(HEADER_LENGTH + text.length, ERROR, transactionId)
                    .put(text)
                    .flip();
        }
    }

    /** Reads what is between position and limit of {@code packet}, which came over {@code family}. */
    static UdpAnswer parse(ByteBuffer packet, IpFamily family) throws ProtocolException {
        atLeast(packet, HEADER_LENGTH, "answer");
        int action = packet.getInt();
        int transactionId = packet.getInt();
        return switch (action) {
            case UdpRequest.CONNECT -> {
                atLeast(packet, CONNECTED_LENGTH - HEADER_LENGTH, "connect");
                yield new Connected(transactionId, packet.getLong());
            }
            case UdpRequest.ANNOUNCE -> {
                atLeast(packet, ANNOUNCED_LENGTH - HEADER_LENGTH, "announce");
                yield new Announced(
                        transactionId, packet.getInt(), packet.getInt(), packet.getInt(), peers(packet, family));
            }
            case UdpRequest.SCRAPE -> {
                var files = new ArrayList<Counts>();
                while (packet.remaining() >= COUNTS_LENGTH && files.size() < UdpRequest.MAX_HASHES) {
                    files.add(new Counts(packet.getInt(), packet.getInt(), packet.getInt()));
                }
                yield new Scraped(transactionId, files);
            }
            case ERROR -> new Refused(transactionId, HttpAnswers.text(rest(packet)));
            default -> throw new ProtocolException("answer: no such action, " + action);
        };
    }

    private static List<InetSocketAddress> peers(ByteBuffer packet, IpFamily family) {
        return CompactPeers.decode(
                rest(packet),
                family == IpFamily.IPV4 ? CompactPeers.IPV4_LENGTH : CompactPeers.IPV6_LENGTH,
                HttpAnswers.MAX_PEERS);
    }

    private static BString rest(ByteBuffer packet) {
        var bytes = new byte[packet.remaining()];
        packet.get(bytes);
        return BString.of(bytes);
    }

    private static ByteBuffer header(int length, int action, int transactionId) {
        return ByteBuffer.allocate(length).putInt(action).putInt(transactionId);
    }

    private static void atLeast(ByteBuffer packet, int bytes, String what) throws ProtocolException {
        if (packet.remaining() < bytes) {
            throw new ProtocolException(what + ": " + packet.remaining() + " bytes, not " + bytes);
        }
    }
}

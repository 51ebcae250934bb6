package weft.tracker;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import weft.bencode.BString;

/**
 * An announce as it comes to a tracker (BEP 3, 7, 15, 23), checked.
 *
 * @param identity what tells this peer from others: its peer id and, so that nobody can take its place by its id alone,
 *     its key
 * @param endpoint where it listens; empty if nowhere
 * @param event unknown ones are taken for regular announces
 * @param only the one family of addresses that the answer can carry; empty for both
 */
record AnnounceQuery(
        BString infoHash,
        BString peerId,
        BString identity,
        InetAddress from,
        Optional<InetSocketAddress> endpoint,
        boolean seed,
        AnnounceEvent event,
        int numWant,
        boolean compact,
        boolean noPeerId,
        Optional<IpFamily> only) {
    /** BEP 3: 30 is plenty, 50 the default; more than 200 are never handed out. */
    static final int MAX_NUM_WANT = 200;

    /** What fits beside 20 bytes into a datagram that is not cut up on its way; of the IPv4 ones all of the above do. */
    private static final int MAX_IPV6_IN_A_PACKET = 76;

    private static final int DEFAULT_NUM_WANT = 50;
    private static final int MAX_KEY_LENGTH = 64;

    /** The usual key, 32 bits; some clients write the letters small. */
    private static final Pattern HEX_KEY = Pattern.compile("[0-9a-fA-F]{8}");

    /**
     * Reads the parameters of an announce that came from {@code from}.
     *
     * @throws IllegalArgumentException with a text for the client if something is missing or wrong
     */
    static AnnounceQuery parse(QueryString query, InetAddress from, boolean trustIpParameter) {
        var infoHash = twentyBytes(query.all("info_hash"), "info_hash");
        var peerId = twentyBytes(query.all("peer_id"), "peer_id");
        var event = event(query.first("event").orElse(""));
        long port = query.number("port").orElseThrow(() -> new IllegalArgumentException("port is missing"));
        if (port > 0xffff) {
            throw new IllegalArgumentException("port is out of range");
        }
        var address =
                trustIpParameter ? query.first("ip").flatMap(IpLiteral::parse).orElse(from) : from;
        return new AnnounceQuery(
                infoHash,
                peerId,
                identity(peerId, query.first("key").orElse("")),
                from,
                port == 0 ? Optional.empty() : Optional.of(new InetSocketAddress(address, (int) port)),
                query.number("left").orElse(1) == 0,
                event,
                event == AnnounceEvent.STOPPED ? 0 : numWant(query),
                !query.first("compact").filter("0"::equals).isPresent(),
                query.first("no_peer_id").filter("1"::equals).isPresent(),
                Optional.empty());
    }

    /** An announce over UDP, which is answered with addresses of the family that it came over, in one packet (BEP 15). */
    static AnnounceQuery of(UdpRequest.Announce announce, InetAddress from, boolean trustIpField) {
        var family = IpFamily.of(from);
        boolean elsewhere = trustIpField && announce.ip() != 0 && family == IpFamily.IPV4;
        var address = elsewhere
                ? CompactPeers.addressOf(
                        ByteBuffer.allocate(Integer.BYTES).putInt(announce.ip()).array())
                : from;
        var event = switch (announce.event()) {
            case 1 -> AnnounceEvent.COMPLETED;
            case 2 -> AnnounceEvent.STARTED;
            case 3 -> AnnounceEvent.STOPPED;
            default -> AnnounceEvent.NONE;
        };
        int numWant = announce.numWant() < 0 ? DEFAULT_NUM_WANT : announce.numWant();
        return new AnnounceQuery(
                announce.infoHash(),
                announce.peerId(),
                // as the same client would write its key over HTTP, so that it is one client to us
                identity(announce.peerId(), String.format(Locale.ROOT, "%08X", announce.key())),
                from,
                announce.port() == 0 ? Optional.empty() : Optional.of(new InetSocketAddress(address, announce.port())),
                announce.left() == 0,
                event,
                event == AnnounceEvent.STOPPED
                        ? 0
                        : Math.min(numWant, family == IpFamily.IPV4 ? MAX_NUM_WANT : MAX_IPV6_IN_A_PACKET),
                true,
                true,
                Optional.of(family));
    }

    /** The info-hash, or peer id, that {@code values} holds exactly one of. */
    private static BString twentyBytes(List<String> values, String name) {
        if (values.size() != 1) {
            throw new IllegalArgumentException(values.isEmpty() ? name + " is missing" : name + " is there twice");
        }
        return QueryString.twentyBytes(values.getFirst(), name);
    }

    private static BString identity(BString peerId, String key) {
        if (key.length() > MAX_KEY_LENGTH) {
            throw new IllegalArgumentException("key is too long");
        }
        byte[] keyBytes = Percent.decode(HEX_KEY.matcher(key).matches() ? key.toUpperCase(Locale.ROOT) : key);
        byte[] both = new byte[peerId.length() + keyBytes.length];
        System.arraycopy(peerId.toBytes(), 0, both, 0, peerId.length());
        System.arraycopy(keyBytes, 0, both, peerId.length(), keyBytes.length);
        return BString.of(both);
    }

    private static AnnounceEvent event(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "started" -> AnnounceEvent.STARTED;
            case "completed" -> AnnounceEvent.COMPLETED;
            case "stopped" -> AnnounceEvent.STOPPED;
            case "paused" -> AnnounceEvent.PAUSED;
            default -> AnnounceEvent.NONE;
        };
    }

    private static int numWant(QueryString query) {
        var text = query.first("numwant").orElse("");
        if (text.isEmpty() || text.startsWith("-")) {
            return DEFAULT_NUM_WANT; // -1 says "as you like"
        }
        return (int) Math.min(query.number("numwant").orElseThrow(), MAX_NUM_WANT);
    }
}

package weft.tracker;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import weft.bencode.BString;

/**
 * An announce as it comes to a tracker (BEP 3, 7, 23), checked.
 *
 * @param identity what tells this peer from others: its peer id and, so that nobody can take its place by its id alone,
 *     its key
 * @param endpoint where it listens; empty if nowhere
 * @param event empty for a regular announce; unknown ones are taken for regular
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
        boolean noPeerId) {
    /** BEP 3: 30 is plenty, 50 the default; more than 200 are never handed out. */
    static final int MAX_NUM_WANT = 200;

    private static final int DEFAULT_NUM_WANT = 50;
    private static final int MAX_KEY_LENGTH = 64;

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
                query.first("no_peer_id").filter("1"::equals).isPresent());
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
        byte[] keyBytes = Percent.decode(key);
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

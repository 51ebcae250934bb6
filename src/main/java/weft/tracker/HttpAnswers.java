package weft.tracker;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import weft.bencode.BDict;
import weft.bencode.BInteger;
import weft.bencode.BList;
import weft.bencode.BString;
import weft.bencode.BValue;
import weft.bencode.Bencode;
import weft.bencode.BencodeException;
import weft.bencode.BencodeLimits;
import weft.tracker.TrackerException.Kind;

/**
 * Reads the bencoded answers of HTTP trackers (BEP 3, 7, 21, 23, 24, 31, 48). As lenient as real trackers need: keys out
 * of order, trailing white space, missing peers and odd numbers are taken; what is no dictionary is not.
 */
final class HttpAnswers {
    /** We ask for 200 peers; a tracker that sends thousands is not believed any more. */
    static final int MAX_PEERS = 1000;

    private static final int MAX_TEXT = 500;
    private static final Pattern HOST_NAME = Pattern.compile("[a-zA-Z0-9_]([a-zA-Z0-9._-]{0,251}[a-zA-Z0-9])?");

    private HttpAnswers() {}

    /** The answer to an announce, by the tracker at {@code from}; a failure reason is thrown. */
    static AnnounceResponse announce(byte[] body, InetAddress from) throws TrackerException {
        var answer = dictionary(body);
        throwFailure(answer);
        var minimum = AnnounceIntervals.minimum(answer.integer("min interval"));
        return new AnnounceResponse(
                AnnounceIntervals.regular(answer.integer("interval"), minimum),
                minimum,
                peers(answer),
                count(answer, "complete"),
                count(answer, "incomplete"),
                count(answer, "downloaded"),
                answer.string("external ip").flatMap(HttpAnswers::address),
                Optional.of(from),
                answer.string("warning message").map(HttpAnswers::text),
                answer.string("tracker id").map(id -> BString.of(id.toBytes())));
    }

    /** The answer to a scrape; a failure reason is thrown. */
    static ScrapeResponse scrape(byte[] body) throws TrackerException {
        var answer = dictionary(body);
        throwFailure(answer);
        Map<BString, SwarmCounts> swarms = new HashMap<>();
        answer.dict("files").orElse(BDict.EMPTY).entries().forEach((hash, value) -> {
            if (hash.length() == 20 && value instanceof BDict counts) {
                swarms.put(
                        BString.of(hash.toBytes()),
                        new SwarmCounts(
                                count(counts, "complete"),
                                count(counts, "incomplete"),
                                count(counts, "downloaded"),
                                count(counts, "downloaders")));
            }
        });
        var minInterval = answer.dict("flags").map(flags -> flags.integer("min_request_interval"));
        return new ScrapeResponse(
                swarms,
                minInterval
                        .filter(seconds -> seconds.isPresent() && seconds.getAsLong() > 0)
                        .map(AnnounceIntervals::minimum));
    }

    /** Throws the failure reason in {@code body} if there is one; for answers whose status is not 200. */
    static void throwFailureIn(byte[] body) throws TrackerException {
        BDict answer;
        try {
            answer = dictionary(body);
        } catch (TrackerException e) {
            return; // an error page: the status is all there is to tell
        }
        throwFailure(answer);
    }

    private static BDict dictionary(byte[] body) throws TrackerException {
        BValue value;
        try {
            value = Bencode.decode(body, BencodeLimits.TRACKER).value();
        } catch (BencodeException e) {
            throw new TrackerException(Kind.BAD_ANSWER, "the answer is not bencoded: " + beginning(body), e);
        }
        if (value instanceof BDict answer) {
            return answer;
        }
        throw new TrackerException(Kind.BAD_ANSWER, "the answer is no dictionary: " + beginning(body));
    }

    private static void throwFailure(BDict answer) throws TrackerException {
        var failure = answer.string("failure reason");
        if (failure.isEmpty()) {
            return;
        }
        var reason = failure.map(HttpAnswers::text).filter(t -> !t.isBlank()).orElse("the tracker gives no reason");
        if (answer.string("retry in").map(BString::utf8).filter("never"::equals).isPresent()) {
            throw TrackerException.refusedForEver(reason);
        }
        throw TrackerException.refused(reason, retryAfter(answer));
    }

    /** BEP 31 counts minutes; without it, the intervals are what the tracker asks of us. */
    private static Optional<Duration> retryAfter(BDict answer) {
        var minutes = answer.integer("retry in");
        if (minutes.isPresent() && minutes.getAsLong() > 0) {
            return Optional.of(
                    Duration.ofMinutes(Math.min(minutes.getAsLong(), AnnounceIntervals.LONGEST.toMinutes())));
        }
        var interval = answer.integer("interval");
        var minimum = answer.integer("min interval");
        return interval.isPresent() || minimum.isPresent()
                ? Optional.of(AnnounceIntervals.minimum(interval.isPresent() ? interval : minimum))
                : Optional.empty();
    }

    private static List<InetSocketAddress> peers(BDict answer) {
        var peers = new ArrayList<InetSocketAddress>();
        answer.get("peers").ifPresent(value -> {
            switch (value) {
                case BString packed -> peers.addAll(CompactPeers.decode(packed, CompactPeers.IPV4_LENGTH, MAX_PEERS));
                case BList list -> list.values().stream().limit(MAX_PEERS).forEach(entry -> addPeer(entry, peers));
                case BDict d -> {} // neither of the two forms: no peers
                case BInteger i -> {}
            }
        });
        answer.string("peers6")
                .ifPresent(packed ->
                        peers.addAll(CompactPeers.decode(packed, CompactPeers.IPV6_LENGTH, MAX_PEERS - peers.size())));
        return peers;
    }

    // BEP 3: {"ip": address or name, "peer id": ..., "port": ...}
    private static void addPeer(BValue entry, List<InetSocketAddress> to) {
        if (!(entry instanceof BDict peer)) {
            return;
        }
        long port = peer.integer("port").orElse(0);
        var ip = peer.string("ip").map(BString::utf8).orElse("");
        if (port < 1 || port > 0xffff) {
            return;
        }
        var literal = IpLiteral.parse(ip);
        if (literal.isPresent()) {
            to.add(new InetSocketAddress(literal.get(), (int) port));
        } else if (HOST_NAME.matcher(ip).matches()) {
            to.add(InetSocketAddress.createUnresolved(ip, (int) port));
        }
    }

    private static Optional<InetAddress> address(BString bytes) {
        return bytes.length() == 4 || bytes.length() == 16
                ? Optional.of(CompactPeers.addressOf(bytes.toBytes()))
                : Optional.empty();
    }

    private static OptionalInt count(BDict dict, String key) {
        OptionalLong count = dict.integer(key);
        return count.isPresent() && count.getAsLong() >= 0
                ? OptionalInt.of((int) Math.min(count.getAsLong(), Integer.MAX_VALUE))
                : OptionalInt.empty();
    }

    /** A text of the tracker's, made safe to be shown: bounded, and without control characters. */
    static String text(BString bytes) {
        var text = bytes.length() > MAX_TEXT ? bytes.substring(0, MAX_TEXT).utf8() + "…" : bytes.utf8();
        return printable(text).strip();
    }

    private static String beginning(byte[] body) {
        if (body.length == 0) {
            return "it is empty";
        }
        var text = BString.of(body);
        return "it begins with \""
                + printable(text.substring(0, Math.min(40, body.length)).utf8()) + "\"";
    }

    private static String printable(String text) {
        return text.codePoints()
                .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? ' ' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}

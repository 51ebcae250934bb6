package weft.metainfo;

import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.stream.Stream;
import weft.bencode.BDict;
import weft.bencode.BInteger;
import weft.bencode.BList;
import weft.bencode.BString;
import weft.bencode.BValue;

/**
 * What a torrent file says around the info dictionary. None of it is needed and none of it is part of the info-hash, so
 * whatever is not as it should be is ignored.
 *
 * @param trackers addresses in tiers (BEP 12); no tier is empty
 * @param webSeeds addresses of web seeds (BEP 19); of a torrent of several files they end in a slash
 * @param httpSeeds addresses of the older kind of web seeds (BEP 17)
 * @param nodes DHT nodes (BEP 5), unresolved
 */
record Surroundings(
        List<List<String>> trackers,
        List<String> webSeeds,
        List<String> httpSeeds,
        List<InetSocketAddress> nodes,
        Optional<String> comment,
        Optional<String> createdBy,
        Optional<Instant> creationDate) {

    private static final int MAX_PORT = 65535;

    static Surroundings read(BDict torrent, boolean isMultiFile) {
        var text = TextDecoder.of(torrent);
        return new Surroundings(
                trackers(torrent),
                webSeeds(torrent, isMultiFile),
                List.copyOf(addresses(torrent.get("httpseeds"))),
                nodes(torrent),
                torrent.string("comment.utf-8")
                        .or(() -> torrent.string("comment"))
                        .map(text::decode),
                torrent.string("created by.utf-8")
                        .or(() -> torrent.string("created by"))
                        .map(text::decode),
                creationDate(torrent));
    }

    /** BEP 12: {@code announce} counts only where there is no {@code announce-list}. */
    private static List<List<String>> trackers(BDict torrent) {
        var tiers = new ArrayList<List<String>>();
        for (BValue tier : torrent.list("announce-list").orElse(BList.EMPTY)) {
            SequencedSet<String> urls = addresses(Optional.of(tier));
            if (!urls.isEmpty()) {
                tiers.add(List.copyOf(urls));
            }
        }
        if (tiers.isEmpty()) {
            addresses(torrent.get("announce")).forEach(url -> tiers.add(List.of(url)));
        }
        return List.copyOf(tiers);
    }

    private static List<String> webSeeds(BDict torrent, boolean isMultiFile) {
        return addresses(torrent.get("url-list")).stream()
                .map(url -> isMultiFile && !url.endsWith("/") ? url + "/" : url)
                .distinct()
                .toList();
    }

    /** The addresses in a string or a list of strings, each once; blanks within are escaped as browsers do. */
    private static SequencedSet<String> addresses(Optional<BValue> value) {
        Stream<BValue> values = switch (value.orElse(BList.EMPTY)) {
            case BString single -> Stream.of(single);
            case BList list -> list.values().stream();
            case BInteger none -> Stream.empty();
            case BDict none -> Stream.empty();
        };
        var urls = new LinkedHashSet<String>();
        values.filter(BString.class::isInstance)
                .map(string -> ((BString) string).utf8().strip().replace(" ", "%20"))
                .filter(url -> !url.isEmpty() && url.chars().noneMatch(Character::isISOControl))
                .forEach(urls::add);
        return urls;
    }

    // [["host", port], ...]
    private static List<InetSocketAddress> nodes(BDict torrent) {
        var nodes = new ArrayList<InetSocketAddress>();
        for (BValue value : torrent.list("nodes").orElse(BList.EMPTY)) {
            if (value instanceof BList node
                    && node.size() == 2
                    && node.get(0) instanceof BString host
                    && host.length() > 0
                    && node.get(1) instanceof BInteger(long port)
                    && port > 0
                    && port <= MAX_PORT) {
                nodes.add(InetSocketAddress.createUnresolved(host.utf8(), (int) port));
            }
        }
        return List.copyOf(nodes);
    }

    /** Seconds since 1970; what is not after it, or after the last instant, is no date. */
    private static Optional<Instant> creationDate(BDict torrent) {
        long seconds = torrent.integer("creation date").orElse(0);
        return seconds > 0 && seconds <= Instant.MAX.getEpochSecond()
                ? Optional.of(Instant.ofEpochSecond(seconds))
                : Optional.empty();
    }
}

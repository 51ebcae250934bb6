package weft.metainfo;

import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a magnet link says (BEP 9, and BEP 53 for the selection of files): what a torrent is known by, and where to ask for
 * the rest. Immutable, for any number of threads; two are equal if they make the same link.
 *
 * <pre>{@code
 * Magnet magnet = Magnet.parse("magnet:?xt=urn:btih:9dd66bca...&dn=holiday&tr=udp%3A%2F%2Ftracker.example%3A6969");
 * magnet.infoHash();                    // 9dd66bca...
 * Magnet.of(Metainfo.read(file));       // the link to a torrent that is here
 * }</pre>
 *
 * <p>A stranger makes links, so all of it is bounded: of each kind of address the first 100 count, and addresses of
 * more than 2000 characters do not.
 */
public final class Magnet {

    /** Of trackers, of peers, and so on. Nobody needs more to find a swarm, and each may cost a thread. */
    static final int MAX_ADDRESSES = 100;

    /** In the link, where a character may take up to nine. */
    static final int MAX_ADDRESS_LENGTH = 2000;

    /** Enough for every second file of the largest torrents there are. */
    static final int MAX_RANGES = 10_000;

    private static final int MAX_NAME_LENGTH = 1000;

    /** BEP 9, by way of multihash: 0x12 is SHA-256, 0x20 its 32 bytes. */
    static final String SHA_256_TAG = "1220";

    private static final Pattern SCHEME = Pattern.compile("magnet:.*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private final Optional<InfoHash> infoHashV1;
    private final Optional<InfoHash> infoHashV2;
    // Assigned in the constructors and, on a copy nobody else has seen yet, in the with… methods.
    private Optional<String> name = Optional.empty();
    private List<String> trackers = List.of();
    private List<String> webSeeds = List.of();
    private List<String> exactSources = List.of();
    private List<String> acceptableSources = List.of();
    private List<InetSocketAddress> peers = List.of();
    private List<InetSocketAddress> nodes = List.of();
    private List<FileRange> selection = List.of();

    private Magnet(Optional<InfoHash> infoHashV1, Optional<InfoHash> infoHashV2) {
        this.infoHashV1 = infoHashV1;
        this.infoHashV2 = infoHashV2;
    }

    private Magnet(Magnet other) {
        this.infoHashV1 = other.infoHashV1;
        this.infoHashV2 = other.infoHashV2;
        this.name = other.name;
        this.trackers = other.trackers;
        this.webSeeds = other.webSeeds;
        this.exactSources = other.exactSources;
        this.acceptableSources = other.acceptableSources;
        this.peers = other.peers;
        this.nodes = other.nodes;
        this.selection = other.selection;
    }

    /**
     * Reads a link. Names of parameters and the scheme may be in any case, {@code tr.1} is {@code tr}, and slashes before
     * the question mark are nothing. A bare info-hash, of 40 or 64 hexadecimal digits or 32 letters of base 32, is read
     * like a link that has nothing else. What is not known, or not as it should be, is ignored where the link is of use
     * without it.
     *
     * @throws MetainfoException if it is no magnet link, or has no info-hash that can be read
     */
    public static Magnet parse(String link) throws MetainfoException {
        return new MagnetParser(Objects.requireNonNull(link, "link")).parse();
    }

    /** True if {@code text} has the scheme of magnet links, though it may still be a bad one. */
    public static boolean isLink(String text) {
        return SCHEME.matcher(text.strip()).matches();
    }

    /** The link that has nothing but an info-hash. */
    public static Magnet of(InfoHash infoHash) {
        return infoHash.isV2()
                ? of(Optional.empty(), Optional.of(infoHash))
                : of(Optional.of(infoHash), Optional.empty());
    }

    /** The link to a torrent: its info-hashes, name, trackers, web seeds and DHT nodes. */
    public static Magnet of(Metainfo metainfo) {
        return of(metainfo.infoHashV1(), metainfo.infoHashV2())
                .withName(metainfo.name())
                .withTrackers(metainfo.trackers().stream().flatMap(List::stream).toList())
                .withWebSeeds(metainfo.webSeeds())
                .withNodes(metainfo.nodes());
    }

    static Magnet of(Optional<InfoHash> v1, Optional<InfoHash> v2) {
        return new Magnet(v1, v2);
    }

    /** The link with a name for people; with none if it is empty. */
    public Magnet withName(String text) {
        var copy = new Magnet(this);
        int end = Math.min(text.length(), MAX_NAME_LENGTH);
        boolean splitsACharacter = end < text.length() && Character.isHighSurrogate(text.charAt(end - 1));
        copy.name =
                Optional.of(text.substring(0, splitsACharacter ? end - 1 : end)).filter(Predicate.not(String::isEmpty));
        return copy;
    }

    /** The link with these addresses of trackers, best first; those that are no text that a link can have are left out. */
    public Magnet withTrackers(List<String> urls) {
        var copy = new Magnet(this);
        copy.trackers = addresses(urls);
        return copy;
    }

    /** The link with these addresses of web seeds (BEP 19). */
    public Magnet withWebSeeds(List<String> urls) {
        var copy = new Magnet(this);
        copy.webSeeds = addresses(urls);
        return copy;
    }

    /** The link with peers to begin with. */
    public Magnet withPeers(List<InetSocketAddress> addresses) {
        var copy = new Magnet(this);
        copy.peers = endpoints(addresses);
        return copy;
    }

    /** The link to these files of a torrent only (BEP 53); to all of them if the list is empty. */
    public Magnet withSelection(List<FileRange> files) {
        var copy = new Magnet(this);
        copy.selection = merged(files);
        return copy;
    }

    Magnet withNodes(List<InetSocketAddress> addresses) {
        var copy = new Magnet(this);
        copy.nodes = endpoints(addresses);
        return copy;
    }

    Magnet withSources(List<String> exact, List<String> acceptable) {
        var copy = new Magnet(this);
        copy.exactSources = addresses(exact);
        copy.acceptableSources = addresses(acceptable);
        return copy;
    }

    /** Each once; blanks within are escaped, as they are in torrent files. */
    private static List<String> addresses(List<String> urls) {
        return urls.stream()
                .map(url -> url.strip().replace(" ", "%20"))
                .filter(url -> !url.isEmpty() && url.length() <= MAX_ADDRESS_LENGTH)
                .filter(url -> url.chars().noneMatch(Character::isISOControl))
                .filter(url -> encoded(url).length() <= MAX_ADDRESS_LENGTH)
                .distinct()
                .limit(MAX_ADDRESSES)
                .toList();
    }

    private static List<InetSocketAddress> endpoints(List<InetSocketAddress> addresses) {
        return addresses.stream()
                .flatMap(address -> HostPort.unresolved(address).stream())
                .distinct()
                .limit(MAX_ADDRESSES)
                .toList();
    }

    /** In order and apart from each other: {@code 3,0-1,2} is {@code 0-3}. */
    private static List<FileRange> merged(Collection<FileRange> ranges) {
        var sorted = ranges.stream()
                .sorted(Comparator.comparingInt(FileRange::first))
                .toList();
        var merged = new ArrayList<FileRange>();
        for (FileRange range : sorted) {
            var previous = merged.isEmpty() ? null : merged.getLast();
            if (previous != null && range.first() <= previous.last() + 1L) {
                merged.set(merged.size() - 1, new FileRange(previous.first(), Math.max(previous.last(), range.last())));
            } else {
                merged.add(range);
            }
        }
        return List.copyOf(merged.subList(0, Math.min(merged.size(), MAX_RANGES)));
    }

    /** What the torrent is known by: the v1 info-hash if there is one, or else the v2 info-hash. */
    public InfoHash infoHash() {
        return infoHashV1.or(() -> infoHashV2).orElseThrow();
    }

    /** The info-hash of a v1 or hybrid torrent. */
    public Optional<InfoHash> infoHashV1() {
        return infoHashV1;
    }

    /** The info-hash of a v2 or hybrid torrent (BEP 52). */
    public Optional<InfoHash> infoHashV2() {
        return infoHashV2;
    }

    /** What to show while the torrent's own name is not known. Text of a stranger: may hold control characters. */
    public Optional<String> name() {
        return name;
    }

    /** Addresses of trackers in order, each a tier of its own. Not only what Weft can ask. */
    public List<String> trackers() {
        return trackers;
    }

    /** Addresses of web seeds (BEP 19). */
    public List<String> webSeeds() {
        return webSeeds;
    }

    /** {@code xs}: where the torrent file itself may be had, or a name for it in another network. */
    public List<String> exactSources() {
        return exactSources;
    }

    /** {@code as}: where it may be had if all else fails; some clients take them for web seeds. */
    public List<String> acceptableSources() {
        return acceptableSources;
    }

    /** Peers to begin with, by name or address, not resolved. */
    public List<InetSocketAddress> peers() {
        return peers;
    }

    /** DHT nodes to begin with ({@code dht}, an addition of libtorrent's), by name or address, not resolved. */
    public List<InetSocketAddress> nodes() {
        return nodes;
    }

    /** The files that are selected (BEP 53), in order and apart from each other; empty if all are. */
    public List<FileRange> selection() {
        return selection;
    }

    /** Which of the files of a torrent that has so many are selected; all of them if the link selects none. */
    public BitSet selectedFiles(int fileCount) {
        var files = new BitSet(fileCount);
        if (selection.isEmpty()) {
            files.set(0, fileCount);
        }
        for (FileRange range : selection) {
            if (range.first() < fileCount) {
                files.set(range.first(), Math.min(range.last(), fileCount - 1) + 1);
            }
        }
        return files;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Magnet that && toString().equals(that.toString());
    }

    @Override
    public int hashCode() {
        return toString().hashCode();
    }

    /** The link, always the same for the same content: ASCII without blanks or quotes. */
    @Override
    public String toString() {
        var parameters = new ArrayList<String>();
        infoHashV1.ifPresent(hash -> parameters.add("xt=urn:btih:" + hash.toHex()));
        infoHashV2.ifPresent(hash -> parameters.add("xt=urn:btmh:" + SHA_256_TAG + hash.toHex()));
        name.ifPresent(text -> parameters.add("dn=" + encoded(text)));
        trackers.forEach(url -> parameters.add("tr=" + encoded(url)));
        webSeeds.forEach(url -> parameters.add("ws=" + encoded(url)));
        exactSources.forEach(url -> parameters.add("xs=" + encoded(url)));
        acceptableSources.forEach(url -> parameters.add("as=" + encoded(url)));
        // Other clients do not decode these before they read them.
        peers.forEach(peer -> parameters.add("x.pe=" + HostPort.toString(peer)));
        nodes.forEach(node -> parameters.add("dht=" + HostPort.toString(node)));
        if (!selection.isEmpty()) {
            parameters.add("so=" + selection.stream().map(FileRange::toString).collect(Collectors.joining(",")));
        }
        return "magnet:?" + String.join("&", parameters);
    }

    /** Percent-encoded UTF-8. A blank becomes {@code %20}: not everybody reads {@code +} as one. */
    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}

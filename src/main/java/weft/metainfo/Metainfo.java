package weft.metainfo;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.apache.commons.codec.digest.DigestUtils;
import weft.bencode.BInteger;
import weft.bencode.BList;
import weft.bencode.BString;
import weft.bencode.BValue;
import weft.bencode.Bencode;
import weft.bencode.BencodeException;
import weft.bencode.BencodeLimits;
import weft.bencode.Decoded;

/**
 * What a torrent file says (BEP 3, "metainfo files"). Immutable, for any number of threads. The bytes of the file are
 * kept once, and the piece hashes are a view of them.
 *
 * <p>Describes v1, v2 and hybrid torrents (BEP 52). What is divided into v1 pieces is {@link #isV1}; a v2-only torrent
 * has a layout and files to show, but no v1 piece hashes.
 */
public final class Metainfo {

    /** Where Weft keeps what it must remember, in the download directory; no torrent may be called so. */
    static final String STATE_DIRECTORY = ".weft";

    private static final int V1_HASH_BYTES = 20;

    private final BString file;
    private final BString rawInfo; // part of file
    private final InfoDictionary info;
    private final Surroundings surroundings;
    private final Optional<InfoHash> infoHashV1;
    private final Optional<InfoHash> infoHashV2;
    private final List<String> warnings;

    private Metainfo(Fields torrent, InfoDictionary info, Surroundings surroundings, List<String> warnings) {
        this.file = torrent.dict().raw();
        this.rawInfo = torrent.dict().dict("info").orElseThrow().raw();
        this.info = info;
        this.surroundings = surroundings;
        this.warnings = warnings;
        byte[] hashed = rawInfo.toBytes();
        this.infoHashV1 =
                info.v1Pieces() == null ? Optional.empty() : Optional.of(InfoHash.ofV1(DigestUtils.sha1(hashed)));
        this.infoHashV2 = info.isV2() ? Optional.of(InfoHash.ofV2(DigestUtils.sha256(hashed))) : Optional.empty();
    }

    /**
     * Reads a torrent file of at most 10 MB.
     *
     * @throws MetainfoException if the file is no usable torrent
     * @throws IOException if it cannot be read; its message names the file and says why in a sentence
     */
    public static Metainfo read(Path path) throws IOException {
        byte[] bytes = BoundedFile.read(path, BencodeLimits.METAINFO.maxBytes());
        try {
            return parseOwned(bytes, PathSanitizer.ofThisPlatform());
        } catch (MetainfoException e) {
            throw e.in(path);
        }
    }

    /** Parses a copy of the bytes of a torrent file. */
    public static Metainfo parse(byte[] bytes) throws MetainfoException {
        return parseOwned(bytes.clone(), PathSanitizer.ofThisPlatform());
    }

    /**
     * What a magnet link and the info dictionary come to that its info-hash is of: the dictionary with the trackers, web
     * seeds and DHT nodes of the link around it.
     *
     * @throws MetainfoException if the dictionary is of no use, or is not the one that the link means
     */
    public static Metainfo ofInfo(byte[] info, Magnet magnet) throws MetainfoException {
        var metainfo = parseOwned(torrentFile(info, magnet), PathSanitizer.ofThisPlatform());
        var meant = magnet.infoHash();
        if (!metainfo.infoHashV1.equals(Optional.of(meant)) && !metainfo.infoHashV2.equals(Optional.of(meant))) {
            throw new MetainfoException("info", 0, "is that of " + metainfo.infoHash() + ", not of " + meant);
        }
        return metainfo;
    }

    // The info dictionary goes in as it stands, or it would have another hash. Keys ascend (BEP 3).
    private static byte[] torrentFile(byte[] info, Magnet magnet) {
        var out = new ByteArrayOutputStream(info.length + 1000);
        out.write('d');
        if (!magnet.trackers().isEmpty()) {
            put(out, "announce", BString.of(magnet.trackers().getFirst()));
            put(
                    out,
                    "announce-list",
                    BList.of(magnet.trackers().stream()
                            .map(url -> (BValue) BList.of(List.of(BString.of(url))))
                            .toList()));
        }
        put(out, "info", info);
        if (!magnet.nodes().isEmpty()) {
            put(
                    out,
                    "nodes",
                    BList.of(magnet.nodes().stream()
                            .map(node -> (BValue)
                                    BList.of(List.of(BString.of(node.getHostString()), BInteger.of(node.getPort()))))
                            .toList()));
        }
        if (!magnet.webSeeds().isEmpty()) {
            put(
                    out,
                    "url-list",
                    BList.of(magnet.webSeeds().stream()
                            .map(url -> (BValue) BString.of(url))
                            .toList()));
        }
        out.write('e');
        return out.toByteArray();
    }

    private static void put(ByteArrayOutputStream out, String key, BValue value) {
        put(out, key, Bencode.encode(value));
    }

    private static void put(ByteArrayOutputStream out, String key, byte[] encoded) {
        out.writeBytes(Bencode.encode(BString.of(key)));
        out.writeBytes(encoded);
    }

    /** Parses an array that nobody changes any more, with the paths as on a platform. */
    static Metainfo parseOwned(byte[] bytes, PathSanitizer sanitizer) throws MetainfoException {
        Decoded decoded;
        try {
            decoded = Bencode.decode(bytes, BencodeLimits.METAINFO);
        } catch (BencodeException e) {
            throw new MetainfoException(e);
        }
        var warnings = new Warnings();
        decoded.warnings().forEach(warnings::add);
        Fields torrent = Fields.top(decoded.value());
        InfoDictionary info = new InfoReader(torrent, sanitizer, warnings).read();
        boolean isMultiFile = info.layout().files().getFirst().path().size() > 1;
        return new Metainfo(torrent, info, Surroundings.read(torrent.dict(), isMultiFile), warnings.toList());
    }

    /** What the torrent is known by: the v1 info-hash if there is one, or else the v2 info-hash. */
    public InfoHash infoHash() {
        return infoHashV1.or(() -> infoHashV2).orElseThrow();
    }

    /** The SHA-1 of the info dictionary as it stands in the file, of v1 and hybrid torrents. */
    public Optional<InfoHash> infoHashV1() {
        return infoHashV1;
    }

    /** The SHA-256 of the info dictionary as it stands in the file, of v2 and hybrid torrents. */
    public Optional<InfoHash> infoHashV2() {
        return infoHashV2;
    }

    /** True for v1 and hybrid torrents: there is a SHA-1 for every piece. */
    public boolean isV1() {
        return infoHashV1.isPresent();
    }

    /** True for v2 and hybrid torrents. */
    public boolean isV2() {
        return infoHashV2.isPresent();
    }

    /** The name of the file or directory, made safe; the info-hash if nothing safe is left of what the torrent says. */
    public String name() {
        return info.name();
    }

    /** How the content is divided into files, pieces and blocks. */
    public Layout layout() {
        return info.layout();
    }

    /** The files in order, padding included. */
    public List<TorrentFile> files() {
        return info.layout().files();
    }

    /** True if peers may come from this torrent's trackers only (BEP 27). */
    public boolean isPrivate() {
        return info.isPrivate();
    }

    /** Addresses of trackers in tiers, best first (BEP 12). Any text that is not blank, not only what Weft can ask. */
    public List<List<String>> trackers() {
        return surroundings.trackers();
    }

    /** Addresses of web seeds (BEP 19). Those of a torrent of several files end in a slash. */
    public List<String> webSeeds() {
        return surroundings.webSeeds();
    }

    /** Addresses of web seeds of the older kind (BEP 17). */
    public List<String> httpSeeds() {
        return surroundings.httpSeeds();
    }

    /** DHT nodes to begin with (BEP 5), by name or address, not resolved. */
    public List<InetSocketAddress> nodes() {
        return surroundings.nodes();
    }

    /** What its maker has to say. Text of a stranger: may hold control characters. */
    public Optional<String> comment() {
        return surroundings.comment();
    }

    /** The program that made it. Text of a stranger: may hold control characters. */
    public Optional<String> createdBy() {
        return surroundings.createdBy();
    }

    /** When it was made. */
    public Optional<Instant> creationDate() {
        return surroundings.creationDate();
    }

    /** What is odd but was accepted, a sentence each. */
    public List<String> warnings() {
        return warnings;
    }

    /** A copy of the SHA-1 of a piece of a v1 or hybrid torrent. */
    public byte[] pieceHash(int piece) {
        int begin = Objects.checkIndex(piece, info.layout().pieceCount()) * V1_HASH_BYTES;
        return v1Pieces().substring(begin, begin + V1_HASH_BYTES).toBytes();
    }

    /** True if {@code sha1} is what a piece of a v1 or hybrid torrent must hash to; copies nothing. */
    public boolean pieceHashEquals(int piece, byte[] sha1) {
        int begin = Objects.checkIndex(piece, info.layout().pieceCount()) * V1_HASH_BYTES;
        return v1Pieces().substring(begin, begin + V1_HASH_BYTES).contentEquals(sha1, 0, sha1.length);
    }

    private BString v1Pieces() {
        if (info.v1Pieces() == null) {
            throw new IllegalStateException("a v2-only torrent has no v1 piece hashes");
        }
        return info.v1Pieces();
    }

    /** A copy of the torrent file, from the first byte of its dictionary to the last. */
    public byte[] toBytes() {
        return file.toBytes();
    }

    /** The info dictionary as it stands in the file, read-only: what peers ask for piece by piece (BEP 9). */
    public ByteBuffer infoBytes() {
        return rawInfo.asByteBuffer();
    }

    /** The name and the info-hash. */
    @Override
    public String toString() {
        return name() + " (" + infoHash() + ")";
    }
}

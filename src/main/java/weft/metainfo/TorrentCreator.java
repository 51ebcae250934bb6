package weft.metainfo;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import weft.bencode.BDict;
import weft.bencode.BInteger;
import weft.bencode.BList;
import weft.bencode.BString;
import weft.bencode.BValue;
import weft.bencode.Bencode;
import weft.bencode.BencodeLimits;

/**
 * Makes v1 torrents (BEP 3) of a file or a directory. Immutable: each {@code with} answers with another creator.
 *
 * <pre>{@code
 * Metainfo torrent = TorrentCreator.ofPath(Path.of("album"))
 *         .withTrackers(List.of(List.of("udp://tracker.example:6969/announce")))
 *         .create(4, TorrentCreator.Progress.NONE);
 * Files.write(Path.of("album.torrent"), torrent.toBytes());
 * }</pre>
 *
 * <p>The same content and options make the same bytes, on every machine: files go in the order of their paths as bytes,
 * and no date is written unless one is given. Symbolic links are followed. Empty directories have no place in a torrent,
 * and a directory {@code .weft} at the top, where Weft keeps its own state, is left out.
 */
public final class TorrentCreator {

    /** The least that v2 allows and clients commonly use (BEP 52). */
    private static final int MIN_PIECE_LENGTH = Layout.BLOCK_LENGTH;

    /** The largest power of two that {@link Layout#MAX_PIECE_LENGTH} allows. */
    private static final int MAX_PIECE_LENGTH = 1 << 28;

    /** libtorrent's choice goes up to here; larger ones only where the torrent file would become too large. */
    private static final int MAX_USUAL_PIECE_LENGTH = 16 << 20;

    /** 20 bytes each of a torrent file of at most 10 MB, with room for the names of files. */
    private static final int MAX_USUAL_PIECES = 400_000;

    /** Told how far the hashing is, by the thread that called {@link #create}. */
    @FunctionalInterface
    public interface Progress {

        /** For those who do not want to know. */
        Progress NONE = (hashedBytes, totalBytes) -> {};

        /** Called after every few megabytes, the last time with two equal numbers. */
        void hashed(long hashedBytes, long totalBytes);
    }

    private final Path path;
    private final BDict outer; // what was chosen so far, without info
    private final BDict info; // what was chosen so far, without the content
    private final int pieceLength; // 0: chosen by size

    private TorrentCreator(Path path, BDict outer, BDict info, int pieceLength) {
        this.path = path;
        this.outer = outer;
        this.info = info;
        this.pieceLength = pieceLength;
    }

    /** A creator for a file or a directory, which need not exist before {@link #create}. */
    public static TorrentCreator ofPath(Path path) {
        return new TorrentCreator(Objects.requireNonNull(path, "path"), BDict.EMPTY, BDict.EMPTY, 0);
    }

    /**
     * The piece length that is chosen where none is given, which is libtorrent's: 16 KiB up to 2.56 MiB, and twice as
     * long for each four times as much, up to 16 MiB. So hashes and pieces grow alike: 1 GiB makes 2048 pieces of
     * 512 KiB. Beyond 400,000 pieces of 16 MiB they are longer still, or the torrent file would be too large to be read.
     */
    public static int pieceLengthFor(long totalBytes) {
        int length = MIN_PIECE_LENGTH;
        double enoughUpTo = 2.56 * (1 << 20);
        while (length < MAX_USUAL_PIECE_LENGTH && totalBytes > Math.round(enoughUpTo)) {
            length *= 2;
            enoughUpTo *= 4;
        }
        while (length < MAX_PIECE_LENGTH && totalBytes / length > MAX_USUAL_PIECES) {
            length *= 2;
        }
        return length;
    }

    /** A creator with this piece length: a power of two from 16 KiB to 256 MiB. */
    public TorrentCreator withPieceLength(int bytes) {
        if (bytes < MIN_PIECE_LENGTH || bytes > MAX_PIECE_LENGTH || Integer.bitCount(bytes) != 1) {
            throw new IllegalArgumentException("piece length must be a power of two from " + MIN_PIECE_LENGTH + " to "
                    + MAX_PIECE_LENGTH + ": " + bytes);
        }
        return new TorrentCreator(path, outer, info, bytes);
    }

    /** A creator with these addresses of trackers, in tiers, best first (BEP 12). */
    public TorrentCreator withTrackers(List<List<String>> tiers) {
        List<BList> lists = tiers.stream()
                .filter(tier -> !tier.isEmpty())
                .map(TorrentCreator::strings)
                .toList();
        if (lists.isEmpty()) {
            return this;
        }
        TorrentCreator withFirst = withOuter("announce", lists.getFirst().get(0));
        boolean isOneOnly = lists.size() == 1 && lists.getFirst().size() == 1;
        return isOneOnly ? withFirst : withFirst.withOuter("announce-list", BList.of(lists));
    }

    /** A creator with these addresses of web seeds (BEP 19). */
    public TorrentCreator withWebSeeds(List<String> urls) {
        return urls.isEmpty() ? this : withOuter("url-list", strings(urls));
    }

    /** A creator of a torrent whose peers come from its trackers only (BEP 27). */
    public TorrentCreator withPrivate() {
        return new TorrentCreator(path, outer, with(info, "private", BInteger.of(1)), pieceLength);
    }

    /** A creator with a comment for people. */
    public TorrentCreator withComment(String comment) {
        return withOuter("comment", BString.of(comment));
    }

    /** A creator that names the program that makes the torrent. */
    public TorrentCreator withCreatedBy(String program) {
        return withOuter("created by", BString.of(program));
    }

    /** A creator that writes a date, to the second. */
    public TorrentCreator withCreationDate(Instant date) {
        return withOuter("creation date", BInteger.of(date.getEpochSecond()));
    }

    private TorrentCreator withOuter(String key, BValue value) {
        return new TorrentCreator(path, with(outer, key, value), info, pieceLength);
    }

    private static BDict with(BDict dict, String key, BValue value) {
        return copy(dict).put(key, value).build();
    }

    private static BDict.Builder copy(BDict dict) {
        var builder = BDict.builder();
        dict.entries().forEach(builder::put);
        return builder;
    }

    private static BList strings(List<String> strings) {
        return BList.of(strings.stream().map(BString::of).toList());
    }

    /**
     * Reads and hashes everything, on this many threads, and waits for it.
     *
     * @throws IOException if something cannot be read, changes meanwhile, or holds no data; its message says which
     * @throws InterruptedException if the calling thread is interrupted; the hashing stops
     */
    public Metainfo create(int threads, Progress progress) throws IOException, InterruptedException {
        Content content = Content.scan(path);
        int length = pieceLength == 0 ? pieceLengthFor(content.totalLength()) : pieceLength;
        if (content.totalLength() / length >= Layout.MAX_PIECES) {
            throw new IOException(path + " would need more than " + Layout.MAX_PIECES + " pieces of " + length
                    + " bytes; choose longer ones");
        }
        byte[] pieces = new PieceHasher(content, length, threads, progress).hash();
        content.checkUnchanged();

        BDict.Builder infoDict = copy(info)
                .put("name", content.name())
                .put("piece length", length)
                .put("pieces", pieces);
        content.describe(infoDict);
        byte[] torrent =
                Bencode.encode(copy(outer).put("info", infoDict.build()).build());
        if (torrent.length > BencodeLimits.METAINFO.maxBytes()) {
            throw new IOException("the torrent file of " + path + " would have " + torrent.length
                    + " bytes, more than the " + BencodeLimits.METAINFO.maxBytes()
                    + " that clients read; choose longer pieces or fewer files");
        }
        return Metainfo.parseOwned(torrent, PathSanitizer.ofThisPlatform());
    }
}

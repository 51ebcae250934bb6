package weft.storage;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.codec.digest.DigestUtils;
import weft.bencode.BDict;
import weft.bencode.BInteger;
import weft.bencode.BList;
import weft.bencode.BString;
import weft.bencode.BValue;
import weft.bencode.Bencode;
import weft.bencode.BencodeLimits;
import weft.metainfo.InfoHash;
import weft.metainfo.Layout;

/**
 * What a resume file says, and how it is written down. Reading trusts nothing: a file that says something impossible is
 * an {@link IOException}.
 *
 * <pre>
 * d  5:state      the bencoding of
 *      d  6:blocks      l l &lt;piece&gt; &lt;bits of blocks&gt; e ... e
 *         5:clean       1 if the storage was closed right after
 *         10:downloaded
 *         5:files       l &lt;size or -1&gt; &lt;modification time, ns&gt; ... e    two numbers for each file
 *         9:info-hash   20 or 32 bytes
 *         5:parts       l &lt;size or -1&gt; &lt;modification time, ns&gt; e        of the part file
 *         6:pieces      bits of verified pieces
 *         10:priorities l &lt;priority&gt; ... e                              one for each file, or none
 *         5:saved       when, ns since 1970
 *         8:uploaded
 *         7:version     1
 *      e
 *    4:sha1      of these bytes: a file that was damaged without becoming malformed must not be believed
 * e
 * </pre>
 *
 * <p>Bits are packed with the lowest bit of the first byte first, as {@link BitSet#toByteArray} has them.
 */
record ResumeFormat(ResumeState state, List<FileStamp> files, FileStamp parts, boolean clean, long savedNanos) {

    private static final int VERSION = 1;

    /** Twice what the most files and pieces that a torrent may have can need. */
    static final BencodeLimits LIMITS = new BencodeLimits(8, 64 << 20, 8_000_000);

    ResumeFormat {
        files = List.copyOf(files);
    }

    byte[] encode(InfoHash infoHash) {
        var blocks = new ArrayList<BValue>();
        state.blocks()
                .forEach((piece, bits) -> blocks.add(BList.of(BInteger.of(piece), BString.of(bits.toByteArray()))));
        var stamps = new ArrayList<BValue>();
        files.forEach(stamp -> stamps.addAll(numbers(stamp)));
        byte[] inner = Bencode.encode(BDict.builder()
                .put("blocks", BList.of(blocks))
                .put("clean", clean ? 1 : 0)
                .put("downloaded", state.downloaded())
                .put("files", BList.of(stamps))
                .put("info-hash", infoHash.toBytes())
                .put("parts", BList.of(numbers(parts)))
                .put("pieces", state.verified().toByteArray())
                .put(
                        "priorities",
                        BList.of(state.priorities().stream().map(BInteger::of).toList()))
                .put("saved", savedNanos)
                .put("uploaded", state.uploaded())
                .put("version", VERSION)
                .build());
        return Bencode.encode(BDict.builder()
                .put("state", inner)
                .put("sha1", DigestUtils.sha1(inner))
                .build());
    }

    static ResumeFormat decode(byte[] bytes, Layout layout, InfoHash infoHash) throws IOException {
        if (!(Bencode.decodeStrict(bytes, LIMITS) instanceof BDict outer)) {
            throw new IOException("not a dictionary");
        }
        byte[] inner = outer.string("state").orElseThrow(() -> missing("state")).toBytes();
        if (!outer.string("sha1").equals(Optional.of(BString.of(DigestUtils.sha1(inner))))) {
            throw new IOException("its checksum is wrong");
        }
        if (!(Bencode.decodeStrict(inner, LIMITS) instanceof BDict dict)) {
            throw new IOException("its state is not a dictionary");
        }
        long version = number(dict, "version");
        if (version != VERSION) {
            throw new IOException("it is of version " + version + ", not " + VERSION);
        }
        if (!BString.of(infoHash.toBytes()).equals(dict.string("info-hash").orElse(null))) {
            throw new IOException("it is of another torrent");
        }
        var state = new ResumeState(
                bits(dict.string("pieces").orElseThrow(() -> missing("pieces")), layout.pieceCount()),
                blocks(dict, layout),
                priorities(dict, layout),
                notNegative(dict, "uploaded"),
                notNegative(dict, "downloaded"));
        return new ResumeFormat(
                state,
                stamps(dict, "files", layout.files().size()),
                stamps(dict, "parts", 1).getFirst(),
                number(dict, "clean") == 1,
                number(dict, "saved"));
    }

    private static Map<Integer, BitSet> blocks(BDict dict, Layout layout) throws IOException {
        var blocks = new TreeMap<Integer, BitSet>();
        for (BValue entry : list(dict, "blocks")) {
            if (!(entry instanceof BList pair)
                    || pair.size() != 2
                    || !(pair.get(0) instanceof BInteger(long piece))
                    || !(pair.get(1) instanceof BString bits)
                    || piece < 0
                    || piece >= layout.pieceCount()) {
                throw new IOException("in blocks: " + entry);
            }
            blocks.put((int) piece, bits(bits, layout.blockCount((int) piece)));
        }
        return blocks;
    }

    private static List<Integer> priorities(BDict dict, Layout layout) throws IOException {
        var priorities = new ArrayList<Integer>();
        for (long priority : numbers(list(dict, "priorities"))) {
            if (priority < 0 || priority > Integer.MAX_VALUE) {
                throw new IOException("priority: " + priority);
            }
            priorities.add((int) priority);
        }
        if (!priorities.isEmpty() && priorities.size() != layout.files().size()) {
            throw new IOException("priorities of " + priorities.size() + " files");
        }
        return priorities;
    }

    private static List<FileStamp> stamps(BDict dict, String key, int count) throws IOException {
        long[] numbers = numbers(list(dict, key));
        if (numbers.length != 2 * count) {
            throw new IOException(key + ": " + numbers.length + " numbers, expected " + 2 * count);
        }
        var stamps = new ArrayList<FileStamp>();
        for (int i = 0; i < numbers.length; i += 2) {
            if (numbers[i] < FileStamp.ABSENT) {
                throw new IOException(key + ": size " + numbers[i]);
            }
            stamps.add(new FileStamp(numbers[i], numbers[i + 1]));
        }
        return stamps;
    }

    private static List<BInteger> numbers(FileStamp stamp) {
        return List.of(BInteger.of(stamp.size()), BInteger.of(stamp.modifiedNanos()));
    }

    private static long[] numbers(BList list) throws IOException {
        long[] numbers = new long[list.size()];
        for (int i = 0; i < numbers.length; i++) {
            if (!(list.get(i) instanceof BInteger(long value))) {
                throw new IOException("not a number: " + list.get(i));
            }
            numbers[i] = value;
        }
        return numbers;
    }

    private static BitSet bits(BString packed, int count) throws IOException {
        var bits = BitSet.valueOf(packed.asByteBuffer());
        if (bits.length() > count) {
            throw new IOException("bit " + (bits.length() - 1) + " of " + count);
        }
        return bits;
    }

    private static BList list(BDict dict, String key) throws IOException {
        return dict.list(key).orElseThrow(() -> missing(key));
    }

    private static long number(BDict dict, String key) throws IOException {
        return dict.integer(key).orElseThrow(() -> missing(key));
    }

    private static long notNegative(BDict dict, String key) throws IOException {
        long number = number(dict, key);
        if (number < 0) {
            throw new IOException(key + ": " + number);
        }
        return number;
    }

    private static IOException missing(String key) {
        return new IOException("no \"" + key + "\" in it");
    }

    static long nanos(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L), instant.getNano());
    }
}

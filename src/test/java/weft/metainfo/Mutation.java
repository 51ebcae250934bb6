package weft.metainfo;

import java.util.ArrayList;
import java.util.List;
import weft.bencode.BDict;
import weft.bencode.BInteger;
import weft.bencode.BList;
import weft.bencode.BString;
import weft.bencode.BValue;

/**
 * One change to one value of a torrent: it is replaced, doubled, moved, grown or taken away. Used once.
 *
 * <p>Values are counted from the outermost one, keys before what they lead to.
 */
final class Mutation {

    private static final int REPAIR = 255;

    /** What readers stumble over. */
    private static final List<BValue> AWKWARD = List.of(
            BInteger.of(0),
            BInteger.of(1),
            BInteger.of(-1),
            BInteger.of(2),
            BInteger.of(16384),
            BInteger.of(16385),
            BInteger.of(Integer.MAX_VALUE),
            BInteger.of(1L << 31),
            BInteger.of(1L << 40),
            BInteger.of(Long.MAX_VALUE),
            BInteger.of(Long.MIN_VALUE),
            BInteger.of(Layout.MAX_PIECE_LENGTH),
            BString.EMPTY,
            BString.of("."),
            BString.of(".."),
            BString.of("/"),
            BString.of("a/../b"),
            BString.of("\\"),
            BString.of("C:"),
            BString.of("con"),
            BString.of(".weft"),
            BString.of("a\u0000b"),
            BString.of("\u202e"),
            BString.of("e\u0301"),
            BString.of("\u00e9"),
            BString.of("\u0130"),
            BString.of("a.1"),
            BString.of("a".repeat(300)),
            BString.of("\u20ac".repeat(100) + "." + "x".repeat(20)),
            BString.of(new byte[] {(byte) 0xff, (byte) 0xfe}),
            BString.of(new byte[20]),
            BString.of(new byte[32]),
            BString.of("p"),
            BString.of("l"),
            BString.of("ISO-2022-JP"),
            BString.of("UTF-16"),
            BString.of("http://[::1/announce"),
            BList.EMPTY,
            BList.of(BList.EMPTY),
            BList.of(BString.of(".."), BString.of("a")),
            BDict.EMPTY,
            BDict.builder().put("", BDict.EMPTY).build());

    private static final List<String> KEYS = List.of(
            "",
            "announce",
            "announce-list",
            "attr",
            "creation date",
            "encoding",
            "file tree",
            "files",
            "length",
            "meta version",
            "name",
            "name.utf-8",
            "nodes",
            "path",
            "path.utf-8",
            "piece length",
            "pieces",
            "pieces root",
            "private",
            "symlink path",
            "url-list");

    private final int change;
    private final int operand;
    private int valuesAhead;

    Mutation(int place, int change, int operand) {
        this.valuesAhead = place;
        this.change = change;
        this.operand = operand;
    }

    BValue of(BValue torrent) {
        return change == REPAIR ? repaired(torrent) : visit(torrent);
    }

    private BValue visit(BValue value) {
        if (valuesAhead-- == 0) {
            return changed(value);
        }
        return switch (value) {
            case BInteger leaf -> leaf;
            case BString leaf -> leaf;
            case BList list -> {
                var values = new ArrayList<BValue>();
                list.forEach(inner -> values.add(visit(inner)));
                yield BList.of(values);
            }
            case BDict dict -> {
                var changed = BDict.builder();
                dict.entries().forEach((key, inner) -> changed.put(key, visit(inner)));
                yield changed.build();
            }
        };
    }

    private BValue changed(BValue value) {
        if (change % 3 == 0) {
            return awkward();
        }
        return switch (value) {
            case BInteger(long number) ->
                BInteger.of(change % 3 == 1 ? number + operand - 128 : number << operand % 64);
            case BString string -> changed(string);
            case BList list -> changed(list);
            case BDict dict -> changed(dict);
        };
    }

    private BValue changed(BString string) {
        if (change % 3 == 1) {
            return string.substring(0, string.length() * operand / 256);
        }
        byte[] bytes = new byte[string.length() + operand];
        System.arraycopy(string.toBytes(), 0, bytes, 0, string.length());
        return BString.of(bytes);
    }

    private BValue changed(BList list) {
        var values = new ArrayList<>(list.values());
        switch (change % 6) {
            case 1 -> values.addAll(list.values());
            case 2 -> values.add(awkward());
            case 4 -> values.addFirst(awkward());
            default -> values.subList(0, values.size() * operand / 256).clear();
        }
        return BList.of(values.subList(0, Math.min(values.size(), 1000)));
    }

    /** Another key for a value, one more value, or one less. */
    private BValue changed(BDict dict) {
        var changed = BDict.builder();
        int chosen = dict.size() == 0 ? 0 : operand % dict.size();
        int at = 0;
        for (var entry : dict.entries().entrySet()) {
            if (at++ != chosen || change % 6 == 4) {
                changed.put(entry.getKey(), entry.getValue());
            } else if (change % 6 == 1) {
                changed.put(KEYS.get(change / 6 % KEYS.size()), entry.getValue());
            }
        }
        if (change % 6 == 4) {
            changed.put(KEYS.get(change / 6 % KEYS.size()), awkward());
        }
        return changed.build();
    }

    private BValue awkward() {
        return AWKWARD.get(operand % AWKWARD.size());
    }

    /** As many piece hashes as the files need, so that a reader goes on to what comes after counting them. */
    private static BValue repaired(BValue torrent) {
        if (!(torrent instanceof BDict outer) || outer.dict("info").isEmpty()) {
            return torrent;
        }
        BDict info = outer.dict("info").orElseThrow();
        long total = info.integer("length").orElse(0);
        for (BValue file : info.list("files").orElse(BList.EMPTY)) {
            total += file instanceof BDict dict ? dict.integer("length").orElse(0) : 0;
        }
        long pieceLength = Math.max(1, info.integer("piece length").orElse(1));
        long pieces = Math.ceilDiv(total, pieceLength);
        if (pieces < 1 || pieces > 10_000) {
            return torrent;
        }
        var repairedInfo = BDict.builder();
        info.entries().forEach(repairedInfo::put);
        repairedInfo.put("pieces", new byte[(int) pieces * 20]);
        var repaired = BDict.builder();
        outer.entries().forEach(repaired::put);
        return repaired.put("info", repairedInfo.build()).build();
    }
}

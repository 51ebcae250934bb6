package weft.metainfo;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import weft.bencode.BDict;
import weft.bencode.BInteger;
import weft.bencode.BList;
import weft.bencode.BString;
import weft.bencode.BValue;

/**
 * A dictionary of a torrent file and the keys that led to it, so that each field that is asked for and is not as it must
 * be becomes a {@link MetainfoException} that says where and what.
 */
final class Fields {

    /** More of the keys than this helps nobody to find a place. */
    private static final int MAX_SHOWN = 300;

    private final BDict dict;
    private final Fields parent; // null at the top
    private final BString key; // that led here from parent

    private Fields(BDict dict, Fields parent, BString key) {
        this.dict = dict;
        this.parent = parent;
        this.key = key;
    }

    static Fields top(BValue value) throws MetainfoException {
        if (value instanceof BDict dict) {
            return new Fields(dict, null, BString.EMPTY);
        }
        throw new MetainfoException("the whole", 0, "expected a dictionary, found " + describe(value));
    }

    BDict dict() {
        return dict;
    }

    boolean has(String key) {
        return dict.get(key).isPresent();
    }

    long integer(String key, long min, long max) throws MetainfoException {
        if (dict.get(key).orElse(null) instanceof BInteger(long value) && value >= min && value <= max) {
            return value;
        }
        throw unexpected(key, "an integer from " + min + " to " + max);
    }

    BString string(String key) throws MetainfoException {
        return dict.string(key).orElseThrow(() -> unexpected(key, "a string"));
    }

    BList list(String key) throws MetainfoException {
        return dict.list(key).orElseThrow(() -> unexpected(key, "a list"));
    }

    Fields dict(String key) throws MetainfoException {
        BDict inner = dict.dict(key).orElseThrow(() -> unexpected(key, "a dictionary"));
        return new Fields(inner, this, BString.of(key));
    }

    /** The dictionary under a key that is the torrent's, such as the name of a file. */
    Fields dict(BString key) throws MetainfoException {
        if (dict.get(key).orElse(null) instanceof BDict inner) {
            return new Fields(inner, this, key);
        }
        throw unexpected(key.utf8(), "a dictionary");
    }

    /** The dictionaries of a list. */
    List<Fields> dicts(String key) throws MetainfoException {
        var dicts = new ArrayList<Fields>();
        for (BValue value : list(key)) {
            String element = key + "[" + dicts.size() + "]";
            if (!(value instanceof BDict inner)) {
                throw new MetainfoException(
                        pathOf(element), offsetOf(key), "expected a dictionary, found " + describe(value));
            }
            dicts.add(new Fields(inner, this, BString.of(element)));
        }
        return dicts;
    }

    /** The strings of a list that has at least one. */
    List<BString> strings(String key) throws MetainfoException {
        var strings = new ArrayList<BString>();
        for (BValue value : list(key)) {
            if (!(value instanceof BString string)) {
                throw new MetainfoException(
                        pathOf(key + "[" + strings.size() + "]"),
                        offsetOf(key),
                        "expected a string, found " + describe(value));
            }
            strings.add(string);
        }
        if (strings.isEmpty()) {
            throw unexpected(key, "at least one string");
        }
        return strings;
    }

    /** An error about the value under {@code key}, or its absence. */
    MetainfoException unexpected(String key, String expected) {
        return error(
                key,
                "expected " + expected + ", found "
                        + dict.get(key).map(Fields::describe).orElse("nothing"));
    }

    /** An error about the value under {@code key} in words of the caller's. */
    MetainfoException error(String key, String reason) {
        return new MetainfoException(pathOf(key), offsetOf(key), reason);
    }

    /** Made only when it is shown: of a tree of directories the names above would be copied for each file. */
    private String pathOf(String last) {
        var keys = new ArrayDeque<String>();
        keys.push(last);
        for (Fields fields = this; fields.parent != null; fields = fields.parent) {
            keys.push(fields.key.utf8());
        }
        String path = String.join(".", keys);
        return path.length() <= MAX_SHOWN
                ? path
                : path.substring(0, MAX_SHOWN / 2) + "…" + path.substring(path.length() - MAX_SHOWN / 2);
    }

    private int offsetOf(String key) {
        return dict.offsetOf(key).orElse(dict.offset().orElse(0));
    }

    private static String describe(BValue value) {
        return switch (value) {
            case BInteger(long number) -> Long.toString(number);
            case BString string ->
                string.length() > 40 ? "a string of " + string.length() + " bytes" : "the string " + string;
            case BList list -> list.size() == 0 ? "an empty list" : "a list";
            case BDict dict -> dict.size() == 0 ? "an empty dictionary" : "a dictionary";
        };
    }
}

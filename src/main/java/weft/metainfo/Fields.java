package weft.metainfo;

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

    private final BDict dict;
    private final String path; // "" at the top

    private Fields(BDict dict, String path) {
        this.dict = dict;
        this.path = path;
    }

    static Fields top(BValue value) throws MetainfoException {
        if (value instanceof BDict dict) {
            return new Fields(dict, "");
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
        return new Fields(inner, pathOf(key));
    }

    /** The dictionary under a key that is the torrent's, such as the name of a file. */
    Fields dict(BString key) throws MetainfoException {
        if (dict.get(key).orElse(null) instanceof BDict inner) {
            return new Fields(inner, pathOf(key.utf8()));
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
            dicts.add(new Fields(inner, pathOf(element)));
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

    private String pathOf(String key) {
        return path.isEmpty() ? key : path + "." + key;
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

package weft.tracker;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import weft.bencode.BString;

/** The parameters of a request, still percent-encoded: some of them are raw bytes and not text. */
final class QueryString {
    /** A scrape may ask for 74 torrents (BEP 15's limit, used here too); nothing else has as many parameters. */
    private static final int MAX_PARAMETERS = 100;

    private final Map<String, List<String>> values = new HashMap<>();

    /** Takes {@code a=1&b=2} apart. */
    QueryString(String query) {
        if (query.isEmpty()) {
            return;
        }
        for (var parameter : query.split("&", MAX_PARAMETERS + 1)) {
            int equals = parameter.indexOf('=');
            var name = equals < 0 ? parameter : parameter.substring(0, equals);
            var value = equals < 0 ? "" : parameter.substring(equals + 1);
            values.computeIfAbsent(name, n -> new ArrayList<>(1)).add(value);
        }
    }

    Optional<String> first(String name) {
        return Optional.ofNullable(values.get(name)).map(List::getFirst);
    }

    List<String> all(String name) {
        return values.getOrDefault(name, List.of());
    }

    /** A number that is not negative; empty if the parameter is missing or empty. */
    OptionalLong number(String name) {
        var text = first(name).orElse("");
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        if (!text.matches("[0-9]{1,18}")) {
            throw new IllegalArgumentException(name + " is no number, or a negative one");
        }
        return OptionalLong.of(Long.parseLong(text));
    }

    /** The 20 bytes of a hash or an id. */
    static BString twentyBytes(String encoded, String name) {
        byte[] bytes = Percent.decode(encoded);
        if (bytes.length != 20) {
            throw new IllegalArgumentException(name + " has " + bytes.length + " bytes, not 20");
        }
        return BString.of(bytes);
    }
}

package weft.app;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A JSON object being written, key by key, on one line (RFC 8259). Values are numbers, booleans, strings, lists, maps of
 * strings, other objects, and {@link Optional}s of these, of which an empty one is {@code null}.
 */
final class Json {
    private final List<String> members = new ArrayList<>();

    /** Adds a key, which must be new. */
    Json put(String key, Object value) {
        members.add(string(key) + ": " + value(value));
        return this;
    }

    /** Adds a key only if there is a value for it. */
    Json putIfPresent(String key, Optional<?> value) {
        return value.isPresent() ? put(key, value.get()) : this;
    }

    /** Adds a key with the value true, only if it is true. */
    Json putIfTrue(String key, boolean value) {
        return value ? put(key, true) : this;
    }

    /** The object. */
    @Override
    public String toString() {
        return "{" + String.join(", ", members) + "}";
    }

    private static String value(Object value) {
        return switch (value) {
            case Double number when !Double.isFinite(number) -> "null";
            case Number number -> number.toString();
            case Boolean truth -> truth.toString();
            case Json object -> object.toString();
            case Optional<?> optional -> optional.isPresent() ? value(optional.get()) : "null";
            case List<?> list -> list.stream().map(Json::value).toList().toString();
            case Map<?, ?> map -> {
                var object = new Json();
                map.forEach((key, member) -> object.put(key.toString(), member));
                yield object.toString();
            }
            default -> string(value.toString());
        };
    }

    /** In quotes; everything that a terminal might obey, and halves of characters, as an escape. */
    private static String string(String text) {
        var quoted = new StringBuilder(text.length() + 2).append('"');
        text.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append((char) c);
            } else if (Text.isPrintable(c)) {
                quoted.appendCodePoint(c);
            } else {
                for (char unit : Character.toChars(c)) {
                    quoted.append(String.format("\\u%04x", (int) unit));
                }
            }
        });
        return quoted.append('"').toString();
    }
}

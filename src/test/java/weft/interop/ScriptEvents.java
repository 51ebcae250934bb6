package weft.interop;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What our Python scripts tell of libtorrent: a JSON object a line, whose name is its {@code event}. */
final class ScriptEvents {
    private static final ObjectMapper JSON = new ObjectMapper();

    private ScriptEvents() {}

    /** Waits for an event. */
    static JsonNode await(ProgramProcess process, String name, Predicate<JsonNode> condition) {
        return process.awaitLine("event " + name, line -> event(line, name).filter(condition));
    }

    /** All that there were of a name. */
    static Stream<JsonNode> all(ProgramProcess process, String name) {
        return process.output().lines().flatMap(line -> event(line, name).stream());
    }

    private static Optional<JsonNode> event(String line, String name) {
        try {
            return line.startsWith("{")
                    ? Optional.of(JSON.readTree(line))
                            .filter(event -> event.get("event").asText().equals(name))
                    : Optional.empty();
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }
}

package weft.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void everyKindOfValueIsWritten() throws Exception {
        var json = new Json()
                .put("text", "a")
                .put("long", Long.MAX_VALUE)
                .put("share", 0.25)
                .put("nothing", Optional.empty())
                .put("something", Optional.of(7))
                .put("no number", Double.NaN)
                .put("truth", true)
                .put("list", List.of(1, List.of("x")))
                .put("map", Map.of("k", "v"))
                .put("object", new Json().put("k", 1))
                .putIfPresent("absent", Optional.empty())
                .putIfTrue("false", false)
                .putIfTrue("true", true);

        assertThat(new ObjectMapper().readTree(json.toString()))
                .isEqualTo(new ObjectMapper()
                        .readTree("{\"text\":\"a\",\"long\":9223372036854775807,\"share\":0.25,\"nothing\":null,"
                                + "\"something\":7,\"no number\":null,\"truth\":true,\"list\":[1,[\"x\"]],"
                                + "\"map\":{\"k\":\"v\"},\"object\":{\"k\":1},\"true\":true}"));
    }

    @Test
    void anyTextSurvives() throws Exception {
        var text = "\"\\/ \b\f\n\r\t\0\033 \u007f\u0085\u2028\u202e é 日本 😀 \ud800 half";

        var json = new Json().put("text", text).toString();

        assertThat(new ObjectMapper().readTree(json).get("text").textValue()).isEqualTo(text);
        assertThat(json.chars().allMatch(c -> c >= ' ' && c != 0x7f && c != 0x85 && c != 0x2028 && c != 0x202e))
                .isTrue();
    }
}

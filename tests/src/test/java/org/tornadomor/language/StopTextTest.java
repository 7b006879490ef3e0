package org.tornadomor.language;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** However text is cut into pieces, what is shown is the text up to the first stop string. */
class StopTextTest {
    @Test
    void showsTheTextUpToTheFirstStopString() {
        Random random = new Random(1);
        for (int trial = 0; trial < 2000; trial++) {
            String text = letters(random, random.nextInt(30));
            List<String> stops =
                    List.of(letters(random, 1 + random.nextInt(3)), letters(random, 2 + random.nextInt(3)));
            StopText stop = new StopText(stops);
            StringBuilder shown = new StringBuilder();
            for (int at = 0; at < text.length() && !stop.stopped(); ) {
                int next = Math.min(text.length(), at + 1 + random.nextInt(4));
                shown.append(stop.accept(text.substring(at, next)));
                at = next;
            }
            shown.append(stop.flush());
            int first = stops.stream()
                    .mapToInt(text::indexOf)
                    .filter(i -> i >= 0)
                    .min()
                    .orElse(-1);
            // A later piece may complete an earlier-starting, longer stop string after a shorter one already ended it.
            int earliestEnd = stops.stream()
                    .filter(text::contains)
                    .mapToInt(s -> text.indexOf(s) + s.length())
                    .min()
                    .orElse(-1);
            assertEquals(first >= 0, stop.stopped(), text + " " + stops);
            if (first < 0) {
                assertEquals(text, shown.toString());
            } else {
                assertTrue(text.startsWith(shown.toString()) && shown.length() < earliestEnd, text + " " + stops);
                assertTrue(shown.length() >= first, text + " " + stops + " shows only " + shown);
            }
        }
    }

    @Test
    void holdsBackWhatMayBecomeAStopString() {
        StopText stop = new StopText(List.of("END"));
        assertEquals("a", stop.accept("aE"));
        assertEquals("", stop.accept("N"));
        assertFalse(stop.stopped());
        assertEquals("ENx", stop.accept("x"));
        assertEquals("y", stop.accept("yEND and more"));
        assertTrue(stop.stopped());
        assertEquals("", stop.flush());
    }

    private static String letters(Random random, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append((char) ('a' + random.nextInt(3)));
        }
        return text.toString();
    }
}

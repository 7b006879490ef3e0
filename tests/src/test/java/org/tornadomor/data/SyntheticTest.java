package org.tornadomor.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tornadomor.UserError;

class SyntheticTest {
    private static String text(Synthetic.Labelled document) {
        return new String(document.text().utf8(), StandardCharsets.US_ASCII);
    }

    private static String name(Synthetic.Labelled document, int at) {
        return Synthetic.classes().get(document.difficulty()[at]);
    }

    @Test
    void theSameWordsGiveTheSameText() {
        Synthetic text = Synthetic.parse("synthetic:mixed?documents=5&bytes=300&seed=7");
        List<Document> documents = new ArrayList<>();
        TextSources.parse(List.of(text.describe()), null, 0, null).forEach(documents::add);
        assertEquals(5, documents.size());
        for (int i = 0; i < 5; i++) {
            assertEquals(300, documents.get(i).utf8().length);
            assertArrayEquals(text.document(i).text().utf8(), documents.get(i).utf8());
            assertEquals(300, text.document(i).difficulty().length);
        }
        assertFalse(Arrays.equals(documents.get(0).utf8(), documents.get(1).utf8()));
        Synthetic other = Synthetic.parse("synthetic:mixed?documents=5&bytes=300&seed=8");
        assertFalse(
                Arrays.equals(documents.get(0).utf8(), other.document(0).text().utf8()));
    }

    /** Every closing bracket closes the last open one, and its class says how many pairs are inside. */
    @Test
    void bracketsClose() {
        Synthetic text = Synthetic.parse("synthetic:brackets?bytes=2000&filler=0.2");
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            Synthetic.Labelled document = text.document(i);
            String all = text(document);
            Deque<Integer> open = new ArrayDeque<>();
            for (int at = 0; at < all.length(); at++) {
                char c = all.charAt(at);
                if ("([{<".indexOf(c) >= 0) {
                    open.push(at);
                    assertEquals("random", name(document, at));
                } else if (")]}>".indexOf(c) >= 0) {
                    int partner = open.pop();
                    assertEquals("([{<".indexOf(all.charAt(partner)), ")]}>".indexOf(c));
                    assertEquals('/', all.charAt(at - 1));
                    // A pair takes three bytes.
                    int inside = (at - partner - 2) / 3;
                    String expected =
                            inside == 0 ? "close empty" : inside < 3 ? "close around 1-2" : "close around 3-7";
                    assertEquals(expected, name(document, at));
                    seen.add(expected);
                } else if (c == '\n') {
                    assertTrue(open.isEmpty());
                }
            }
        }
        assertEquals(3, seen.size());
    }

    @Test
    void sumsAreRight() {
        sumsAreRight("", 8);
        sumsAreRight("&base=4", 4);
    }

    private static void sumsAreRight(String setting, int base) {
        Synthetic text = Synthetic.parse("synthetic:sums?bytes=2000&filler=0" + setting);
        for (int i = 0; i < 20; i++) {
            Synthetic.Labelled document = text.document(i);
            String all = text(document);
            int start = 0;
            for (int end = all.indexOf('\n'); end >= 0; end = all.indexOf('\n', start)) {
                String[] sides = all.substring(start, end).split("=");
                int[] terms = Arrays.stream(sides[0].split("\\+"))
                        .mapToInt(Integer::parseInt)
                        .toArray();
                assertEquals(Arrays.stream(terms).sum(), Integer.parseInt(sides[1], 36));
                assertTrue(Arrays.stream(terms).allMatch(t -> t < base));
                assertEquals("sum of " + terms.length, name(document, end - 1));
                assertEquals("random", name(document, end - 2));
                start = end + 1;
            }
        }
    }

    @Test
    void fillerIsTrivialButForItsFirstLetter() {
        Synthetic text = Synthetic.parse("synthetic:mixed?filler=1&bytes=500");
        Synthetic.Labelled document = text.document(0);
        String all = text(document);
        for (int at = 0; at < all.length(); at++) {
            boolean first = at == 0 || all.charAt(at - 1) == '\n';
            assertEquals(first ? "random" : "filler", name(document, at));
        }
    }

    @Test
    void saysWhatIsWrong() {
        expect("synthetic:riddles", "choose one of brackets, sums, mixed");
        expect("synthetic:sums?documnets=3", "'documnets=3' is no setting", "documents");
        expect("synthetic:sums?bytes=3", "bytes is '3'");
        expect("synthetic:sums?base=9", "base is '9'", "from 2 to 8");
        expect("synthetic:sums?seed=x", "seed is 'x'");
    }

    private static void expect(String spec, String... words) {
        UserError error = assertThrows(UserError.class, () -> Synthetic.parse(spec));
        for (String word : words) {
            assertTrue(error.getMessage().contains(word), error.getMessage());
        }
    }
}

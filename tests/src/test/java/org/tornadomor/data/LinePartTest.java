package org.tornadomor.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class LinePartTest {
    private static String part(byte[] file, long from, long to) throws IOException {
        int skipped = (int) Math.max(0, from - 1);
        try (LinePart part = LinePart.of(new ByteArrayInputStream(file, skipped, file.length - skipped), from, to)) {
            return new String(part.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Every part is whole lines, and together they are the file. */
    @Property
    void partsAreWholeLines(@ForAll long seed, @ForAll @IntRange(min = 1, max = 40) int size) throws IOException {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(12); i > 0; i--) {
            text.append("x".repeat(random.nextInt(20))).append('\n');
        }
        text.append("y".repeat(random.nextInt(3)));
        byte[] file = text.toString().getBytes(StandardCharsets.UTF_8);
        StringBuilder all = new StringBuilder();
        for (int from = 0; from < file.length; from += size) {
            String part = part(file, from, Math.min(file.length, from + size));
            assertEquals(true, part.isEmpty() || part.endsWith("\n") || (all + part).length() == file.length, part);
            all.append(part);
        }
        assertEquals(text.toString(), all.toString());
    }

    /** A line that begins at the end of a part is the next one's. */
    @Test
    void boundaries() throws IOException {
        byte[] file = "ab\ncd\nef".getBytes(StandardCharsets.UTF_8);
        List<String> parts = new ArrayList<>();
        for (int[] range : new int[][] {{0, 3}, {3, 6}, {6, 8}, {0, 2}, {2, 3}, {1, 4}, {7, 8}}) {
            parts.add(part(file, range[0], range[1]));
        }
        assertEquals(List.of("ab\n", "cd\n", "ef", "ab\n", "", "cd\n", ""), parts);
    }
}

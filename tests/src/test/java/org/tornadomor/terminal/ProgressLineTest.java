package org.tornadomor.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressLineTest {
    private static final List<String> DETAILS =
            List.of("12,345 tok/s", "loss 2.345", "1,234 of 20,000 steps", "depths 34/33/33 %");
    private static final String LEFT = "1 h 23 min left";

    private static ProgressLine line() {
        ProgressLine line = new ProgressLine("train", StandardCharsets.UTF_8);
        line.details(DETAILS);
        return line;
    }

    private static long cells(String line) {
        return line.indexOf('|') < 0 ? 0 : line.lastIndexOf('|') - line.indexOf('|') - 1;
    }

    @Test
    void nothingIsCutAtAnyWidth() {
        for (int width = 1; width <= 200; width++) {
            String line = line().draw(0.617, LEFT, width);
            assertTrue(line.length() <= width, width + ": " + line);
            if (line.isEmpty()) {
                assertTrue(width < "train  61 %".length(), width + "");
                continue;
            }
            assertTrue(line.startsWith("train  61 %"), line);
            String tail = line.substring(Math.max("train  61 %".length(), line.lastIndexOf('|') + 1))
                    .strip();
            for (String piece : tail.isEmpty() ? new String[0] : tail.split(", ")) {
                assertTrue(DETAILS.contains(piece) || piece.equals(LEFT), width + ": " + line);
            }
        }
    }

    @Test
    void rateAndTimeLeftStayWhereLinesAreShort() {
        for (int width : new int[] {59, 79}) {
            String line = line().draw(0.617, LEFT, width);
            assertTrue(line.contains("12,345 tok/s"), line);
            assertTrue(line.contains(LEFT), line);
            assertTrue(cells(line) >= 8, line);
        }
        assertTrue(line().draw(0.617, LEFT, 79).contains("loss 2.345"));
        assertTrue(line().draw(0.617, LEFT, 200).endsWith("depths 34/33/33 %"));
    }

    @Test
    void theBarSaysHowMuchIsDone() {
        String line = new ProgressLine("merge", StandardCharsets.US_ASCII).draw(0.25, "", 200);
        assertEquals("merge  25 % |" + "#".repeat(10) + " ".repeat(30) + "|", line);
        assertEquals(40, cells(line));
        assertFalse(line().draw(1, "", 79).contains("left"));
    }

    @Test
    void whereNobodyKnowsTheEndThereIsNoBar() {
        ProgressLine line = new ProgressLine("read", StandardCharsets.UTF_8);
        line.details(List.of("3.0M B/s", "12.0M B"));
        assertEquals("read 3.0M B/s, 12.0M B", line.draw(-1, "", 60));
        assertEquals("read 3.0M B/s", line.draw(-1, "", 20));
        assertEquals("read", line.draw(-1, "", 10));
    }
}

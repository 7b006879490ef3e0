package org.tornadomor.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.tornadomor.tasks.Scores.Value;
import org.tornadomor.template.PyText;

class ScoreTest {
    private static List<Value> values(double... items) {
        return DoubleStream.of(items).mapToObj(item -> new Value(item, 1)).toList();
    }

    @Test
    void meansAndTheirErrors() {
        Score score = Score.of(Metric.ACC, values(1, 0, 0, 1, 1, 0));
        assertEquals(0.5, score.value());
        assertEquals(0.22360679774997896, score.error(), 1e-15);
        assertTrue(Double.isNaN(Score.of(Metric.ACC, values(1)).error()));
    }

    /** The figures are those of Python with the harness's seeds. */
    @Test
    void perplexityAndItsBootstrap() {
        Score score = Score.of(Metric.PERPLEXITY, values(-1.5, -2.25, -0.5, -4.0, -3.125));
        assertEquals(9.727919012559884, score.value(), 1e-12);
        assertEquals(6.4691207553522805, score.error(), 1e-9);
    }

    @Test
    void wholeTexts() {
        List<Value> values = List.of(new Value(-10, 4), new Value(-20, 8));
        assertEquals(
                Math.exp(30 / 12.0), Score.of(Metric.BYTE_PERPLEXITY, values).value(), 1e-12);
        assertEquals(
                30 / 12.0 / Math.log(2), Score.of(Metric.BITS_PER_BYTE, values).value(), 1e-12);
    }

    @Test
    void groups() {
        List<Score> scores = List.of(new Score(0.5, 0.1), new Score(0.25, 0.2));
        Score bySize = Score.mean(scores, List.of(10, 30), true);
        assertEquals((0.5 * 10 + 0.25 * 30) / 40, bySize.value(), 1e-15);
        assertEquals(Math.sqrt((10 * 9 * 0.01 + 30 * 29 * 0.04) / 38 / 40), bySize.error(), 1e-15);
        assertEquals(0.375, Score.mean(scores, List.of(10, 30), false).value(), 1e-15);
    }

    @Test
    void lengthsAreCharactersOrBytes() {
        Item item = new Item(null, List.of(), List.of("\u00e4\u00f6\u00fc", "abcde"), 0L, List.of(0));
        Answer first = new Answer(-4, false, null, Answer.Depths.NONE, Answer.Depths.NONE);
        Answer second = new Answer(-3.9, false, null, Answer.Depths.NONE, Answer.Depths.NONE);
        List<Answer> answers = List.of(first, second);
        assertEquals(1, Scores.best(item, answers, choice -> 1));
        assertEquals(1, Scores.best(item, answers, PyText::length));
        assertEquals(0, Scores.best(item, answers, PythonText::bytes));
        // The first of equal ones.
        assertEquals(0, Scores.best(item, List.of(first, first), choice -> 1));
    }
}

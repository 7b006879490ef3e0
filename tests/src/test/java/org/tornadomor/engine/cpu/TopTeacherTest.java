package org.tornadomor.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.tornadomor.engine.OpHarness.assertClose;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.LossOp;
import org.tornadomor.engine.OpHarness;
import org.tornadomor.engine.Values;

class TopTeacherTest {
    /** Known tokens have their probabilities, and the others share theirs as the student has it. */
    @Test
    void probabilitiesAreTheWantedOnes() {
        OpHarness.check(30, h -> {
            int columns = h.between(1, 300);
            int known = h.between(1, columns);
            float temperature = h.random().nextBoolean() ? 1 : 1.5f;
            Extent rows = h.rows(h.between(1, 20));
            Values teacher = h.floats("teacher", rows, columns);
            Values logits = h.floats("logits", rows, columns);
            Values ids = h.ints("ids", rows, known, columns);
            Values logProbs = h.floats("logProbs", rows, known + 1);
            for (int i = 0; i < rows.count(); i++) {
                int[] some = h.random()
                        .ints(0, columns)
                        .distinct()
                        .limit(known)
                        .sorted()
                        .toArray();
                double[] weights = h.random().doubles(known + 1, 0.01, 1).toArray();
                weights[known] = known == columns ? 0 : weights[known];
                double sum = IntStream.rangeClosed(0, known)
                        .mapToDouble(j -> weights[j])
                        .sum();
                double shift = 200 * h.random().nextGaussian();
                for (int c = 0; c < columns; c++) {
                    logits.set(i, c, 3 * logits.before(i, c) + shift);
                }
                for (int j = 0; j < known; j++) {
                    ids.set(i, j, some[j]);
                }
                for (int j = 0; j <= known; j++) {
                    logProbs.set(i, j, Math.max(-100, Math.log(weights[j] / sum)));
                }
            }
            h.run(new LossOp.TopTeacher(teacher.slot(), logits.slot(), ids.slot(), logProbs.slot(), temperature));
            for (int i = 0; i < rows.count(); i++) {
                check(i, columns, known, temperature, teacher, logits, ids, logProbs);
            }
        });
    }

    private static void check(
            int row,
            int columns,
            int known,
            float temperature,
            Values teacher,
            Values logits,
            Values ids,
            Values logProbs) {
        double[] expected = new double[columns];
        boolean[] given = new boolean[columns];
        for (int j = 0; j < known; j++) {
            given[(int) ids.before(row, j)] = true;
            expected[(int) ids.before(row, j)] = logProbs.before(row, j);
        }
        double max = IntStream.range(0, columns)
                .filter(c -> !given[c])
                .mapToDouble(c -> logits.before(row, c))
                .max()
                .orElse(0);
        double sum = IntStream.range(0, columns)
                .filter(c -> !given[c])
                .mapToDouble(c -> Math.exp((logits.before(row, c) - max) / temperature))
                .sum();
        for (int c = 0; c < columns; c++) {
            if (!given[c]) {
                expected[c] = (logits.before(row, c) - max) / temperature - Math.log(sum) + logProbs.before(row, known);
            }
            // Logits are up to hundreds, of which a float has not more digits.
            assertClose(temperature * expected[c], teacher.get(row, c), 2e-5, row, c);
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        OpHarness.check(1, h -> {
            Values teacher = h.floats("teacher", 2, 5);
            Values logits = h.floats("logits", 2, 5);
            Values ids = h.ints("ids", Extent.fixed(2), 3, 5);
            Values few = h.floats("few", 2, 3);
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new LossOp.TopTeacher(teacher.slot(), logits.slot(), ids.slot(), few.slot(), 1));
        });
    }
}

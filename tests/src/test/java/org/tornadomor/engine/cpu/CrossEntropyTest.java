package org.tornadomor.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadomor.engine.OpHarness.assertClose;

import org.junit.jupiter.api.Test;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.LossOp;
import org.tornadomor.engine.OpHarness;
import org.tornadomor.engine.Values;

class CrossEntropyTest {
    private static double loss(double[] logits, int row, int columns, int target) {
        double max = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < columns; c++) {
            max = Math.max(max, logits[row * columns + c]);
        }
        double sum = 0;
        for (int c = 0; c < columns; c++) {
            sum += Math.exp(logits[row * columns + c] - max);
        }
        return max + Math.log(sum) - logits[row * columns + target];
    }

    @Test
    void lossAndGradient() {
        OpHarness.check(30, h -> {
            boolean gradient = h.random().nextBoolean();
            int columns = h.random().nextInt(4) == 0 ? h.between(2000, 7000) : h.between(1, 300);
            Extent rows = h.rows(h.between(1, 20));
            Values rowLoss = h.floats("rowLoss", rows, 1);
            Values logits = h.floats("logits", rows, columns);
            Values targets = h.ints("targets", rows, columns);
            for (int i = 0; i < rows.count(); i++) {
                if (h.random().nextInt(5) == 0) {
                    targets.set(i, -1 - h.random().nextInt(100));
                }
                double shift = 200 * h.random().nextGaussian();
                for (int c = 0; c < columns; c++) {
                    logits.set(i, c, 3 * logits.before(i, c) + shift);
                }
            }
            h.run(new LossOp.CrossEntropy(rowLoss.slot(), logits.slot(), targets.slot(), gradient, 0.25f));
            double[] xs = logits.before();
            for (int i = 0; i < rows.count(); i++) {
                int target = (int) targets.before(i);
                assertClose(target < 0 ? 0 : loss(xs, i, columns, target), rowLoss.get(i), 1e-6, i);
            }
            if (gradient) {
                h.assertGradient(x -> sum(x, columns, targets), xs, logits.get(), null, 1e-6);
            } else {
                for (int i = 0; i < xs.length; i++) {
                    assertEquals(xs[i], logits.get()[i]);
                }
            }
        });
    }

    private static double sum(double[] logits, int columns, Values targets) {
        double sum = 0;
        for (int i = 0; i < targets.rows(); i++) {
            int target = (int) targets.before(i);
            sum += target < 0 ? 0 : 0.25 * loss(logits, i, columns, target);
        }
        return sum;
    }

    @Test
    void handCases() {
        OpHarness.check(1, h -> {
            double inf = Double.POSITIVE_INFINITY;
            Values rowLoss = h.floats("rowLoss", 6, 1);
            Values logits = h.floats("logits", 6, 4);
            logits.setAll(0, 0, 0, 0, 1000, 0, 0, 0, 0, 1000, 0, 0, -inf, 2, 2, -inf, 0, Double.NaN, 0, 0);
            Values targets = h.ints("targets", 6, 1).setAll(2, 0, 0, 1, 0, 3);
            for (int c = 0; c < 4; c++) {
                logits.set(5, c, -inf);
            }
            h.run(new LossOp.CrossEntropy(rowLoss.slot(), logits.slot(), targets.slot(), true, 1f));
            assertClose(Math.log(4), rowLoss.get(0), 1e-7);
            assertClose(-0.75, logits.get(0, 2), 1e-7);
            assertClose(0.25, logits.get(0, 3), 1e-7);
            assertClose(0, rowLoss.get(1), 1e-7);
            assertClose(1000, rowLoss.get(2), 1e-7);
            assertClose(1, logits.get(2, 1), 1e-7);
            assertClose(-1, logits.get(2, 0), 1e-7);
            assertClose(Math.log(2), rowLoss.get(3), 1e-7);
            assertTrue(Double.isNaN(rowLoss.get(4)));
            assertTrue(Double.isNaN(rowLoss.get(5)));
        });
    }

    @Test
    void refusesTargetsOutsideTheVocabulary() {
        OpHarness.check(1, h -> {
            Values rowLoss = h.floats("rowLoss", 1, 1);
            Values logits = h.floats("logits", 1, 4);
            Values targets = h.ints("targets", 1, 1).set(0, 4);
            assertThrows(
                    IndexOutOfBoundsException.class,
                    () -> h.run(new LossOp.CrossEntropy(rowLoss.slot(), logits.slot(), targets.slot(), true, 1f)));
        });
    }

    @Test
    void sumsLosses() {
        OpHarness.check(20, h -> {
            Extent rows = h.rows(h.between(1, 40_000));
            Values sums = h.floats("sums", 3, 1);
            Values x = h.floats("x", rows, 1);
            h.run(new LossOp.SumInto(sums.slot(), x.slot(), 1, 0.5f));
            double sum = 0;
            for (double v : x.before()) {
                sum += v;
            }
            assertEquals(sums.before(0), sums.get(0));
            assertClose(sums.before(1) + 0.5 * sum, sums.get(1), 1e-6);
            assertEquals(sums.before(2), sums.get(2));
        });
    }
}

package org.tornadomor.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Slot;

/** Biases and norms of heads, with their gradients. */
class BiasTest {
    private final Random random = new Random(3);

    private static Extent rows(int count) {
        Extent rows = Extent.of("rows", count + 2);
        rows.set(count);
        return rows;
    }

    private static void assertClose(double expected, float actual, String what) {
        assertEquals(expected, actual, 2e-5 * Math.max(1, Math.abs(expected)), what);
    }

    @Test
    void eachRowGetsTheBias() {
        for (int n = 1; n < 150; n += 7) {
            int count = 1 + random.nextInt(60);
            float[] x = OpRunner.random(random, (count + 2) * n);
            float[] bias = OpRunner.random(random, n);
            try (OpRunner runner = new OpRunner(1 + random.nextInt(3))) {
                Slot out = runner.f32("x", rows(count), n, 3, x);
                runner.run(new DenseOp.AddBias(out, runner.f32("bias", Extent.fixed(n), 1, 0, bias)));
                float[] got = runner.get(out);
                for (int i = 0; i < x.length; i++) {
                    assertEquals(i < count * n ? x[i] + bias[i % n] : x[i], got[i]);
                }
            }
        }
    }

    @Test
    void theGradientIsTheSumOverRows() {
        for (int n = 1; n < 150; n += 7) {
            int count = 1 + random.nextInt(60);
            float[] dOut = OpRunner.random(random, (count + 2) * n);
            float[] old = OpRunner.random(random, n);
            try (OpRunner runner = new OpRunner(1 + random.nextInt(3))) {
                Slot dBias = runner.f32("d_bias", Extent.fixed(n), 1, 0, old);
                runner.run(new DenseOp.AddBiasBackward(dBias, runner.f32("d_out", rows(count), n, 2, dOut)));
                float[] got = runner.get(dBias);
                for (int c = 0; c < n; c++) {
                    double sum = old[c];
                    for (int i = 0; i < count; i++) {
                        sum += dOut[i * n + c];
                    }
                    assertClose(sum, got[c], "column " + c);
                }
            }
        }
    }

    /** A row of several heads gives what as many rows of one head give. */
    @Test
    void eachHeadIsNormalisedByItself() {
        for (int size : new int[] {1, 4, 20, 64}) {
            int heads = 1 + random.nextInt(5);
            int count = 1 + random.nextInt(40);
            float[] x = OpRunner.random(random, (count + 2) * heads * size);
            float[] w = OpRunner.random(random, size);
            float[] dOut = OpRunner.random(random, x.length);
            float[][] together = norm(heads, count, size, x, w, dOut);
            float[][] apart = norm(1, count * heads, size, x, w, dOut);
            for (int i = 0; i < count * heads * size; i++) {
                assertEquals(apart[0][i], together[0][i], "out " + i);
                assertEquals(apart[1][i], together[1][i], "dx " + i);
            }
            for (int c = 0; c < size; c++) {
                assertClose(apart[2][c], together[2][c], "dw " + c);
            }
        }
    }

    private static float[][] norm(int heads, int count, int size, float[] x, float[] w, float[] dOut) {
        int width = heads * size;
        Extent rows = Extent.of("rows", x.length / width);
        rows.set(count);
        float[] normed;
        try (OpRunner runner = new OpRunner(2)) {
            Slot out = runner.f32("out", rows, width, 2, x);
            Slot in = runner.f32("x", rows, width, 1, x);
            Slot weight = runner.f32("w", Extent.fixed(size), 1, 0, w);
            runner.run(new DenseOp.RmsNorm(out, in, weight, 1e-5f));
            normed = runner.get(out);
        }
        try (OpRunner runner = new OpRunner(2)) {
            Slot dx = runner.f32("dx", rows, width, 0, x);
            Slot dw = runner.f32("dw", Extent.fixed(size), 1, 0, w);
            Slot gradient = runner.f32("dOut", rows, width, 3, dOut);
            Slot in = runner.f32("x", rows, width, 1, x);
            Slot weight = runner.f32("w", Extent.fixed(size), 1, 0, w);
            runner.run(new DenseOp.RmsNormBackward(dx, dw, gradient, in, weight, 1e-5f));
            return new float[][] {normed, runner.get(dx), runner.get(dw)};
        }
    }
}

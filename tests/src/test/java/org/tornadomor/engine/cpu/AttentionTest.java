package org.tornadomor.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.Bfloat16;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Slot;

/** Attention and its gradients against a plain implementation in double precision that is itself checked by differences. */
class AttentionTest {
    /** Rows of sequences in compact form, with the values of one random case. */
    private record Case(
            int[] start,
            int[] keyStart,
            int[] visible,
            int maxRows,
            int keyRows,
            int heads,
            int kvHeads,
            int dim,
            int window) {
        /** The first key that a row sees. */
        int first(int row) {
            return Math.max(0, visible[row] - window);
        }

        int rows() {
            return start[start.length - 1];
        }

        double scale() {
            return (float) (1 / Math.sqrt(dim));
        }

        /** Causal attention of full sequences, a cache that is longer than the queries, or shared keys with gaps. */
        static Case random(Random random, int maxSequence, int maxPast) {
            int sequences = 1 + random.nextInt(4);
            int[] start = new int[sequences + 1];
            int[] keyStart = new int[sequences];
            List<Integer> visible = new ArrayList<>();
            int keys = random.nextInt(3);
            for (int b = 0; b < sequences; b++) {
                int count = random.nextInt(5) == 0 ? 0 : 1 + random.nextInt(maxSequence);
                start[b + 1] = start[b] + count;
                keyStart[b] = keys;
                int seen = maxPast == 0 ? 0 : random.nextInt(maxPast);
                boolean gaps = random.nextBoolean();
                for (int i = 0; i < count; i++) {
                    seen += gaps ? (i == 0 ? 1 : 0) + random.nextInt(4) : 1;
                    visible.add(seen);
                }
                keys += seen + random.nextInt(3);
            }
            int spare = random.nextInt(3);
            for (int i = 0; i < spare; i++) {
                visible.add(1 << 20);
            }
            int kvHeads = 1 + random.nextInt(2);
            return new Case(
                    start,
                    keyStart,
                    visible.stream().mapToInt(i -> i).toArray(),
                    visible.size(),
                    keys,
                    kvHeads * (1 + random.nextInt(3)),
                    kvHeads,
                    new int[] {2, 8, 16, 24, 40, 64}[random.nextInt(6)],
                    random.nextBoolean() ? AttentionOp.Rows.UNWINDOWED : 1 + random.nextInt(maxSequence + maxPast));
        }
    }

    private record Forward(double[] out, double[] lse) {}

    private record Gradients(double[] dq, double[] dk, double[] dv) {}

    private static Forward forward(Case c, double[] q, double[] k, double[] v) {
        int width = c.heads * c.dim;
        int keyWidth = c.kvHeads * c.dim;
        Forward f = new Forward(new double[c.maxRows * width], new double[c.maxRows * c.heads]);
        for (int b = 0; b < c.keyStart.length; b++) {
            for (int i = c.start[b]; i < c.start[b + 1]; i++) {
                for (int head = 0; head < c.heads; head++) {
                    int keyHead = head / (c.heads / c.kvHeads);
                    double[] p = new double[c.visible[i]];
                    double sum = 0;
                    for (int j = c.first(i); j < p.length; j++) {
                        int key = (c.keyStart[b] + j) * keyWidth + keyHead * c.dim;
                        for (int d = 0; d < c.dim; d++) {
                            p[j] += c.scale() * q[i * width + head * c.dim + d] * k[key + d];
                        }
                        sum += Math.exp(p[j]);
                    }
                    for (int j = c.first(i); j < p.length; j++) {
                        int key = (c.keyStart[b] + j) * keyWidth + keyHead * c.dim;
                        for (int d = 0; d < c.dim; d++) {
                            f.out[i * width + head * c.dim + d] += Math.exp(p[j]) / sum * v[key + d];
                        }
                    }
                    f.lse[i * c.heads + head] = Math.log(sum);
                }
            }
        }
        return f;
    }

    private static Gradients backward(Case c, double[] q, double[] k, double[] v, double[] dOut) {
        int width = c.heads * c.dim;
        int keyWidth = c.kvHeads * c.dim;
        Forward f = forward(c, q, k, v);
        Gradients g = new Gradients(new double[q.length], new double[k.length], new double[v.length]);
        for (int b = 0; b < c.keyStart.length; b++) {
            for (int i = c.start[b]; i < c.start[b + 1]; i++) {
                for (int head = 0; head < c.heads; head++) {
                    int row = i * width + head * c.dim;
                    double shared = 0;
                    for (int d = 0; d < c.dim; d++) {
                        shared += dOut[row + d] * f.out[row + d];
                    }
                    for (int j = c.first(i); j < c.visible[i]; j++) {
                        int key = (c.keyStart[b] + j) * keyWidth + head / (c.heads / c.kvHeads) * c.dim;
                        double s = 0;
                        double dp = 0;
                        for (int d = 0; d < c.dim; d++) {
                            s += c.scale() * q[row + d] * k[key + d];
                            dp += dOut[row + d] * v[key + d];
                        }
                        double p = Math.exp(s - f.lse[i * c.heads + head]);
                        double ds = c.scale() * p * (dp - shared);
                        for (int d = 0; d < c.dim; d++) {
                            g.dq[row + d] += ds * k[key + d];
                            g.dk[key + d] += ds * q[row + d];
                            g.dv[key + d] += p * dOut[row + d];
                        }
                    }
                }
            }
        }
        return g;
    }

    /** out and lse, or dq, dk and dv, as the engine computes them. */
    private static float[][] run(Case c, float[][] x, float[] old, boolean backward, boolean accumulate, int threads) {
        int width = c.heads * c.dim;
        int keyWidth = c.kvHeads * c.dim;
        try (OpRunner runner = new OpRunner(threads)) {
            Extent rows = Extent.of("rows", c.maxRows);
            rows.set(c.rows());
            Extent keys = Extent.fixed(c.keyRows);
            AttentionOp.Rows which = new AttentionOp.Rows(
                    runner.i32("start", Extent.fixed(c.start.length), c.start),
                    runner.i32("keyStart", Extent.fixed(c.keyStart.length), c.keyStart),
                    runner.i32("visible", rows, c.visible),
                    AttentionOp.Rows.UNPAGED,
                    c.window);
            AttentionOp.Heads heads = new AttentionOp.Heads(c.heads, c.kvHeads, c.dim, (float) c.scale());
            Slot q = runner.f32("q", rows, width, 3, x[0]);
            Slot k = runner.f32("k", keys, keyWidth, 1, x[1]);
            Slot v = runner.f32("v", keys, keyWidth, 2, x[2]);
            Slot out = runner.f32("out", rows, width, 0, backward ? x[3] : x[0]);
            Slot lse = runner.f32("lse", rows, c.heads, 0, backward ? x[4] : new float[c.maxRows * c.heads]);
            if (!backward) {
                runner.run(new AttentionOp.Attention(out, lse, q, k, v, which, heads));
                runner.runAgain();
                return new float[][] {runner.get(out), runner.get(lse)};
            }
            Slot dOut = runner.f32("dOut", rows, width, 0, x[5]);
            Slot dq = runner.f32("dq", rows, width, 4, x[0]);
            Slot dk = runner.f32("dk", keys, keyWidth, 1, old);
            Slot dv = runner.f32("dv", keys, keyWidth, 3, old);
            runner.run(
                    new AttentionOp.AttentionBackward(dq, dk, dv, dOut, out, lse, q, k, v, which, heads, accumulate));
            return new float[][] {runner.get(dq), runner.get(dk), runner.get(dv)};
        }
    }

    private static double[] doubles(float[] values) {
        double[] result = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = values[i];
        }
        return result;
    }

    private static void assertClose(double[] expected, float[] actual, int from, int to, String what) {
        for (int i = from; i < to; i++) {
            assertEquals(expected[i], actual[i], 2e-5 * Math.max(1, Math.abs(expected[i])), what + " " + i);
        }
    }

    private static void check(Case c, Random random, boolean accumulate) {
        int width = c.heads * c.dim;
        int keyWidth = c.kvHeads * c.dim;
        float[] q = OpRunner.random(random, c.maxRows * width);
        float[] k = OpRunner.random(random, c.keyRows * keyWidth);
        float[] v = OpRunner.random(random, c.keyRows * keyWidth);
        float[] dOut = OpRunner.random(random, c.maxRows * width);
        float[] old = OpRunner.random(random, c.keyRows * keyWidth);
        Forward f = forward(c, doubles(q), doubles(k), doubles(v));
        float[][] got = run(c, new float[][] {q, k, v}, null, false, false, 1 + random.nextInt(3));
        assertClose(f.out, got[0], 0, c.rows() * width, "out " + c);
        assertClose(f.lse, got[1], 0, c.rows() * c.heads, "lse " + c);
        for (int i = c.rows() * width; i < q.length; i++) {
            assertEquals(q[i], got[0][i], "a row beyond the count");
        }
        Gradients g = backward(c, doubles(q), doubles(k), doubles(v), doubles(dOut));
        float[][] grads =
                run(c, new float[][] {q, k, v, got[0], got[1], dOut}, old, true, accumulate, 1 + random.nextInt(3));
        assertClose(g.dq, grads[0], 0, c.rows() * width, "dq " + c);
        for (int i = c.rows() * width; i < q.length; i++) {
            assertEquals(q[i], grads[0][i], "a row beyond the count");
        }
        assertClose(onto(c, g.dk, old, accumulate), grads[1], 0, k.length, "dk " + c);
        assertClose(onto(c, g.dv, old, accumulate), grads[2], 0, v.length, "dv " + c);
    }

    /** What dk or dv must hold: the old values, plus the gradients or replaced by them where sequences have keys. */
    private static double[] onto(Case c, double[] gradient, float[] old, boolean accumulate) {
        int keyWidth = c.kvHeads * c.dim;
        double[] result = doubles(old);
        for (int b = 0; b < c.keyStart.length; b++) {
            int end = c.start[b + 1];
            int seen = end == c.start[b] ? 0 : c.visible[end - 1];
            for (int i = c.keyStart[b] * keyWidth; i < (c.keyStart[b] + seen) * keyWidth; i++) {
                result[i] = accumulate ? result[i] + gradient[i] : gradient[i];
            }
        }
        return result;
    }

    @Test
    void agreesWithDoublePrecision() {
        Random random = new Random(11);
        for (int i = 0; i < 60; i++) {
            check(Case.random(random, 20, i % 2 * 30), random, i % 3 == 0);
        }
        for (int i = 0; i < 12; i++) {
            check(Case.random(random, 200, i % 2 * 100), random, i % 3 == 0);
        }
    }

    /** Keys that hardly anybody attends to get no gradients that are too small to be normal numbers: those make products slow. */
    @Test
    void sharpAttentionGivesNoSubnormalGradients() {
        Random random = new Random(8);
        Case c = new Case(new int[] {0, 96}, new int[] {0}, upTo(96), 96, 96, 2, 2, 16, AttentionOp.Rows.UNWINDOWED);
        float[] q = scaled(OpRunner.random(random, 96 * 32), 10);
        float[] k = scaled(OpRunner.random(random, 96 * 32), 10);
        float[] v = OpRunner.random(random, 96 * 32);
        float[] dOut = scaled(OpRunner.random(random, 96 * 32), 1e-7f);
        float[][] got = run(c, new float[][] {q, k, v}, null, false, false, 1);
        float[][] gradients =
                run(c, new float[][] {q, k, v, got[0], got[1], dOut}, new float[k.length], true, false, 1);
        Gradients exact = backward(c, doubles(q), doubles(k), doubles(v), doubles(dOut));
        for (int kind = 0; kind < 3; kind++) {
            double[] expected = List.of(exact.dq, exact.dk, exact.dv).get(kind);
            for (int i = 0; i < expected.length; i++) {
                float value = gradients[kind][i];
                assertEquals(expected[i], value, 1e-9, kind + " " + i);
                assertTrue(value == 0 || Math.abs(value) >= Float.MIN_NORMAL, () -> "subnormal: " + value);
            }
        }
    }

    private static int[] upTo(int n) {
        return IntStream.rangeClosed(1, n).toArray();
    }

    private static float[] scaled(float[] values, float by) {
        for (int i = 0; i < values.length; i++) {
            values[i] *= by;
        }
        return values;
    }

    /** Keys in pages, wherever these lie, give the bits that they give one after the other; so do keys in bfloat16. */
    @Test
    void pagesChangeNothing() {
        Random random = new Random(15);
        for (int i = 0; i < 40; i++) {
            Case c = Case.random(random, i % 3 == 0 ? 3 : 60, i % 2 * 300);
            int keyWidth = c.kvHeads * c.dim;
            float[] q = OpRunner.random(random, c.maxRows * c.heads * c.dim);
            float[] k = OpRunner.random(random, c.keyRows * keyWidth);
            float[] v = OpRunner.random(random, c.keyRows * keyWidth);
            int pageRows = 16 << random.nextInt(3);
            int threads = 1 + random.nextInt(3);
            float[][] expected = run(c, new float[][] {q, k, v}, null, false, false, threads);
            float[][] got = runPaged(c, q, k, v, pageRows, false, threads, random);
            assertArrayEquals(expected[0], got[0], "out in pages of " + pageRows + ", " + c);
            assertArrayEquals(expected[1], got[1], "lse in pages of " + pageRows + ", " + c);
            float[][] rounded = run(c, new float[][] {q, rounded(k), rounded(v)}, null, false, false, threads);
            float[][] halves = runPaged(c, q, k, v, pageRows, true, threads, random);
            assertArrayEquals(rounded[0], halves[0], "out of bfloat16, " + c);
            assertArrayEquals(rounded[1], halves[1], "lse of bfloat16, " + c);
        }
    }

    private static float[] rounded(float[] values) {
        float[] result = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = Bfloat16.value(Bfloat16.of(values[i]));
        }
        return result;
    }

    private static float[][] runPaged(
            Case c, float[] q, float[] k, float[] v, int pageRows, boolean narrow, int threads, Random random) {
        int keyWidth = c.kvHeads * c.dim;
        int sequences = c.keyStart.length;
        int pagesEach = (c.keyRows + pageRows - 1) / pageRows + 1;
        List<Integer> free = new ArrayList<>(
                IntStream.range(0, sequences * pagesEach).boxed().toList());
        java.util.Collections.shuffle(free, random);
        int[] pages = new int[sequences * pagesEach];
        float[][] moved = {new float[pages.length * pageRows * keyWidth], new float[pages.length * pageRows * keyWidth]
        };
        float[][] from = {k, v};
        for (int b = 0; b < sequences; b++) {
            for (int j = 0; c.keyStart[b] + j < c.keyRows; j++) {
                if (j % pageRows == 0) {
                    pages[b * pagesEach + j / pageRows] = free.removeLast() * pageRows;
                }
                int row = pages[b * pagesEach + j / pageRows] + j % pageRows;
                for (int which = 0; which < 2; which++) {
                    System.arraycopy(
                            from[which], (c.keyStart[b] + j) * keyWidth, moved[which], row * keyWidth, keyWidth);
                }
            }
        }
        try (OpRunner runner = new OpRunner(threads)) {
            Extent rows = Extent.of("rows", c.maxRows);
            rows.set(c.rows());
            Extent keys = Extent.fixed(pages.length * pageRows);
            AttentionOp.Rows which = new AttentionOp.Rows(
                    runner.i32("start", Extent.fixed(c.start.length), c.start),
                    runner.i32("pages", Extent.fixed(sequences), pagesEach, pages),
                    runner.i32("visible", rows, c.visible),
                    pageRows,
                    c.window);
            AttentionOp.Heads heads = new AttentionOp.Heads(c.heads, c.kvHeads, c.dim, (float) c.scale());
            Slot qSlot = runner.f32("q", rows, c.heads * c.dim, 3, q);
            Slot kSlot =
                    narrow ? runner.bf16("k", keys, keyWidth, moved[0]) : runner.f32("k", keys, keyWidth, 1, moved[0]);
            Slot vSlot =
                    narrow ? runner.bf16("v", keys, keyWidth, moved[1]) : runner.f32("v", keys, keyWidth, 2, moved[1]);
            Slot out = runner.f32("out", rows, c.heads * c.dim, 0, q);
            Slot lse = runner.f32("lse", rows, c.heads, 0, new float[c.maxRows * c.heads]);
            runner.run(new AttentionOp.Attention(out, lse, qSlot, kSlot, vSlot, which, heads));
            return new float[][] {runner.get(out), runner.get(lse)};
        }
    }

    @Test
    void decodesOneRowAgainstALongCache() {
        Random random = new Random(12);
        for (int past : new int[] {1, 5, 600, 3000}) {
            int[] visible = {past, past / 2 + 1, past};
            for (int window : new int[] {AttentionOp.Rows.UNWINDOWED, 1, 70, 128}) {
                int[] start = {0, 1, 2, 2, 3};
                int[] keyStart = {0, past, past, 2 * past};
                check(new Case(start, keyStart, visible, 3, 3 * past, 6, 2, 64, window), random, false);
            }
        }
    }

    @Test
    void isTheSameForAnyNumberOfThreads() {
        Random random = new Random(13);
        for (int i = 0; i < 8; i++) {
            Case c = Case.random(random, i < 4 ? 30 : 150, 50);
            int width = c.heads * c.dim;
            int keyWidth = c.kvHeads * c.dim;
            float[] q = OpRunner.random(random, c.maxRows * width);
            float[] k = OpRunner.random(random, c.keyRows * keyWidth);
            float[] v = OpRunner.random(random, c.keyRows * keyWidth);
            float[] dOut = OpRunner.random(random, c.maxRows * width);
            float[][] one = run(c, new float[][] {q, k, v}, null, false, false, 1);
            float[][] values = {q, k, v, one[0], one[1], dOut};
            float[][] gradients = run(c, values, k, true, true, 1);
            for (int threads = 2; threads <= 3; threads++) {
                float[][] more = run(c, new float[][] {q, k, v}, null, false, false, threads);
                assertArrayEquals(one[0], more[0]);
                assertArrayEquals(one[1], more[1]);
                float[][] moreGradients = run(c, values, k, true, true, threads);
                for (int j = 0; j < 3; j++) {
                    assertArrayEquals(gradients[j], moreGradients[j]);
                }
            }
        }
    }

    /** The reference's gradients against central differences of the reference's forward. */
    @Test
    void referenceGradientsAgreeWithDifferences() {
        Random random = new Random(14);
        for (int i = 0; i < 10; i++) {
            Case c = Case.random(random, 5, 3);
            double[][] x = {
                doubles(OpRunner.random(random, c.maxRows * c.heads * c.dim)),
                doubles(OpRunner.random(random, c.keyRows * c.kvHeads * c.dim)),
                doubles(OpRunner.random(random, c.keyRows * c.kvHeads * c.dim))
            };
            double[] dOut = doubles(OpRunner.random(random, c.maxRows * c.heads * c.dim));
            Gradients g = backward(c, x[0], x[1], x[2], dOut);
            double[][] gradients = {g.dq, g.dk, g.dv};
            for (int which = 0; which < 3; which++) {
                for (int probe = 0; probe < 10 && x[which].length > 0; probe++) {
                    int at = random.nextInt(x[which].length);
                    double value = x[which][at];
                    x[which][at] = value + 1e-5;
                    double above = loss(c, x, dOut);
                    x[which][at] = value - 1e-5;
                    double below = loss(c, x, dOut);
                    x[which][at] = value;
                    assertEquals((above - below) / 2e-5, gradients[which][at], 1e-6);
                }
            }
        }
    }

    private static double loss(Case c, double[][] x, double[] dOut) {
        double[] out = forward(c, x[0], x[1], x[2]).out;
        double loss = 0;
        for (int i = 0; i < c.rows() * c.heads * c.dim; i++) {
            loss += out[i] * dOut[i];
        }
        return loss;
    }

    @Test
    void keysMayChangeBetweenRuns() {
        Random random = new Random(9);
        int count = 30;
        int dim = 16;
        float[] values = OpRunner.random(random, count * dim);
        float[] before = OpRunner.random(random, count * dim);
        float[] after = OpRunner.random(random, count * dim);
        assertArrayEquals(
                outOfTwoRuns(count, dim, values, after, after), outOfTwoRuns(count, dim, values, before, after));
    }

    /** out of one sequence with two heads that share their keys, after two runs with keys of their own. */
    private static float[] outOfTwoRuns(int count, int dim, float[] values, float[] keys, float[] nextKeys) {
        try (OpRunner runner = new OpRunner(1)) {
            Extent rows = Extent.fixed(count);
            AttentionOp.Rows which = new AttentionOp.Rows(
                    runner.i32("start", Extent.fixed(2), new int[] {0, count}),
                    runner.i32("keyStart", Extent.fixed(1), new int[] {0}),
                    runner.i32("visible", rows, IntStream.rangeClosed(1, count).toArray()));
            Slot q = runner.f32("q", rows, 2 * dim, 0, OpRunner.random(new Random(1), 2 * count * dim));
            Slot k = runner.f32("k", rows, dim, 0, keys);
            Slot v = runner.f32("v", rows, dim, 0, values);
            Slot out = runner.f32("out", rows, 2 * dim, 0, new float[2 * count * dim]);
            Slot lse = runner.f32("lse", rows, 2, 0, new float[2 * count]);
            AttentionOp.Heads heads = new AttentionOp.Heads(2, 1, dim, 0.25f);
            runner.run(new AttentionOp.Attention(out, lse, q, k, v, which, heads));
            runner.set(k, nextKeys);
            runner.runAgain();
            return runner.get(out);
        }
    }
}

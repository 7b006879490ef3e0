package org.tornadomor.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Bfloat16;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;

/** Products and embeddings with narrow weights against doubles and the very values that the weights were rounded to. */
class NarrowTest {
    /** m x n x k: around the limits of every way to multiply. */
    private static final int[][] SIZES = {
        {1, 1, 1},
        {1, 3, 5},
        {1, 64, 16},
        {1, 67, 33},
        {1, 300, 129},
        {2, 131, 70},
        {5, 7, 300},
        {16, 200, 64},
        {17, 100, 300},
        {33, 130, 65},
        {64, 70, 520},
        {40, 9, 50},
        {65, 70, 600},
        {130, 257, 90},
    };

    private static final double TOLERANCE = 2e-6;

    /** So many columns, or as many more as whole blocks ask for. */
    private static int columns(ElementType type, int columns) {
        return type.fits(columns) ? columns : Math.ceilDiv(columns, ElementType.BLOCK) * ElementType.BLOCK;
    }

    /** The result of a product and the weights that it was computed with. */
    private record Product(float[] c, float[] a, float[] w, float[] r) {}

    private static Product product(ElementType type, int m, int n, int k, int threads, boolean residual, int runs) {
        Random random = new Random(31L * m + 7L * n + k);
        try (CpuEngine engine = new CpuEngine(threads)) {
            Arena floats = engine.arena("floats", ElementType.F32);
            Arena narrow = engine.arena("weights", type);
            narrow.allocate("before", 3, type.fits(5) ? 5 : 32);
            // Some rows of a larger matrix, as queries, keys and values stand in one.
            Tensor all = narrow.allocate("w", n + 5, k);
            Tensor w = all.rows(2, n);
            Tensor a = floats.allocate("a", m, k);
            Tensor r = floats.allocate("r", m, n);
            Tensor c = floats.allocate("c", m, n);
            Product p =
                    new Product(new float[m * n], OpRunner.random(random, m * k), new float[n * k], new float[m * n]);
            engine.upload(all, OpRunner.random(random, (n + 5) * k), 0);
            engine.upload(a, p.a, 0);
            engine.upload(r, OpRunner.random(random, m * n), 0);
            engine.download(w, p.w, 0);
            engine.download(r, p.r, 0);
            Ops ops = new Ops("test");
            Extent rows = Extent.fixed(m);
            Slot as = ops.f32("a", rows, k);
            Slot ws = ops.slot("w", type, Extent.fixed(n), k);
            Slot rs = ops.f32("r", rows, n);
            Slot cs = ops.f32("c", rows, n);
            ops.add(new DenseOp.MatmulNT(cs, as, ws, residual ? rs : null));
            Binding binding = engine.compile(ops).bind(Map.of(as, a, ws, w, rs, r, cs, c));
            for (int run = 0; run < runs; run++) {
                binding.run();
            }
            engine.download(c, p.c, 0);
            return p;
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ElementType.class,
            names = {"BF16", "I8", "Q8"})
    void productsAreThoseOfTheRoundedWeights(ElementType type) {
        for (int[] size : SIZES) {
            for (boolean residual : new boolean[] {false, true}) {
                check(type, size[0], size[1], columns(type, size[2]), residual);
            }
        }
    }

    private static void check(ElementType type, int m, int n, int k, boolean residual) {
        Product p = product(type, m, n, k, 2, residual, 1);
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = residual ? p.r[i * n + j] : 0;
                double magnitude = Math.abs(sum);
                for (int s = 0; s < k; s++) {
                    double term = (double) p.a[i * k + s] * p.w[j * k + s];
                    sum += term;
                    magnitude += Math.abs(term);
                }
                String where = type + " " + m + "x" + n + "x" + k + " (" + i + ", " + j + ")";
                assertEquals(sum, p.c[i * n + j], TOLERANCE * magnitude, where);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ElementType.class,
            names = {"BF16", "I8", "Q8"})
    void threadsAndEarlierRunsDoNotMatter(ElementType type) {
        for (int[] size : SIZES) {
            int k = columns(type, size[2]);
            float[] one = product(type, size[0], size[1], k, 1, true, 1).c;
            assertArrayEquals(one, product(type, size[0], size[1], k, 3, true, 2).c);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ElementType.class,
            names = {"BF16", "I8", "Q8"})
    void embeddingsAreTheRowsOfTheTable(ElementType type) {
        int columns = columns(type, 37);
        try (CpuEngine engine = new CpuEngine(2)) {
            Tensor table = engine.arena("weights", type).allocate("table", 9, columns);
            Tensor out = engine.arena("floats", ElementType.F32).allocate("out", 4, columns);
            Tensor ids = engine.arena("ids", ElementType.I32).allocate("ids", 4);
            engine.upload(table, OpRunner.random(new Random(2), 9 * columns), 0);
            engine.upload(ids, new int[] {8, 0, 3, 8}, 0);
            Ops ops = new Ops("test");
            Slot outs = ops.f32("out", 4, columns);
            Slot tables = ops.slot("table", type, Extent.fixed(9), columns);
            Slot idss = ops.i32("ids", 4);
            ops.add(new DenseOp.Embed(outs, tables, idss));
            engine.compile(ops)
                    .bind(Map.of(outs, out, tables, table, idss, ids))
                    .run();
            float[] rows = new float[9 * columns];
            float[] actual = new float[4 * columns];
            engine.download(table, rows, 0);
            engine.download(out, actual, 0);
            int[] expected = {8, 0, 3, 8};
            for (int i = 0; i < actual.length; i++) {
                assertEquals(rows[expected[i / columns] * columns + i % columns], actual[i]);
            }
        }
    }

    @Test
    void blocksAreTakenAsGgufHasThem() {
        try (CpuEngine engine = new CpuEngine(1)) {
            Tensor tensor = engine.arena("blocks", ElementType.Q8).allocate("w", 3, 64);
            byte[] blocks = new byte[5 + 3 * 2 * 34];
            new Random(4).nextBytes(blocks);
            for (int block = 0; block < 6; block++) {
                short scale = Float.floatToFloat16(0.25f + block);
                blocks[5 + 34 * block] = (byte) scale;
                blocks[5 + 34 * block + 1] = (byte) (scale >> 8);
            }
            engine.uploadBlocks(tensor, blocks, 5);
            float[] values = new float[3 * 64];
            engine.download(tensor, values, 0);
            for (int i = 0; i < values.length; i++) {
                int block = i / 32;
                assertEquals((0.25f + block) * blocks[5 + 34 * block + 2 + i % 32], values[i]);
            }
            Tensor again = engine.arena("again", ElementType.Q8).allocate("w", 3, 64);
            engine.upload(again, values, 0);
            float[] rounded = new float[values.length];
            engine.download(again, rounded, 0);
            for (int i = 0; i < values.length; i++) {
                assertEquals(values[i], rounded[i], 127 * (0.25f + i / 32) / 200);
            }
        }
    }

    @Test
    void rowsOfQ8AreWholeBlocks() {
        try (CpuEngine engine = new CpuEngine(1)) {
            Arena arena = engine.arena("blocks", ElementType.Q8);
            assertThrows(IllegalArgumentException.class, () -> arena.allocate("w", 2, 33));
            Tensor tensor = arena.allocate("w", 16, 64);
            assertEquals(16 * (64 + 4), arena.bytes());
            assertThrows(IllegalArgumentException.class, () -> tensor.columns(0, 32));
        }
    }

    @Test
    void roundingIsToTheNearest() {
        try (CpuEngine engine = new CpuEngine(1)) {
            int columns = 1001;
            float[] values = OpRunner.random(new Random(3), 3 * columns);
            for (int i = columns; i < 2 * columns; i++) {
                values[i] = 0;
            }
            values[2 * columns] = -1e9f;
            Tensor half = engine.arena("half", ElementType.BF16).allocate("w", 3, columns);
            Tensor bytes = engine.arena("bytes", ElementType.I8).allocate("w", 3, columns);
            engine.upload(half, values, 0);
            engine.upload(bytes, values, 0);
            float[] halves = new float[values.length];
            float[] quantised = new float[values.length];
            engine.download(half, halves, 0);
            engine.download(bytes, quantised, 0);
            for (int row = 0; row < 3; row++) {
                float most = 0;
                for (int c = 0; c < columns; c++) {
                    most = Math.max(most, Math.abs(values[row * columns + c]));
                }
                for (int c = 0; c < columns; c++) {
                    int i = row * columns + c;
                    assertEquals(Bfloat16.value(Bfloat16.of(values[i])), halves[i]);
                    assertEquals(values[i], halves[i], Math.abs(values[i]) / 256);
                    assertEquals(values[i], quantised[i], most / 127 * 0.5001);
                }
            }
            assertEquals(-1e9f, quantised[2 * columns], 100);
        }
    }

    @Test
    void memoryIsWhatTheTypesTake() {
        try (CpuEngine engine = new CpuEngine(1)) {
            Arena half = engine.arena("half", ElementType.BF16);
            Arena bytes = engine.arena("bytes", ElementType.I8);
            half.allocate("w", 64, 256);
            Tensor quantised = bytes.allocate("w", 64, 256);
            assertEquals(2 * 64 * 256, half.bytes());
            assertEquals(64 * (256 + 4), bytes.bytes());
            assertEquals(half.bytes() + bytes.bytes(), engine.memoryBytes());
            assertThrows(IllegalArgumentException.class, () -> quantised.columns(0, 8));
            assertTrue(quantised.rows(3, 2).overlaps(quantised.rows(4, 1)));
        }
    }
}

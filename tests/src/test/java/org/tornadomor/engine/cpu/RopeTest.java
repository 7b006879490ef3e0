package org.tornadomor.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Slot;

class RopeTest {
    private static final int POSITIONS = 50;

    private static float[] table(int headDim) {
        float[] table = new float[POSITIONS * headDim];
        for (int p = 0; p < POSITIONS; p++) {
            for (int j = 0; j < headDim / 2; j++) {
                double angle = p * Math.pow(10000, -2.0 * j / headDim);
                table[p * headDim + j] = (float) Math.cos(angle);
                table[p * headDim + headDim / 2 + j] = (float) Math.sin(angle);
            }
        }
        return table;
    }

    private static float[] rope(float[] x, int count, int[] position, int heads, int headDim, boolean inverse) {
        try (OpRunner runner = new OpRunner(2)) {
            Extent rows = Extent.of("rows", position.length);
            rows.set(count);
            Slot xs = runner.f32("x", rows, heads * headDim, 3, x);
            Slot positions = runner.i32("position", rows, position);
            Slot tables = runner.f32("table", Extent.fixed(POSITIONS), headDim, 0, table(headDim));
            return runner.run(new AttentionOp.Rope(xs, positions, tables, inverse))
                    .get(xs);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,2", "3,8", "2,64", "1,36", "4,128"})
    void rotatesByPositionAndBack(int heads, int headDim) {
        Random random = new Random(1);
        int max = 70;
        int count = 67;
        int columns = heads * headDim;
        float[] x = OpRunner.random(random, max * columns);
        int[] position = random.ints(max, 0, POSITIONS).toArray();
        float[] table = table(headDim);
        float[] rotated = rope(x, count, position, heads, headDim, false);
        for (int i = 0; i < max; i++) {
            for (int c = 0; c < columns; c++) {
                int j = c % headDim;
                int pair = j < headDim / 2 ? c + headDim / 2 : c - headDim / 2;
                double cosine = table[position[i] * headDim + j % (headDim / 2)];
                double sine = table[position[i] * headDim + headDim / 2 + j % (headDim / 2)];
                double other = x[i * columns + pair] * (j < headDim / 2 ? -sine : sine);
                double expected = i < count ? x[i * columns + c] * cosine + other : x[i * columns + c];
                assertEquals(expected, rotated[i * columns + c], 1e-6);
            }
        }
        assertArrayEquals(x, rope(rotated, count, position, heads, headDim, true), 1e-6f);
    }
}

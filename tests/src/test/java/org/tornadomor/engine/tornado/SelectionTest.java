package org.tornadomor.engine.tornado;

import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.RowOp;
import org.tornadomor.engine.Slot;

/** The choice of rows and the bookkeeping of compact row sets on the device against the CPU engine. */
@Tag("device")
class SelectionTest {
    private static Schedules schedules;

    @BeforeAll
    static void start() {
        schedules = new Schedules();
    }

    @AfterAll
    static void stop() {
        schedules.close();
    }

    /** Few different values, so that there are ties, and some that are no numbers. */
    private static float[] tied(int count, Random random) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            int drawn = random.nextInt(12);
            values[i] = drawn == 11 ? Float.NaN : drawn == 10 ? Float.NEGATIVE_INFINITY : (drawn - 5) / 2f;
        }
        return values;
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "7, 3, 2", "33, 1, 20", "70, 5, 0", "131, 4, 17", "300, 2, 500"})
    void topK(int max, int sequences, int limit) {
        schedules.each(max, twin -> {
            Extent rows = Extent.of("rows", max);
            Slot selected = twin.i32("selected", rows, 100);
            Slot logits = twin.f32("logits", rows, 1, tied(max, new Random(max)));
            Slot start = twin.starts("start", sequences);
            Slot bound = twin.i32("limit", Extent.fixed(1), new int[] {limit});
            twin.compare(new RowOp.SelectTopK(selected, logits, start, bound), 0);
        });
    }

    @ParameterizedTest
    @CsvSource({"1", "7", "131"})
    void aboveAndDeeper(int max) {
        schedules.each(max, twin -> {
            Extent rows = Extent.of("rows", max);
            Slot selected = twin.i32("selected", rows, 100);
            Slot logits = twin.f32("logits", rows, 1, tied(max, new Random(max)));
            Slot threshold = twin.f32("threshold", Extent.fixed(1), 1, new float[] {0.5f});
            twin.compare(new RowOp.SelectAbove(selected, logits, threshold), 0);
        });
        schedules.each(max, twin -> {
            Extent rows = Extent.of("rows", max);
            Slot selected = twin.i32("selected", rows, 100);
            Slot depth = twin.i32("depth", Extent.fixed(2 * max), 5);
            Slot index = twin.distinct("index", rows, 2 * max);
            twin.compare(new RowOp.SelectDeeper(selected, depth, index, 3), 0);
        });
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 2", "7, 3, 2", "33, 40, 2", "300, 5, 2", "600, 4, 1", "600, 4, 9"})
    void compact(int max, int sequences, int oneIn) {
        schedules.each(max, twin -> {
            Extent rows = Extent.of("rows", max);
            Extent chosen = Extent.of("chosen", max);
            RowOp.RowSet to = new RowOp.RowSet(
                    twin.i32("toIndex", chosen, 100),
                    twin.i32("toPosition", chosen, 100),
                    twin.i32("toStart", Extent.fixed(sequences + 1), 100));
            Slot parent = twin.i32("parent", chosen, 100);
            Slot visible = twin.i32("visible", chosen, 100);
            int[] flags =
                    new Random(max).ints(max, 0, oneIn).map(i -> i == 0 ? 1 : 0).toArray();
            Slot selected = twin.i32("selected", rows, flags);
            RowOp.RowSet from = new RowOp.RowSet(
                    twin.distinct("index", rows, 2 * max),
                    twin.i32("position", rows, 1000),
                    twin.starts("start", sequences));
            twin.compare(new RowOp.Compact(to, parent, visible, selected, from), 0);
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 131})
    void markDepth(int max) {
        schedules.each(max, twin -> {
            Extent rows = Extent.of("rows", max);
            Slot depth = twin.i32("depth", Extent.fixed(2 * max), 5);
            Slot index = twin.distinct("index", rows, 2 * max);
            twin.compare(new RowOp.MarkDepth(depth, index, 3), 0);
        });
    }
}

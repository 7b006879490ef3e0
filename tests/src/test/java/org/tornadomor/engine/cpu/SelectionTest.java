package org.tornadomor.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.OpHarness;
import org.tornadomor.engine.RowOp;
import org.tornadomor.engine.Values;

class SelectionTest {
    /** What a sort says: larger first, NaN last, ties to the earlier row. */
    private static void checkTopK(Values selected, Values logits, Values start, int limit) {
        for (int b = 0; b + 1 < start.rows(); b++) {
            List<Integer> order = IntStream.range((int) start.before(b), (int) start.before(b + 1))
                    .boxed()
                    .sorted(Comparator.comparingDouble((Integer i) -> Double.isNaN(logits.before(i)) ? 1 : 0)
                            .thenComparing(i -> 0.0 - logits.before(i)))
                    .toList();
            for (int place = 0; place < order.size(); place++) {
                assertEquals(place < limit ? 1 : 0, selected.index(order.get(place)), "place " + place);
            }
        }
    }

    @Test
    void topKOfEachSequence() {
        OpHarness.check(60, h -> {
            int max = h.between(1, 6000);
            Extent rows = h.rows(max);
            Values selected = h.ints("selected", rows, 2);
            Values logits = h.floats("logits", rows, 1);
            Values start = h.starts("start", h.between(1, 12), rows.count());
            int limit = h.between(0, 1 + rows.count() / h.between(1, 8));
            Values limits = h.ints("limit", 1, 1).set(0, limit);
            int kind = h.between(0, 2);
            for (int i = 0; i < rows.count(); i++) {
                if (kind == 1) {
                    logits.set(i, Math.rint(2 * logits.before(i)) / 2);
                } else if (kind == 2 && h.random().nextInt(3) == 0) {
                    double[] odd = {Double.NaN, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, -0.0, 0.0};
                    logits.set(i, odd[h.random().nextInt(odd.length)]);
                }
            }
            h.run(new RowOp.SelectTopK(selected.slot(), logits.slot(), start.slot(), limits.slot()));
            checkTopK(selected, logits, start, limit);
        });
    }

    @Test
    void tiesGoToTheEarlierRow() {
        OpHarness.check(1, h -> {
            Values selected = h.ints("selected", 6, 2);
            Values logits = h.floats("logits", 6, 1).setAll(1, 2, 2, 2, -1, 2);
            Values start = h.ints("start", 2, 1).setAll(0, 6);
            Values limit = h.ints("limit", 1, 1).set(0, 2);
            h.run(new RowOp.SelectTopK(selected.slot(), logits.slot(), start.slot(), limit.slot()));
            assertEquals(List.of(0.0, 1.0, 1.0, 0.0, 0.0, 0.0), boxed(selected.get()));
        });
    }

    private static List<Double> boxed(double[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    @Test
    void aboveAThreshold() {
        OpHarness.check(20, h -> {
            Extent rows = h.rows(h.between(1, 300));
            Values selected = h.ints("selected", rows, 2);
            Values logits = h.floats("logits", rows, 1).set(0, 0.25);
            Values threshold = h.floats("threshold", 1, 1).set(0, 0.25);
            if (rows.count() > 1) {
                logits.set(1, Double.NaN);
            }
            h.run(new RowOp.SelectAbove(selected.slot(), logits.slot(), threshold.slot()));
            for (int i = 0; i < rows.count(); i++) {
                assertEquals(logits.before(i) > 0.25 ? 1 : 0, selected.index(i));
            }
        });
    }

    @Test
    void deeperTokens() {
        OpHarness.check(20, h -> {
            Extent rows = h.rows(h.between(1, 300));
            Values selected = h.ints("selected", rows, 2);
            Values depth = h.ints("depth", 400, 5);
            Values index = h.distinct("index", rows, 400);
            h.run(new RowOp.SelectDeeper(selected.slot(), depth.slot(), index.slot(), 3));
            for (int i = 0; i < rows.count(); i++) {
                assertEquals(depth.before((int) index.before(i)) >= 3 ? 1 : 0, selected.index(i));
            }
        });
    }
}

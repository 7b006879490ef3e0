package org.tornadomor.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.OpHarness;
import org.tornadomor.engine.RowOp;
import org.tornadomor.engine.RowOp.RowSet;
import org.tornadomor.engine.Values;

class CompactRowsTest {
    @Test
    void compactsTheSelected() {
        OpHarness.check(30, h -> {
            Extent candidates = h.rows(h.between(1, 300));
            Extent chosen = Extent.of("chosen", 300);
            int sequences = h.between(1, 9);
            Values index = h.distinct("index", candidates, 500);
            Values position = h.ints("position", candidates, 1000);
            Values start = h.starts("start", sequences, candidates.count());
            Values selected = h.ints("selected", candidates, 2);
            Values toIndex = h.ints("toIndex", chosen, 2);
            Values toPosition = h.ints("toPosition", chosen, 2);
            Values toStart = h.ints("toStart", sequences + 1, 2);
            Values parent = h.ints("parent", chosen, 2);
            Values visible = h.ints("visible", chosen, 2);
            h.run(new RowOp.Compact(
                    new RowSet(toIndex.slot(), toPosition.slot(), toStart.slot()),
                    parent.slot(),
                    visible.slot(),
                    selected.slot(),
                    new RowSet(index.slot(), position.slot(), start.slot())));
            int j = 0;
            for (int b = 0; b < sequences; b++) {
                assertEquals(j, toStart.index(b));
                for (int i = (int) start.before(b); i < start.before(b + 1); i++) {
                    if (selected.before(i) == 1) {
                        assertEquals(index.before(i), toIndex.get(j));
                        assertEquals(position.before(i), toPosition.get(j));
                        assertEquals(i, parent.index(j));
                        assertEquals(j - toStart.index(b) + 1, visible.index(j));
                        j++;
                    }
                }
            }
            assertEquals(j, toStart.index(sequences));
        });
    }

    @Test
    void marksDepths() {
        OpHarness.check(20, h -> {
            Extent rows = h.rows(h.between(1, 300));
            Values depth = h.ints("depth", 400, 3);
            Values index = h.distinct("index", rows, 400);
            h.run(new RowOp.MarkDepth(depth.slot(), index.slot(), 7));
            double[] expected = depth.before();
            for (int i = 0; i < rows.count(); i++) {
                expected[(int) index.before(i)] = 7;
            }
            for (int t = 0; t < 400; t++) {
                assertEquals(expected[t], depth.get(t));
            }
        });
    }
}

package org.tornadomor.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.OpHarness;
import org.tornadomor.engine.RowOp;
import org.tornadomor.engine.Values;

class RowMovesTest {
    /** A set of compact rows, all rows, and where the ones stand among the others. */
    private record Case(Values compact, Values all, Values index, Map<Integer, Integer> compactRow) {
        static Case of(OpHarness h) {
            int max = h.between(1, 300);
            int bound = max + h.between(0, 50);
            Extent rows = h.rows(max);
            int columns = h.between(1, 150);
            Case made = new Case(
                    h.floats("compact", rows, columns),
                    h.floats("all", bound, columns),
                    h.distinct("index", rows, bound),
                    new HashMap<>());
            for (int i = 0; i < rows.count(); i++) {
                made.compactRow.put((int) made.index.before(i), i);
            }
            return made;
        }

        double from(int row, int column) {
            return all.before((int) index.before(row), column);
        }
    }

    @Test
    void gathers() {
        OpHarness.check(30, h -> {
            Case k = Case.of(h);
            h.run(new RowOp.Gather(k.compact.slot(), k.all.slot(), k.index.slot()));
            for (int i = 0; i < k.compact.rows(); i++) {
                for (int c = 0; c < k.compact.columns(); c++) {
                    assertEquals(k.from(i, c), k.compact.get(i, c));
                }
            }
        });
    }

    @Test
    void takesAndLeavesZeros() {
        OpHarness.check(30, h -> {
            Case k = Case.of(h);
            h.run(new RowOp.Take(k.compact.slot(), k.all.slot(), k.index.slot()));
            for (int c = 0; c < k.compact.columns(); c++) {
                for (int i = 0; i < k.compact.rows(); i++) {
                    assertEquals(k.from(i, c), k.compact.get(i, c));
                }
                for (int t = 0; t < k.all.rows(); t++) {
                    assertEquals(k.compactRow.containsKey(t) ? 0 : k.all.before(t, c), k.all.get(t, c));
                }
            }
        });
    }

    @Test
    void scatters() {
        OpHarness.check(30, h -> {
            Case k = Case.of(h);
            h.run(new RowOp.Scatter(k.all.slot(), k.compact.slot(), k.index.slot()));
            for (int t = 0; t < k.all.rows(); t++) {
                Integer row = k.compactRow.get(t);
                for (int c = 0; c < k.compact.columns(); c++) {
                    assertEquals(row == null ? k.all.before(t, c) : k.compact.before(row, c), k.all.get(t, c));
                }
            }
        });
    }

    @Test
    void scattersAndAdds() {
        OpHarness.check(30, h -> {
            Case k = Case.of(h);
            h.run(new RowOp.ScatterAdd(k.all.slot(), k.compact.slot(), k.index.slot()));
            for (int t = 0; t < k.all.rows(); t++) {
                Integer row = k.compactRow.get(t);
                for (int c = 0; c < k.compact.columns(); c++) {
                    double added = row == null ? 0 : k.compact.before(row, c);
                    assertEquals((float) (k.all.before(t, c) + added), k.all.get(t, c));
                }
            }
        });
    }
}

package org.tornadomor.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.OpHarness;
import org.tornadomor.engine.Values;

class ElementwiseTest {
    private static Values values(OpHarness h, boolean indices, String name, Extent rows, int columns) {
        return indices ? h.ints(name, rows, columns, 1000) : h.floats(name, rows, columns);
    }

    private static int columns(OpHarness h) {
        return h.random().nextBoolean() ? 1 : h.between(1, 90);
    }

    @Test
    void copies() {
        OpHarness.check(40, h -> {
            boolean indices = h.random().nextBoolean();
            Extent rows = h.rows(h.between(1, 2000));
            int columns = columns(h);
            Values out = values(h, indices, "out", rows, columns);
            Values in = values(h, indices, "in", rows, columns);
            h.run(new DenseOp.Copy(out.slot(), in.slot()));
            for (int i = 0; i < rows.count(); i++) {
                for (int c = 0; c < columns; c++) {
                    assertEquals(in.before(i, c), out.get(i, c));
                }
            }
        });
    }

    @Test
    void adds() {
        OpHarness.check(40, h -> {
            boolean indices = h.random().nextBoolean();
            Extent rows = h.rows(h.between(1, 2000));
            int columns = columns(h);
            Values out = values(h, indices, "out", rows, columns);
            Values in = values(h, indices, "in", rows, columns);
            h.run(new DenseOp.Add(out.slot(), in.slot()));
            for (int i = 0; i < rows.count(); i++) {
                for (int c = 0; c < columns; c++) {
                    assertEquals((float) (out.before(i, c) + in.before(i, c)), out.get(i, c));
                }
            }
        });
    }

    @Test
    void clears() {
        OpHarness.check(40, h -> {
            Extent rows = h.rows(h.between(1, 2000));
            int columns = columns(h);
            Values out = values(h, h.random().nextBoolean(), "out", rows, columns);
            h.run(new DenseOp.Clear(out.slot()));
            for (int i = 0; i < rows.count(); i++) {
                for (int c = 0; c < columns; c++) {
                    assertEquals(0, out.get(i, c));
                }
            }
        });
    }
}

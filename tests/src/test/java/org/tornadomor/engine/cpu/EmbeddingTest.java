package org.tornadomor.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.tornadomor.engine.OpHarness.assertClose;

import org.junit.jupiter.api.Test;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.OpHarness;
import org.tornadomor.engine.Values;

class EmbeddingTest {
    @Test
    void looksUpRows() {
        OpHarness.check(20, h -> {
            Extent rows = h.rows(h.between(1, 400));
            int columns = h.between(1, 130);
            int vocabulary = h.between(1, 50);
            Values out = h.floats("out", rows, columns);
            Values table = h.floats("table", vocabulary, columns);
            Values ids = h.ints("ids", rows, vocabulary);
            h.run(new DenseOp.Embed(out.slot(), table.slot(), ids.slot()));
            for (int i = 0; i < rows.count(); i++) {
                for (int c = 0; c < columns; c++) {
                    assertEquals(table.before((int) ids.before(i), c), out.get(i, c));
                }
            }
        });
    }

    @Test
    void addsGradientsOfRepeatedIds() {
        OpHarness.check(20, h -> {
            Extent rows = h.rows(h.between(1, 200));
            int columns = h.between(1, 300);
            int vocabulary = h.between(1, 20);
            Values dTable = h.floats("dTable", vocabulary, columns);
            Values dOut = h.floats("dOut", rows, columns);
            Values ids = h.ints("ids", rows, vocabulary);
            h.run(new DenseOp.EmbedBackward(dTable.slot(), dOut.slot(), ids.slot()));
            double[] expected = dTable.before();
            for (int i = 0; i < rows.count(); i++) {
                for (int c = 0; c < columns; c++) {
                    expected[(int) ids.before(i) * columns + c] += dOut.before(i, c);
                }
            }
            double[] actual = dTable.get();
            for (int i = 0; i < expected.length; i++) {
                assertClose(expected[i], actual[i], 1e-5, i);
            }
        });
    }

    @Test
    void refusesIdsOutsideTheTable() {
        OpHarness.check(1, h -> {
            Values out = h.floats("out", 1, 4);
            Values table = h.floats("table", 3, 4);
            Values ids = h.ints("ids", 1, 3).set(0, 3);
            assertThrows(
                    IndexOutOfBoundsException.class,
                    () -> h.run(new DenseOp.Embed(out.slot(), table.slot(), ids.slot())));
        });
    }
}

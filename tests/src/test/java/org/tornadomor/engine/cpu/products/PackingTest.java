package org.tornadomor.engine.cpu.products;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.engine.cpu.OpRunner;

/** The layouts of the left operand, from arrays that end where the matrix ends. */
class PackingTest {
    private static final int AT = 3;
    private static final int TO = 5;

    /** Where element p of row i of the left operand belongs, see {@link PanelProduct}. */
    private static int place(int i, int p, int rows) {
        int group = i / MatmulKernel.HEIGHT;
        int inGroup = i % MatmulKernel.HEIGHT;
        boolean whole = (group + 1) * MatmulKernel.HEIGHT <= rows;
        return TO
                + group * MatmulKernel.GROUP
                + (whole ? p * MatmulKernel.STEP + inGroup : inGroup * MatmulKernel.ROW + p);
    }

    private static float[] target(int rows) {
        return new float[TO + PanelProduct.size(true, rows)];
    }

    @ParameterizedTest
    @CsvSource({"1,1,0", "11,256,0", "12,1,0", "12,17,3", "25,256,0", "36,100,1", "64,64,0", "47,33,7"})
    void everyElementOfRowsIsInItsPlace(int rows, int k, int margin) {
        int stride = k + margin;
        float[] from = OpRunner.random(new Random(rows + k), AT + (rows - 1) * stride + k);
        float[] to = target(rows);
        Packing.groups(from, AT, stride, rows, k, to, TO, new float[Packing.STAGE]);
        for (int i = 0; i < rows; i++) {
            for (int p = 0; p < k; p++) {
                assertEquals(from[AT + i * stride + p], to[place(i, p, rows)], i + ", " + p);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1,0", "11,256,0", "12,1,0", "12,17,3", "25,256,0", "36,100,1", "64,64,0", "47,33,7"})
    void everyElementOfColumnsIsInItsPlace(int rows, int k, int margin) {
        int stride = rows + margin;
        float[] from = OpRunner.random(new Random(rows + k), AT + (k - 1) * stride + rows);
        float[] to = target(rows);
        Packing.groupsOfColumns(from, AT, stride, rows, k, to, TO);
        for (int i = 0; i < rows; i++) {
            for (int p = 0; p < k; p++) {
                assertEquals(from[AT + p * stride + i], to[place(i, p, rows)], i + ", " + p);
            }
        }
    }
}

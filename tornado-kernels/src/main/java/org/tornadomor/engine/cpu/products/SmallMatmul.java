package org.tornadomor.engine.cpu.products;

import org.tornadomor.engine.cpu.basics.Matrix;

/** Products so small that packing, or even compiling a vector loop, would cost more than it saves. */
final class SmallMatmul {
    /** Multiply-adds up to which these loops are used. */
    static final long LIMIT = 4096;

    private SmallMatmul() {}

    /** {@code c = base + a b}: element (i, p) of a stands at {@code i aRow + p aStep}, of b (p, j) at {@code p bStep + j bColumn}. */
    static void run(
            int m,
            int n,
            int k,
            Matrix a,
            int aRow,
            int aStep,
            Matrix b,
            int bStep,
            int bColumn,
            Matrix c,
            Matrix base) {
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                float sum = 0f;
                int left = a.at + i * aRow;
                int right = b.at + j * bColumn;
                for (int p = 0; p < k; p++) {
                    sum += a.values[left] * b.values[right];
                    left += aStep;
                    right += bStep;
                }
                c.values[c.at + i * c.stride + j] =
                        base == null ? sum : base.values[base.at + i * base.stride + j] + sum;
            }
        }
    }
}

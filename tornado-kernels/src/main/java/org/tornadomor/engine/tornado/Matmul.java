package org.tornadomor.engine.tornado;

import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.Extent;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Products of matrices. */
final class Matmul {
    private static final int GROUP = 32;

    private Matmul() {}

    static void record(DenseOp.MatmulNT op, TaskList tasks) {
        int n = op.c().columns();
        int k = op.a().columns();
        int add = op.residual() == null ? 0 : 1;
        Call call = op.residual() == null
                ? tasks.call(op.rows(), op.c(), op.a(), op.w(), op.c())
                : tasks.call(op.rows(), op.c(), op.a(), op.w(), op.residual());
        tasks.add(
                "MatmulNT",
                call,
                new Grid(new Grid.Groups(Extent.fixed(n), 1, GROUP), new Grid.Groups(op.rows(), 1, 1), GROUP, 1, 0),
                (graph, id, a) -> graph.task(
                        id,
                        Matmul::simple,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.m(2),
                        a.m(3),
                        a.arrays(),
                        a.code(),
                        n,
                        k,
                        add));
    }

    static void simple(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            FloatArray m2,
            FloatArray m3,
            long arrays,
            int call,
            int n,
            int k,
            int add) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdy;
        int column = c.globalIdx;
        if (row < Args.rows(run, call) && column < n) {
            FloatArray out = Args.pick(m0, m1, m2, m3, arrays, 0);
            FloatArray a = Args.pick(m0, m1, m2, m3, arrays, 1);
            FloatArray w = Args.pick(m0, m1, m2, m3, arrays, 2);
            FloatArray residual = Args.pick(m0, m1, m2, m3, arrays, 3);
            int aRow = Args.offset(table, at, 1) + row * Args.stride(table, at, 1);
            int wRow = Args.offset(table, at, 2) + column * Args.stride(table, at, 2);
            float sum = 0f;
            for (int i = 0; i < k; i++) {
                sum += a.get(aRow + i) * w.get(wRow + i);
            }
            if (add == 1) {
                sum += residual.get(Args.offset(table, at, 3) + row * Args.stride(table, at, 3) + column);
            }
            out.set(Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + column, sum);
        }
    }
}

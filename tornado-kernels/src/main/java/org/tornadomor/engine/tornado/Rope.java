package org.tornadomor.engine.tornado;

import org.tornadomor.engine.AttentionOp;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Rotary position embedding in place, {@code (low, high) = (low c - high s, high c + low s)} with the cosine and sine of the row's position,
 * and its inverse, which is its backward.
 * Lesson 8 ({@code docs/lessons/08-tokens-way}) leads to it.
 *
 * <pre>{@code
 * items:    [ 0 ... 63 ][ 64 ... 127 ] ...    work-item i has pair i, row by row and head by head
 * }</pre>
 */
final class Rope {
    private Rope() {}

    static void record(AttentionOp.Rope op, TaskList tasks) {
        int half = op.table().columns() / 2;
        int heads = op.x().columns() / op.table().columns();
        float direction = op.inverse() ? -1f : 1f;
        tasks.add(
                "Rope",
                tasks.call(op.rows(), op.x(), op.table(), op.position()),
                Grid.items(op.rows(), heads * half, Elementwise.GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        Rope::turn,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.i(0),
                        a.arrays(),
                        a.code(),
                        half,
                        heads,
                        direction));
    }

    /**
     * {@code (low, high)} becomes {@code (low c - high s, high c + low s)}, with -s for s in the inverse.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: x, table, position. Grid: an item for each pair of elements.
     */
    static void turn(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            IntArray i0,
            long arrays,
            int call,
            int halfDim,
            int heads,
            float direction) {
        int at = Args.begin(c, run, call);
        int pairs = heads * halfDim;
        int row = c.globalIdx / pairs;
        if (row < Args.rows(run, call)) {
            int pair = c.globalIdx - row * pairs;
            int head = pair / halfDim;
            int j = pair - head * halfDim;
            FloatArray x = Args.pick(m0, m1, arrays, 0);
            FloatArray angles = Args.pick(m0, m1, arrays, 1);
            int position = i0.get(Args.offset(table, at, 2) + row * Args.stride(table, at, 2));
            int angleAt = Args.offset(table, at, 1) + position * Args.stride(table, at, 1) + j;
            float cosine = angles.get(angleAt);
            float sine = direction * angles.get(angleAt + halfDim);
            int xAt = Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + head * 2 * halfDim + j;
            float low = x.get(xAt);
            float high = x.get(xAt + halfDim);
            x.set(xAt, low * cosine - high * sine);
            x.set(xAt + halfDim, high * cosine + low * sine);
        }
    }
}

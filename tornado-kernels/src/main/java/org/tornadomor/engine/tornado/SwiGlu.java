package org.tornadomor.engine.tornado;

import org.tornadomor.engine.DenseOp;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The gated activation of the feed-forward block, {@code out = gate up / (1 + exp(-gate))}: each element by itself. Lesson 2
 * ({@code docs/lessons/02-work-items}) leads to it.
 *
 * <pre>{@code
 * groups:   [ 0 ... 63 ][ 64 ... 127 ] ...    work-item i has element i of out, row by row
 * }</pre>
 */
final class SwiGlu {
    private SwiGlu() {}

    static void record(DenseOp.SwiGlu op, TaskList tasks) {
        int columns = op.out().columns();
        tasks.add(
                "SwiGlu",
                tasks.call(op.rows(), op.out(), op.gateUp()),
                Grid.items(op.rows(), columns, Elementwise.GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        SwiGlu::forward,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.arrays(),
                        a.code(),
                        columns));
    }

    /**
     * {@code out = gate s up} with {@code s = 1 / (1 + exp(-gate))}.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: out, gateUp. Grid: an item for each element of out.
     */
    static void forward(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            long arrays,
            int call,
            int columns) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdx / columns;
        if (row < Args.rows(run, call)) {
            int column = c.globalIdx - row * columns;
            FloatArray out = Args.pick(m0, m1, arrays, 0);
            FloatArray gateUp = Args.pick(m0, m1, arrays, 1);
            int gateAt = Args.offset(table, at, 1) + row * Args.stride(table, at, 1) + column;
            float gate = gateUp.get(gateAt);
            float sigmoid = 1f / (1f + TornadoMath.exp(-gate));
            int outAt = Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + column;
            out.set(outAt, gate * sigmoid * gateUp.get(gateAt + columns));
        }
    }

    static void record(DenseOp.SwiGluBackward op, TaskList tasks) {
        int columns = op.dOut().columns();
        tasks.add(
                "SwiGluBackward",
                tasks.call(op.rows(), op.dGateUp(), op.dOut(), op.gateUp()),
                Grid.items(op.rows(), columns, Elementwise.GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        SwiGlu::backward,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.m(2),
                        a.arrays(),
                        a.code(),
                        columns));
    }

    /**
     * {@code dGate = dOut up s (1 + gate (1 - s))}, {@code dUp = dOut gate s}.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: dGateUp, dOut, gateUp. Grid: an item for each element of dOut.
     */
    static void backward(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            FloatArray m2,
            long arrays,
            int call,
            int columns) {
        int at = Args.begin(c, run, call);
        int row = c.globalIdx / columns;
        if (row < Args.rows(run, call)) {
            int column = c.globalIdx - row * columns;
            FloatArray dGateUp = Args.pick(m0, m1, m2, arrays, 0);
            FloatArray dOut = Args.pick(m0, m1, m2, arrays, 1);
            FloatArray gateUp = Args.pick(m0, m1, m2, arrays, 2);
            int gateAt = Args.offset(table, at, 2) + row * Args.stride(table, at, 2) + column;
            float gate = gateUp.get(gateAt);
            float up = gateUp.get(gateAt + columns);
            float d = dOut.get(Args.offset(table, at, 1) + row * Args.stride(table, at, 1) + column);
            float sigmoid = 1f / (1f + TornadoMath.exp(-gate));
            int dAt = Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + column;
            dGateUp.set(dAt, d * up * sigmoid * (1f + gate * (1f - sigmoid)));
            dGateUp.set(dAt + columns, d * gate * sigmoid);
        }
    }
}

package org.tornadomor.engine.tornado;

import org.tornadomor.engine.DenseOp;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The exact GELU, x times the normal distribution function Phi(x), by the same approximation as on the CPU: the upper tail is
 * {@code 1 - Phi(y) = exp(-y^2 / 2) P(t)} with {@code t = 1 / (1 + 0.34 y)}, y = |x|. Each element by itself.
 * Lesson 2 ({@code docs/lessons/02-work-items}) leads to it.
 *
 * <pre>{@code
 * items:    [ 0 ... 63 ][ 64 ... 127 ] ...    work-item i has element i of out, row by row
 * }</pre>
 */
final class Gelu {
    private static final float SLOPE = 0.34f;
    private static final float T1 = 0.135790075932f;
    private static final float T2 = 0.132227833459f;
    private static final float T3 = 0.146509486155f;
    private static final float T4 = -0.010153173838f;
    private static final float T5 = 0.241402872561f;
    private static final float T6 = -0.187622868711f;
    private static final float T7 = 0.041845774442f;
    /** 1 / sqrt(2 pi): the density at 0. */
    private static final float DENSITY = 0.3989422804f;

    private Gelu() {}

    static void record(DenseOp.Gelu op, TaskList tasks) {
        int columns = op.out().columns();
        tasks.add(
                "Gelu",
                tasks.call(op.rows(), op.out(), op.x()),
                Grid.items(op.rows(), columns, Elementwise.GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        Gelu::forward,
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
     * {@code out = x Phi(x)}.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: out, x. Grid: an item for each element.
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
            FloatArray x = Args.pick(m0, m1, arrays, 1);
            float value = x.get(Args.offset(table, at, 1) + row * Args.stride(table, at, 1) + column);
            float bell = TornadoMath.exp(-0.5f * value * value);
            int outAt = Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + column;
            out.set(outAt, value * distribution(value, bell));
        }
    }

    static void record(DenseOp.GeluBackward op, TaskList tasks) {
        int columns = op.x().columns();
        tasks.add(
                "GeluBackward",
                tasks.call(op.rows(), op.dx(), op.dOut(), op.x()),
                Grid.items(op.rows(), columns, Elementwise.GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        Gelu::backward,
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
     * {@code dx = dOut (Phi(x) + x phi(x))}.
     *
     * <p>KernelContext, since the row count is not known when the graph is built. Tensors: dx, dOut, x. Grid: an item for each element.
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
            FloatArray dx = Args.pick(m0, m1, m2, arrays, 0);
            FloatArray dOut = Args.pick(m0, m1, m2, arrays, 1);
            FloatArray x = Args.pick(m0, m1, m2, arrays, 2);
            float value = x.get(Args.offset(table, at, 2) + row * Args.stride(table, at, 2) + column);
            float d = dOut.get(Args.offset(table, at, 1) + row * Args.stride(table, at, 1) + column);
            float bell = TornadoMath.exp(-0.5f * value * value);
            int dxAt = Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + column;
            dx.set(dxAt, d * (distribution(value, bell) + value * DENSITY * bell));
        }
    }

    /** Phi(x), given {@code bell = exp(-x^2 / 2)}. */
    private static float distribution(float x, float bell) {
        float t = 1f / (1f + SLOPE * TornadoMath.abs(x));
        float p = ((((((T7 * t + T6) * t + T5) * t + T4) * t + T3) * t + T2) * t + T1) * t;
        float tail = p * bell;
        return x > 0f ? 1f - tail : tail;
    }
}

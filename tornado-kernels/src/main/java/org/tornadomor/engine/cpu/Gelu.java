package org.tornadomor.engine.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.Tiles;

/**
 * The exact GELU, x times the normal distribution function Phi(x) = (1 + erf(x / sqrt 2)) / 2. The upper tail is
 * {@code 1 - Phi(y) = exp(-y^2 / 2) P(t)} with {@code t = 1 / (1 + 0.34 y)}, y = |x|: the form of Abramowitz and Stegun
 * 7.1.26 with coefficients fitted for this project by weighted minimax to 2e-8, exact at 0.
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

    /** {@code out = x Phi(x)}. */
    static final class Forward extends RowwiseOp {
        private final int columns;
        private final FloatRows out;
        private final FloatRows x;

        Forward(DenseOp.Gelu op) {
            super(op.rows(), 2 * Tiles.FUNCTION * op.out().columns());
            columns = op.out().columns();
            out = floats(op.out());
            x = floats(op.x());
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int i = from; i < to; i++) {
                forward(out.values, out.row(i), x.values, x.row(i), columns);
            }
        }
    }

    /** {@code dx = dOut (Phi(x) + x phi(x))} with the density {@code phi(x) = exp(-x^2 / 2) / sqrt(2 pi)}. */
    static final class Backward extends RowwiseOp {
        private final int columns;
        private final FloatRows dx;
        private final FloatRows dOut;
        private final FloatRows x;

        Backward(DenseOp.GeluBackward op) {
            super(op.rows(), 2 * Tiles.FUNCTION * op.x().columns());
            columns = op.x().columns();
            dx = floats(op.dx());
            dOut = floats(op.dOut());
            x = floats(op.x());
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int i = from; i < to; i++) {
                backward(dx.values, dx.row(i), dOut.values, dOut.row(i), x.values, x.row(i), columns);
            }
        }
    }

    private static void forward(float[] out, int outAt, float[] x, int xAt, int columns) {
        int whole = Lanes.whole(columns);
        for (int c = 0; c < whole; c += Lanes.LENGTH) {
            FloatVector v = FloatVector.fromArray(Lanes.SPECIES, x, xAt + c);
            v.mul(distribution(v, bell(v))).intoArray(out, outAt + c);
        }
        for (int c = whole; c < columns; c++) {
            float v = x[xAt + c];
            out[outAt + c] = v * distribution(v, bell(v));
        }
    }

    private static void backward(float[] dx, int dxAt, float[] dOut, int dOutAt, float[] x, int xAt, int columns) {
        int whole = Lanes.whole(columns);
        for (int c = 0; c < whole; c += Lanes.LENGTH) {
            FloatVector v = FloatVector.fromArray(Lanes.SPECIES, x, xAt + c);
            FloatVector bell = bell(v);
            FloatVector slope = v.mul(DENSITY).fma(bell, distribution(v, bell));
            FloatVector.fromArray(Lanes.SPECIES, dOut, dOutAt + c).mul(slope).intoArray(dx, dxAt + c);
        }
        for (int c = whole; c < columns; c++) {
            float v = x[xAt + c];
            float bell = bell(v);
            dx[dxAt + c] = dOut[dOutAt + c] * Math.fma(v * DENSITY, bell, distribution(v, bell));
        }
    }

    /** {@code exp(-x^2 / 2)}. */
    private static FloatVector bell(FloatVector x) {
        return Lanes.exp(x.mul(x).mul(-0.5f));
    }

    private static float bell(float x) {
        return Lanes.exp(x * x * -0.5f);
    }

    /** Phi(x), given {@code bell(x)}. */
    private static FloatVector distribution(FloatVector x, FloatVector bell) {
        FloatVector one = FloatVector.broadcast(Lanes.SPECIES, 1f);
        FloatVector t = one.div(x.abs().fma(FloatVector.broadcast(Lanes.SPECIES, SLOPE), one));
        FloatVector p = FloatVector.broadcast(Lanes.SPECIES, T7);
        p = p.fma(t, FloatVector.broadcast(Lanes.SPECIES, T6));
        p = p.fma(t, FloatVector.broadcast(Lanes.SPECIES, T5));
        p = p.fma(t, FloatVector.broadcast(Lanes.SPECIES, T4));
        p = p.fma(t, FloatVector.broadcast(Lanes.SPECIES, T3));
        p = p.fma(t, FloatVector.broadcast(Lanes.SPECIES, T2));
        p = p.fma(t, FloatVector.broadcast(Lanes.SPECIES, T1));
        FloatVector tail = p.mul(t).mul(bell);
        return tail.blend(one.sub(tail), x.compare(VectorOperators.GT, 0f));
    }

    private static float distribution(float x, float bell) {
        float t = 1f / Math.fma(Math.abs(x), SLOPE, 1f);
        float p = Math.fma(T7, t, T6);
        p = Math.fma(p, t, T5);
        p = Math.fma(p, t, T4);
        p = Math.fma(p, t, T3);
        p = Math.fma(p, t, T2);
        p = Math.fma(p, t, T1);
        float tail = p * t * bell;
        return x > 0f ? 1f - tail : tail;
    }
}

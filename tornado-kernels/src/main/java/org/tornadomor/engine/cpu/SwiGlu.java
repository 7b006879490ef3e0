package org.tornadomor.engine.cpu;

import jdk.incubator.vector.FloatVector;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.Tiles;

/** The gated activation of the feed-forward block. */
final class SwiGlu {
    private SwiGlu() {}

    /** {@code out = silu(gate) up}. */
    static final class Forward extends RowwiseOp {
        private final int columns;
        private final FloatRows out;
        private final FloatRows gateUp;

        Forward(DenseOp.SwiGlu op) {
            super(op.rows(), Tiles.FUNCTION * op.out().columns());
            columns = op.out().columns();
            out = floats(op.out());
            gateUp = floats(op.gateUp());
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int i = from; i < to; i++) {
                forward(out.values, out.row(i), gateUp.values, gateUp.row(i), columns);
            }
        }
    }

    /** {@code dGate = dOut up s (1 + gate (1 - s))}, {@code dUp = dOut gate s} with {@code s = sigmoid(gate)}. */
    static final class Backward extends RowwiseOp {
        private final int columns;
        private final FloatRows dGateUp;
        private final FloatRows dOut;
        private final FloatRows gateUp;

        Backward(DenseOp.SwiGluBackward op) {
            super(op.rows(), Tiles.FUNCTION * op.dOut().columns());
            columns = op.dOut().columns();
            dGateUp = floats(op.dGateUp());
            dOut = floats(op.dOut());
            gateUp = floats(op.gateUp());
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int i = from; i < to; i++) {
                backward(
                        dGateUp.values,
                        dGateUp.row(i),
                        dOut.values,
                        dOut.row(i),
                        gateUp.values,
                        gateUp.row(i),
                        columns);
            }
        }
    }

    private static void forward(float[] out, int outAt, float[] gateUp, int gateAt, int columns) {
        int upAt = gateAt + columns;
        int whole = Lanes.inVectors(columns);
        for (int c = 0; c < whole; c += Lanes.LENGTH) {
            FloatVector gate = FloatVector.fromArray(Lanes.SPECIES, gateUp, gateAt + c);
            FloatVector up = FloatVector.fromArray(Lanes.SPECIES, gateUp, upAt + c);
            gate.mul(Lanes.sigmoid(gate)).mul(up).intoArray(out, outAt + c);
        }
        for (int c = whole; c < columns; c++) {
            float gate = gateUp[gateAt + c];
            out[outAt + c] = gate * Lanes.sigmoid(gate) * gateUp[upAt + c];
        }
    }

    private static void backward(
            float[] dGateUp, int dGateAt, float[] dOut, int dOutAt, float[] gateUp, int gateAt, int columns) {
        int upAt = gateAt + columns;
        int dUpAt = dGateAt + columns;
        int whole = Lanes.whole(columns);
        FloatVector one = FloatVector.broadcast(Lanes.SPECIES, 1f);
        for (int c = 0; c < whole; c += Lanes.LENGTH) {
            FloatVector d = FloatVector.fromArray(Lanes.SPECIES, dOut, dOutAt + c);
            FloatVector gate = FloatVector.fromArray(Lanes.SPECIES, gateUp, gateAt + c);
            FloatVector up = FloatVector.fromArray(Lanes.SPECIES, gateUp, upAt + c);
            FloatVector s = Lanes.sigmoid(gate);
            FloatVector slope = gate.fma(one.sub(s), one);
            d.mul(up).mul(s).mul(slope).intoArray(dGateUp, dGateAt + c);
            d.mul(gate).mul(s).intoArray(dGateUp, dUpAt + c);
        }
        for (int c = whole; c < columns; c++) {
            float d = dOut[dOutAt + c];
            float gate = gateUp[gateAt + c];
            float s = Lanes.sigmoid(gate);
            dGateUp[dGateAt + c] = d * gateUp[upAt + c] * s * Math.fma(gate, 1f - s, 1f);
            dGateUp[dUpAt + c] = d * gate * s;
        }
    }
}

package org.tornadomor.engine.cpu;

import org.tornadomor.engine.TokenRouterOp;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.RowMath;

/** Token choice: tokens that have reached their depth leave the recursion, gated; the others go on. */
final class TokenExit {
    private TokenExit() {}

    /** {@code h[t] = first[t] + gate f[i]} for those that leave, {@code h[t] = f[i]} for the others. */
    static final class Forward extends RowwiseOp {
        private final TokenRouterOp.LeaveAtDepth op;
        private final int columns;
        private final FloatRows h;
        private final FloatRows first;
        private final FloatRows f;
        private final FloatRows scores;
        private final IntRows depth;
        private final IntRows index;
        private final IntRows recursion;

        Forward(TokenRouterOp.LeaveAtDepth op) {
            super(op.rows(), op.f().columns());
            this.op = op;
            columns = op.f().columns();
            h = floats(op.h());
            first = floats(op.first());
            f = floats(op.f());
            scores = floats(op.scores());
            depth = ints(op.depth());
            index = ints(op.index());
            recursion = ints(op.recursion());
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int i = from; i < to; i++) {
                int token = index.get(i);
                int hRow = h.checkedRow(token);
                int r = recursion.get(i);
                if (depth.get(token) == r) {
                    float gate = gate(op.weighted(), op.alpha(), scores, token, r);
                    RowMath.addScaledInto(
                            h.values, hRow, first.values, first.row(token), f.values, f.row(i), columns, gate);
                } else {
                    h.copy(hRow, f, f.row(i), columns);
                }
            }
        }
    }

    /**
     * {@code df[i] = gate dh[t]} and the gate's gradient for those that left, {@code df[i] = dOn[t]} for the others.
     */
    static final class Backward extends RowwiseOp {
        private final TokenRouterOp.LeaveAtDepthBackward op;
        private final int columns;
        private final FloatRows df;
        private final FloatRows dGate;
        private final FloatRows dh;
        private final FloatRows dOn;
        private final FloatRows f;
        private final FloatRows scores;
        private final IntRows depth;
        private final IntRows index;

        Backward(TokenRouterOp.LeaveAtDepthBackward op) {
            super(op.rows(), 2 * op.f().columns());
            this.op = op;
            columns = op.f().columns();
            df = floats(op.df());
            dGate = floats(op.dGate());
            dh = floats(op.dh());
            dOn = floats(op.dOn());
            f = floats(op.f());
            scores = floats(op.scores());
            depth = ints(op.depth());
            index = ints(op.index());
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int i = from; i < to; i++) {
                int token = index.get(i);
                int dhRow = dh.checkedRow(token);
                if (depth.get(token) == op.recursion()) {
                    float gate = gate(op.weighted(), op.alpha(), scores, token, op.recursion());
                    RowMath.scale(df.values, df.row(i), dh.values, dhRow, columns, gate);
                    dGate.set(token, op.weighted() ? Lanes.dot(dh.values, dhRow, f.values, f.row(i), columns) : 0f);
                } else {
                    df.copy(df.row(i), dOn, dOn.row(token), columns);
                }
            }
        }
    }

    private static float gate(boolean weighted, float alpha, FloatRows scores, int token, int recursion) {
        return weighted ? alpha * scores.values[scores.row(token) + recursion - 1] : 1f;
    }
}

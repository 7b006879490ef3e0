package org.tornadomor.engine.cpu;

import static org.tornadomor.engine.OpHarness.assertClose;

import org.junit.jupiter.api.Test;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.OpHarness;
import org.tornadomor.engine.TokenRouterOp;
import org.tornadomor.engine.Values;

class TokenExitTest {
    private static final int RECURSION = 2;
    private static final float ALPHA = 0.7f;

    @Test
    void leavesOrGoesOn() {
        OpHarness.check(30, h -> {
            boolean weighted = h.random().nextBoolean();
            Extent rows = h.rows(h.between(1, 300));
            int columns = h.between(1, 150);
            Values all = h.floats("h", 320, columns);
            Values first = h.floats("first", 320, columns);
            Values f = h.floats("f", rows, columns);
            Values scores = h.floats("scores", 320, 4);
            Values depth = h.ints("depth", 320, 5);
            Values index = h.distinct("index", rows, 320);
            Values recursion = h.ints("recursion", rows, 4);
            for (int i = 0; i < rows.count(); i++) {
                recursion.set(i, 1 + recursion.before(i));
            }
            h.run(new TokenRouterOp.LeaveAtDepth(
                    all.slot(),
                    first.slot(),
                    f.slot(),
                    scores.slot(),
                    depth.slot(),
                    index.slot(),
                    recursion.slot(),
                    ALPHA,
                    weighted));
            double[] expected = all.before();
            for (int i = 0; i < rows.count(); i++) {
                int t = (int) index.before(i);
                int ran = (int) recursion.before(i);
                boolean leaves = depth.before(t) == ran;
                double gate = weighted ? ALPHA * scores.before(t, ran - 1) : 1;
                for (int c = 0; c < columns; c++) {
                    expected[t * columns + c] = leaves ? first.before(t, c) + gate * f.before(i, c) : f.before(i, c);
                }
            }
            double[] actual = all.get();
            for (int j = 0; j < expected.length; j++) {
                assertClose(expected[j], actual[j], 1e-6, j);
            }
        });
    }

    @Test
    void gradients() {
        OpHarness.check(30, h -> {
            boolean weighted = h.random().nextBoolean();
            Extent rows = h.rows(h.between(1, 300));
            int columns = h.between(1, 150);
            Values df = h.floats("df", rows, columns);
            Values dGate = h.floats("dGate", 320, 1);
            Values dh = h.floats("dh", 320, columns);
            Values dOn = h.floats("dOn", 320, columns);
            Values f = h.floats("f", rows, columns);
            Values scores = h.floats("scores", 320, 4);
            Values depth = h.ints("depth", 320, 5);
            Values index = h.distinct("index", rows, 320);
            h.run(new TokenRouterOp.LeaveAtDepthBackward(
                    df.slot(),
                    dGate.slot(),
                    dh.slot(),
                    dOn.slot(),
                    f.slot(),
                    scores.slot(),
                    depth.slot(),
                    index.slot(),
                    RECURSION,
                    ALPHA,
                    weighted));
            double[] gates = new double[320];
            for (int t = 0; t < 320; t++) {
                gates[t] = weighted ? ALPHA * scores.before(t, RECURSION - 1) : 1;
            }
            h.assertGradient(x -> loss(x, gates, dh, dOn, depth, index), f.before(), df.get(), null, 1e-5);
            double[] expected = dGate.before();
            for (int i = 0; i < rows.count(); i++) {
                int t = (int) index.before(i);
                double dot = 0;
                for (int c = 0; c < columns; c++) {
                    dot += dh.before(t, c) * f.before(i, c);
                }
                if (depth.before(t) == RECURSION) {
                    expected[t] = weighted ? dot : 0;
                }
            }
            for (int t = 0; t < 320; t++) {
                assertClose(expected[t], dGate.get(t), 2e-5, t);
            }
        });
    }

    private static double loss(double[] f, double[] gates, Values dh, Values dOn, Values depth, Values index) {
        int columns = dh.columns();
        double loss = 0;
        for (int i = 0; i < index.rows(); i++) {
            int t = (int) index.before(i);
            boolean leaves = depth.before(t) == RECURSION;
            for (int c = 0; c < columns; c++) {
                double weight = leaves ? gates[t] * dh.before(t, c) : dOn.before(t, c);
                loss += weight * f[i * columns + c];
            }
        }
        return loss;
    }
}

package org.tornadomor.engine.cpu;

import static org.tornadomor.engine.OpHarness.assertClose;

import org.apache.commons.math3.special.Erf;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.OpHarness;
import org.tornadomor.engine.Values;

/** SwiGLU and GELU. */
class ActivationTest {
    private static double swiGlu(double gate, double up) {
        return gate / (1 + Math.exp(-gate)) * up;
    }

    private static double gelu(double x) {
        return x * Erf.erfc(-x / Math.sqrt(2)) / 2;
    }

    @Test
    void swiGlu() {
        OpHarness.check(20, h -> {
            Extent rows = h.rows(h.between(1, 100));
            int columns = h.between(1, 150);
            Values out = h.floats("out", rows, columns);
            Values in = h.floats("in", rows, 2 * columns).set(0, 0, -120).set(0, columns, 2);
            h.run(new DenseOp.SwiGlu(out.slot(), in.slot()));
            for (int i = 0; i < rows.count(); i++) {
                for (int c = 0; c < columns; c++) {
                    assertClose(swiGlu(in.before(i, c), in.before(i, columns + c)), out.get(i, c), 1e-6, i, c);
                }
            }
        });
    }

    @Test
    void swiGluBackward() {
        OpHarness.check(20, h -> {
            Extent rows = h.rows(h.between(1, 100));
            int columns = h.between(1, 150);
            Values dIn = h.floats("dIn", rows, 2 * columns);
            Values dOut = h.floats("dOut", rows, columns);
            Values in = h.floats("in", rows, 2 * columns);
            h.run(new DenseOp.SwiGluBackward(dIn.slot(), dOut.slot(), in.slot()));
            h.assertGradient(
                    x -> {
                        double loss = 0;
                        for (int i = 0; i < rows.count(); i++) {
                            for (int c = 0; c < columns; c++) {
                                int gate = i * 2 * columns + c;
                                loss += dOut.before(i, c) * swiGlu(x[gate], x[gate + columns]);
                            }
                        }
                        return loss;
                    },
                    in.before(),
                    dIn.get(),
                    null,
                    1e-5);
        });
    }

    @Test
    void gelu() {
        OpHarness.check(20, h -> {
            Extent rows = h.rows(h.between(1, 100));
            int columns = h.between(1, 150);
            Values out = h.floats("out", rows, columns);
            Values x = h.floats("x", rows, columns);
            for (int i = 0; i < rows.count(); i++) {
                for (int c = 0; c < columns; c++) {
                    x.set(i, c, 3 * x.before(i, c));
                }
            }
            h.run(new DenseOp.Gelu(out.slot(), x.slot()));
            for (int i = 0; i < rows.count(); i++) {
                for (int c = 0; c < columns; c++) {
                    assertClose(gelu(x.before(i, c)), out.get(i, c), 3e-7, x.before(i, c));
                }
            }
        });
    }

    @Test
    void geluBackward() {
        OpHarness.check(20, h -> {
            Extent rows = h.rows(h.between(1, 100));
            int columns = h.between(1, 150);
            Values dx = h.floats("dx", rows, columns);
            Values dOut = h.floats("dOut", rows, columns);
            Values x = h.floats("x", rows, columns);
            h.run(new DenseOp.GeluBackward(dx.slot(), dOut.slot(), x.slot()));
            double[] weights = dOut.before();
            h.assertGradient(
                    v -> {
                        double loss = 0;
                        for (int i = 0; i < v.length; i++) {
                            loss += weights[i] * gelu(v[i]);
                        }
                        return loss;
                    },
                    x.before(),
                    dx.get(),
                    null,
                    1e-5);
        });
    }
}

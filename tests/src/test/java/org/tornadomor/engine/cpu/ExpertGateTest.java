package org.tornadomor.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadomor.engine.OpHarness.assertClose;

import org.junit.jupiter.api.Test;
import org.tornadomor.engine.ExpertRouterOp;
import org.tornadomor.engine.ExpertRouterOp.Gate;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.OpHarness;
import org.tornadomor.engine.Values;

class ExpertGateTest {
    private static final float ALPHA = 0.1f;

    private static double gate(Gate gate, double logit) {
        return switch (gate) {
            case SIGMOID -> ALPHA / (1 + Math.exp(-logit));
            case TANH -> ALPHA * Math.tanh(logit);
            case ADDITIVE -> 1;
        };
    }

    @Test
    void addsGatedRows() {
        OpHarness.check(30, h -> {
            Gate kind = Gate.values()[h.between(0, 2)];
            Extent rows = h.rows(h.between(1, 300));
            int columns = h.between(1, 150);
            Values all = h.floats("h", 350, columns);
            Values f = h.floats("f", rows, columns);
            Values logits = h.floats("logits", 320, 1);
            Values index = h.distinct("index", rows, 350);
            Values parent = h.distinct("parent", rows, 320);
            h.run(new ExpertRouterOp.GatedScatter(
                    all.slot(), f.slot(), logits.slot(), index.slot(), parent.slot(), kind, ALPHA));
            double[] expected = all.before();
            for (int i = 0; i < rows.count(); i++) {
                double g = gate(kind, logits.before((int) parent.before(i)));
                for (int c = 0; c < columns; c++) {
                    expected[(int) index.before(i) * columns + c] += g * f.before(i, c);
                }
            }
            double[] actual = all.get();
            for (int j = 0; j < expected.length; j++) {
                assertClose(expected[j], actual[j], 1e-6, kind, j);
            }
        });
    }

    @Test
    void gradientsOfGatedRows() {
        OpHarness.check(30, h -> {
            Gate kind = Gate.values()[h.between(0, 2)];
            Extent rows = h.rows(h.between(1, 300));
            int columns = h.between(1, 150);
            Values df = h.floats("df", rows, columns);
            Values dLogits = h.floats("dLogits", 320, 1);
            Values dh = h.floats("dh", 350, columns);
            Values f = h.floats("f", rows, columns);
            Values logits = h.floats("logits", 320, 1);
            Values index = h.distinct("index", rows, 350);
            Values parent = h.distinct("parent", rows, 320);
            h.run(new ExpertRouterOp.GatedScatterBackward(
                    df.slot(),
                    dLogits.slot(),
                    dh.slot(),
                    f.slot(),
                    logits.slot(),
                    index.slot(),
                    parent.slot(),
                    kind,
                    ALPHA));
            double[] fs = f.before();
            double[] zs = logits.before();
            h.assertGradient(x -> loss(kind, dh, index, parent, x, zs), fs, df.get(), null, 1e-5);
            h.assertGradient(x -> loss(kind, dh, index, parent, fs, x), zs, dLogits.get(), dLogits.before(), 1e-5);
        });
    }

    private static double loss(Gate kind, Values dh, Values index, Values parent, double[] f, double[] logits) {
        double loss = 0;
        for (int i = 0; i < index.rows(); i++) {
            double g = gate(kind, logits[(int) parent.before(i)]);
            for (int c = 0; c < dh.columns(); c++) {
                loss += dh.before((int) index.before(i), c) * g * f[i * dh.columns() + c];
            }
        }
        return loss;
    }

    @Test
    void routerLossesAndTheirGradient() {
        OpHarness.check(30, h -> {
            Extent rows = h.rows(h.between(1, 2000));
            Values dLogits = h.floats("dLogits", rows, 1);
            Values losses = h.floats("losses", 4, 1);
            Values agreement = h.floats("agreement", 1, 1);
            Values logits = h.floats("logits", rows, 1).set(0, h.random().nextBoolean() ? 95 : -95);
            Values selected = h.ints("selected", rows, 2);
            double aux = 0.25f;
            double z = 0.03f;
            double scale = 0.5f;
            h.run(new ExpertRouterOp.ExpertRouterLoss(
                    dLogits.slot(),
                    losses.slot(),
                    agreement.slot(),
                    logits.slot(),
                    selected.slot(),
                    1,
                    3,
                    (float) aux,
                    (float) z,
                    (float) scale));
            double[] zs = logits.before();
            double entropy = entropy(zs, selected) / rows.count();
            double square = 0;
            double agreed = 0;
            for (int i = 0; i < zs.length; i++) {
                square += zs[i] * zs[i] / zs.length;
                agreed += zs[i] > 0 == (selected.before(i) == 1) ? 1.0 / zs.length : 0;
            }
            assertEquals(losses.before(0), losses.get(0));
            assertClose(losses.before(1) + scale * aux * entropy, losses.get(1), 1e-6);
            assertEquals(losses.before(2), losses.get(2));
            assertClose(losses.before(3) + scale * z * square, losses.get(3), 1e-6);
            assertClose(agreement.before(0) + scale * agreed, agreement.get(0), 1e-6);
            h.assertGradient(
                    x -> {
                        double squares = 0;
                        for (double v : x) {
                            squares += v * v;
                        }
                        // Times the rows, so that the comparison sees more than the division.
                        return scale * (aux * entropy(x, selected) + z * squares);
                    },
                    zs,
                    scaled(dLogits.get(), rows.count()),
                    null,
                    1e-5);
        });
    }

    private static double entropy(double[] logits, Values selected) {
        double sum = 0;
        for (int i = 0; i < logits.length; i++) {
            double toward = selected.before(i) == 1 ? logits[i] : -logits[i];
            sum += toward > 0 ? Math.log1p(Math.exp(-toward)) : Math.log1p(Math.exp(toward)) - toward;
        }
        return sum;
    }

    private static double[] scaled(double[] values, double factor) {
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor;
        }
        return values;
    }

    @Test
    void notANumberIsALossThatIsNotANumber() {
        OpHarness.check(1, h -> {
            Values dLogits = h.floats("dLogits", 3, 1);
            Values losses = h.floats("losses", 2, 1);
            Values agreement = h.floats("agreement", 1, 1);
            Values logits = h.floats("logits", 3, 1).set(1, Double.NaN);
            Values selected = h.ints("selected", 3, 2);
            h.run(new ExpertRouterOp.ExpertRouterLoss(
                    dLogits.slot(), losses.slot(), agreement.slot(), logits.slot(), selected.slot(), 0, 1, 1f, 1f, 1f));
            assertTrue(Double.isNaN(losses.get(0)));
            assertTrue(Double.isNaN(losses.get(1)));
        });
    }
}

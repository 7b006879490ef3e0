package org.tornadomor.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.tornadomor.engine.OpHarness.assertClose;

import org.junit.jupiter.api.Test;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.OpHarness;
import org.tornadomor.engine.TokenRouterOp;
import org.tornadomor.engine.TokenRouterOp.Scores;
import org.tornadomor.engine.Values;

/** Token choice: the choice of depths, its losses, and the loss-free bias. */
class TokenRouterTest {
    private static double[] scores(Scores kind, double[] logits, int row, int depths) {
        double[] scores = new double[depths];
        double sum = 0;
        for (int j = 0; j < depths; j++) {
            double e = Math.exp(logits[row * depths + j]);
            scores[j] = kind == Scores.SIGMOID ? e / (1 + e) : e;
            sum += e;
        }
        for (int j = 0; kind == Scores.SOFTMAX && j < depths; j++) {
            scores[j] /= sum;
        }
        return scores;
    }

    @Test
    void choosesDepths() {
        OpHarness.check(30, h -> {
            Scores kind = Scores.values()[h.between(0, 1)];
            Extent rows = h.rows(h.between(1, 4000));
            int depths = h.between(1, 5);
            int limit = h.between(1, depths);
            Values scores = h.floats("scores", rows, depths);
            Values depth = h.ints("depth", rows, 9);
            Values load = h.ints("load", depths, 9);
            Values logits = h.floats("logits", rows, depths);
            Values bias = h.floats("bias", depths, 1);
            Values deepest = h.ints("deepest", 1, 1).set(0, limit);
            h.run(new TokenRouterOp.ChooseDepth(
                    scores.slot(), depth.slot(), load.slot(), logits.slot(), bias.slot(), deepest.slot(), kind));
            int[] expectedLoad = new int[depths];
            double[] zs = logits.before();
            for (int i = 0; i < rows.count(); i++) {
                double[] expected = scores(kind, zs, i, depths);
                int best = 0;
                double margin = 1;
                for (int j = 0; j < depths; j++) {
                    assertClose(expected[j], scores.get(i, j), 1e-6, i, j);
                    double lead = expected[j] + bias.before(j) - expected[best] - bias.before(best);
                    margin = j == 0 ? margin : Math.min(margin, Math.abs(lead));
                    best = lead > 0 ? j : best;
                }
                if (margin > 1e-5) {
                    assertEquals(Math.min(limit, best + 1), depth.index(i));
                }
                expectedLoad[depth.index(i) - 1]++;
            }
            for (int j = 0; j < depths; j++) {
                assertEquals(expectedLoad[j], load.index(j));
            }
        });
    }

    @Test
    void tiesGoToTheSmallerDepth() {
        OpHarness.check(1, h -> {
            Values scores = h.floats("scores", 2, 3);
            Values depth = h.ints("depth", 2, 9);
            Values load = h.ints("load", 3, 9);
            Values logits = h.floats("logits", 2, 3).setAll(0, 1, 1, Double.NaN, 2, 3);
            Values bias = h.floats("bias", 3, 1).setAll(0, 0, 0);
            Values deepest = h.ints("deepest", 1, 1).set(0, 3);
            h.run(new TokenRouterOp.ChooseDepth(
                    scores.slot(),
                    depth.slot(),
                    load.slot(),
                    logits.slot(),
                    bias.slot(),
                    deepest.slot(),
                    Scores.SOFTMAX));
            assertEquals(2, depth.index(0));
            assertEquals(1, depth.index(1));
        });
    }

    /** The losses as a function of the logits, with depths and loads held: times the rows. */
    private record Losses(Scores kind, Values depth, Values load, Values dGate, double alpha, double scale) {
        static final double BALANCE = 0.3f;
        static final double Z = 0.02f;

        double balance(double[] logits) {
            int depths = load.rows();
            int rows = depth.rows();
            double sum = 0;
            for (int i = 0; i < rows; i++) {
                double[] scores = scores(kind, logits, i, depths);
                for (int j = 0; j < depths; j++) {
                    sum += depths * load.before(j) / rows * scores[j];
                }
            }
            return scale * BALANCE * sum;
        }

        double z(double[] logits) {
            int depths = load.rows();
            double sum = 0;
            for (int i = 0; i < depth.rows(); i++) {
                double exponentials = 0;
                for (int j = 0; j < depths; j++) {
                    exponentials += Math.exp(logits[i * depths + j]);
                }
                sum += Math.pow(Math.log(exponentials), 2);
            }
            return scale * Z * sum;
        }

        double gates(double[] logits) {
            double sum = 0;
            for (int i = 0; i < depth.rows(); i++) {
                sum += alpha * dGate.before(i) * scores(kind, logits, i, load.rows())[(int) depth.before(i) - 1];
            }
            return depth.rows() * sum;
        }
    }

    @Test
    void lossesAndTheirGradient() {
        OpHarness.check(30, h -> {
            Scores kind = Scores.values()[h.between(0, 1)];
            Extent rows = h.rows(h.between(1, 1000));
            int depths = h.between(1, 5);
            Values dLogits = h.floats("dLogits", rows, depths);
            Values losses = h.floats("losses", 3, 1);
            Values dGate = h.floats("dGate", rows, 1);
            Values scores = h.floats("scores", rows, depths);
            Values depth = h.ints("depth", rows, depths);
            Values load = h.ints("load", depths, rows.count());
            Values logits = h.floats("logits", rows, depths);
            double[] zs = logits.before();
            for (int i = 0; i < rows.count(); i++) {
                depth.set(i, depth.before(i) + 1);
                double[] expected = scores(kind, zs, i, depths);
                for (int j = 0; j < depths; j++) {
                    scores.set(i, j, expected[j]);
                }
            }
            Losses expected = new Losses(kind, depth, load, dGate, 0.7f, 0.5f);
            h.run(new TokenRouterOp.ChooseDepthBackward(
                    dLogits.slot(),
                    losses.slot(),
                    dGate.slot(),
                    scores.slot(),
                    depth.slot(),
                    load.slot(),
                    logits.slot(),
                    kind,
                    0.7f,
                    2,
                    0,
                    (float) Losses.BALANCE,
                    (float) Losses.Z,
                    0.5f));
            assertClose(losses.before(0) + expected.z(zs) / rows.count(), losses.get(0), 1e-5);
            assertEquals(losses.before(1), losses.get(1));
            assertClose(losses.before(2) + expected.balance(zs) / rows.count(), losses.get(2), 1e-5);
            double[] gradient = dLogits.get();
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] *= rows.count();
            }
            h.assertGradient(x -> expected.balance(x) + expected.z(x) + expected.gates(x), zs, gradient, null, 2e-5);
        });
    }

    @Test
    void movesTheBiasTowardBalance() {
        OpHarness.check(1, h -> {
            Values bias = h.floats("bias", 4, 1).setAll(0.5, 0, -0.5, 1);
            Values load = h.ints("load", 4, 1).setAll(7, 3, 5, 5);
            h.run(new TokenRouterOp.BalanceBias(bias.slot(), load.slot(), 0.25f));
            assertEquals(0.25, bias.get(0));
            assertEquals(0.25, bias.get(1));
            assertEquals(-0.5, bias.get(2));
            assertEquals(1, bias.get(3));
        });
    }
}

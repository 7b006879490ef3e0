package org.tornadomor.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.math3.stat.inference.ChiSquareTest;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.OpHarness;
import org.tornadomor.engine.SampleOp;
import org.tornadomor.engine.Values;

class SamplerTest {
    /** Slots of a sampling step with neutral settings: greedy, no limits, no penalty. */
    private record Case(
            Values next, Values logits, Values settings, Values uniform, Values history, Values historyLength) {
        static Case of(OpHarness h, Extent rows, int vocabulary) {
            Case made = new Case(
                    h.ints("next", rows, 2),
                    h.floats("logits", rows, vocabulary),
                    h.floats("settings", rows, SampleOp.SETTINGS),
                    h.floats("uniform", rows, 1),
                    h.ints("history", rows, 8, vocabulary),
                    h.ints("historyLength", rows, 1));
            for (int i = 0; i < rows.count(); i++) {
                made.settings(i, 0, 0, 1, 0, 1);
                made.uniform.set(i, h.random().nextFloat());
            }
            return made;
        }

        void settings(int row, double temperature, int topK, double topP, double minP, double penalty) {
            settings.set(row, SampleOp.TEMPERATURE, temperature);
            settings.set(row, SampleOp.TOP_K, topK);
            settings.set(row, SampleOp.TOP_P, topP);
            settings.set(row, SampleOp.PENALTY, penalty);
            settings.set(row, SampleOp.MIN_P, minP);
        }

        void run(OpHarness h) {
            h.run(new SampleOp.Sample(
                    next.slot(), logits.slot(), settings.slot(), uniform.slot(), history.slot(), historyLength.slot()));
        }

        double setting(int row, int column) {
            return settings.before(row, column);
        }

        /** The logits of a row after the penalty. */
        double[] penalised(int row) {
            double[] x = new double[logits.columns()];
            for (int id = 0; id < x.length; id++) {
                x[id] = logits.before(row, id);
                for (int j = 0; j < historyLength.before(row); j++) {
                    if (history.before(row, j) == id) {
                        double penalty = setting(row, SampleOp.PENALTY);
                        x[id] = (float) (x[id] > 0 ? x[id] / penalty : x[id] * penalty);
                        break;
                    }
                }
            }
            return x;
        }

        /** Whether the drawn token is what the definition says, with room for rounding at the limits. */
        void checkRow(int row) {
            double[] x = penalised(row);
            List<Integer> order = IntStream.range(0, x.length)
                    .boxed()
                    .sorted(Comparator.comparingDouble((Integer id) -> 0.0 - x[id])
                            .thenComparing(id -> id))
                    .toList();
            if (setting(row, SampleOp.TEMPERATURE) == 0) {
                assertEquals(order.get(0), next.index(row));
                return;
            }
            double[] p = new double[x.length];
            double total = 0;
            for (int place = 0; place < p.length; place++) {
                p[place] = Math.exp((x[order.get(place)] - x[order.get(0)]) / setting(row, SampleOp.TEMPERATURE));
                total += p[place];
            }
            int topK = (int) setting(row, SampleOp.TOP_K);
            int most = topK == 0 ? p.length : Math.min(topK, p.length);
            int kept = 0;
            double mass = 0;
            while (kept < most && mass < setting(row, SampleOp.TOP_P) * total * (1 - 1e-7)) {
                mass += p[kept++];
            }
            // As the op does: whether a token is kept must not hang on a rounding.
            float least = (float) Math.log(setting(row, SampleOp.MIN_P));
            float max = (float) x[order.get(0)];
            float temperature = (float) setting(row, SampleOp.TEMPERATURE);
            int likely = 0;
            while (likely < p.length && ((float) x[order.get(likely)] - max) / temperature >= least) {
                likely++;
            }
            for (; kept > likely; kept--) {
                mass -= p[kept - 1];
            }
            int place = order.indexOf(next.index(row));
            assertTrue(place < kept, "row " + row + " took place " + place + " of " + kept);
            double upTo = 0;
            for (int j = 0; j < place; j++) {
                upTo += p[j];
            }
            double drawn = uniform.before(row) * mass;
            assertTrue(upTo <= drawn + 2e-6 * total && drawn < upTo + p[place] + 2e-6 * total, "row " + row);
        }
    }

    @Test
    void drawsAsDefined() {
        OpHarness.check(40, h -> {
            int vocabulary = h.random().nextInt(5) == 0 ? h.between(3000, 6000) : h.between(1, 200);
            Extent rows = h.rows(12);
            Case k = Case.of(h, rows, vocabulary);
            for (int i = 0; i < rows.count(); i++) {
                double temperature =
                        h.random().nextInt(4) == 0 ? 0 : 0.3 + h.random().nextDouble();
                int topK = h.random().nextBoolean() ? 0 : h.between(1, 250);
                double topP =
                        h.random().nextBoolean() ? 1 : 0.05 + 0.9 * h.random().nextDouble();
                double minP = h.random().nextBoolean() ? 0 : 0.4 * h.random().nextDouble();
                k.settings(i, temperature, topK, topP, minP, h.random().nextBoolean() ? 1 : 1.3f);
                k.historyLength.set(i, h.between(0, 8));
                if (h.random().nextInt(3) == 0) {
                    for (int id = 0; id < vocabulary; id++) {
                        k.logits.set(i, id, Math.rint(k.logits.before(i, id)));
                    }
                }
            }
            k.run(h);
            for (int i = 0; i < rows.count(); i++) {
                k.checkRow(i);
            }
        });
    }

    @Test
    void theLikeliestAloneIsGreedy() {
        OpHarness.check(20, h -> {
            Extent rows = Extent.fixed(2);
            Case k = Case.of(h, rows, 500);
            for (int id = 0; id < 500; id++) {
                k.logits.set(0, id, Math.rint(2 * k.logits.before(0, id)));
                k.logits.set(1, id, k.logits.before(0, id));
            }
            k.settings(1, 0.8, 1, 1, 0, 1);
            k.run(h);
            assertEquals(k.next.get(0), k.next.get(1));
        });
    }

    /** Half as likely as the likeliest is too little, more is enough; and at 1 only what is as likely as it is left. */
    @Test
    void minPLooksAtTheLikeliest() {
        OpHarness.check(20, h -> {
            Case k = Case.of(h, Extent.fixed(3), 4);
            for (int i = 0; i < 3; i++) {
                k.logits.set(i, 0, 1);
                k.logits.set(i, 1, 3);
                k.logits.set(i, 2, 3 + Math.log(0.51));
                k.logits.set(i, 3, 3 + Math.log(0.49));
                k.uniform.set(i, 0.99999f);
            }
            k.settings(0, 1, 0, 1, 0.5, 1);
            k.settings(1, 1, 0, 1, 1, 1);
            // A higher temperature makes unlikely tokens likelier: exp(-2 / 4) is more than half.
            k.settings(2, 4, 0, 1, 0.5, 1);
            k.run(h);
            assertEquals(List.of(2, 1, 0), List.of(k.next.index(0), k.next.index(1), k.next.index(2)));
        });
    }

    @Test
    void oddLogitsAreSurvived() {
        OpHarness.check(1, h -> {
            double inf = Double.POSITIVE_INFINITY;
            double nan = Double.NaN;
            Case k = Case.of(h, Extent.fixed(5), 3);
            k.logits.setAll(nan, nan, nan, -inf, -inf, -inf, nan, 1, -inf, 0, inf, inf, -inf, 0, nan);
            for (int i = 0; i < 5; i++) {
                k.settings(i, 1, 0, 1, 0, 1);
                k.uniform.set(i, 0.999f);
            }
            k.run(h);
            assertEquals(
                    List.of(0, 0, 1, 1, 1),
                    List.of(k.next.index(0), k.next.index(1), k.next.index(2), k.next.index(3), k.next.index(4)));
        });
    }

    @Test
    void tinyTemperatureIsGreedy() {
        OpHarness.check(5, h -> {
            Case k = Case.of(h, Extent.fixed(2), 300);
            for (int id = 0; id < 300; id++) {
                k.logits.set(1, id, k.logits.before(0, id));
            }
            k.settings(1, 1e-42, 0, 1, 0, 1);
            k.run(h);
            assertEquals(k.next.get(0), k.next.get(1));
        });
    }

    @Test
    void frequenciesFollowTheProbabilities() {
        int vocabulary = 12;
        int rows = 20_000;
        OpHarness.check(2, h -> {
            Case k = Case.of(h, Extent.fixed(rows), vocabulary);
            double[] expected = new double[vocabulary];
            double total = 0;
            for (int id = 0; id < vocabulary; id++) {
                for (int i = 1; i < rows; i++) {
                    k.logits.set(i, id, k.logits.before(0, id));
                }
                expected[id] = Math.exp(k.logits.before(0, id) / 0.7);
                total += expected[id];
            }
            for (int i = 0; i < rows; i++) {
                k.settings(i, 0.7, 0, 1, 0, 1);
            }
            k.run(h);
            long[] drawn = new long[vocabulary];
            for (int i = 0; i < rows; i++) {
                drawn[k.next.index(i)]++;
            }
            for (int id = 0; id < vocabulary; id++) {
                expected[id] *= rows / total;
            }
            double p = new ChiSquareTest().chiSquareTest(expected, drawn);
            assertTrue(p > 0.001, "p = " + p);
        });
    }
}

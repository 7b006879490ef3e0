package org.tornadomor.engine.cpu.basics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.function.UnaryOperator;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.cpu.OpRunner;

/** Functions on vectors: accurate, and the same bits as their scalar twins. */
class LanesTest {
    private interface Scalar {
        float apply(float x);
    }

    private interface Exact {
        double apply(double x);
    }

    @Test
    void expIsAccurateAndHasAScalarTwin() {
        check(Lanes::exp, Lanes::exp, x -> Math.exp(Math.max(x, -44)), 86f);
    }

    @Test
    void sigmoidIsAccurateAndHasAScalarTwin() {
        check(Lanes::sigmoid, Lanes::sigmoid, x -> 1 / (1 + Math.exp(-x)), 80f);
        assertEquals(1f, Lanes.sigmoid(1000f));
        assertEquals(0f, Lanes.sigmoid(-1000f), 1e-37f);
    }

    @Test
    void dotHasAScalarTwin() {
        Random random = new Random(2);
        for (int n = 0; n < 300; n++) {
            float[] a = OpRunner.random(random, n + 3);
            float[] b = OpRunner.random(random, n + 5);
            float vectors = Lanes.dot(a, 3, b, 5, n);
            float plain = Lanes.plainDot(a, 3, b, 5, n);
            assertEquals(Float.floatToRawIntBits(vectors), Float.floatToRawIntBits(plain), n + " elements");
        }
    }

    @Test
    void maxPassesOverWhatIsNoNumber() {
        Random random = new Random(3);
        assertEquals(Float.NEGATIVE_INFINITY, Lanes.max(new float[3], 1, 0));
        for (int n = 1; n < 200; n++) {
            float[] x = OpRunner.random(random, n + 3);
            x[0] = x[1] = x[2] = 1e9f;
            for (int i = 3; i < x.length; i++) {
                x[i] = random.nextInt(5) == 0 ? Float.NaN : random.nextInt(9) == 0 ? Float.NEGATIVE_INFINITY : x[i];
            }
            float largest = Float.NEGATIVE_INFINITY;
            for (int i = 3; i < x.length; i++) {
                largest = x[i] > largest ? x[i] : largest;
            }
            assertEquals(largest, Lanes.max(x, 3, n), n + " elements");
        }
    }

    private static void check(UnaryOperator<FloatVector> vectors, Scalar scalars, Exact exact, float range) {
        Random random = new Random(1);
        float[] x = new float[Lanes.LENGTH];
        for (int round = 0; round < 20_000; round++) {
            float scale = round % 2 == 0 ? 3f : range;
            for (int lane = 0; lane < x.length; lane++) {
                x[lane] = (2f * random.nextFloat() - 1f) * scale;
            }
            FloatVector y = vectors.apply(FloatVector.fromArray(Lanes.SPECIES, x, 0));
            for (int lane = 0; lane < x.length; lane++) {
                float single = scalars.apply(x[lane]);
                assertEquals(Float.floatToRawIntBits(single), Float.floatToRawIntBits(y.lane(lane)), "at " + x[lane]);
                double expected = exact.apply(x[lane]);
                assertEquals(expected, single, 3e-7 * expected, "at " + x[lane]);
            }
        }
    }

    @Test
    void orderOfNumbersIsKept() {
        float[] rising = {
            Float.NaN, Float.NEGATIVE_INFINITY, -3e38f, -1f, -1e-40f, 0f, 1e-45f, 1f, 3e38f, Float.POSITIVE_INFINITY
        };
        for (int i = 1; i < rising.length; i++) {
            assertTrue(
                    Integer.compareUnsigned(RowMath.order(rising[i - 1]), RowMath.order(rising[i])) < 0,
                    rising[i - 1] + " before " + rising[i]);
        }
        assertEquals(RowMath.order(0f), RowMath.order(-0f));
    }
}

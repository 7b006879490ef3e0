package org.tornadomor.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TopTokensTest {
    @Test
    void theLikeliestAndTheirProbabilities() {
        Random random = new Random(1);
        for (int trial = 0; trial < 200; trial++) {
            int vocabulary = 1 + random.nextInt(40);
            int k = 1 + random.nextInt(vocabulary);
            double temperature = random.nextBoolean() ? 1 : 2.5;
            float[] logits = new float[3 * vocabulary];
            for (int i = 0; i < logits.length; i++) {
                // Few values, so that there are ties, and a shift that a softmax does not see.
                logits[i] = 300 + random.nextInt(12) / 2f;
            }
            int row = random.nextInt(3);
            int[] ids = new int[k];
            float[] logProbs = new float[k + 1];
            double mass = new TopTokens(vocabulary, k, temperature).of(logits, row, ids, logProbs);
            int[] expected = IntStream.range(0, vocabulary)
                    .boxed()
                    .sorted((a, b) -> logits[row * vocabulary + a] == logits[row * vocabulary + b]
                            ? Integer.compare(a, b)
                            : Float.compare(logits[row * vocabulary + b], logits[row * vocabulary + a]))
                    .limit(k)
                    .mapToInt(Integer::intValue)
                    .sorted()
                    .toArray();
            assertArrayEquals(expected, ids);
            double[] p = IntStream.range(0, vocabulary)
                    .mapToDouble(c -> Math.exp((logits[row * vocabulary + c] - 300) / temperature))
                    .toArray();
            double sum = IntStream.range(0, vocabulary).mapToDouble(c -> p[c]).sum();
            double known = 0;
            for (int i = 0; i < k; i++) {
                assertEquals(Math.log(p[ids[i]] / sum), logProbs[i], 1e-5);
                known += p[ids[i]] / sum;
            }
            assertEquals(known, mass, 1e-9);
            if (k == vocabulary) {
                assertEquals(-100, logProbs[k]);
            } else {
                assertEquals(Math.log(1 - known), logProbs[k], 1e-4);
            }
        }
    }
}

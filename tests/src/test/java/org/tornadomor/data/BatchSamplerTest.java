package org.tornadomor.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.List;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.tornadomor.UserError;

class BatchSamplerTest {
    /** The tokens 0, 1, 2, ... */
    private static Corpus.Part counting(int count) {
        TokenBuffer tokens = new TokenBuffer(count);
        for (int i = 0; i < count; i++) {
            tokens.add(i);
        }
        return new Corpus.Part("training", tokens, count, 1);
    }

    private static BatchSampler shuffled(int samples, long seed) {
        return new BatchSampler(counting(2 * samples + 1), 2, BatchSampler.Order.SHUFFLED, seed);
    }

    private static long[] epoch(BatchSampler sampler, long epoch) {
        long samples = sampler.samplesPerEpoch();
        return LongStream.range(epoch * samples, (epoch + 1) * samples)
                .map(sampler::sampleAt)
                .toArray();
    }

    @Test
    void sequentialSamplesCoverTheTokensInTurn() {
        BatchSampler sampler = new BatchSampler(counting(12), 3, BatchSampler.Order.SEQUENTIAL, 1);
        assertEquals(3, sampler.samplesPerEpoch());
        int[] inputs = new int[6];
        int[] targets = new int[6];
        sampler.fill(2, inputs, targets, 0);
        sampler.fill(3, inputs, targets, 1); // the next epoch
        assertArrayEquals(new int[] {6, 7, 8, 0, 1, 2}, inputs);
        assertArrayEquals(new int[] {7, 8, 9, 1, 2, 3}, targets);
    }

    @Test
    void aStepTakesBatchTimesAccumulateSamples() {
        assertEquals(0, BatchSampler.firstSample(1, 2, 8));
        assertEquals(32, BatchSampler.firstSample(3, 2, 8));
        assertEquals(8_000_000_000L, BatchSampler.firstSample(1_000_001, 1000, 8));
    }

    @Property(tries = 200)
    void everyEpochIsAPermutation(
            @ForAll @IntRange(min = 1, max = 700) int samples,
            @ForAll long seed,
            @ForAll @IntRange(max = 3) int epoch) {
        BatchSampler sampler = shuffled(samples, seed);
        BitSet seen = new BitSet();
        for (long sample : epoch(sampler, epoch)) {
            assertTrue(sample >= 0 && sample < samples);
            seen.set((int) sample);
        }
        assertEquals(samples, seen.cardinality());
    }

    @Test
    void seedsAndEpochsShuffleDifferently() {
        long[] first = epoch(shuffled(100, 1), 0);
        assertArrayEquals(first, epoch(shuffled(100, 1), 0));
        assertNotEquals(LongStream.of(first).boxed().toList(), boxed(epoch(shuffled(100, 1), 1)));
        assertNotEquals(LongStream.of(first).boxed().toList(), boxed(epoch(shuffled(100, 2), 0)));
    }

    private static Object boxed(long[] values) {
        return LongStream.of(values).boxed().toList();
    }

    @Test
    void everySampleGoesEverywhereEquallyOften() {
        int samples = 7;
        int seeds = 14_000;
        int[][] counts = new int[samples][samples];
        for (int seed = 0; seed < seeds; seed++) {
            long[] order = epoch(shuffled(samples, seed), 0);
            for (int i = 0; i < samples; i++) {
                counts[i][(int) order[i]]++;
            }
        }
        double chiSquare = 0;
        double expected = (double) seeds / samples;
        for (int[] row : counts) {
            for (int count : row) {
                chiSquare += (count - expected) * (count - expected) / expected;
            }
        }
        // 36 degrees of freedom: above 80 once in 30,000 fair shuffles.
        assertTrue(chiSquare < 80, "chi-square " + chiSquare);
    }

    @Test
    void refusesTextWithoutASample() {
        assertThrows(UserError.class, () -> new BatchSampler(counting(4), 4, BatchSampler.Order.SHUFFLED, 1));
    }

    /** Stretches of 40, 200 and 1000 tokens, each token its own position. */
    private static BatchSampler mixed(long seed, double... weights) {
        List<Corpus.Stretch> mixture = List.of(
                new Corpus.Stretch("a", 0, 40, 40, weights[0]),
                new Corpus.Stretch("b", 40, 200, 200, weights[1]),
                new Corpus.Stretch("c", 240, 1000, 1000, weights[2]));
        Corpus.Part part = new Corpus.Part("training", counting(1240).tokens(), 1240, 3, mixture);
        return new BatchSampler(part, 3, BatchSampler.Order.SHUFFLED, seed);
    }

    @Property(tries = 30)
    void stretchesComeByTheirWeights(
            @ForAll @IntRange(min = 1, max = 50) int first,
            @ForAll @IntRange(min = 1, max = 50) int second,
            @ForAll @IntRange(min = 1, max = 50) int third,
            @ForAll long seed) {
        double[] weights = {first, second, third};
        BatchSampler sampler = mixed(seed, weights);
        int[] samplesOf = {13, 66, 333};
        int[] firstOf = {0, 13, 79};
        assertEquals(412, sampler.samplesPerEpoch());
        long[][] drawn = new long[3][333];
        for (int block = 1; block <= 3; block++) {
            for (long i = (block - 1L) * BatchSampler.BLOCK; i < (long) block * BatchSampler.BLOCK; i++) {
                int sample = (int) sampler.sampleAt(i);
                int stretch = sample < 13 ? 0 : sample < 79 ? 1 : 2;
                drawn[stretch][sample - firstOf[stretch]]++;
            }
            for (int i = 0; i < 3; i++) {
                long total = LongStream.of(drawn[i]).sum();
                double expected = block * BatchSampler.BLOCK * weights[i] / (first + second + third);
                assertEquals(expected, total, 1.0001);
                // Each for itself is gone through again and again, in turn.
                long[] counts = LongStream.of(drawn[i]).limit(samplesOf[i]).toArray();
                assertTrue(LongStream.of(counts).max().getAsLong()
                                - LongStream.of(counts).min().getAsLong()
                        <= 1);
            }
        }
    }

    @Test
    void aMixtureIsShuffledAndRepeatable() {
        int[] inputs = new int[3];
        int[] targets = new int[3];
        BatchSampler one = mixed(5, 1, 1, 2);
        BatchSampler same = mixed(5, 1, 1, 2);
        BatchSampler other = mixed(6, 1, 1, 2);
        int differences = 0;
        for (int i = 0; i < 500; i++) {
            assertEquals(one.sampleAt(i), same.sampleAt(i));
            differences += one.sampleAt(i) == other.sampleAt(i) ? 0 : 1;
            one.fill(i, inputs, targets, 0);
            assertEquals(inputs[0] + 1, targets[0]);
            // No sample reaches from one stretch into the next.
            assertTrue(inputs[0] >= 240 || targets[2] < 240, "from " + inputs[0]);
            assertTrue(inputs[0] >= 40 || targets[2] < 40, "from " + inputs[0]);
        }
        assertTrue(differences > 400);
    }

    @Test
    void bytesOfATokenAreThoseOfWhatTheMixtureTakes() {
        List<Corpus.Stretch> mixture =
                List.of(new Corpus.Stretch("a", 0, 100, 300, 3), new Corpus.Stretch("b", 100, 900, 900, 1));
        Corpus.Part part = new Corpus.Part("training", counting(1000).tokens(), 1200, 2, mixture);
        assertEquals(1.2, part.bytesPerToken(), 1e-12);
        assertEquals(0.75 * 3 + 0.25 * 1, part.sampledBytesPerToken(), 1e-12);
        assertEquals(1, counting(10).sampledBytesPerToken(), 1e-12);
    }

    @Test
    void refusesAStretchWithoutSamplesOrShare() {
        assertThrows(UserError.class, () -> mixed(1, 1, 1, 1e9));
        List<Corpus.Stretch> mixture =
                List.of(new Corpus.Stretch("a", 0, 3, 3, 1), new Corpus.Stretch("b", 3, 100, 100, 1));
        Corpus.Part part = new Corpus.Part("training", counting(103).tokens(), 103, 2, mixture);
        UserError error =
                assertThrows(UserError.class, () -> new BatchSampler(part, 3, BatchSampler.Order.SHUFFLED, 1));
        assertTrue(error.getMessage().contains("the text of a has 3 tokens"), error.getMessage());
    }
}

package org.tornadomor.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
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
}

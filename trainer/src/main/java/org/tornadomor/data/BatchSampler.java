package org.tornadomor.data;

/**
 * Cuts tokens into samples of T inputs and T targets and says which sample comes when. Sample i covers the tokens
 * [iT, iT+T]: neighbours share one token, the last target of the one and the first input of the other. After the last
 * sample the next epoch begins. The order follows from the seed alone, so the number of samples taken is the whole state.
 */
public final class BatchSampler {
    /** In which order the samples come. */
    public enum Order {
        /** A new permutation of all samples in each epoch. */
        SHUFFLED,
        /** By position. */
        SEQUENTIAL
    }

    private static final int ROUNDS = 6;

    private final TokenSequence tokens;
    private final int context;
    private final Order order;
    private final long seed;
    private final long samples;
    private final int halfBits;

    /**
     * A sampler over one part of a corpus.
     *
     * @param context T
     * @param seed decides the shuffled orders
     * @throws org.tornadomor.UserError if the part is too short for one sample
     */
    public BatchSampler(Corpus.Part part, int context, Order order, long seed) {
        part.requireContext(context);
        this.tokens = part.tokens();
        this.context = context;
        this.order = order;
        this.seed = seed;
        this.samples = (tokens.size() - 1) / context;
        this.halfBits = (Long.SIZE - Long.numberOfLeadingZeros(samples - 1) + 1) / 2;
    }

    /** How many samples an epoch has. */
    public long samplesPerEpoch() {
        return samples;
    }

    /**
     * The first sample that an optimiser step takes; it takes {@code accumulate * batch} from there on.
     *
     * @param step from 1
     */
    public static long firstSample(long step, int accumulate, int batch) {
        return (step - 1) * accumulate * batch;
    }

    /** Which sample of the corpus, from 0, comes at a place of the order, from 0. */
    public long sampleAt(long sampleIndex) {
        long within = sampleIndex % samples;
        return order == Order.SEQUENTIAL ? within : permute(sampleIndex / samples, within);
    }

    /**
     * Writes the sample at a place of the order into a row of a batch. Allocates nothing.
     *
     * @param sampleIndex the place in the order, from 0; past the last sample the next epoch begins
     * @param inputs [rows, T]
     * @param targets [rows, T], one token later than the inputs
     */
    public void fill(long sampleIndex, int[] inputs, int[] targets, int row) {
        long from = sampleAt(sampleIndex) * context;
        tokens.copy(from, inputs, row * context, context);
        tokens.copy(from + 1, targets, row * context, context);
    }

    /**
     * A permutation of [0, samples) that needs no memory: a Feistel network permutes the next power of four, and values
     * outside are sent through it again until they fall inside.
     */
    private long permute(long epoch, long value) {
        long mask = (1L << halfBits) - 1;
        long key = mix(seed ^ mix(epoch + 1));
        long result = value;
        do {
            long left = result >>> halfBits;
            long right = result & mask;
            for (int round = 0; round < ROUNDS; round++) {
                long next = left ^ (mix(key + mix(right + ((long) round << Integer.SIZE))) & mask);
                left = right;
                right = next;
            }
            result = left << halfBits | right;
        } while (result >= samples);
        return result;
    }

    /** Scrambles all 64 bits: the finaliser of SplitMix64 (Steele, Lea and Flood 2014). */
    private static long mix(long value) {
        long z = value + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}

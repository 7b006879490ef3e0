package org.tornadomor.data;

import java.util.List;
import org.tornadomor.Counts;
import org.tornadomor.UserError;

/**
 * Cuts tokens into samples of T inputs and T targets and says which sample comes when. Sample i covers the tokens
 * [iT, iT+T]: neighbours share one token, the last target of the one and the first input of the other. After the last
 * sample the next epoch begins. The order follows from the seed alone, so the number of samples taken is the whole state.
 *
 * <p>The stretches of a mixture are cut each for itself and have epochs of their own. Of every {@link #BLOCK} samples each
 * stretch gives its share, to within one, and their places are shuffled.
 */
public final class BatchSampler {
    /** In which order the samples come. */
    public enum Order {
        /** A new permutation of all samples in each epoch. */
        SHUFFLED,
        /** By position. */
        SEQUENTIAL
    }

    /** Samples among which the stretches of a mixture have their shares. */
    static final int BLOCK = 1 << 12;

    private static final int ROUNDS = 6;
    private static final int INDEX_BITS = 48;

    /** Numbers that set apart the orders that one seed decides. */
    private static final long MIXTURE = 0x6D6978747572650AL;

    private static final long STRETCH = 0x9E3779B97F4A7C15L;

    private final TokenSequence tokens;
    private final int context;
    private final Order order;
    private final long seed;
    private final Stretch[] stretches;

    /** Tokens that have epochs of their own; {@code firstSample} is the number of its first sample among those of all. */
    private record Stretch(long start, long samples, long firstSample, double shareBefore, double shareAfter) {}

    /**
     * A sampler over one part of a corpus.
     *
     * @param context T
     * @param seed decides the shuffled orders
     * @throws UserError if the part, or a stretch of its mixture, is too short for one sample or has too small a share
     */
    public BatchSampler(Corpus.Part part, int context, Order order, long seed) {
        part.requireContext(context);
        this.tokens = part.tokens();
        this.context = context;
        this.order = order;
        this.seed = seed;
        this.stretches = part.mixture().size() < 2
                ? new Stretch[] {new Stretch(0, (tokens.size() - 1) / context, 0, 0, 1)}
                : stretches(part.mixture(), context);
    }

    private static Stretch[] stretches(List<Corpus.Stretch> mixture, int context) {
        double sum = mixture.stream().mapToDouble(Corpus.Stretch::weight).sum();
        Stretch[] stretches = new Stretch[mixture.size()];
        double before = 0;
        long firstSample = 0;
        for (int i = 0; i < stretches.length; i++) {
            Corpus.Stretch stretch = mixture.get(i);
            long samples = (stretch.length() - 1) / context;
            if (samples < 1) {
                throw new UserError(
                        "the text of " + stretch.name() + " has " + Counts.of(stretch.length(), "token") + ", but one"
                                + " sample of context " + context + " takes " + (context + 1L)
                                + ": give more of it, choose a shorter context, or leave it out");
            }
            if (stretch.weight() / sum * BLOCK < 1) {
                throw new UserError("the weight of " + stretch.name() + " is less than one sample in " + BLOCK
                        + ": give it more, or leave it out");
            }
            double after = i + 1 == stretches.length ? 1 : before + stretch.weight() / sum;
            stretches[i] = new Stretch(stretch.start(), samples, firstSample, before, after);
            before = after;
            firstSample += samples;
        }
        return stretches;
    }

    /** How many samples there are: an epoch, unless there is a mixture. */
    public long samplesPerEpoch() {
        Stretch last = stretches[stretches.length - 1];
        return last.firstSample + last.samples;
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
        long packed = place(sampleIndex);
        Stretch stretch = stretches[stretchOf(packed)];
        return stretch.firstSample + within(stretchOf(packed), indexOf(packed));
    }

    /**
     * Writes the sample at a place of the order into a row of a batch. Allocates nothing.
     *
     * @param sampleIndex the place in the order, from 0; past the last sample the next epoch begins
     * @param inputs [rows, T]
     * @param targets [rows, T], one token later than the inputs
     */
    public void fill(long sampleIndex, int[] inputs, int[] targets, int row) {
        long packed = place(sampleIndex);
        int stretch = stretchOf(packed);
        copy(stretches[stretch].start + within(stretch, indexOf(packed)) * context, inputs, targets, row);
    }

    /**
     * Writes a sample into a row of a batch, whatever its place in the order.
     *
     * @param sample its number in the corpus, as {@link #sampleAt} gives it
     * @param inputs as {@link #fill}
     */
    public void fillWith(long sample, int[] inputs, int[] targets, int row) {
        int stretch = stretches.length - 1;
        while (stretches[stretch].firstSample > sample) {
            stretch--;
        }
        copy(stretches[stretch].start + (sample - stretches[stretch].firstSample) * context, inputs, targets, row);
    }

    private void copy(long from, int[] inputs, int[] targets, int row) {
        tokens.copy(from, inputs, row * context, context);
        tokens.copy(from + 1, targets, row * context, context);
    }

    private static int stretchOf(long packed) {
        return (int) (packed >>> INDEX_BITS);
    }

    private static long indexOf(long packed) {
        return packed & ((1L << INDEX_BITS) - 1);
    }

    /**
     * The stretch that a place of the order takes its sample from, and the sample's place in that stretch's own order, in one
     * number.
     */
    private long place(long sampleIndex) {
        if (stretches.length == 1) {
            return sampleIndex;
        }
        long block = sampleIndex / BLOCK;
        long rank = permute(seed ^ MIXTURE, block, sampleIndex % BLOCK, BLOCK);
        long low = 0;
        for (int i = 0; ; i++) {
            // Rounded sums of shares: what a stretch has given up to here is its share to within one, in every block.
            long given = given(block, i);
            long count = given(block + 1, i) - given;
            if (rank < low + count) {
                return ((long) i << INDEX_BITS) + given + rank - low;
            }
            low += count;
        }
    }

    /** How many samples of a stretch come in so many blocks. */
    private long given(long blocks, int stretch) {
        double samples = (double) blocks * BLOCK;
        return (long) Math.floor(samples * stretches[stretch].shareAfter)
                - (long) Math.floor(samples * stretches[stretch].shareBefore);
    }

    /** The sample of a stretch that comes at a place of its own order. */
    private long within(int stretch, long index) {
        long samples = stretches[stretch].samples;
        long place = index % samples;
        // The first stretch is shuffled as a corpus without a mixture is.
        return order == Order.SEQUENTIAL ? place : permute(seed + stretch * STRETCH, index / samples, place, samples);
    }

    /**
     * A permutation of [0, count) that needs no memory: a Feistel network permutes the next power of four, and values
     * outside are sent through it again until they fall inside.
     */
    private static long permute(long seed, long epoch, long value, long count) {
        int halfBits = (Long.SIZE - Long.numberOfLeadingZeros(count - 1) + 1) / 2;
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
        } while (result >= count);
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

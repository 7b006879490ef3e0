package org.tornadomor.cli.devices;

import java.util.Locale;
import java.util.stream.IntStream;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfig;

/**
 * Models with random weights that every machine makes alike, and what comes out of them. Losses, depths and tokens were computed in double
 * precision by the formulas alone, so that no engine has marked its own work: {@code GoldenModelTest} computes them again. Losses in
 * training are those of the CPU engine, whose gradients tests hold against finite differences.
 */
public enum GoldenModel {
    VANILLA(
            null,
            new double[] {
                7.569168, 6.220889, 7.394665, 7.101462, 3.587866, 4.267428, 5.125345, 5.486490, 7.810721, 5.116740,
                2.862452, 6.042123, 8.237057, 1.176198, 6.001025, 5.324160, 5.578737, 6.442557, 4.387986, 4.114844,
                5.766874, 5.740647, 6.079118, 3.367837
            },
            new int[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
            new int[0],
            new double[0]),
    EXPERT_CHOICE(
            MorConfig.expertChoice(2),
            new double[] {
                8.219102, 5.447647, 7.822330, 5.531837, 2.513830, 4.885878, 1.673424, 7.439072, 8.304713, 6.024768,
                5.026745, 8.016668, 7.778306, 5.984833, 7.793817, 4.531005, 4.908186, 6.614409, 6.299006, 4.823513,
                4.224017, 4.374757, 6.982530, 4.399929
            },
            new int[] {2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 2},
            new int[] {61, 61, 7, 7, 7, 7, 35, 30, 20, 32, 30, 24, 43, 43, 43, 61, 57, 61},
            new double[] {
                5.803197, 0.002294, 0, 0, 0, 0, 0, 4.655990, 0.001754, 0, 0, 0, 0, 0, 3.664691, 0.001425, 0, 0, 0, 0, 0
            }),
    TOKEN_CHOICE(
            MorConfig.tokenChoice(2),
            new double[] {
                8.128036, 6.203418, 6.334959, 7.145218, 3.864343, 3.941617, 5.779246, 5.893856, 8.288128, 5.507720,
                5.933111, 8.026169, 8.833333, 4.944462, 8.351000, 5.015036, 6.294150, 5.953136, 4.894962, 3.071124,
                4.620213, 4.476872, 6.393858, 3.910603
            },
            new int[] {1, 2, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 1, 2, 2, 2, 2, 1, 1, 1, 2, 2, 1},
            new int[] {12, 12, 12, 12, 12, 12, 22, 54, 30, 24, 40, 42, 43, 3, 12, 63, 32, 12},
            new double[] {
                5.908524, 0, 0.115916, 0, 0, 0, 0, 4.438416, 0, 0.121211, 0, 0, 0, 0, 3.697528, 0, 0.109472, 0, 0, 0, 0
            });

    /** Sequences that are scored, and their tokens. */
    public static final int SEQUENCES = 2;

    public static final int LENGTH = 12;
    /** Of the weights. */
    public static final long SEED = 7;
    /** Tokens of the prompts that are continued. */
    public static final int[] PROMPTS = {5, 9, 2};
    /** Tokens that follow each of them. */
    public static final int NEW_TOKENS = 6;

    /** Steps of training on the sequences that are scored, and their learning rate. */
    public static final int TRAINING_STEPS = 3;

    public static final float LEARNING_RATE = 3e-3f;

    private static final int VOCABULARY = 64;
    private static final int CONTEXT = 32;

    private final MorConfig mor;
    private final double[] losses;
    private final int[] depths;
    private final int[] continued;
    private final double[] trained;

    GoldenModel(MorConfig mor, double[] losses, int[] depths, int[] continued, double[] trained) {
        this.mor = mor;
        this.losses = losses;
        this.depths = depths;
        this.continued = continued;
        this.trained = trained;
    }

    /** How a configuration spells it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The model: four layers of width 32, two heads that share keys; weights wide enough to tell tokens apart. */
    public ModelConfig config() {
        return new ModelConfig(VOCABULARY, 32, 48, 4, 2, 1, 16, 1e-5, 10000, CONTEXT, true, 0.3, mor);
    }

    /** So many tokens of sequence {@code sequence}, and with one more the targets. */
    public static int[] tokens(int sequence, int count) {
        return IntStream.range(0, count)
                .map(i -> (11 + 29 * sequence + 37 * i + 5 * i * i) % VOCABULARY)
                .toArray();
    }

    /** Cross-entropies of all tokens of the sequences that are scored, causally, in nats. */
    public double[] losses() {
        return losses.clone();
    }

    /** Their recursions. */
    public int[] depths() {
        return depths.clone();
    }

    /** The likeliest tokens that follow each prompt; none for {@link #VANILLA}, two of whose tokens are nearly alike. */
    public int[] continued() {
        return continued.clone();
    }

    /** Losses of each training step, as {@link org.tornadomor.model.Losses} orders them; none for {@link #VANILLA}. */
    public double[] trained() {
        return trained.clone();
    }
}

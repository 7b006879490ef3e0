package org.tornadomor.trainer;

import java.util.Arrays;

/** A held-out text as a model sees it, routed as in generation; overwritten by the next evaluation. */
public final class Excerpt {
    private final int[] tokens;
    private final int[] depths;
    private final float[] losses;

    Excerpt(int length) {
        tokens = new int[length];
        depths = new int[length];
        losses = new float[length];
    }

    /** Copies the first row of a batch. */
    void set(int[] batchTokens, int[] batchDepths, float[] batchLosses) {
        System.arraycopy(batchTokens, 0, tokens, 0, tokens.length);
        System.arraycopy(batchDepths, 0, depths, 0, depths.length);
        System.arraycopy(batchLosses, 0, losses, 0, losses.length);
    }

    /** The tokens. */
    public int[] tokens() {
        return tokens.clone();
    }

    /** How many recursions each token took. */
    public int[] depths() {
        return depths.clone();
    }

    /** How hard each token was to predict from those before it, in nats; not a number for the first. */
    public double[] losses() {
        double[] shifted = new double[losses.length];
        Arrays.fill(shifted, Double.NaN);
        for (int i = 1; i < shifted.length; i++) {
            shifted[i] = losses[i - 1];
        }
        return shifted;
    }
}

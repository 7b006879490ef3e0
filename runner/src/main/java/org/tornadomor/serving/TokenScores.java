package org.tornadomor.serving;

import java.util.Arrays;

/** Turns logits into scores of tokens. */
final class TokenScores {
    private TokenScores() {}

    /**
     * How likely a token is.
     *
     * @param logits [V]; what is no number counts as no probability
     * @param id the token
     * @param top so many of the likeliest are given beside it
     */
    static TokenScore of(float[] logits, int id, int top) {
        float max = Float.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = logit > max ? logit : max;
        }
        double sum = 0;
        for (float logit : logits) {
            if (logit == max) {
                sum++;
            } else if (logit > Float.NEGATIVE_INFINITY) {
                sum += Math.exp((double) logit - max);
            }
        }
        double log = Math.log(sum);
        int[] ids = likeliest(logits, Math.min(top, logits.length));
        double[] values = new double[ids.length];
        for (int i = 0; i < ids.length; i++) {
            values[i] = logProbability(logits[ids[i]], max, log);
        }
        return new TokenScore(logProbability(logits[id], max, log), ids, values);
    }

    private static double logProbability(float logit, float max, double log) {
        if (logit == max) {
            return 0 - log;
        }
        return logit > Float.NEGATIVE_INFINITY ? (double) logit - max - log : Double.NEGATIVE_INFINITY;
    }

    /** In order of falling logits, ties by id. */
    private static int[] likeliest(float[] logits, int most) {
        int[] ids = new int[most];
        float[] values = new float[most];
        int count = 0;
        for (int id = 0; id < logits.length && most > 0; id++) {
            float value = Float.isNaN(logits[id]) ? Float.NEGATIVE_INFINITY : logits[id];
            if (count == most && value <= values[most - 1]) {
                continue;
            }
            int at = count < most ? count++ : most - 1;
            for (; at > 0 && values[at - 1] < value; at--) {
                values[at] = values[at - 1];
                ids[at] = ids[at - 1];
            }
            values[at] = value;
            ids[at] = id;
        }
        return Arrays.copyOf(ids, count);
    }
}

package org.tornadomor.model;

/** How sure a model is of its answer behind a recursion, from 0 to 1. Tokens leave by this, and evaluations measure it. */
public final class Confidence {
    private Confidence() {}

    /**
     * By how much the most probable token is ahead of the second, in probabilities ({@link ExitRule.By#SOFTMAX}).
     *
     * @param logits of all tokens, {@code vocabulary} of them from {@code at} on
     */
    public static double softmax(float[] logits, int at, int vocabulary) {
        float first = Float.NEGATIVE_INFINITY;
        float second = Float.NEGATIVE_INFINITY;
        for (int i = at; i < at + vocabulary; i++) {
            if (logits[i] > first) {
                second = first;
                first = logits[i];
            } else if (logits[i] > second) {
                second = logits[i];
            }
        }
        double sum = 0;
        for (int i = at; i < at + vocabulary; i++) {
            sum += Math.exp((double) logits[i] - first);
        }
        return (1 - Math.exp((double) second - first)) / sum;
    }

    /**
     * The cosine of two states ({@link ExitRule.By#STATE}).
     *
     * @param at where both begin, {@code width} long
     */
    static double cosine(float[] a, float[] b, int at, int width) {
        double dot = 0;
        double aa = 0;
        double bb = 0;
        for (int i = at; i < at + width; i++) {
            dot += (double) a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return aa == 0 || bb == 0 ? 0 : dot / Math.sqrt(aa * bb);
    }

    /**
     * The probability that a token has left, after another recursion ({@link ExitRule.By#GATE}).
     *
     * @param stayed the probability that it had not
     * @param logit of the gate behind this recursion
     */
    static double stays(double stayed, float logit) {
        return stayed / (1 + Math.exp(logit));
    }
}

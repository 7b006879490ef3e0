package org.tornadomor.trainer;

import java.util.Arrays;

/**
 * What the routers did with the tokens they saw. Figures that need tokens are NaN before there are any.
 *
 * <p>Depths count from 1: the recursions that a token took.
 */
public final class RouterStatistics {
    private final int context;
    private final long[] tokensAtDepth;
    private final boolean[] reachedEnd;
    private final long[] agreed;
    private final long[] decided;

    /**
     * Statistics of nothing yet.
     *
     * @param recursions N_r
     * @param context T, the positions of a sample
     */
    public RouterStatistics(int recursions, int context) {
        this.context = context;
        this.tokensAtDepth = new long[recursions];
        this.reachedEnd = new boolean[context];
        this.agreed = new long[recursions];
        this.decided = new long[recursions];
    }

    /** Forgets everything. */
    public void reset() {
        Arrays.fill(tokensAtDepth, 0);
        Arrays.fill(reachedEnd, false);
        Arrays.fill(agreed, 0);
        Arrays.fill(decided, 0);
    }

    /**
     * Takes in whole samples.
     *
     * @param depth [rows, T], the recursions of each token
     * @param count rows x T
     */
    public void addDepths(int[] depth, int count) {
        for (int i = 0; i < count; i++) {
            tokensAtDepth[depth[i] - 1]++;
            if (depth[i] == tokensAtDepth.length) {
                reachedEnd[i % context] = true;
            }
        }
    }

    /**
     * Takes in the decisions of one expert-choice router in training: for each candidate the logit, and whether top-k
     * selected it. Decisions that causal mode does not take (recursion 1, where all go on) are better left out.
     *
     * @param recursion from 1
     * @param logits of the router that decides in causal mode
     * @param count how many candidates
     */
    public void addDecisions(int recursion, float[] logits, boolean[] selected, int count) {
        long same = 0;
        for (int i = 0; i < count; i++) {
            same += logits[i] > 0 == selected[i] ? 1 : 0;
        }
        agreed[recursion - 1] += same;
        decided[recursion - 1] += count;
    }

    /**
     * Takes in decisions of one expert-choice router that were compared elsewhere.
     *
     * @param recursion from 1
     * @param share of them in which the threshold and top-k agree
     * @param count how many
     */
    public void addAgreement(int recursion, double share, long count) {
        agreed[recursion - 1] += Math.round(share * count);
        decided[recursion - 1] += count;
    }

    /** For each depth the share of tokens that ended there. */
    public double[] depthShare() {
        double[] share = new double[tokensAtDepth.length];
        for (int r = 0; r < share.length; r++) {
            share[r] = (double) tokensAtDepth[r] / tokens();
        }
        return share;
    }

    /** The recursions a token took on average. */
    public double meanDepth() {
        double mean = 0;
        double[] share = depthShare();
        for (int r = 0; r < share.length; r++) {
            mean += (r + 1) * share[r];
        }
        return mean;
    }

    /** The share of decisions in which the threshold and top-k agree. */
    public double samplingAccuracy() {
        return (double) sum(agreed) / sum(decided);
    }

    /** The same for one recursion, from 1. */
    public double samplingAccuracy(int recursion) {
        return (double) agreed[recursion - 1] / decided[recursion - 1];
    }

    /**
     * The share of positions at which no sample's token took the last recursion. Falls as samples come in; the paper
     * takes 500 samples of 2048.
     */
    public double deadTokenRatio() {
        if (tokens() == 0) {
            return Double.NaN;
        }
        int dead = 0;
        for (boolean reached : reachedEnd) {
            dead += reached ? 0 : 1;
        }
        return (double) dead / context;
    }

    /** Token-choice: how far the fullest depth lies above an even share, relative to that share. */
    public double maxViolation() {
        double most = 0;
        for (double share : depthShare()) {
            most = Math.max(most, share); // NaN stays NaN
        }
        return most * tokensAtDepth.length - 1;
    }

    /**
     * Token-choice: entropy of the depths in nats, ln N_r when they are even. It is the entropy of the choices, not of the
     * probabilities behind them, since that is what the paper's tables hold (a MaxVio of 0.956 at N_r = 3 goes with 0.646, the
     * entropy of the shares 0.652 and 0.348).
     */
    public double entropy() {
        double entropy = 0;
        for (double share : depthShare()) {
            entropy -= share == 0 ? 0 : share * Math.log(share);
        }
        return entropy;
    }

    /** How many tokens were taken in. */
    public long tokens() {
        return sum(tokensAtDepth);
    }

    private static long sum(long[] values) {
        long sum = 0;
        for (long value : values) {
            sum += value;
        }
        return sum;
    }
}

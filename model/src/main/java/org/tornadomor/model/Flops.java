package org.tornadomor.model;

import java.util.Arrays;

/**
 * What a model costs for rows of T tokens. Two countings exist and are not to be mixed:
 *
 * <ul>
 *   <li>{@link #forwardPerToken() forward}: the paper's accounting (appendix D), which its budgets are stated in: two
 *       per weight and the causal half of attention; keys and values at full width; no embedding, head, norm or router;
 *   <li>{@link #trainingPerToken() training}: model FLOPs of a training step, from which GFLOP/s and utilisation
 *       follow: six per parameter that a token uses, head counted, and 6 L d T for causal attention.
 * </ul>
 *
 * A <em>share</em> is an array with entry r - 1 for recursion r: the part of the tokens that the recursion computes.
 */
public final class Flops {
    private final ModelConfig config;
    private final LayerMap map;
    private final int tokens;

    /** The costs of {@code config} on rows of {@code tokens} tokens. */
    public Flops(ModelConfig config, int tokens) {
        Checks.positive("the row length", tokens);
        this.config = config;
        this.map = new LayerMap(config);
        this.tokens = tokens;
    }

    /**
     * The share of active tokens that the configuration plans: all without a router, the capacities for expert-choice,
     * and perfect balance for token-choice.
     */
    public double[] plannedShare() {
        return config.mor() == null ? new double[] {1} : config.router().plannedShare(config.mor());
    }

    /**
     * The share of active tokens for a distribution of depths: entry r - 1 = share of tokens whose last recursion is r.
     */
    public static double[] activeShare(double[] depthShare) {
        double[] share = depthShare.clone();
        for (int i = share.length - 2; i >= 0; i--) {
            share[i] += share[i + 1];
        }
        return share;
    }

    /** Forward FLOPs of a token, the paper's accounting, at the planned share. */
    public double forwardPerToken() {
        return forwardPerToken(plannedShare());
    }

    /**
     * Forward FLOPs of a token, the paper's accounting, averaged over a row. A layer with share c costs
     * 2 (4 d^2 + 3 d ffn) c, and 2 T d c^2 for attention among the active tokens. A recursion that reads the keys and
     * values of the first saves their projections and attends to all tokens, 2 T d c; in hybrid mode it attends to all
     * and projects its own.
     */
    public double forwardPerToken(double[] activeShare) {
        double d = config.hiddenSize();
        double sum = 0;
        for (int l = 0; l < map.numLayers(); l++) {
            double c = share(l, activeShare);
            boolean reads = map.kvSource(l) != l;
            double matrices = (projectsKv(l) ? 4 : 2) * d * d
                    + 3 * d * config.intermediateSize()
                    + LoraConfig.elements(config, map, l);
            sum += 2 * matrices * c + 2 * d * c * seen(l, reads ? tokens : c * tokens);
        }
        return sum;
    }

    /** The optimiser steps of {@code batchTokens} tokens that a budget of forward FLOPs pays for, rounded. */
    public long steps(double budget, long batchTokens) {
        return Math.round(budget / (forwardPerToken() * batchTokens));
    }

    /**
     * The part of the forward FLOPs that a distribution of depths saves over full depth for every token: 0 to below 1.
     */
    public double computeSaved(double[] depthShare) {
        double[] full = new double[config.recursions()];
        Arrays.fill(full, 1);
        // Shares that were added up may exceed 1 by a rounding error.
        return Math.max(0, 1 - forwardPerToken(activeShare(depthShare)) / forwardPerToken(full));
    }

    /** Model FLOPs of a training step, for each token, at the planned share. */
    public double trainingPerToken() {
        return trainingPerToken(plannedShare());
    }

    /**
     * Model FLOPs of a training step, for each token: six per parameter that the token uses (embedding lookup left out,
     * head counted) and 6 d T for each layer's causal attention, each layer weighted with its share of active tokens.
     * This counts the key length of a routed layer as the whole row, or its window, whatever it attends to.
     */
    public double trainingPerToken(double[] activeShare) {
        double d = config.hiddenSize();
        double parameters = config.vocabSize() * d + d + routers(activeShare);
        double attention = 0;
        for (int l = 0; l < map.numLayers(); l++) {
            double c = share(l, activeShare);
            boolean projects = projectsKv(l);
            parameters += c
                    * (ParameterCount.projections(config, projects)
                            + ParameterCount.vectors(config, projects)
                            + LoraConfig.elements(config, map, l));
            attention += c * config.queryWidth() * seen(l, tokens);
        }
        return 6 * (parameters + attention);
    }

    /**
     * Twice the keys that a token of a row of n sees on average: n, or with a window w of fewer tokens
     * {@code 2 w - w^2 / n}.
     */
    private double seen(int l, double n) {
        int window = config.architecture().kind(l).window();
        return window == 0 || window >= n ? n : 2.0 * window - (double) window * window / n;
    }

    /** Router parameters that a token uses: a recursion's router sees the tokens of the recursion before. */
    private double routers(double[] activeShare) {
        double used = 0;
        for (RouterParameter parameter : config.router().parameters(config)) {
            if (parameter.role() != RouterParameter.Role.BIAS) {
                double seen = parameter.recursion() == 1 ? 1 : activeShare[parameter.recursion() - 2];
                used += seen * parameter.elements(config);
            }
        }
        return used;
    }

    private boolean projectsKv(int l) {
        return map.kvSource(l) == l || config.kv() == KvMode.HYBRID;
    }

    private double share(int l, double[] activeShare) {
        int r = map.recursion(l);
        return r == 0 ? 1 : activeShare[r - 1];
    }
}

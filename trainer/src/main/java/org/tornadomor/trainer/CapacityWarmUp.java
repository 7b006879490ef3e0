package org.tornadomor.trainer;

import org.tornadomor.UserError;
import org.tornadomor.model.ModelConfig;

/**
 * Expert-choice that begins with every token at every depth: over the first W steps capacity falls along half a cosine from 1
 * to the model's own, {@code c(t) = c + (1 - c) (1 + cos(pi t / W)) / 2}, t being the steps taken before. All micro-batches of
 * a step have the same capacity, so accumulation changes nothing.
 */
final class CapacityWarmUp {
    /** As in {@link ModelConfig#capacities}. */
    private static final double FLOOR_SLACK = 1e-9;

    private final int context;
    private final int steps;
    private final int[] last;
    private final double[] shares;

    /** @throws UserError if the model has no capacities */
    CapacityWarmUp(ModelConfig model, int context, int steps) {
        if (steps > 0 && !model.router().hasCapacities()) {
            throw new UserError(
                    "capacity_warmup is for expert_choice models, the only ones with capacities; set it to 0");
        }
        this.context = context;
        this.steps = steps;
        last = model.capacities(context);
        shares = new double[last.length];
        for (int r = 0; r < last.length; r++) {
            shares[r] = model.mor() != null && model.mor().capacity() != null
                    ? model.mor().capacity().get(r)
                    : (double) (last.length - r) / last.length;
        }
    }

    /** Whether capacities change at all. */
    boolean active() {
        return steps > 0;
    }

    /**
     * The capacities of a step.
     *
     * @param step from 1
     * @param k filled with the most tokens of a sample at each recursion
     */
    void at(long step, int[] k) {
        double high = step > steps ? 0 : 0.5 * (1 + Math.cos(Math.PI * (step - 1) / steps));
        for (int r = 0; r < k.length; r++) {
            double share = shares[r] + (1 - shares[r]) * high;
            k[r] = high == 0 ? last[r] : Math.max(last[r], (int) Math.floor(share * context + FLOOR_SLACK));
        }
    }
}

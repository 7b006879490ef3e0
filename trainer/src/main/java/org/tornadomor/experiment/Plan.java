package org.tornadomor.experiment;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.model.Flops;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;
import org.tornadomor.trainer.TrainingConfig;

/**
 * The runs of a grid: steps by the paper's accounting of forward FLOPs ({@link Flops#steps}), a trapezoid whose warm-up is a share
 * of the smallest budget of the model and whose cool-down is a share of each budget.
 *
 * @param grid what was asked for
 * @param trunks size by size, seed by seed, model by model
 */
public record Plan(Grid grid, List<Trunk> trunks) {
    /** Fewer say nothing about a model. */
    private static final int LEAST_STEPS = 10;

    /**
     * Plans the runs.
     *
     * @throws UserError naming the size and the model that cannot be trained, or a budget that pays for too few steps
     */
    public static Plan of(Grid grid) {
        List<Trunk> trunks = new ArrayList<>();
        for (Map.Entry<String, Map<String, Object>> size : grid.sizes().entrySet()) {
            for (long seed : grid.seeds().get(size.getKey())) {
                for (Map.Entry<String, Map<String, Object>> model :
                        grid.models().entrySet()) {
                    try {
                        trunks.add(trunk(grid, size, model, seed));
                    } catch (UserError e) {
                        throw new UserError(size.getKey() + " " + model.getKey() + ": " + e.getMessage(), e);
                    }
                }
            }
        }
        return new Plan(grid, List.copyOf(trunks));
    }

    private static Trunk trunk(
            Grid grid,
            Map.Entry<String, Map<String, Object>> size,
            Map.Entry<String, Map<String, Object>> model,
            long seed) {
        TrainingConfig config = grid.base()
                .over(size.getValue())
                .over(model.getValue())
                .with("seed", Long.toString(seed))
                .with("schedule", "trapezoid");
        ModelConfig resolved = resolve(config);
        Flops flops = new Flops(resolved, config.context());
        double perStep = flops.forwardPerToken() * config.tokensPerStep();
        List<Double> budgets = grid.budgets().get(size.getKey());
        long warmup = Math.max(1, Math.round(grid.warmup() * flops.steps(budgets.getFirst(), config.tokensPerStep())));
        List<Cell> cells = new ArrayList<>();
        for (double budget : budgets) {
            long steps = flops.steps(budget, config.tokensPerStep());
            long decay = Math.max(1, Math.round(grid.decay() * steps));
            if (steps < LEAST_STEPS || warmup > steps - decay) {
                throw new UserError("a budget of " + Cell.label(budget) + " pays for " + Counts.of(steps, "step")
                        + " of "
                        + Cell.label(perStep) + " forward FLOPs, which are too few: raise the budget, or lower batch,"
                        + " accumulate or context");
            }
            TrainingConfig own = config.with("steps", Long.toString(steps))
                    .with("warmup", '"' + Long.toString(warmup) + '"')
                    .with("lr_decay", Double.toString((double) decay / steps));
            if (!cells.isEmpty() && steps - decay <= cells.getLast().branchStep()) {
                throw new UserError("budgets " + Cell.label(cells.getLast().budget()) + " and " + Cell.label(budget)
                        + " are the same number of steps: spread them");
            }
            cells.add(new Cell(size.getKey(), model.getKey(), seed, budget, steps, decay, steps * perStep, own));
        }
        return new Trunk(size.getKey(), model.getKey(), seed, resolved, cells);
    }

    private static ModelConfig resolve(TrainingConfig config) {
        String name = config.tokenizer() == null ? "bytes" : config.tokenizer();
        try (Tokenizer tokenizer = Tokenizers.load(name)) {
            return config.modelFor(tokenizer);
        }
    }

    /** All runs. */
    public List<Cell> cells() {
        return trunks.stream().flatMap(trunk -> trunk.cells().stream()).toList();
    }
}

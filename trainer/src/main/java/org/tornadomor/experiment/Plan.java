package org.tornadomor.experiment;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.model.Flops;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;
import org.tornadomor.trainer.TrainingConfig;

/**
 * The runs of a grid: steps by tokens or by the paper's accounting of forward FLOPs ({@link Flops#steps}), and a trapezoid
 * whose warm-up is a share of the smallest budget of the model and whose cool-down is a share of each budget.
 *
 * @param grid what was asked for
 * @param trunks size by size, seed by seed, model by model
 */
public record Plan(Grid grid, List<Trunk> trunks) {
    /** Fewer steps say nothing about a model. */
    private static final int LEAST_STEPS = 10;

    /**
     * Plans the runs.
     *
     * @throws UserError naming the size and the model that cannot be trained, or a budget that pays for too few steps
     */
    public static Plan of(Grid grid) {
        List<Trunk> trunks = new ArrayList<>();
        Converted.Originals originals = new Converted.Originals();
        for (String size : grid.sizes().keySet()) {
            for (long seed : seeds(grid, size)) {
                for (String model : grid.models().keySet()) {
                    try {
                        if (grid.seeds(size, model).contains(seed)) {
                            trunks.add(trunk(grid, size, model, seed, originals));
                        }
                    } catch (UserError e) {
                        throw new UserError(size + " " + model + ": " + e.getMessage(), e);
                    }
                }
            }
        }
        return new Plan(grid, List.copyOf(trunks));
    }

    /** The seeds of all models, each once. */
    private static List<Long> seeds(Grid grid, String size) {
        return grid.models().keySet().stream()
                .flatMap(model -> grid.seeds(size, model).stream())
                .distinct()
                .toList();
    }

    private static Trunk trunk(Grid grid, String size, String model, long seed, Converted.Originals originals) {
        TrainingConfig config = grid.base()
                .over(grid.sizes().get(size))
                .over(grid.models().get(model))
                .with("seed", Long.toString(seed))
                .with("schedule", "trapezoid");
        ConvertKeys keys = grid.convert(size, model);
        Converted converted = keys == null
                ? null
                : Converted.of(keys, seed, size + "-" + model + "-seed-" + seed, config.unknownKeys(), originals);
        if (converted != null) {
            config = config.begunWith(converted.path(), converted.target());
        }
        ModelConfig resolved = resolve(config);
        return new Trunk(size, model, seed, resolved, converted, cells(grid, size, model, seed, config, resolved));
    }

    private static List<Cell> cells(
            Grid grid, String size, String model, long seed, TrainingConfig config, ModelConfig resolved) {
        Flops flops = new Flops(resolved, config.context());
        double perStep = flops.forwardPerToken() * config.tokensPerStep();
        List<Double> budgets = grid.budgets().get(size);
        double unit = grid.unit() == Grid.Unit.TOKENS ? config.tokensPerStep() : perStep;
        long warmup = Math.max(1, Math.round(grid.warmup() * Math.round(budgets.getFirst() / unit)));
        List<Cell> cells = new ArrayList<>();
        for (double budget : budgets) {
            long steps = Math.round(budget / unit);
            long decay = Math.max(1, Math.round(grid.decay() * steps));
            if (steps < LEAST_STEPS || warmup > steps - decay) {
                throw new UserError(
                        "a budget of " + Cell.label(budget) + " pays for " + Counts.of(steps, "step") + " of "
                                + Cell.label(unit) + " " + grid.unit().words()
                                + ", which are too few: raise the budget, or lower"
                                + " batch, accumulate or context");
            }
            TrainingConfig own = config.with("steps", Long.toString(steps))
                    .with("warmup", '"' + Long.toString(warmup) + '"')
                    .with("lr_decay", Double.toString((double) decay / steps));
            if (!cells.isEmpty() && steps - decay <= cells.getLast().branchStep()) {
                throw new UserError("budgets " + Cell.label(cells.getLast().budget()) + " and " + Cell.label(budget)
                        + " are the same number of steps: spread them");
            }
            cells.add(new Cell(size, model, seed, grid.unit(), budget, steps, decay, steps * perStep, own));
        }
        return cells;
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

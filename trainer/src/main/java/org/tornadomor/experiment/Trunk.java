package org.tornadomor.experiment;

import java.util.List;
import org.tornadomor.model.ModelConfig;

/**
 * The long run of one model, size and seed, at a constant rate, from which the run of each budget branches off to cool down.
 *
 * @param config the model, complete
 * @param converted what it begins with; null for random weights and for a checkpoint that exists already
 * @param cells by budget, ascending
 */
public record Trunk(String size, String model, long seed, ModelConfig config, Converted converted, List<Cell> cells) {
    public Trunk {
        cells = List.copyOf(cells);
    }

    /** The path of its folder below that of the experiment. */
    public String folder() {
        return "runs/" + size + "/" + model + "/seed-" + seed;
    }

    /** The steps of the long run and of all cool-downs: what has to be computed. */
    public long steps() {
        return cells.getLast().branchStep()
                + cells.stream().mapToLong(Cell::decaySteps).sum();
    }

    @Override
    public String toString() {
        return size + " " + model + " seed " + seed;
    }
}

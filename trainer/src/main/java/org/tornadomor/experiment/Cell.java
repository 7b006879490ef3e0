package org.tornadomor.experiment;

import java.util.Locale;
import org.tornadomor.trainer.TrainingConfig;

/**
 * One run of an experiment.
 *
 * @param size name of the size
 * @param model name of the model
 * @param unit of the budget
 * @param budget what was asked for
 * @param steps that the budget pays for
 * @param decaySteps the last ones, in which the learning rate falls
 * @param flops forward FLOPs of those steps: the budget to within half a step, if it is one of FLOPs
 * @param config of a run of its own, from the first step on
 */
public record Cell(
        String size,
        String model,
        long seed,
        Grid.Unit unit,
        double budget,
        long steps,
        long decaySteps,
        double flops,
        TrainingConfig config) {

    /** The step after which the run leaves the trunk. */
    public long branchStep() {
        return steps - decaySteps;
    }

    /** The name of the run's folder. */
    public String folder() {
        return unit.folder() + "-" + label(budget);
    }

    /** A budget in few characters. */
    static String label(double budget) {
        String text = String.format(Locale.ROOT, "%.3e", budget);
        String digits = text.substring(0, text.indexOf('e')).replaceFirst("\\.?0+$", "");
        return digits + "e" + Integer.parseInt(text.substring(text.indexOf('e') + 1));
    }

    @Override
    public String toString() {
        return size + " " + model + " seed " + seed + " at " + label(budget);
    }
}

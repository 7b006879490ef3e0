package org.tornadomor.trainer;

import org.tornadomor.model.ExitLosses;
import org.tornadomor.model.ModelConfig;

/**
 * The {@code exit} keys of a {@link TrainingConfig}: losses at the ends of recursions before the last, so that tokens may leave
 * there ({@code --max-depth} of the commands that generate and evaluate).
 *
 * @param loss whether there are such losses, and how they are weighed
 * @param coefficient of the losses before the last, with {@link Loss#AGGRESSIVE}
 * @param distill whether the earlier ends learn the distribution of the last end instead of the next token
 */
public record Exit(Loss loss, double coefficient, boolean distill) {
    static final Exit NONE = new Exit(Loss.NONE, 0.1, false);

    /** How losses at exits are weighed. */
    public enum Loss {
        /** There are none. */
        NONE,
        /** Recursion r counts r over the sum of all, the last one too. */
        WEIGHTED,
        /** The last counts 1, those before it the coefficient. */
        AGGRESSIVE
    }

    public Exit {
        TrainingConfig.positive("exit.coefficient", coefficient);
    }

    /** Refuses models that cannot have such losses. */
    void requireFits(ModelConfig model) {
        if (loss != Loss.NONE) {
            ExitLosses.requireFits(model);
        }
    }

    /** What a training pass is given; null for none. */
    ExitLosses losses(int recursions) {
        return switch (loss) {
            case NONE -> null;
            case WEIGHTED -> ExitLosses.weighted(recursions, distill);
            case AGGRESSIVE -> ExitLosses.aggressive(recursions, (float) coefficient, distill);
        };
    }
}

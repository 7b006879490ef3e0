package org.tornadomor.cli.options;

import org.tornadomor.UserError;
import org.tornadomor.model.ModelConfig;
import picocli.CommandLine.Option;

/** How deep tokens may go: the two settings that trade the quality of a trained model for cost. */
public final class DepthOptions {
    private static final double NEUTRAL = 0.5;

    @Option(
            names = "--threshold",
            paramLabel = "P",
            description =
                    "In causal mode a token goes on to the next recursion if the router's probability is above this;"
                            + " less means deeper. Expert-choice only. Default: 0.5.")
    private Double threshold;

    @Option(
            names = "--max-depth",
            paramLabel = "N",
            description = "Run at most so many recursions. Default: as many as the model has.")
    private Integer maxDepth;

    /**
     * The probability above which tokens go on.
     *
     * @param causal whether causal decisions are taken at all
     * @throws UserError if it was given and would change nothing, or is no probability
     */
    public double threshold(ModelConfig config, boolean causal) {
        if (threshold == null) {
            return NEUTRAL;
        }
        if (!(threshold >= 0 && threshold <= 1)) {
            throw new UserError("--threshold " + threshold + " is not a probability; give a number from 0 to 1");
        }
        if (!config.router().hasThreshold()) {
            throw new UserError("--threshold is for models with an expert-choice router, which this one is not; leave"
                    + " it out or use --max-depth");
        }
        if (!causal) {
            throw new UserError("--threshold changes nothing in train mode, where the top k go on; add --mode causal");
        }
        if (maxDepth != null && maxDepth == 1) {
            throw new UserError(
                    "--threshold changes nothing with --max-depth 1, where no token goes on; leave one out");
        }
        return threshold;
    }

    /**
     * The most recursions of a token.
     *
     * @throws UserError if the model does not have so many
     */
    public int maxDepth(ModelConfig config) {
        if (maxDepth == null) {
            return config.recursions();
        }
        if (maxDepth < 1 || maxDepth > config.recursions()) {
            throw new UserError("--max-depth " + maxDepth + " is not from 1 to " + config.recursions()
                    + ", the recursions of the model");
        }
        return maxDepth;
    }
}

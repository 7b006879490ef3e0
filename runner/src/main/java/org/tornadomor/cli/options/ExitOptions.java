package org.tornadomor.cli.options;

import org.tornadomor.model.ExitRule;
import org.tornadomor.model.ModelConfig;
import picocli.CommandLine.Option;

/** The rule by which tokens of a recursive model without a router leave before the last recursion. */
public final class ExitOptions {
    static final String EXIT = "--exit";
    static final String THRESHOLD = "--exit-threshold";

    @Option(
            names = EXIT,
            paramLabel = "HOW",
            description = "Recursive models without a router: a new token leaves behind the first recursion at which"
                    + " softmax (how far the likeliest next token is ahead), state (the cosine of what the recursion"
                    + " began and ended with) or gate (the model's own, where it has one) reaches --exit-threshold;"
                    + " none: never. Default: gate as the model says, else none.")
    private String how;

    @Option(
            names = THRESHOLD,
            paramLabel = "X",
            description = "Above 0 and at most 1. Default: that of the model's gate, else 0.9.")
    private Double threshold;

    /**
     * The rule that the options mean for a model.
     *
     * @throws org.tornadomor.UserError if it makes no sense, or not for this model
     */
    public ExitRule rule(ModelConfig config) {
        ExitRule.By by = how == null ? null : ChoiceOption.parse(ExitRule.By.class, EXIT, how);
        return ExitRule.of(config, by, threshold, EXIT, THRESHOLD);
    }
}

package org.tornadomor.cli.options;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.language.GenerationOptions;
import org.tornadomor.model.ModelConfig;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** How tokens are drawn and how deep they may go. */
public final class SamplingOptions {
    static final String THRESHOLD = "--threshold";
    private static final String TEMPERATURE = "--temperature";
    private static final String TOP_K = "--top-k";
    private static final String TOP_P = "--top-p";
    private static final String MIN_P = "--min-p";
    private static final String SAMPLES = "--samples";
    private static final String FREQUENCY_PENALTY = "--frequency-penalty";
    private static final String PRESENCE_PENALTY = "--presence-penalty";

    @Mixin
    private SeedOption seed;

    @Option(
            names = {"-n", "--max-new-tokens"},
            paramLabel = "N",
            defaultValue = "200",
            description = "Generate at most so many tokens. Default: ${DEFAULT-VALUE}.")
    private int maxNewTokens;

    @Option(
            names = TEMPERATURE,
            paramLabel = "X",
            defaultValue = "0.8",
            description = "0 takes the likeliest token, 1 draws as the model says. Default: ${DEFAULT-VALUE}.")
    private double temperature;

    @Option(names = "--greedy", description = "The same as --temperature 0.")
    private boolean greedy;

    @Option(
            names = TOP_K,
            paramLabel = "K",
            defaultValue = "40",
            description = "Draw from the K likeliest tokens; 0 for all. Default: ${DEFAULT-VALUE}.")
    private int topK;

    @Option(
            names = TOP_P,
            paramLabel = "P",
            defaultValue = "1",
            description = "Draw from the fewest tokens that have this probability together. Default: ${DEFAULT-VALUE}.")
    private double topP;

    @Option(
            names = MIN_P,
            paramLabel = "P",
            defaultValue = "0",
            description = "Draw from the tokens that are at least P times as likely as the likeliest; 0 for all."
                    + " Default: ${DEFAULT-VALUE}.")
    private double minP;

    @Option(
            names = "--repetition-penalty",
            paramLabel = "X",
            defaultValue = "1",
            description = "Above 1 makes tokens that are there already less likely. Default: ${DEFAULT-VALUE}.")
    private double repetitionPenalty;

    @Option(
            names = FREQUENCY_PENALTY,
            paramLabel = "X",
            defaultValue = "0",
            description = "Take X from a token's logit for each time that it was drawn; the prompt does not count."
                    + " Default: ${DEFAULT-VALUE}.")
    private double frequencyPenalty;

    @Option(
            names = PRESENCE_PENALTY,
            paramLabel = "X",
            defaultValue = "0",
            description = "Take X from the logit of each token that was drawn already; the prompt does not count."
                    + " Default: ${DEFAULT-VALUE}.")
    private double presencePenalty;

    @Option(
            names = SAMPLES,
            paramLabel = "N",
            defaultValue = "1",
            description = "Write N texts of each prompt, from the seeds --seed, --seed + 1, ..."
                    + " Default: ${DEFAULT-VALUE}.")
    private int samples;

    @Option(
            names = "--stop",
            paramLabel = "TEXT",
            description = "End before this text, or at the special token that it spells, such as '<|eot_id|>'; may be"
                    + " given several times.")
    private List<String> stop = new ArrayList<>();

    @Option(
            names = THRESHOLD,
            paramLabel = "P",
            defaultValue = "0.5",
            description = "A token goes on to the next recursion if its router gives it more than this probability "
                    + "(expert-choice). Default: ${DEFAULT-VALUE}.")
    private double threshold;

    @Option(
            names = "--max-depth",
            paramLabel = "N",
            defaultValue = "0",
            description = "Tokens run at most so many recursions; 0 for all that the model has. "
                    + "Default: ${DEFAULT-VALUE}.")
    private int maxDepth;

    @Mixin
    private ExitOptions exits;

    /**
     * Refuses options that change nothing beside others.
     *
     * @throws org.tornadomor.UserError naming them
     */
    public void requireEffect(CommandSpec spec) {
        NoEffect.of(spec)
                .when(() -> greedy, "--greedy takes the likeliest token", TEMPERATURE)
                .when(
                        () -> greedy || temperature == 0,
                        "the likeliest token is taken",
                        TOP_K,
                        TOP_P,
                        MIN_P,
                        SAMPLES,
                        SeedOption.NAME)
                .when(
                        () -> topK == 1,
                        "--top-k 1 takes the likeliest token",
                        TEMPERATURE,
                        TOP_P,
                        MIN_P,
                        SAMPLES,
                        SeedOption.NAME)
                .when(
                        () -> minP == 1,
                        "--min-p 1 takes the likeliest token",
                        TEMPERATURE,
                        TOP_K,
                        TOP_P,
                        SAMPLES,
                        SeedOption.NAME)
                .when(
                        () -> maxNewTokens == 1,
                        "nothing was drawn before the only token",
                        FREQUENCY_PENALTY,
                        PRESENCE_PENALTY,
                        ExitOptions.EXIT,
                        ExitOptions.THRESHOLD)
                .when(
                        () -> maxDepth == 1,
                        "no token goes on with --max-depth 1",
                        THRESHOLD,
                        ExitOptions.EXIT,
                        ExitOptions.THRESHOLD);
    }

    /**
     * Looks at what depends on the model.
     *
     * @param options as {@link #options} gives them
     * @return the same for the model
     * @throws UserError naming what does not go with it
     */
    public GenerationOptions fit(CommandSpec spec, ModelConfig config, GenerationOptions options) {
        if (maxDepth > config.recursions()) {
            throw new UserError("--max-depth " + maxDepth + " is more than the model's "
                    + Counts.of(config.recursions(), "recursion") + "; give at most that");
        }
        NoEffect.of(spec)
                .when(
                        () -> !config.router().hasThreshold(),
                        "the model has no router that decides by a threshold",
                        THRESHOLD);
        return options.withExit(exits.rule(config));
    }

    /** The options as they were given. */
    public GenerationOptions options() {
        return new GenerationOptions(
                maxNewTokens,
                greedy ? 0 : temperature,
                topK,
                topP,
                minP,
                repetitionPenalty,
                frequencyPenalty,
                presencePenalty,
                samples,
                seed.value(),
                stop,
                threshold,
                maxDepth,
                null);
    }
}

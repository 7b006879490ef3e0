package org.tornadomor.language;

import java.util.List;
import java.util.function.Consumer;
import org.tornadomor.PublicApi;
import org.tornadomor.UserError;
import org.tornadomor.model.ExitRule;

/**
 * How to continue a prompt. {@link #DEFAULT} is a good start; the {@code with...} methods change one thing.
 *
 * @param maxNewTokens at most so many tokens
 * @param temperature 0 takes the likeliest token; 1 draws from the model's own distribution
 * @param topK draw from the k likeliest tokens only; 0 for all
 * @param topP draw from the smallest set of tokens with this probability; 1 for all
 * @param minP draw from the tokens with at least this share of the likeliest one's probability; 0 for all
 * @param repetitionPenalty above 1 makes tokens that are there already, in the prompt too, less likely; 1 for none
 * @param frequencyPenalty taken from a token's logit for each time that it was drawn; 0 for none
 * @param presencePenalty taken from the logit of each token that was drawn already; 0 for none
 * @param samples texts of each prompt, from the seeds {@code seed}, {@code seed + 1}, ...
 * @param seed of the draws. Each prompt draws from a stream of its own that depends on the seed alone: neither the other
 *     prompts of a call nor its place among them matter, and equal prompts give equal text. For another text take another seed
 * @param stop end before any of these strings; one that spells a special token ends at that token too
 * @param threshold expert-choice: a token goes on to the next recursion if its router gives it more than this probability
 * @param maxDepth at most so many recursions; 0 for as many as the model has
 * @param exit the rule by which tokens may leave earlier in models without a router; null for the model's own rule
 */
@PublicApi
public record GenerationOptions(
        int maxNewTokens,
        double temperature,
        int topK,
        double topP,
        double minP,
        double repetitionPenalty,
        double frequencyPenalty,
        double presencePenalty,
        int samples,
        long seed,
        List<String> stop,
        double threshold,
        int maxDepth,
        ExitRule exit) {
    /** 200 tokens at temperature 0.8 among the 40 likeliest. */
    public static final GenerationOptions DEFAULT =
            new GenerationOptions(200, 0.8, 40, 1, 0, 1, 0, 0, 1, 0, List.of(), 0.5, 0, null);

    private static final double MOST_PENALTY = 1e4;
    private static final int MOST_SAMPLES = 1000;

    public GenerationOptions {
        require(maxNewTokens >= 1, "--max-new-tokens " + maxNewTokens + " is not positive");
        require(temperature >= 0 && temperature < 1e4, "--temperature " + temperature + " is not in 0 to 10000");
        require(topK >= 0, "--top-k " + topK + " is negative; 0 means all tokens");
        require(topP > 0 && topP <= 1, "--top-p " + topP + " is not above 0 and at most 1");
        require(repetitionPenalty > 0, "--repetition-penalty " + repetitionPenalty + " is not positive; 1 means none");
        require(minP >= 0 && minP <= 1, "--min-p " + minP + " is not in 0 to 1");
        require(
                Math.abs(frequencyPenalty) <= MOST_PENALTY,
                "--frequency-penalty " + frequencyPenalty + " is not in -10000 to 10000; 0 means none");
        require(
                Math.abs(presencePenalty) <= MOST_PENALTY,
                "--presence-penalty " + presencePenalty + " is not in -10000 to 10000; 0 means none");
        require(samples >= 1 && samples <= MOST_SAMPLES, "--samples " + samples + " is not in 1 to " + MOST_SAMPLES);
        require(threshold >= 0 && threshold <= 1, "--threshold " + threshold + " is not a probability from 0 to 1");
        require(maxDepth >= 0, "--max-depth " + maxDepth + " is negative; 0 means all recursions");
        stop = List.copyOf(stop);
        require(stop.stream().noneMatch(String::isEmpty), "--stop is empty; give a string to stop at");
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new UserError(message);
        }
    }

    public GenerationOptions withMaxNewTokens(int value) {
        return with(change -> change.maxNewTokens = value);
    }

    public GenerationOptions withTemperature(double value) {
        return with(change -> change.temperature = value);
    }

    public GenerationOptions withSamples(int value) {
        return with(change -> change.samples = value);
    }

    public GenerationOptions withSeed(long value) {
        return with(change -> change.seed = value);
    }

    public GenerationOptions withStop(List<String> value) {
        return with(change -> change.stop = value);
    }

    public GenerationOptions withMaxDepth(int value) {
        return with(change -> change.maxDepth = value);
    }

    public GenerationOptions withThreshold(double value) {
        return with(change -> change.threshold = value);
    }

    public GenerationOptions withExit(ExitRule value) {
        return with(change -> change.exit = value);
    }

    private GenerationOptions with(Consumer<Change> change) {
        Change changed = new Change(this);
        change.accept(changed);
        return changed.options();
    }

    /** The options while one of them changes. */
    private static final class Change {
        private int maxNewTokens;
        private double temperature;
        private int topK;
        private double topP;
        private double minP;
        private double repetitionPenalty;
        private double frequencyPenalty;
        private double presencePenalty;
        private int samples;
        private long seed;
        private List<String> stop;
        private double threshold;
        private int maxDepth;
        private ExitRule exit;

        Change(GenerationOptions options) {
            maxNewTokens = options.maxNewTokens;
            temperature = options.temperature;
            topK = options.topK;
            topP = options.topP;
            minP = options.minP;
            repetitionPenalty = options.repetitionPenalty;
            frequencyPenalty = options.frequencyPenalty;
            presencePenalty = options.presencePenalty;
            samples = options.samples;
            seed = options.seed;
            stop = options.stop;
            threshold = options.threshold;
            maxDepth = options.maxDepth;
            exit = options.exit;
        }

        GenerationOptions options() {
            return new GenerationOptions(
                    maxNewTokens,
                    temperature,
                    topK,
                    topP,
                    minP,
                    repetitionPenalty,
                    frequencyPenalty,
                    presencePenalty,
                    samples,
                    seed,
                    stop,
                    threshold,
                    maxDepth,
                    exit);
        }
    }
}

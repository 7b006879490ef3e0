package org.tornadomor.serving;

import java.util.Objects;
import org.tornadomor.PublicApi;
import org.tornadomor.UserError;
import org.tornadomor.model.ExitRule;

/**
 * Tokens to continue.
 *
 * @param prompt at least one token
 * @param maxNewTokens at most so many more; with 0 a request makes sense only for scores of the prompt
 * @param sampling how tokens are drawn
 * @param seed of the draws: the same request gives the same tokens, whatever runs beside it
 * @param ends tokens that end the text; they are not part of it
 * @param threshold expert-choice: a token goes on to the next recursion if its router gives it more than this probability
 * @param maxDepth at most so many recursions; 0 for as many as the model has
 * @param exit the rule by which tokens may leave early in models without a router; null for the model's own rule
 * @param extras what few requests ask for
 */
@PublicApi
public record Request(
        int[] prompt,
        int maxNewTokens,
        Sampling sampling,
        long seed,
        int[] ends,
        double threshold,
        int maxDepth,
        ExitRule exit,
        Extras extras) {
    /**
     * How a token is drawn. Each limit looks at the probabilities of all tokens at the temperature, so the order of the limits
     * does not matter: the tokens that are left are those that pass all of them.
     *
     * @param temperature 0 takes the likeliest token
     * @param topK among the k likeliest; 0 for all
     * @param topP among the smallest set with this probability; 1 for all
     * @param minP among those with at least this share of the likeliest one's probability; 0 for all
     * @param repetitionPenalty above 1 makes tokens that are there already less likely; 1 for none
     */
    public record Sampling(double temperature, int topK, double topP, double minP, double repetitionPenalty) {
        /** The likeliest token. */
        public static final Sampling GREEDY = new Sampling(0, 0, 1, 1);

        /** @throws UserError if a number is out of its range */
        public Sampling {
            require(temperature >= 0 && temperature < 1e4, "a temperature of " + temperature, "from 0 to 10000");
            require(topK >= 0, "a top-k of " + topK, "from 0 on, 0 for all tokens");
            require(topP > 0 && topP <= 1, "a top-p of " + topP, "above 0 and at most 1");
            require(minP >= 0 && minP <= 1, "a min-p of " + minP, "from 0 to 1");
            require(
                    repetitionPenalty > 0 && repetitionPenalty < 1e4,
                    "a repetition penalty of " + repetitionPenalty,
                    "above 0 and below 10000, 1 for none");
        }

        /** Without a least probability. */
        public Sampling(double temperature, int topK, double topP, double repetitionPenalty) {
            this(temperature, topK, topP, 0, repetitionPenalty);
        }
    }

    /** @throws UserError if a number is out of its range */
    public Request {
        if (prompt.length == 0) {
            throw new UserError("the prompt is empty; give at least one token");
        }
        require(maxNewTokens >= 0, "a number of " + maxNewTokens + " new tokens", "from 0 on");
        require(threshold >= 0 && threshold <= 1, "a threshold of " + threshold, "from 0 to 1");
        require(maxDepth >= 0, "a maximum depth of " + maxDepth, "from 0 on, 0 for all recursions");
        Objects.requireNonNull(sampling);
        Objects.requireNonNull(extras);
    }

    /** Without extras. */
    public Request(
            int[] prompt, int maxNewTokens, Sampling sampling, long seed, int[] ends, double threshold, int maxDepth) {
        this(prompt, maxNewTokens, sampling, seed, ends, threshold, maxDepth, Extras.NONE);
    }

    /** With the model's own rule of when tokens leave. */
    public Request(
            int[] prompt,
            int maxNewTokens,
            Sampling sampling,
            long seed,
            int[] ends,
            double threshold,
            int maxDepth,
            Extras extras) {
        this(prompt, maxNewTokens, sampling, seed, ends, threshold, maxDepth, null, extras);
    }

    static void require(boolean condition, String what, String range) {
        if (!condition) {
            throw new UserError(what + " does not work; use a number " + range);
        }
    }
}

package org.tornadomor.serving;

import java.util.Map;
import org.tornadomor.PublicApi;
import org.tornadomor.UserError;

/**
 * Options that few requests use. Bias and penalties change logits on the host, in this order: bias, repetition penalty,
 * frequency and presence penalty, as llama.cpp does; then the token is drawn. Without any of them logits stay where they are.
 * So they do if there is a repetition penalty alone, and no scores are wanted: the engine applies that penalty.
 *
 * @param logitBias added to the logits of these tokens
 * @param frequencyPenalty taken from a token's logit for each time that it was drawn; the prompt does not count
 * @param presencePenalty taken from the logit of each token that was drawn already; the prompt does not count
 * @param topScores -1: no scores; 0: only that of the drawn token; n: also those of the n likeliest, at most {@link #MOST_SCORES}
 * @param promptScores scores of the prompt's tokens too; the whole prompt is then computed, without keys of other requests
 * @param ignoreEnd go on behind tokens that end a text, which then are tokens like others
 */
@PublicApi
public record Extras(
        Map<Integer, Double> logitBias,
        double frequencyPenalty,
        double presencePenalty,
        int topScores,
        boolean promptScores,
        boolean ignoreEnd) {
    /** Nothing. */
    public static final Extras NONE = new Extras(Map.of(), 0, 0, -1, false, false);

    /** Likeliest tokens that can be asked for. */
    public static final int MOST_SCORES = 1000;

    private static final double MAX = 1e4;

    /** @throws UserError if a number is out of its range */
    public Extras {
        logitBias = Map.copyOf(logitBias);
        logitBias.forEach((id, bias) -> Request.require(
                Math.abs(bias) <= MAX, "a bias of " + bias + " for token " + id, "from -10000 to 10000"));
        Request.require(
                Math.abs(frequencyPenalty) <= MAX,
                "a frequency penalty of " + frequencyPenalty,
                "from -10000 to 10000");
        Request.require(
                Math.abs(presencePenalty) <= MAX, "a presence penalty of " + presencePenalty, "from -10000 to 10000");
        Request.require(
                topScores >= -1 && topScores <= MOST_SCORES,
                "scores of the " + topScores + " likeliest tokens",
                "from 0 to " + MOST_SCORES + ", or -1 for none");
        if (promptScores && topScores < 0) {
            throw new UserError(
                    "scores of a prompt are wanted without saying which; ask for 0 or more likeliest tokens");
        }
    }

    /** Whether logits are changed before a token is drawn, beyond what the repetition penalty does. */
    boolean changesLogits() {
        return !logitBias.isEmpty() || frequencyPenalty != 0 || presencePenalty != 0;
    }
}

package org.tornadomor.language;

import java.util.Arrays;
import org.tornadomor.PublicApi;

/**
 * How likely a model finds a text.
 *
 * @param losses cross-entropy of each token that was predicted, in nats
 * @param depths recursions that each scored token's predecessor took
 */
@PublicApi
public record Score(double[] losses, int[] depths) {
    /** Mean cross-entropy in nats a token. */
    public double meanLoss() {
        return Arrays.stream(losses).average().orElse(Double.NaN);
    }

    public double perplexity() {
        return Math.exp(meanLoss());
    }
}

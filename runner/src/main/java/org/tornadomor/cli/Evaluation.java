package org.tornadomor.cli;

import java.util.concurrent.TimeUnit;
import org.tornadomor.UserError;
import org.tornadomor.data.TokenSequence;
import org.tornadomor.model.Scorer;
import org.tornadomor.trainer.RouterStatistics;

/**
 * The loss of a model on a text: sample i takes the tokens [iT, iT + T) and predicts the ones that follow; a shorter sample
 * takes what is left.
 */
final class Evaluation {
    private final Scorer scorer;
    private final TokenSequence tokens;
    private final int recursions;
    private final int batch;
    private final int context;
    private final WorkReport work;

    /**
     * What came out.
     *
     * @param loss mean cross-entropy of a token, in nats
     * @param depthShare share of the tokens whose last recursion is r, entry r - 1
     * @param meanDepth the recursions of a token
     */
    record Result(double loss, double[] depthShare, double meanDepth, double tokensPerSecond) {}

    /**
     * @param scorer for {@code batch} sequences of {@code context} tokens
     * @param tokens at least two
     * @param recursions N_r
     * @param work is told of each batch
     */
    Evaluation(Scorer scorer, TokenSequence tokens, int recursions, int batch, int context, WorkReport work) {
        this.scorer = scorer;
        this.tokens = tokens;
        this.recursions = recursions;
        this.batch = batch;
        this.context = context;
        this.work = work;
    }

    /** The tokens that are predicted: all but the first. */
    long predicted() {
        return tokens.size() - 1;
    }

    /**
     * Scores everything once.
     *
     * @param causal decide as in generation
     * @throws UserError if the model computes nothing finite
     */
    Result run(boolean causal, Progress progress) {
        RouterStatistics statistics = new RouterStatistics(recursions, context);
        float[] losses = new float[batch * context];
        int[] depths = new int[batch * context];
        int[] inputs = new int[batch * context];
        int[] targets = new int[batch * context];
        double sum = 0;
        long start = System.nanoTime();
        long from = 0;
        while (from < predicted()) {
            long left = predicted() - from;
            int length = (int) Math.min(context, left);
            int sequences = (int) Math.min(batch, left / length);
            int count = sequences * length;
            tokens.copy(from, inputs, 0, count);
            tokens.copy(from + 1, targets, 0, count);
            scorer.score(inputs, targets, sequences, length, causal, null);
            scorer.losses(losses);
            scorer.depths(depths);
            for (int i = 0; i < count; i++) {
                sum += losses[i];
            }
            statistics.addDepths(depths, count);
            progress.advance(count);
            work.mark(causal ? "batch, routed as in generation" : "batch, routed as in training", true);
            from += count;
        }
        double seconds = (System.nanoTime() - start) / (double) TimeUnit.SECONDS.toNanos(1);
        double loss = sum / predicted();
        if (!Double.isFinite(loss)) {
            throw new UserError("The model's loss on this text is not finite; use an earlier checkpoint");
        }
        return new Result(loss, statistics.depthShare(), statistics.meanDepth(), predicted() / seconds);
    }
}

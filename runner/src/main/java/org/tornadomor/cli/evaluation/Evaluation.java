package org.tornadomor.cli.evaluation;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.WorkReport;
import org.tornadomor.model.Scorer;
import org.tornadomor.terminal.Progress;
import org.tornadomor.trainer.RouterStatistics;

/**
 * The loss of a model on texts. Each piece is cut into windows: the first takes its first T tokens and predicts the ones that
 * follow, the next goes on behind it, the last is shorter. Windows of one length run together.
 */
final class Evaluation {
    private final Scorer scorer;
    private final Windows windows;
    private final int recursions;
    private final int batch;
    private final int context;
    private final WorkReport work;

    /**
     * What came out.
     *
     * @param loss mean cross-entropy of a predicted token, in nats
     * @param depthShare share of the tokens whose last recursion is r, entry r - 1
     * @param meanDepth the recursions of a token
     */
    record Result(double loss, double[] depthShare, double meanDepth, double tokensPerSecond) {}

    /**
     * @param scorer for {@code batch} sequences of {@code context} tokens
     * @param recursions N_r
     * @param work is told of each batch
     */
    Evaluation(
            Scorer scorer, List<EvaluationText.Piece> pieces, int recursions, int batch, int context, WorkReport work) {
        this.scorer = scorer;
        this.recursions = recursions;
        this.batch = batch;
        this.context = context;
        this.work = work;
        windows = new Windows(pieces, batch, context);
    }

    /** The tokens of the longest window. */
    int context() {
        return context;
    }

    /** The tokens that run through the model in one pass over the text. */
    long tokens() {
        return windows.tokens();
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
        double sum = 0;
        long start = System.nanoTime();
        for (windows.rewind(); windows.next(); ) {
            int count = windows.count();
            scorer.score(windows.inputs(), windows.targets(), windows.sequences(), windows.length(), causal, null);
            scorer.losses(losses);
            scorer.depths(depths);
            for (int i = 0; i < count; i++) {
                sum += windows.targets()[i] >= 0 ? losses[i] : 0;
            }
            statistics.addDepths(depths, count);
            progress.advance(count);
            work.mark(causal ? "batch, routed as in generation" : "batch, routed as in training", true);
        }
        double seconds = (System.nanoTime() - start) / (double) TimeUnit.SECONDS.toNanos(1);
        double loss = sum / windows.scored();
        if (!Double.isFinite(loss)) {
            throw new UserError("The model's loss on this text is not finite; use an earlier checkpoint");
        }
        return new Result(loss, statistics.depthShare(), statistics.meanDepth(), windows.tokens() / seconds);
    }
}

package org.tornadomor.trainer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tornadomor.data.BatchSampler;
import org.tornadomor.data.Corpus;
import org.tornadomor.engine.Engine;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.RouterKind;
import org.tornadomor.model.Scorer;

/** Measures a model on the same held-out samples each time, spread over the held-out text. */
final class Evaluator implements AutoCloseable {
    /** Not the seed of the run: runs are to be compared on the same samples. */
    private static final long SEED = 0;

    private final ModelConfig config;
    private final Scorer scorer;
    private final BatchSampler sampler;
    private final int context;
    private final int batch;
    private final int samples;
    private final int[] inputs;
    private final int[] targets;
    private final int[] depths;
    private final float[] losses;
    private final float[] agreement;
    private final RouterStatistics trained;
    private final RouterStatistics causal;
    private final Excerpt excerpt;

    /**
     * @param batch most samples to score at once
     * @param samples how many to score in all; fewer if the text is shorter
     * @param documentEnd the token behind which attention begins anew, or -1
     * @throws org.tornadomor.UserError if the held-out text is too short for one sample
     */
    Evaluator(
            Engine engine,
            ParameterSet weights,
            Corpus.Part heldOut,
            int context,
            int batch,
            int samples,
            int documentEnd) {
        this.config = weights.config();
        this.context = context;
        this.sampler = new BatchSampler(heldOut, context, BatchSampler.Order.SHUFFLED, SEED);
        this.samples = (int) Math.min(samples, sampler.samplesPerEpoch());
        this.batch = Math.min(batch, this.samples);
        this.scorer = new Scorer(engine, weights, this.batch, context);
        scorer.keepWithinDocuments(documentEnd);
        inputs = new int[this.batch * context];
        targets = new int[this.batch * context];
        depths = new int[this.batch * context];
        losses = new float[this.batch * context];
        agreement = new float[config.recursions()];
        trained = new RouterStatistics(config.recursions(), context);
        causal = new RouterStatistics(config.recursions(), context);
        excerpt = new Excerpt(context);
    }

    /** The first sample as it was scored last. */
    Excerpt excerpt() {
        return excerpt;
    }

    /** Scores all samples in both modes. */
    EvalMetrics measure(long step, long tokens) {
        trained.reset();
        causal.reset();
        double sum = 0;
        double causalSum = 0;
        for (int from = 0; from < samples; from += batch) {
            int count = Math.min(batch, samples - from);
            for (int row = 0; row < count; row++) {
                sampler.fill(from + row, inputs, targets, row);
            }
            sum += score(count, false, trained);
            countAgreement(count);
            causalSum += score(count, true, causal);
            if (from == 0) {
                excerpt.set(inputs, depths, losses);
            }
        }
        double scored = (double) samples * context;
        return new EvalMetrics(step, tokens, sum / scored, causalSum / scored, routers());
    }

    private double score(int count, boolean causally, RouterStatistics statistics) {
        scorer.score(inputs, targets, count, context, causally, null);
        scorer.losses(losses);
        scorer.depths(depths);
        statistics.addDepths(depths, count * context);
        double sum = 0;
        for (int i = 0; i < count * context; i++) {
            sum += losses[i];
        }
        return sum;
    }

    private void countAgreement(int count) {
        if (!config.router().looksAhead()) {
            return;
        }
        scorer.agreement(agreement);
        int[] k = config.capacities(context);
        for (int r = 2; r <= k.length; r++) {
            trained.addAgreement(r, agreement[r - 1], (long) count * k[r - 2]);
        }
    }

    private EvalMetrics.Routers routers() {
        RouterKind router = config.router();
        if (!router.routes()) {
            return null;
        }
        List<Double> accuracy = new ArrayList<>();
        for (int r = 2; r <= config.recursions() && router.looksAhead(); r++) {
            accuracy.add(trained.samplingAccuracy(r));
        }
        return new EvalMetrics.Routers(
                Arrays.stream(trained.depthShare()).boxed().toList(),
                Arrays.stream(causal.depthShare()).boxed().toList(),
                accuracy,
                trained.deadTokenRatio(),
                router.balances() ? trained.maxViolation() : Double.NaN,
                router.balances() ? trained.entropy() : Double.NaN);
    }

    @Override
    public void close() {
        scorer.close();
    }
}

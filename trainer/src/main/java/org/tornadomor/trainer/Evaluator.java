package org.tornadomor.trainer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tornadomor.data.BatchSampler;
import org.tornadomor.engine.Engine;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.RouterKind;
import org.tornadomor.model.Scorer;
import org.tornadomor.tokenizer.Tokenizer;

/** Measures a model on the same held-out samples each time, spread over the held-out text. */
final class Evaluator implements AutoCloseable {
    /** Not the seed of the run: runs are to be compared on the same samples. */
    private static final long SEED = 0;

    private final ModelConfig config;
    private final Tokenizer tokenizer;
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

    /** Bytes of the samples; 0 before these were scored for the first time. */
    private long bytes;

    /**
     * An evaluator of the text that a run holds out.
     *
     * @throws org.tornadomor.UserError if it is too short for one sample
     */
    Evaluator(Engine engine, ParameterSet weights, RunSetup setup) {
        this.config = weights.config();
        this.tokenizer = setup.tokenizer();
        this.context = setup.config().context();
        this.sampler = new BatchSampler(setup.corpus().validation(), context, BatchSampler.Order.SHUFFLED, SEED);
        this.samples = (int) Math.min(setup.config().evalSamples(), sampler.samplesPerEpoch());
        this.batch = Math.min(setup.config().batch(), samples);
        this.scorer = new Scorer(engine, weights, batch, context);
        scorer.keepWithinDocuments(setup.documentEnd());
        inputs = new int[batch * context];
        targets = new int[batch * context];
        depths = new int[batch * context];
        losses = new float[batch * context];
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
        long text = 0;
        for (int from = 0; from < samples; from += batch) {
            int count = Math.min(batch, samples - from);
            for (int row = 0; row < count; row++) {
                sampler.fill(from + row, inputs, targets, row);
                if (bytes == 0) {
                    text += tokenizer.countBytes(Arrays.copyOfRange(targets, row * context, (row + 1) * context));
                }
            }
            sum += score(count, false, trained);
            countAgreement(count);
            causalSum += score(count, true, causal);
            if (from == 0) {
                excerpt.set(inputs, depths, losses);
            }
        }
        bytes += text;
        double scored = (double) samples * context;
        return new EvalMetrics(step, tokens, bytes / scored, sum / scored, causalSum / scored, routers());
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

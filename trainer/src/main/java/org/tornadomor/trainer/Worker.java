package org.tornadomor.trainer;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.engine.Engine;
import org.tornadomor.model.Losses;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;

/**
 * One of the processes that compute a run together. It gets weights and samples, and gives back gradients, or how its own steps
 * changed the weights, with a report in floats:
 *
 * <ul>
 *   <li>gradients: the losses of its micro-batches, then its tokens of each depth (as many as {@code TrainingPass.loads}), then
 *       the seconds that it took;
 *   <li>local steps: for each step the losses, the norm of the gradients and the shares of the depths, then the seconds.
 * </ul>
 */
public final class Worker implements AutoCloseable {
    /** Floats that are sent in one piece. */
    public static final int CHUNK = 1 << 18;

    private final Collective.Plan plan;
    private final TrainingConfig config;
    private final ParameterSet weights;
    private final Computation computation;
    private final FlatWeights flatWeights;
    private final FlatWeights flatGradients;
    private final List<FlatWeights> flatMoments = new ArrayList<>();
    private final boolean local;

    private float[] values;
    private float[] unsent = new float[0];
    private long steps;
    private long done = -1;
    private Result last;

    /**
     * What a worker sends.
     *
     * @param chunks of {@link #CHUNK} floats, the last one shorter, encoded as {@link #sending} says
     * @param report of the worker
     */
    public record Result(List<byte[]> chunks, float[] report) {}

    /** A worker with what it, or one that it replaces, kept. */
    public Worker(Engine engine, Collective.Plan plan, Collective.State state) {
        this.plan = plan;
        config = TrainingConfig.parse(plan.config(), "the run's configuration");
        local = config.cluster().localSteps() > 0;
        ModelConfig model = ModelConfig.parse(plan.model(), "the run's model");
        weights = new ParameterSet(engine, "weights", model);
        computation = new Computation(engine, config, weights, config.capacityWarmup() > 0, null, plan.documentEnd());
        flatWeights = new FlatWeights(engine, weights);
        flatGradients = new FlatWeights(engine, computation.pass.gradients());
        computation.optimizer.moments().forEach(set -> flatMoments.add(new FlatWeights(engine, set)));
        if (state.moments().length > 0) {
            int half = state.moments().length / 2;
            flatMoments.getFirst().upload(state.moments(), 0);
            flatMoments.getLast().upload(state.moments(), half);
        }
        steps = state.steps();
        unsent = state.unsent();
    }

    /** The run that it works for. */
    public Collective.Plan plan() {
        return plan;
    }

    /** Whether it keeps anything from one work to the next. */
    public boolean keeps() {
        return local;
    }

    /** The number of the last work that it did; -1 before the first. */
    public long done() {
        return done;
    }

    /** How what it computes is to be read. */
    public Sending sending() {
        return config.cluster().send();
    }

    /**
     * Works. The last work once more gives the same result: who asked may have lost it.
     *
     * @param from the weights to begin with, flat
     */
    public Result run(Collective.Work work, float[] from) {
        if (work.number() == done && local) {
            return last;
        }
        long began = System.nanoTime();
        flatWeights.upload(from, 0);
        if (values == null) {
            values = new float[flatWeights.size()];
        }
        float[] report = local ? changes(work, from) : gradients(work);
        report[report.length - 1] = (System.nanoTime() - began) / 1e9f;
        Result result = new Result(encoded(), report);
        // Gradients can be computed again.
        last = local ? result : null;
        done = work.number();
        return result;
    }

    private List<byte[]> encoded() {
        List<byte[]> chunks = new ArrayList<>();
        Sending sending = sending();
        boolean rounds = sending != Sending.FLOAT32;
        if (rounds && unsent.length == 0) {
            unsent = new float[values.length];
        }
        float[] decoded = new float[rounds ? CHUNK : 0];
        for (int at = 0; at < values.length; at += CHUNK) {
            int count = Math.min(CHUNK, values.length - at);
            if (rounds) {
                for (int i = 0; i < count; i++) {
                    values[at + i] += unsent[at + i];
                    decoded[i] = 0;
                }
            }
            byte[] chunk = sending.encode(values, at, count);
            if (rounds) {
                sending.addTo(decoded, count, chunk);
                for (int i = 0; i < count; i++) {
                    unsent[at + i] = values[at + i] - decoded[i];
                }
            }
            chunks.add(chunk);
        }
        return chunks;
    }

    private float[] gradients(Collective.Work work) {
        computation.begin(work.capacities() == null ? null : work.capacities()[0]);
        int rows = work.tokens().length / (config.context() + 1);
        for (int micro = 0; micro < rows / config.batch(); micro++) {
            add(work, micro);
        }
        computation.readLosses();
        flatGradients.download(values, 0);
        int[] load = new int[computation.pass.loads()];
        computation.pass.load(load);
        float[] report = new float[Losses.COUNT + load.length + 1];
        System.arraycopy(computation.losses, 0, report, 0, Losses.COUNT);
        for (int i = 0; i < load.length; i++) {
            report[Losses.COUNT + i] = load[i];
        }
        return report;
    }

    private float[] changes(Collective.Work work, float[] from) {
        int one = Losses.COUNT + 1 + computation.depthShare.length;
        float[] report = new float[work.rates().length * one + 1];
        for (int i = 0; i < work.rates().length; i++) {
            computation.begin(work.capacities() == null ? null : work.capacities()[i]);
            for (int micro = 0; micro < config.accumulate(); micro++) {
                add(work, i * config.accumulate() + micro);
            }
            // A worker that lost its moments begins with fresh ones, whose corrections count from there.
            double norm = computation.readLosses() ? computation.move(work.rates()[i], ++steps) : Double.NaN;
            computation.pass.depthShare(computation.depthShare);
            System.arraycopy(computation.losses, 0, report, i * one, Losses.COUNT);
            report[i * one + Losses.COUNT] = (float) norm;
            for (int r = 0; r < computation.depthShare.length; r++) {
                report[i * one + Losses.COUNT + 1 + r] = (float) computation.depthShare[r];
            }
        }
        flatWeights.download(values, 0);
        for (int i = 0; i < values.length; i++) {
            values[i] -= from[i];
        }
        return report;
    }

    /** Adds a micro-batch of the work. */
    private void add(Collective.Work work, int micro) {
        int context = config.context();
        for (int row = 0; row < config.batch(); row++) {
            int at = (micro * config.batch() + row) * (context + 1);
            System.arraycopy(work.tokens(), at, computation.inputs, row * context, context);
            System.arraycopy(work.tokens(), at + 1, computation.targets, row * context, context);
        }
        computation.add();
    }

    /** What it keeps from one work to the next. */
    public Collective.State state() {
        if (!local) {
            return Collective.State.FRESH;
        }
        int size = flatMoments.getFirst().size();
        float[] moments = new float[2 * size];
        flatMoments.getFirst().download(moments, 0);
        flatMoments.getLast().download(moments, size);
        return new Collective.State(steps, moments, unsent.clone());
    }

    @Override
    public void close() {
        computation.close();
        weights.close();
    }
}

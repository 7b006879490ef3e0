package org.tornadomor.trainer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.tornadomor.data.BatchSampler;
import org.tornadomor.engine.Engine;
import org.tornadomor.model.Losses;
import org.tornadomor.model.ParameterSet;

/**
 * Steps that workers take. This process has the weights, deals out the samples, and moves the weights by what comes back: by
 * gradients in every step, or, after some steps that each worker took for itself, by the mean of their changes with Nesterov
 * momentum.
 */
abstract sealed class SharedSteps implements Steps {
    final TrainingConfig config;
    final RunSetup setup;
    final Computation computation;
    final Collective collective;
    final int workers;
    final FlatWeights weights;
    final float[] values;

    private final Consumer<ExchangeMetrics> listener;
    private final int[] inputs;
    private final int[] targets;
    private long number;

    SharedSteps(
            Engine engine,
            RunSetup setup,
            Computation computation,
            Collective collective,
            Consumer<ExchangeMetrics> listener) {
        this.setup = setup;
        this.config = setup.config();
        this.computation = computation;
        this.collective = collective;
        this.listener = listener;
        workers = config.cluster().workers();
        weights = new FlatWeights(engine, computation.weights);
        values = new float[weights.size()];
        inputs = new int[config.context()];
        targets = new int[config.context()];
    }

    /** The steps that a configuration asks for. */
    static SharedSteps of(
            Engine engine,
            RunSetup setup,
            Computation computation,
            Collective collective,
            Consumer<ExchangeMetrics> listener) {
        return setup.config().cluster().localSteps() == 0
                ? new Gradients(engine, setup, computation, collective, listener)
                : new Local(engine, setup, computation, collective, listener);
    }

    @Override
    public void begin(List<Collective.State> states) {
        List<Collective.State> begin = states.isEmpty() ? Collections.nCopies(workers, Collective.State.FRESH) : states;
        String run = UUID.randomUUID().toString();
        collective.begin(new Collective.Plan(run, config.toYaml(), setup.model().toJson(), setup.documentEnd()), begin);
    }

    /** Puts a sample into the tokens of a work. */
    final void fill(long sample, int[] tokens, int row) {
        int context = config.context();
        setup.sampler().fill(sample, inputs, targets, 0);
        System.arraycopy(inputs, 0, tokens, row * (context + 1), context);
        tokens[row * (context + 1) + context] = targets[context - 1];
    }

    /** The capacities of some steps, or null. */
    final int[][] capacities(long first, int count) {
        if (!setup.capacities().active()) {
            return null;
        }
        int[][] capacities = new int[count][setup.model().recursions()];
        for (int i = 0; i < count; i++) {
            setup.capacities().at(first + i, capacities[i]);
        }
        return capacities;
    }

    /** Exchanges with the workers: {@link #values} go to them. */
    final Collective.Reduced exchange(long first, double[] asked, int[][] tokens) {
        long began = System.nanoTime();
        float[] rates = new float[asked.length];
        for (int i = 0; i < rates.length; i++) {
            rates[i] = (float) asked[i];
        }
        int[][] capacities = capacities(first, rates.length);
        List<Collective.Work> work = new ArrayList<>();
        for (int[] share : tokens) {
            work.add(new Collective.Work(number, first, rates, capacities, share));
        }
        collective.broadcast(values);
        Collective.Reduced reduced = collective.allReduce(work);
        number++;
        double[] seconds = reduced.reports().stream()
                .mapToDouble(report -> report[report.length - 1])
                .toArray();
        listener.accept(new ExchangeMetrics(
                first + rates.length - 1,
                workers,
                reduced.bytes(),
                (System.nanoTime() - began) / 1e9,
                Arrays.stream(seconds).boxed().toList()));
        return reduced;
    }

    /** Every step is shared. */
    private static final class Gradients extends SharedSteps {
        private final FlatWeights gradients;

        Gradients(
                Engine engine,
                RunSetup setup,
                Computation computation,
                Collective collective,
                Consumer<ExchangeMetrics> listener) {
            super(engine, setup, computation, collective, listener);
            gradients = new FlatWeights(engine, computation.pass.gradients());
        }

        @Override
        public Map<String, ParameterSet> kept() {
            return OwnSteps.moments(computation.optimizer);
        }

        @Override
        public void take(long first, int count, Rate rate, Taken taken) {
            double[] rates = {rate.at(first, 0)};
            int own = config.accumulate() / workers * config.batch();
            int[][] tokens = new int[workers][own * (config.context() + 1)];
            long sample = BatchSampler.firstSample(first, config.accumulate(), config.batch());
            for (int rank = 0; rank < workers; rank++) {
                for (int row = 0; row < own; row++) {
                    fill(sample++, tokens[rank], row);
                }
            }
            weights.download(values, 0);
            Collective.Reduced reduced = exchange(first, rates, tokens);
            int[][] capacities = capacities(first, 1);
            computation.begin(capacities == null ? null : capacities[0]);
            boolean finite = sumReports(reduced.reports());
            double norm = Double.NaN;
            if (finite) {
                gradients.upload(reduced.sum(), 0);
                norm = computation.move((float) rates[0], first);
            }
            computation.pass.depthShare(computation.depthShare);
            taken.step(first, rates[0], computation.losses, norm, computation.depthShare);
        }

        /** Losses and counts of all workers; each loss is divided by all micro-batches of the step already. */
        private boolean sumReports(List<float[]> reports) {
            double[] sums = new double[reports.getFirst().length - 1];
            for (float[] report : reports) {
                for (int i = 0; i < sums.length; i++) {
                    sums[i] += report[i];
                }
            }
            boolean finite = true;
            for (int i = 0; i < Losses.COUNT; i++) {
                computation.losses[i] = (float) sums[i];
                finite &= Float.isFinite(computation.losses[i]);
            }
            int[] load = new int[sums.length - Losses.COUNT];
            for (int i = 0; i < load.length; i++) {
                load[i] = (int) sums[Losses.COUNT + i];
            }
            if (load.length > 0) {
                computation.pass.setLoad(load);
            }
            return finite;
        }
    }

    /** Each worker takes steps of its own, and the changes of the weights are averaged (DiLoCo, arXiv 2311.08105). */
    private static final class Local extends SharedSteps {
        private final ParameterSet momentum;
        private final FlatWeights flatMomentum;
        private final float[] velocity;

        Local(
                Engine engine,
                RunSetup setup,
                Computation computation,
                Collective collective,
                Consumer<ExchangeMetrics> listener) {
            super(engine, setup, computation, collective, listener);
            // The first moments of an optimiser that has nothing to do here.
            momentum = computation.optimizer.moments().getFirst();
            flatMomentum = new FlatWeights(engine, momentum);
            velocity = new float[values.length];
        }

        @Override
        public int together() {
            return config.cluster().localSteps();
        }

        @Override
        public Map<String, ParameterSet> kept() {
            Map<String, ParameterSet> kept = new HashMap<>();
            kept.put("outer.", momentum);
            return kept;
        }

        @Override
        public List<Collective.State> states() {
            return collective.states();
        }

        @Override
        public void take(long first, int count, Rate rate, Taken taken) {
            double[] rates = new double[count];
            for (int i = 0; i < count; i++) {
                rates[i] = rate.at(first + i, i);
            }
            int rows = config.accumulate() * config.batch();
            int[][] tokens = new int[workers][count * rows * (config.context() + 1)];
            for (int rank = 0; rank < workers; rank++) {
                for (int i = 0; i < count; i++) {
                    long sample = ((first + i - 1) * workers + rank) * rows;
                    for (int row = 0; row < rows; row++) {
                        fill(sample++, tokens[rank], i * rows + row);
                    }
                }
            }
            weights.download(values, 0);
            Collective.Reduced reduced = exchange(first, rates, tokens);
            move(reduced.sum());
            tell(first, rates, reduced.reports(), taken);
        }

        private void move(float[] sum) {
            float rate = (float) config.cluster().outerRate();
            float keep = (float) config.cluster().outerMomentum();
            flatMomentum.download(velocity, 0);
            for (int i = 0; i < weights.trained(); i++) {
                float change = sum[i] / workers;
                velocity[i] = keep * velocity[i] + change;
                values[i] += rate * (change + keep * velocity[i]);
            }
            // What a router moves by itself has steps of one size, and no momentum.
            for (int i = weights.trained(); i < values.length; i++) {
                values[i] += sum[i] / workers;
            }
            flatMomentum.upload(velocity, 0);
            weights.upload(values, 0);
        }

        /** The means of the workers' steps. */
        private void tell(long first, double[] rates, List<float[]> reports, Taken taken) {
            int one = (reports.getFirst().length - 1) / rates.length;
            for (int i = 0; i < rates.length; i++) {
                double[] mean = new double[one];
                for (float[] report : reports) {
                    for (int k = 0; k < one; k++) {
                        mean[k] += (double) report[i * one + k] / reports.size();
                    }
                }
                for (int k = 0; k < Losses.COUNT; k++) {
                    computation.losses[k] = (float) mean[k];
                }
                double[] shares = Arrays.copyOfRange(mean, Losses.COUNT + 1, one);
                taken.step(first + i, rates[i], computation.losses, mean[Losses.COUNT], shares);
            }
        }
    }
}

package org.tornadomor.trainer;

import java.util.Arrays;
import java.util.Random;
import org.tornadomor.engine.Engine;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.TrainingPass;
import org.tornadomor.model.io.Checkpoints;

/** How long a training step takes on this machine, found out by taking some on random tokens. */
public final class StepProbe {
    private static final double NANOS = 1e9;
    private static final int LEAST_STEPS = 4;

    private StepProbe() {}

    /**
     * The median time of a step.
     *
     * @param model complete
     * @param config its batch, context and optimiser
     * @param seconds how long to try, half of it to warm up; a few steps in any case
     */
    public static double seconds(Engine engine, ModelConfig model, TrainingConfig config, double seconds) {
        try (ParameterSet weights = new ParameterSet(engine, "weights", model);
                TrainingPass pass = new TrainingPass(
                        engine,
                        weights,
                        config.batch(),
                        config.context(),
                        config.accumulate(),
                        false,
                        config.recompute(),
                        null,
                        null,
                        config.optimizer().trained());
                Optimizer optimizer = new Optimizer(
                        engine, weights, pass.gradients(), config.optimizer().settings())) {
            Checkpoints.initialise(engine, weights, config.seed());
            int[] tokens =
                    new Random(1).ints(pass.tokens(), 0, model.vocabSize()).toArray();
            long start = System.nanoTime();
            double[] times = new double[0];
            while (times.length < LEAST_STEPS || System.nanoTime() - start < seconds * NANOS) {
                long before = System.nanoTime();
                pass.begin();
                for (int micro = 0; micro < config.accumulate(); micro++) {
                    pass.add(tokens, tokens);
                }
                pass.end();
                optimizer.step(0, times.length + 1L);
                optimizer.gradientNorm();
                times = Arrays.copyOf(times, times.length + 1);
                times[times.length - 1] = (System.nanoTime() - before) / NANOS;
            }
            double[] warm = Arrays.copyOfRange(times, times.length / 2, times.length);
            Arrays.sort(warm);
            return warm[warm.length / 2];
        }
    }
}

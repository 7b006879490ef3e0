package org.tornadomor.bench;

import java.util.Random;
import org.tornadomor.engine.Engine;
import org.tornadomor.model.Losses;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.TrainingPass;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.trainer.Optimizer;

/** A model in training on random tokens: forward, backward, clipping, AdamW. */
final class TrainingStep implements AutoCloseable {
    private final Engine engine;
    private final ParameterSet weights;
    private final TrainingPass pass;
    private final Optimizer optimizer;
    private final int[] ids;
    private final int[] targets;
    private final float[] losses = new float[Losses.COUNT];
    private int steps;

    TrainingStep(Engine engine, ModelConfig config, int batch, int tokens) {
        this.engine = engine;
        weights = new ParameterSet(engine, "weights", config);
        Checkpoints.initialise(engine, weights, 1);
        pass = new TrainingPass(engine, weights, batch, tokens, 1, false);
        optimizer = new Optimizer(engine, weights, pass.gradients(), Optimizer.Settings.DEFAULT);
        Random random = new Random(1);
        ids = random.ints((long) batch * tokens, 0, config.vocabSize()).toArray();
        targets = random.ints((long) batch * tokens, 0, config.vocabSize()).toArray();
    }

    /** Runs a step and gives its seconds. */
    double run() {
        long start = System.nanoTime();
        pass.begin();
        pass.add(ids, targets);
        pass.end();
        optimizer.step(1e-4f, ++steps);
        pass.losses(losses);
        return (System.nanoTime() - start) * 1e-9;
    }

    /** Runs steps until they take no less time any more, or half a minute has passed. */
    void warmUp() {
        double best = run();
        int since = 0;
        for (long end = System.nanoTime() + 30_000_000_000L; since < 3 && System.nanoTime() < end; ) {
            double seconds = run();
            since = seconds < 0.97 * best ? 0 : since + 1;
            best = Math.min(best, seconds);
        }
    }

    /** Bytes in the engine's arenas. */
    long bytes() {
        return engine.memoryBytes();
    }

    @Override
    public void close() {
        optimizer.close();
        pass.close();
        weights.close();
    }
}

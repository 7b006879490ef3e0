package org.tornadomor.bench;

import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.Flops;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.Presets;

/**
 * A training step of one long sequence: seconds, and the memory that it takes within the heap that this JVM was given.
 * Arguments: presets.
 */
final class LongContext {
    private static final int TOKENS = 8192;

    private LongContext() {}

    public static void main(String[] args) {
        Results results = new Results(
                "A training step of one sequence of " + TOKENS + " tokens, Java heap of at most "
                        + (Runtime.getRuntime().maxMemory() >> 20) + " MiB",
                "model",
                "seconds",
                "GFLOP/s",
                "MiB");
        for (String name : args) {
            ModelConfig config = Presets.get(name).withMaxPositions(TOKENS);
            try (Engine engine = new CpuEngine();
                    TrainingStep step = new TrainingStep(engine, config, 1, TOKENS)) {
                step.run();
                double seconds = step.run();
                double flops = new Flops(config, TOKENS).trainingPerToken() * TOKENS;
                results.row(name, seconds, 1e-9 * flops / seconds, Long.toString(step.bytes() >> 20));
            }
        }
    }
}

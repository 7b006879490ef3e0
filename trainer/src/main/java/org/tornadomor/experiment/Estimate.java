package org.tornadomor.experiment;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.tornadomor.engine.Engine;
import org.tornadomor.trainer.StepProbe;
import org.tornadomor.trainer.TrainingConfig;

/** How long the runs of a plan will take on this machine, from a few steps of each model. */
public final class Estimate {
    private final Map<String, Double> stepSeconds = new HashMap<>();

    /**
     * Takes some steps of each model and size.
     *
     * @param secondsEach how long to try each
     */
    public static Estimate of(Plan plan, Function<TrainingConfig, Engine> engines, double secondsEach) {
        // The JVM compiles what all models have in common while the first one runs.
        measure(plan.trunks().getFirst(), engines, 2 * secondsEach);
        Estimate estimate = new Estimate();
        for (Trunk trunk : plan.trunks()) {
            estimate.stepSeconds.computeIfAbsent(key(trunk), key -> measure(trunk, engines, secondsEach));
        }
        return estimate;
    }

    private static double measure(Trunk trunk, Function<TrainingConfig, Engine> engines, double seconds) {
        TrainingConfig config = trunk.cells().getLast().config();
        try (Engine engine = engines.apply(config)) {
            return StepProbe.seconds(engine, trunk.config(), config, seconds);
        }
    }

    private static String key(Trunk trunk) {
        return trunk.size() + " " + trunk.model();
    }

    /** Seconds of a training step. */
    public double stepSeconds(Trunk trunk) {
        return stepSeconds.get(key(trunk));
    }

    /** Seconds of a long run with all its cool-downs. */
    public double seconds(Trunk trunk) {
        return trunk.steps() * stepSeconds(trunk);
    }

    /** Seconds of all runs, one after another. */
    public double seconds(Plan plan) {
        return plan.trunks().stream().mapToDouble(this::seconds).sum();
    }
}

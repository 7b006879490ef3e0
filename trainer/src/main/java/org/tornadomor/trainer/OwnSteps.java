package org.tornadomor.trainer;

import java.util.LinkedHashMap;
import java.util.Map;
import org.tornadomor.data.BatchSampler;
import org.tornadomor.model.ParameterSet;

/** Steps that this process takes alone. */
final class OwnSteps implements Steps {
    private final TrainingConfig config;
    private final RunSetup setup;
    private final Computation computation;
    private final Teacher teacher;
    private final int[] capacities;

    /** @param teacher null for none */
    OwnSteps(RunSetup setup, Computation computation, Teacher teacher) {
        this.setup = setup;
        this.config = setup.config();
        this.computation = computation;
        this.teacher = teacher;
        capacities = setup.capacities().active() ? new int[setup.model().recursions()] : null;
    }

    /** Moments of AdamW. */
    static Map<String, ParameterSet> moments(Optimizer optimizer) {
        Map<String, ParameterSet> moments = new LinkedHashMap<>();
        moments.put("moment1.", optimizer.moments().getFirst());
        moments.put("moment2.", optimizer.moments().getLast());
        return moments;
    }

    @Override
    public Map<String, ParameterSet> kept() {
        return moments(computation.optimizer);
    }

    @Override
    public void take(long first, int count, Rate rate, Taken taken) {
        double now = rate.at(first, 0);
        if (capacities != null) {
            setup.capacities().at(first, capacities);
        }
        computation.begin(capacities);
        long sample = BatchSampler.firstSample(first, config.accumulate(), config.batch());
        for (int micro = 0; micro < config.accumulate(); micro++) {
            for (int row = 0; row < config.batch(); row++, sample++) {
                setup.sampler().fill(sample, computation.inputs, computation.targets, row);
                if (teacher != null) {
                    teacher.read(setup.sampler().sampleAt(sample), row);
                }
            }
            computation.add();
        }
        double norm = computation.readLosses() ? computation.move((float) now, first) : Double.NaN;
        computation.pass.depthShare(computation.depthShare);
        taken.step(first, now, computation.losses, norm, computation.depthShare);
    }
}

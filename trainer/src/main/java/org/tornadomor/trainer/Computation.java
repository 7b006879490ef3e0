package org.tornadomor.trainer;

import org.tornadomor.engine.Engine;
import org.tornadomor.model.Losses;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.TrainingPass;

/** What computes a training step, wherever its samples come from. Everything is allocated before the first. */
final class Computation implements AutoCloseable {
    final ParameterSet weights;
    final TrainingPass pass;
    final Optimizer optimizer;
    /** [B T] of a micro-batch. */
    final int[] inputs, targets;
    /** Of the step, in the places of {@link Losses}. */
    final float[] losses = new float[Losses.COUNT];
    /** Of the step, by recursion. */
    final double[] depthShare;

    private final Teacher teacher;

    /**
     * @param changingCapacity whether capacities warm up
     * @param teacher null for none
     * @param documentEnd the token behind which attention begins anew, or -1
     */
    Computation(
            Engine engine,
            TrainingConfig config,
            ParameterSet weights,
            boolean changingCapacity,
            Teacher teacher,
            int documentEnd) {
        this.weights = weights;
        this.teacher = teacher;
        ModelConfig model = weights.config();
        pass = new TrainingPass(
                engine,
                weights,
                config.batch(),
                config.context(),
                config.accumulate(),
                changingCapacity,
                config.recompute(),
                teacher == null ? null : teacher.distillation(),
                config.exit().losses(model.recursions()),
                config.optimizer().trained());
        pass.keepWithinDocuments(documentEnd);
        optimizer = new Optimizer(
                engine, weights, pass.gradients(), config.optimizer().settings());
        inputs = new int[pass.tokens()];
        targets = new int[pass.tokens()];
        depthShare = new double[model.recursions()];
    }

    /** Starts a step. @param capacities k of each recursion; null while they do not change */
    void begin(int[] capacities) {
        if (capacities != null) {
            pass.setCapacities(capacities);
        }
        pass.begin();
    }

    /** Adds losses and gradients of {@link #inputs} and {@link #targets}. */
    void add() {
        Teacher.add(teacher, pass, inputs, targets);
    }

    /** Reads {@link #losses}. @return whether all are finite */
    boolean readLosses() {
        pass.losses(losses);
        for (float loss : losses) {
            if (!Float.isFinite(loss)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Moves the weights.
     *
     * @param step from 1, for the bias corrections
     * @return the norm of the gradients
     */
    double move(float rate, long step) {
        pass.end();
        optimizer.step(rate, step);
        return optimizer.gradientNorm();
    }

    @Override
    public void close() {
        optimizer.close();
        pass.close();
    }
}

package org.tornadomor.model;

import org.tornadomor.engine.Arena;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;

/** The likeliest tokens of a teacher that does not run here, for the rows of a training pass. */
final class LikeliestTokens implements AutoCloseable {
    private final Engine engine;
    private final Distillation distillation;
    private final Arena indices;
    private final Arena floats;
    private final Tensor ids;
    private final Tensor logProbs;
    private final int used;

    /**
     * @param rows memory for so many rows
     * @param used how many of these are used
     */
    LikeliestTokens(Engine engine, Distillation distillation, int rows, int used) {
        this.engine = engine;
        this.distillation = distillation;
        this.used = used;
        int k = distillation.topK();
        indices = engine.arena("likeliest tokens", ElementType.I32);
        floats = engine.arena("likeliest tokens, probabilities", ElementType.F32);
        ids = indices.allocate("likeliest.ids", rows, k);
        logProbs = floats.allocate("likeliest.log_probs", rows, k + 1);
    }

    /** As {@link TeacherPass#goal}. */
    HeadGoal.Teacher goal(float coefficient) {
        return new HeadGoal.Teacher(
                new HeadGoal.Likeliest(ids, logProbs),
                distillation.divergence(),
                distillation.temperature(),
                distillation.weight() * coefficient,
                Losses.DISTILLATION);
    }

    /**
     * Takes the likeliest tokens for a micro-batch.
     *
     * @param tokens [rows, k], ascending in each row
     * @param probabilities [rows, k + 1] their logarithms, and that of all others
     */
    void set(int[] tokens, float[] probabilities) {
        engine.upload(ids.rows(0, used), tokens, 0);
        engine.upload(logProbs.rows(0, used), probabilities, 0);
    }

    @Override
    public void close() {
        indices.close();
        floats.close();
    }
}

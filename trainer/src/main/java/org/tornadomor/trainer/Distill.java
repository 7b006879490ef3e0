package org.tornadomor.trainer;

import org.tornadomor.UserError;
import org.tornadomor.engine.Divergence;

/**
 * The {@code distill} keys of a {@link TrainingConfig}: a teacher to learn from besides the text.
 *
 * @param teacher a checkpoint or run folder of a model with the same tokenizer, or a folder with stored answers of one for the
 *     corpus ({@link StoredTeacher}); null for none
 * @param kind how far the student's distribution is from the teacher's; forward if the teacher is stored
 * @param weight of that divergence, above 0 and up to 1; the rest is the cross-entropy's
 * @param temperature that both distributions are softened by
 */
public record Distill(String teacher, Divergence kind, double weight, double temperature) {
    static final Distill NONE = new Distill(null, Divergence.FORWARD, 0.5, 1);

    public Distill {
        TrainingConfig.requirePath("distill.teacher", teacher);
        TrainingConfig.positive("distill.weight", weight);
        TrainingConfig.positive("distill.temperature", temperature);
        if (weight > 1) {
            throw new UserError("distill.weight is " + weight + "; it must be a number up to 1");
        }
    }

    /** Whether there is a teacher. */
    public boolean active() {
        return teacher != null;
    }

    /** The same with another path to the teacher. */
    Distill withTeacher(String path) {
        return new Distill(path, kind, weight, temperature);
    }
}

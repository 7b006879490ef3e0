package org.tornadomor.model;

import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Tensor;

/**
 * What heads on the same rows use in turn, a block of rows at a time.
 *
 * @param targets [N]
 * @param rowLoss [N] of the head that ran last
 * @param logits [block, V]
 * @param normed [block, d]
 * @param dNormed [block, d], or null where nothing is trained
 * @param teacherLogits [block, V], or null where no head has a teacher, as is the next
 * @param rowDivergence [N]
 */
record HeadMemory(
        Tensor targets,
        Tensor rowLoss,
        Tensor logits,
        Tensor normed,
        Tensor dNormed,
        Tensor teacherLogits,
        Tensor rowDivergence) {
    static HeadMemory allocate(ForwardContext pass, Arena floats, boolean trains, boolean hasTeacher) {
        int memory = pass.batch().all().max();
        int block = Head.blockRows(pass.config(), pass.spec().maxRows());
        int vocabulary = pass.config().vocabSize();
        int d = pass.config().hiddenSize();
        return new HeadMemory(
                pass.indices().allocate("targets", memory),
                floats.allocate("row_loss", memory),
                floats.allocate("logits", block, vocabulary),
                floats.allocate("head.normed", block, d),
                trains ? floats.allocate("head.d_normed", block, d) : null,
                hasTeacher ? floats.allocate("teacher_logits", block, vocabulary) : null,
                hasTeacher ? floats.allocate("row_divergence", memory) : null);
    }
}

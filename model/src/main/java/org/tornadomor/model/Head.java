package org.tornadomor.model;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.Add;
import org.tornadomor.engine.DenseOp.Clear;
import org.tornadomor.engine.DenseOp.MatmulNN;
import org.tornadomor.engine.DenseOp.MatmulNT;
import org.tornadomor.engine.DenseOp.MatmulTN;
import org.tornadomor.engine.DenseOp.RmsNorm;
import org.tornadomor.engine.DenseOp.RmsNormBackward;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.LossOp.CrossEntropy;
import org.tornadomor.engine.LossOp.Distil;
import org.tornadomor.engine.LossOp.SumInto;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * Final norm, vocabulary matrix and cross-entropy, a block of rows at a time: logits of all rows never exist at once, and
 * their gradient takes their place.
 */
final class Head {
    /** Floats of logits that a block may take, unless that is less than {@link #MIN_ROWS}. */
    private static final int BLOCK_FLOATS = 4 << 20;

    private static final int MIN_ROWS = 256;

    private final Engine engine;
    private final Extent all;
    private final Extent block;
    private final int vocabulary;
    /** [N] */
    final Tensor targets, rowLoss;
    /** [block, V] */
    final Tensor logits;

    private final Tensor normed;
    private final List<Binding> blocks = new ArrayList<>();
    private final Binding sumLoss;
    /** Null without a teacher. */
    private final TeacherPass teacher;
    /** [N], [block, V], [block, d of the teacher] */
    private Tensor rowDivergence, teacherLogits, teacherNormed;

    /** Rows of a block for a batch of so many rows. */
    static int blockRows(ModelConfig config, int rows) {
        return Math.min(rows, Math.max(MIN_ROWS, BLOCK_FLOATS / config.vocabSize()));
    }

    /** Rows of memory so that every block is whole. */
    static int paddedRows(ModelConfig config, int rows) {
        int block = blockRows(config, rows);
        return (rows + block - 1) / block * block;
    }

    /**
     * @param hidden [N, d] what the layers left
     * @param gradients where gradients go, or null to score only
     * @param dHidden [N, d] overwritten with the gradient of the hidden states, or null
     * @param lossScale of a row's loss and gradient: 1 / (tokens of a step)
     * @param teacher to learn from, or null
     */
    Head(
            ForwardContext pass,
            Tensor hidden,
            ParameterSet gradients,
            Tensor dHidden,
            float lossScale,
            Tensor losses,
            Arena floats,
            TeacherPass teacher) {
        this.teacher = teacher;
        engine = pass.engine();
        all = pass.batch().all().extent();
        vocabulary = pass.config().vocabSize();
        int rows = blockRows(pass.config(), pass.spec().maxRows());
        block = Extent.of("block", rows);
        int memory = all.max();
        int d = pass.config().hiddenSize();
        targets = pass.indices().allocate("targets", memory);
        rowLoss = floats.allocate("row_loss", memory);
        logits = floats.allocate("logits", rows, vocabulary);
        normed = floats.allocate("head.normed", rows, d);
        Tensor dNormed = gradients == null ? null : floats.allocate("head.d_normed", rows, d);
        if (teacher != null) {
            rowDivergence = floats.allocate("row_divergence", memory);
            teacherLogits = floats.allocate("teacher_logits", rows, vocabulary);
            teacherNormed = floats.allocate(
                    "teacher_normed", rows, teacher.weights().config().hiddenSize());
        }
        for (int from = 0; from < pass.spec().maxRows(); from += rows) {
            blocks.add(block(pass, hidden, gradients, dHidden, dNormed, from, rows, lossScale));
        }
        Wiring w = new Wiring(pass.name("loss"));
        w.add(new SumInto(w.of(losses), w.of(rowLoss, all), Losses.LM, lossScale));
        if (teacher != null) {
            float weight = teacher.distillation.weight() * lossScale;
            w.add(new SumInto(w.of(losses), w.of(rowDivergence, all), Losses.DISTILLATION, weight));
        }
        sumLoss = w.on(engine);
    }

    private Binding block(
            ForwardContext pass,
            Tensor hidden,
            ParameterSet gradients,
            Tensor dHidden,
            Tensor dNormed,
            int from,
            int rows,
            float lossScale) {
        Wiring w = new Wiring(pass.name("head"));
        float eps = (float) pass.config().rmsNormEps();
        var hiddenRows = w.of(hidden.rows(from, rows), block);
        var norm = w.of(pass.weights().finalNorm());
        var matrix = w.of(pass.weights().head());
        var normedRows = w.of(normed, block);
        var logitRows = w.of(logits, block);
        w.add(new RmsNorm(normedRows, hiddenRows, norm, eps));
        w.add(new MatmulNT(logitRows, normedRows, matrix));
        var targetRows = w.of(targets.rows(from, rows), block);
        float share = 1;
        if (teacher != null) {
            share -= teacher.distillation.weight();
            divergence(w, from, rows, logitRows, targetRows, lossScale);
        }
        w.add(new CrossEntropy(
                w.of(rowLoss.rows(from, rows), block), logitRows, targetRows, gradients != null, share * lossScale));
        if (teacher != null) {
            w.add(new Add(logitRows, w.of(teacherLogits, block)));
        }
        if (gradients != null) {
            var dHiddenRows = w.of(dHidden.rows(from, rows), block);
            var dNormedRows = w.of(dNormed, block);
            w.add(new MatmulTN(w.of(gradients.head()), logitRows, normedRows));
            w.add(new MatmulNN(dNormedRows, logitRows, matrix, false));
            w.add(new Clear(dHiddenRows));
            w.add(new RmsNormBackward(dHiddenRows, w.of(gradients.finalNorm()), dNormedRows, hiddenRows, norm, eps));
        }
        return w.on(engine);
    }

    /** The teacher's logits of a block, whose place the gradient of the divergence takes. */
    private void divergence(Wiring w, int from, int rows, Slot logitRows, Slot targetRows, float lossScale) {
        Distillation distillation = teacher.distillation;
        ParameterSet weights = teacher.weights();
        float eps = (float) weights.config().rmsNormEps();
        var hiddenRows = w.of(teacher.hidden().rows(from, rows), block);
        var normedRows = w.of(teacherNormed, block);
        var teacherRows = w.of(teacherLogits, block);
        w.add(new RmsNorm(normedRows, hiddenRows, w.of(weights.finalNorm()), eps));
        w.add(new MatmulNT(teacherRows, normedRows, w.of(weights.head())));
        w.add(new Distil(
                w.of(rowDivergence.rows(from, rows), block),
                teacherRows,
                logitRows,
                targetRows,
                distillation.divergence(),
                distillation.temperature(),
                distillation.weight() * lossScale));
    }

    /** Losses of the current rows, and their gradients if there is somewhere to put them. */
    void run() {
        run(null);
    }

    /** As {@link #run()}, and copies the logits [rows, V] to {@code target} unless it is null (or gradients took their place). */
    void run(float[] target) {
        int rows = all.count();
        for (int b = 0, from = 0; from < rows; b++, from += block.max()) {
            block.set(Math.min(block.max(), rows - from));
            blocks.get(b).run();
            if (target != null) {
                engine.download(logits.rows(0, block.count()), target, from * vocabulary);
            }
        }
        sumLoss.run();
    }
}

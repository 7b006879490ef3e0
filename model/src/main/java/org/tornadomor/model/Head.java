package org.tornadomor.model;

import java.util.ArrayList;
import java.util.List;
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
import org.tornadomor.engine.LossOp.TopTeacher;
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
    private final HeadGoal goal;
    private final HeadMemory memory;
    /** [N], which heads on the same rows share. */
    final Tensor targets, rowLoss;
    /** [block, V] */
    final Tensor logits;

    private final List<Binding> blocks = new ArrayList<>();
    private final Binding sumLoss;

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
     */
    Head(
            ForwardContext pass,
            Tensor hidden,
            ParameterSet gradients,
            Tensor dHidden,
            HeadGoal goal,
            Tensor losses,
            HeadMemory memory) {
        this.goal = goal;
        this.memory = memory;
        engine = pass.engine();
        all = pass.batch().all().extent();
        vocabulary = pass.config().vocabSize();
        int rows = blockRows(pass.config(), pass.spec().maxRows());
        block = Extent.of("block", rows);
        targets = memory.targets();
        rowLoss = memory.rowLoss();
        logits = memory.logits();
        for (int from = 0; from < pass.spec().maxRows(); from += rows) {
            blocks.add(block(pass, hidden, gradients, dHidden, from, rows));
        }
        Wiring w = new Wiring(pass.name("loss"));
        if (goal.told() > 0) {
            w.add(new SumInto(w.of(losses), w.of(rowLoss, all), goal.place(), goal.told() * goal.scale()));
        }
        if (goal.teacher() != null) {
            HeadGoal.Teacher teacher = goal.teacher();
            float scale = teacher.weight() * goal.scale();
            w.add(new SumInto(w.of(losses), w.of(memory.rowDivergence(), all), teacher.place(), scale));
        }
        sumLoss = w.on(engine);
    }

    private Binding block(
            ForwardContext pass, Tensor hidden, ParameterSet gradients, Tensor dHidden, int from, int rows) {
        Wiring w = new Wiring(pass.name("head"));
        float eps = (float) pass.config().rmsNormEps();
        var hiddenRows = w.of(hidden.rows(from, rows), block);
        var norm = w.of(pass.weights().finalNorm());
        var matrix = w.of(pass.weights().head());
        var normedRows = w.of(memory.normed(), block);
        var logitRows = w.of(logits, block);
        w.add(new RmsNorm(normedRows, hiddenRows, norm, eps));
        w.add(new MatmulNT(logitRows, normedRows, matrix));
        var targetRows = w.of(targets.rows(from, rows), block);
        if (goal.teacher() != null) {
            divergence(w, goal.teacher(), from, rows, logitRows, targetRows);
        }
        var lossRows = w.of(rowLoss.rows(from, rows), block);
        float scale = goal.share() * goal.scale();
        w.add(new CrossEntropy(lossRows, logitRows, targetRows, gradients != null, scale));
        if (goal.teacher() != null) {
            w.add(new Add(logitRows, w.of(memory.teacherLogits(), block)));
        }
        if (gradients != null) {
            var dHiddenRows = w.of(dHidden.rows(from, rows), block);
            var dNormedRows = w.of(memory.dNormed(), block);
            w.add(new MatmulTN(w.of(gradients.head()), logitRows, normedRows));
            w.add(new MatmulNN(dNormedRows, logitRows, matrix, false));
            w.add(new Clear(dHiddenRows));
            w.add(new RmsNormBackward(dHiddenRows, w.of(gradients.finalNorm()), dNormedRows, hiddenRows, norm, eps));
        }
        return w.on(engine);
    }

    /** The teacher's logits of a block, whose place the gradient of the divergence takes. */
    private void divergence(Wiring w, HeadGoal.Teacher teacher, int from, int rows, Slot logitRows, Slot targetRows) {
        var teacherRows = w.of(memory.teacherLogits(), block);
        switch (teacher.source()) {
            case HeadGoal.Model model -> {
                ParameterSet weights = model.weights();
                float eps = (float) weights.config().rmsNormEps();
                var hiddenRows = w.of(model.hidden().rows(from, rows), block);
                var normedRows = w.of(model.normed(), block);
                w.add(new RmsNorm(normedRows, hiddenRows, w.of(weights.finalNorm()), eps));
                w.add(new MatmulNT(teacherRows, normedRows, w.of(weights.head())));
            }
            case HeadGoal.Likeliest known ->
                w.add(new TopTeacher(
                        teacherRows,
                        logitRows,
                        w.of(known.ids().rows(from, rows), block),
                        w.of(known.logProbs().rows(from, rows), block),
                        teacher.temperature()));
        }
        w.add(new Distil(
                w.of(memory.rowDivergence().rows(from, rows), block),
                teacherRows,
                logitRows,
                targetRows,
                teacher.divergence(),
                teacher.temperature(),
                teacher.weight() * goal.scale()));
    }

    /** The factor of the cross-entropy in what is minimised. */
    double share() {
        return goal.share();
    }

    /** Losses of the current rows, and their gradients if there is somewhere to put them. */
    void run() {
        run(null);
    }

    /** As {@link #run()}, and copies the logits [rows, V] to {@code target} unless it is null (or gradients took their place). */
    void run(float[] target) {
        run(target, null);
    }

    /** As {@link #run()}, and shows the logits block by block. @param blockLogits [block, V] */
    void run(LogitsListener listener, float[] blockLogits) {
        run(blockLogits, listener);
    }

    /** Floats that the logits of a block take. */
    int blockFloats() {
        return block.max() * vocabulary;
    }

    private void run(float[] target, LogitsListener listener) {
        int rows = all.count();
        for (int b = 0, from = 0; from < rows; b++, from += block.max()) {
            block.set(Math.min(block.max(), rows - from));
            blocks.get(b).run();
            if (target != null) {
                engine.download(logits.rows(0, block.count()), target, listener == null ? from * vocabulary : 0);
            }
            if (listener != null) {
                listener.rows(from, block.count(), target);
            }
        }
        sumLoss.run();
    }
}

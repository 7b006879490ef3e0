package org.tornadomor.model;

import org.tornadomor.engine.Arena;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;

/** The forward of a teacher on the rows of a training pass, up to its last hidden states; the {@link Head} computes logits. */
final class TeacherPass implements AutoCloseable {
    private final Distillation distillation;
    private final Engine engine;
    private final Arena floats;
    private final Forward forward;
    private final Tensor ids;
    private final Tensor normed;
    private final int sequences;
    private final int context;

    /** @param rows memory for so many rows */
    TeacherPass(Engine engine, Distillation distillation, int sequences, int context, int rows) {
        this.engine = engine;
        this.distillation = distillation;
        this.sequences = sequences;
        this.context = context;
        floats = engine.arena("teacher activations", ElementType.F32);
        ForwardSpec spec = ForwardSpec.score(sequences, context);
        Tensor losses = floats.allocate("losses", Losses.COUNT);
        forward = new Forward(engine, distillation.teacher(), spec, rows, Objective.measuring(losses), floats);
        normed = floats.allocate(
                "teacher.normed",
                Head.blockRows(distillation.teacher().config(), spec.maxRows()),
                distillation.teacher().config().hiddenSize());
        ids = forward.context.batch().ids().rows(0, spec.maxRows());
        forward.fill();
        forward.routing.setThreshold(0);
        forward.routing.setLength(context);
    }

    /** What a head needs of the teacher. @param coefficient of the model's own loss, which the divergence is a part of */
    HeadGoal.Teacher goal(float coefficient) {
        return new HeadGoal.Teacher(
                new HeadGoal.Model(forward.hidden, normed, distillation.teacher()),
                distillation.divergence(),
                distillation.temperature(),
                distillation.weight() * coefficient,
                Losses.DISTILLATION);
    }

    /** Runs on the tokens of a micro-batch. @param end as {@link Forward#layout} has it */
    void run(int[] inputs, int end) {
        forward.layout(sequences, context, inputs, end);
        engine.upload(ids, inputs, 0);
        forward.run(true);
    }

    @Override
    public void close() {
        forward.close();
        floats.close();
    }
}

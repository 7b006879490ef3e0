package org.tornadomor.model;

import java.util.EnumSet;
import java.util.Set;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.Clear;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * Losses and gradients of a model: {@link #begin} clears them, {@link #add} adds those of one micro-batch, averaged over all
 * micro-batches of a step, and {@link #losses} reads what came out.
 */
public final class TrainingPass implements AutoCloseable {
    private final Engine engine;
    private final int sequences;
    private final int context;
    private final ParameterSet gradients;
    private final Arena floats;
    private final Forward forward;
    private final Head head;
    private final Backward backward;
    /** Null without a teacher in this process. */
    private final TeacherPass teacher;
    /** Null without a teacher whose likeliest tokens are given. */
    private final LikeliestTokens likeliest;
    /** Null without losses at exits. */
    private final Exits exits;

    private final Tensor losses;
    private final Tensor ids;
    private final Tensor targetIds;
    private final Binding clear;
    private int documentEnd = RowLayout.NO_END;

    /**
     * @param sequences B, sequences of a micro-batch
     * @param context T, tokens of a sequence
     * @param microBatches A, micro-batches of a step: losses and gradients are averaged over them
     * @param changingCapacity plan memory for capacities that {@link #setCapacities} will change
     */
    public TrainingPass(
            Engine engine,
            ParameterSet weights,
            int sequences,
            int context,
            int microBatches,
            boolean changingCapacity) {
        this(engine, weights, sequences, context, microBatches, changingCapacity, false);
    }

    /**
     * As {@link #TrainingPass(Engine, ParameterSet, int, int, int, boolean)}.
     *
     * @param recompute keep the input of each layer alone, and compute the rest again before its backward: less memory, more
     *     time, the same bits. What routers decided and their losses are not computed again
     */
    public TrainingPass(
            Engine engine,
            ParameterSet weights,
            int sequences,
            int context,
            int microBatches,
            boolean changingCapacity,
            boolean recompute) {
        this(engine, weights, sequences, context, microBatches, changingCapacity, recompute, null, null);
    }

    /** As the constructor with {@code trained}, with gradients of everything. */
    public TrainingPass(
            Engine engine,
            ParameterSet weights,
            int sequences,
            int context,
            int microBatches,
            boolean changingCapacity,
            boolean recompute,
            Distillation distillation,
            ExitLosses exitLosses) {
        this(
                engine,
                weights,
                sequences,
                context,
                microBatches,
                changingCapacity,
                recompute,
                distillation,
                exitLosses,
                EnumSet.allOf(ParameterGroup.class));
    }

    /**
     * As {@link #TrainingPass(Engine, ParameterSet, int, int, int, boolean, boolean)}.
     *
     * @param distillation the teacher to learn from besides the text, or null; its logits exist for a block of rows at a time
     * @param exitLosses losses at the ends of recursions before the last, or null
     * @param trained the groups whose gradients are wanted. Matrices of layers and low-rank factors of other groups get none, and
     *     the time for it is saved; the gradients of the wanted ones are the same bits
     */
    public TrainingPass(
            Engine engine,
            ParameterSet weights,
            int sequences,
            int context,
            int microBatches,
            boolean changingCapacity,
            boolean recompute,
            Distillation distillation,
            ExitLosses exitLosses,
            Set<ParameterGroup> trained) {
        this.engine = engine;
        ModelConfig config = weights.config();
        this.sequences = sequences;
        this.context = context;
        this.gradients = new ParameterSet(engine, "gradients", config);
        ForwardSpec spec = ForwardSpec.train(sequences, context, changingCapacity, recompute);
        int rows = Head.paddedRows(config, spec.maxRows());
        floats = engine.arena("activations", ElementType.F32);
        losses = floats.allocate("losses", Losses.COUNT);
        BackwardScratch scratch = BackwardScratch.allocate(floats, config, rows);
        Objective objective = new Objective(1f / microBatches, losses, gradients, scratch);
        forward = new Forward(engine, weights, spec, rows, objective, floats);
        Tensor dState = floats.allocate("d_state", rows, config.hiddenSize());
        float lossScale = 1f / ((float) microBatches * spec.maxRows());
        boolean runs = distillation != null && distillation.topK() == 0;
        teacher = runs ? new TeacherPass(engine, distillation, sequences, context, rows) : null;
        likeliest =
                distillation != null && !runs ? new LikeliestTokens(engine, distillation, rows, spec.maxRows()) : null;
        boolean hasTeacher = distillation != null || exitLosses != null && exitLosses.distil();
        HeadMemory memory = HeadMemory.allocate(forward.context, floats, true, hasTeacher);
        head = head(memory, dState, lossScale, distillation, exitLosses == null ? 1 : exitLosses.last());
        exits = exitLosses == null
                ? null
                : new Exits(forward, gradients, exitLosses, dState.rows(), lossScale, losses, memory, floats);
        backward = new Backward(forward, objective, dState, exits, trained);
        ids = forward.context.batch().ids().rows(0, spec.maxRows());
        targetIds = head.targets.rows(0, spec.maxRows());
        clear = clearing();
        forward.fill();
        forward.layout(sequences, context, null, documentEnd);
        forward.routing.setLength(context);
    }

    /** @param coefficient of the model's own loss */
    private Head head(HeadMemory memory, Tensor dState, float lossScale, Distillation distillation, float coefficient) {
        float share = coefficient * (distillation == null ? 1 : 1 - distillation.weight());
        HeadGoal.Teacher from =
                teacher != null ? teacher.goal(coefficient) : likeliest != null ? likeliest.goal(coefficient) : null;
        HeadGoal goal = new HeadGoal(lossScale, Losses.LM, 1, share, from);
        return new Head(forward.context, forward.hidden, gradients, dState, goal, losses, memory);
    }

    private Binding clearing() {
        Wiring w = new Wiring(forward.context.name("clear"));
        gradients.matrices().forEach(span -> w.add(new Clear(w.of(span))));
        gradients.vectors().forEach(span -> w.add(new Clear(w.of(span))));
        gradients.lowRank().forEach(span -> w.add(new Clear(w.of(span))));
        gradients.auxiliary().forEach(span -> w.add(new Clear(w.of(span))));
        w.add(new Clear(w.of(losses)));
        forward.routing.wireClear(w);
        return w.on(engine);
    }

    /**
     * Sets k of each recursion (expert-choice); the model's own unless capacity warm-up is on.
     *
     * @throws IllegalArgumentException if the router has no capacities, if recursion 1 does not take every token, if k grows
     *     from one recursion to the next, or if memory was planned for fewer rows
     */
    public void setCapacities(int[] k) {
        forward.routing.setCapacities(k);
    }

    /**
     * Keeps attention inside documents from the next micro-batch on, as {@link Scorer#keepWithinDocuments} does.
     *
     * @param end the token that ends a document; negative for attention over whole sequences, as it is at first
     */
    public void keepWithinDocuments(int end) {
        documentEnd = Math.max(end, RowLayout.NO_END);
        if (documentEnd == RowLayout.NO_END) {
            forward.layout(sequences, context, null, documentEnd);
        }
    }

    /** Starts a step: gradients, losses and statistics are zero. */
    public void begin() {
        clear.run();
    }

    /**
     * Adds losses and gradients of one micro-batch.
     *
     * @param inputs [B T] tokens, sequence after sequence
     * @param targets [B T] the token that follows each; negative to leave it out
     */
    public void add(int[] inputs, int[] targets) {
        if (likeliest != null) {
            throw new IllegalStateException("what the teacher says has to be given with each micro-batch");
        }
        run(inputs, targets);
    }

    /**
     * The same, with stored answers of a teacher, which does not run here.
     *
     * @param ids [B T, k] its likeliest tokens, ascending in each row
     * @param logProbs [B T, k + 1] the logarithms of their probabilities at the temperature, and of that of all others together
     */
    public void add(int[] inputs, int[] targets, int[] ids, float[] logProbs) {
        likeliest.set(ids, logProbs);
        run(inputs, targets);
    }

    private void run(int[] inputs, int[] targets) {
        if (documentEnd >= 0) {
            forward.layout(sequences, context, inputs, documentEnd);
        }
        engine.upload(ids, inputs, 0);
        engine.upload(targetIds, targets, 0);
        if (teacher != null) {
            teacher.run(inputs, documentEnd);
        }
        forward.run(false);
        head.run();
        if (exits != null) {
            exits.run();
        }
        backward.run();
    }

    /** Ends a step: the router moves what no gradient moves, such as the bias of loss-free balancing. */
    public void end() {
        forward.routing.end();
    }

    /** Reads the losses since {@link #begin}, in the places that {@link Losses} names. */
    public void losses(float[] target) {
        engine.download(losses, target, 0);
    }

    /** What is minimised: the losses that {@link #losses} read, added up. */
    public double total(float[] read) {
        return head.share() * read[Losses.LM]
                + read[Losses.DISTILLATION]
                + read[Losses.EXITS]
                + read[Losses.AUX]
                + read[Losses.BALANCE]
                + read[Losses.Z];
    }

    /** Share of decisions, by recursion, where the causal rule and the top k agreed since {@link #begin} (expert-choice). */
    public void agreement(float[] target) {
        forward.routing.agreement(target);
    }

    /** How many counts {@link #load} reads; 0 for a router that has none. */
    public int loads() {
        return forward.routing.loads();
    }

    /** Reads the tokens of each depth since {@link #begin}. */
    public void load(int[] target) {
        forward.routing.load(target);
    }

    /** Puts the counts of all processes that share a step in the place of this one's, before {@link #end}. */
    public void setLoad(int[] counts) {
        forward.routing.setLoad(counts);
    }

    /** Share of tokens whose last recursion is r = 1 .. N_r in this step. */
    public void depthShare(double[] target) {
        forward.routing.depthShare(target);
    }

    /** The depth of each token of the last micro-batch, [B T]. */
    public void depths(int[] target) {
        forward.depths(target, sequences * context);
    }

    /** The gradients since {@link #begin}. */
    public ParameterSet gradients() {
        return gradients;
    }

    /** Tokens of a micro-batch, B T. */
    public int tokens() {
        return sequences * context;
    }

    @Override
    public void close() {
        if (teacher != null) {
            teacher.close();
        }
        if (likeliest != null) {
            likeliest.close();
        }
        forward.close();
        floats.close();
        gradients.close();
    }
}

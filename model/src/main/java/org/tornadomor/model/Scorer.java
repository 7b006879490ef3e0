package org.tornadomor.model;

import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.Clear;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * Scores whole sequences: the loss of every token, its depth and, if wanted, its logits. In train mode expert-choice selects
 * the top k of each sequence, as in training; in causal mode each token decides for itself, as in generation.
 */
public final class Scorer implements AutoCloseable {
    private final Engine engine;
    private final int sequences;
    private final int context;
    private final Arena floats;
    private final Forward forward;
    private final Head head;
    private final Binding clear;
    private int rows;
    /** Made when it is first needed. */
    private float[] blockLogits;

    private int documentEnd = RowLayout.NO_END;

    /**
     * @param sequences the most sequences of a call
     * @param context the most tokens of a sequence
     */
    public Scorer(Engine engine, ParameterSet weights, int sequences, int context) {
        this.engine = engine;
        this.sequences = sequences;
        this.context = context;
        ForwardSpec spec = ForwardSpec.score(sequences, context);
        floats = engine.arena("score activations", ElementType.F32);
        Tensor losses = floats.allocate("losses", Losses.COUNT);
        int padded = Head.paddedRows(weights.config(), spec.maxRows());
        forward = new Forward(engine, weights, spec, padded, Objective.measuring(losses), floats);
        HeadMemory memory = HeadMemory.allocate(forward.context, floats, false, false);
        head = new Head(forward.context, forward.hidden, null, null, HeadGoal.plain(1), losses, memory);
        Wiring w = new Wiring(forward.context.name("clear"));
        w.add(new Clear(w.of(losses)));
        forward.routing.wireClear(w);
        clear = w.on(engine);
        forward.fill();
        setThreshold(0.5);
    }

    /** Tokens run at most so many recursions. */
    public void setMaxDepth(int depth) {
        forward.setMaxDepth(depth);
    }

    /** Moves the causal decision of routers that have a threshold: a probability, 0.5 being a logit of 0. */
    public void setThreshold(double probability) {
        forward.routing.setThreshold(Thresholds.logit(probability));
    }

    /**
     * Keeps attention inside documents from now on: behind each such token another begins, with positions from 0.
     *
     * @param end the token that ends a document; negative for attention over whole sequences, as it is at first
     */
    public void keepWithinDocuments(int end) {
        documentEnd = Math.max(end, RowLayout.NO_END);
    }

    /**
     * Scores {@code count} sequences of {@code length} tokens each.
     *
     * @param inputs [count length] tokens, sequence after sequence
     * @param targets [count length] the token that follows each; negative to leave it out
     * @param causal decide as in generation
     * @param logits [count length, V] filled with the logits, unless null
     */
    public void score(int[] inputs, int[] targets, int count, int length, boolean causal, float[] logits) {
        layers(inputs, targets, count, length, causal);
        head.run(logits);
    }

    /** As {@link #score(int[], int[], int, int, boolean, float[])}, showing the logits block by block. */
    public void scoreShowing(
            int[] inputs, int[] targets, int count, int length, boolean causal, LogitsListener logits) {
        layers(inputs, targets, count, length, causal);
        if (blockLogits == null) {
            blockLogits = new float[head.blockFloats()];
        }
        head.run(logits, blockLogits);
    }

    private void layers(int[] inputs, int[] targets, int count, int length, boolean causal) {
        if (count < 1 || count > sequences || length < 1 || length > context) {
            throw new IllegalArgumentException(
                    count + " sequences of " + length + " tokens; at most " + sequences + " of " + context);
        }
        rows = count * length;
        forward.layout(count, length, inputs, documentEnd);
        forward.routing.setLength(length);
        clear.run();
        engine.upload(forward.context.batch().ids().rows(0, rows), inputs, 0);
        engine.upload(head.targets.rows(0, rows), targets, 0);
        forward.run(causal);
    }

    /** Cross-entropy of each token of the last call, in nats. */
    public void losses(float[] target) {
        engine.download(head.rowLoss.rows(0, rows), target, 0);
    }

    /** The last recursion of each token of the last call, 1 to N_r. */
    public void depths(int[] target) {
        forward.depths(target, rows);
    }

    /**
     * Share of routing decisions of the last call, by recursion, where the causal rule would have done what the top k did:
     * the sampling accuracy (paper G.1). In train mode of a router that looks ahead; else zeros.
     */
    public void agreement(float[] target) {
        forward.routing.agreement(target);
    }

    @Override
    public void close() {
        forward.close();
        floats.close();
    }
}

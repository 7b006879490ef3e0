package org.tornadomor.model;

import java.util.Arrays;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.Clear;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.TokenRouterOp.BalanceBias;
import org.tornadomor.engine.Wiring;

/**
 * Losses and gradients of a model: {@link #begin} clears them, {@link #add} adds those of one micro-batch, averaged over all
 * micro-batches of a step, and {@link #losses} reads what came out.
 */
public final class TrainingPass implements AutoCloseable {
    private final Engine engine;
    private final ModelConfig config;
    private final int sequences;
    private final int context;
    private final ParameterSet gradients;
    private final Arena floats;
    private final Forward forward;
    private final Head head;
    private final Backward backward;
    private final Tensor losses;
    private final Tensor agreement;
    private final Tensor auxAgreement;
    private final Tensor ids;
    private final Tensor targetIds;
    private final Binding clear;
    private final Binding balance;
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
        this.engine = engine;
        this.config = weights.config();
        this.sequences = sequences;
        this.context = context;
        this.gradients = new ParameterSet(engine, "gradients", config);
        ForwardSpec spec = ForwardSpec.train(sequences, context, changingCapacity, recompute);
        int rows = Head.paddedRows(config, spec.maxRows());
        floats = engine.arena("activations", ElementType.F32);
        losses = floats.allocate("losses", Losses.COUNT);
        agreement = floats.allocate("agreement", config.recursions());
        auxAgreement = floats.allocate("aux_agreement", config.recursions());
        Objective objective = Objective.of(config, 1f / microBatches, losses, agreement, auxAgreement);
        BackwardScratch scratch = BackwardScratch.allocate(floats, config, rows);
        forward = new Forward(engine, weights, spec, rows, objective, gradients, scratch, floats);
        Tensor dState = floats.allocate("d_state", rows, config.hiddenSize());
        float lossScale = 1f / ((float) microBatches * spec.maxRows());
        head = new Head(forward, gradients, dState, lossScale, losses, floats);
        backward = new Backward(forward, gradients, scratch, objective, dState);
        ids = forward.batch.ids().rows(0, spec.maxRows());
        targetIds = head.targets.rows(0, spec.maxRows());
        clear = clearing();
        balance = balancing(weights);
        forward.fill();
        forward.layout(sequences, context, null, documentEnd);
        if (config.router() == RouterKind.EXPERT_CHOICE) {
            setCapacities(config.capacities(context));
        }
    }

    private Binding clearing() {
        Wiring w = new Wiring(forward.name("clear"));
        gradients.matrices().forEach(span -> w.add(new Clear(w.of(span))));
        gradients.vectors().forEach(span -> w.add(new Clear(w.of(span))));
        gradients.auxiliary().forEach(span -> w.add(new Clear(w.of(span))));
        w.add(new Clear(w.of(losses)));
        w.add(new Clear(w.of(agreement)));
        w.add(new Clear(w.of(auxAgreement)));
        if (forward.routing instanceof TokenRouting token) {
            w.add(new Clear(w.of(token.totalLoad)));
        }
        return w.on(engine);
    }

    private Binding balancing(ParameterSet weights) {
        if (!(forward.routing instanceof TokenRouting token) || config.mor().balancing() != Balancing.LOSS_FREE) {
            return null;
        }
        Wiring w = new Wiring(forward.name("balance"));
        w.add(new BalanceBias(w.of(weights.routerBias()), w.of(token.totalLoad), (float)
                config.mor().biasUpdateRate()));
        return w.on(engine);
    }

    /**
     * Sets k of each recursion (expert-choice); the model's own unless capacity warm-up is on.
     *
     * @throws IllegalArgumentException if recursion 1 does not take every token, if k grows from one recursion to the next,
     *     or if memory was planned for less
     */
    public void setCapacities(int[] k) {
        boolean fits = k.length == config.recursions() && k[0] == context;
        for (int r = 1; fits && r < k.length; r++) {
            int planned = forward.recursions.get(r).rows.max() / sequences;
            fits = k[r] >= 1 && k[r] <= Math.min(k[r - 1], planned);
        }
        if (!fits) {
            throw new IllegalArgumentException("capacities " + Arrays.toString(k) + " of " + context + " tokens");
        }
        ((ExpertRouting) forward.routing).setLimits(k);
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
        if (documentEnd >= 0) {
            forward.layout(sequences, context, inputs, documentEnd);
        }
        engine.upload(ids, inputs, 0);
        engine.upload(targetIds, targets, 0);
        forward.run(false);
        head.run();
        backward.run();
    }

    /** Ends a step: loss-free balancing moves the router's bias. */
    public void end() {
        if (balance != null) {
            balance.run();
        }
    }

    /** Reads the losses since {@link #begin}, in the places that {@link Losses} names. */
    public void losses(float[] target) {
        engine.download(losses, target, 0);
    }

    /** Share of decisions, by recursion, where the causal rule and the top k agreed since {@link #begin} (expert-choice). */
    public void agreement(float[] target) {
        engine.download(
                config.mor() != null && config.mor().causalRouter() == CausalRouter.AUX ? auxAgreement : agreement,
                target,
                0);
    }

    /** Share of tokens whose last recursion is r = 1 .. N_r in this step. */
    public void depthShare(double[] target) {
        Arrays.fill(target, 0);
        switch (forward.routing) {
            case TokenRouting token -> {
                int[] load = new int[target.length];
                engine.download(token.totalLoad, load, 0);
                double total = Arrays.stream(load).sum();
                for (int r = 0; r < target.length; r++) {
                    target[r] = load[r] / total;
                }
            }
            case ExpertRouting expert -> {
                for (int r = 0; r < target.length; r++) {
                    int deeper = r + 1 < target.length ? expert.limit(r + 2) : 0;
                    target[r] = (double) (expert.limit(r + 1) - deeper) / context;
                }
            }
            case null -> target[target.length - 1] = 1;
        }
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
        forward.close();
        floats.close();
        gradients.close();
    }
}

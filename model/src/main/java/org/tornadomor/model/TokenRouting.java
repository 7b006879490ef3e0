package org.tornadomor.model;

import java.util.Arrays;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.Add;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.RowOp.SelectDeeper;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.TokenRouterOp.ChooseDepth;
import org.tornadomor.engine.TokenRouterOp.LeaveAtDepth;
import org.tornadomor.engine.TokenRouterOp.Scores;
import org.tornadomor.engine.Wiring;

/**
 * Token-choice: one router gives each token its depth before recursion 1; causal as it is (paper 2.2.1). Only the last step of
 * a token is gated, {@code h = first + g f}.
 */
final class TokenRouting implements Routing {
    private final Forward forward;
    private final MorConfig mor;
    /** [N, N_r] */
    final Tensor logits, dLogits, scores;
    /** [N_r] tokens of each depth in this run, and in this step so far. */
    final Tensor load, totalLoad;
    /** [N] gradient of each token's gate. */
    final Tensor dGate;

    private final Tensor deepest;
    private final Binding choose;

    TokenRouting(Forward forward) {
        this.forward = forward;
        this.mor = forward.config.mor();
        int depths = mor.numRecursions();
        int rows = forward.batch.all().max();
        logits = forward.floats.allocate("router.logits", rows, depths);
        dLogits = forward.floats.allocate("router.d_logits", rows, depths);
        scores = forward.floats.allocate("router.scores", rows, depths);
        dGate = forward.floats.allocate("router.d_gate", rows);
        load = forward.indices.allocate("router.load", depths);
        totalLoad = forward.indices.allocate("router.total_load", depths);
        deepest = forward.indices.allocate("router.deepest", 1);
        Wiring w = new Wiring(forward.name("choose depths"));
        Extent all = forward.batch.all().extent();
        RouterOps.forward(w, all, w.of(forward.first, all), logits, forward.weights.router(1), forward.scratch);
        w.add(new ChooseDepth(
                w.of(scores, all),
                w.of(forward.batch.depth(), all),
                w.of(load),
                w.of(logits, all),
                w.of(forward.weights.routerBias()),
                w.of(deepest),
                kind(mor)));
        w.add(new Add(w.of(totalLoad), w.of(load)));
        choose = w.on(forward.engine);
    }

    static Scores kind(MorConfig mor) {
        return mor.routerActivation() == RouterActivation.SIGMOID ? Scores.SIGMOID : Scores.SOFTMAX;
    }

    void setDeepest(int depth) {
        forward.engine.upload(deepest, new int[] {depth}, 0);
    }

    @Override
    public void fill() {
        for (Recursion r : forward.recursions) {
            int[] numbers = new int[r.number.rows()];
            Arrays.fill(numbers, r.depth);
            forward.engine.upload(r.number, numbers, 0);
        }
    }

    @Override
    public void begin() {
        choose.run();
    }

    @Override
    public void build(Recursion r) {
        Extent rows = r.rows.extent();
        r.number = forward.indices.allocate("router." + r.depth + ".number", r.rows.max());
        if (r.depth > 1) {
            Extent candidates = r.candidates.extent();
            r.selected = forward.indices.allocate("router." + r.depth + ".selected", r.candidates.max());
            Wiring w = new Wiring(forward.name("depth " + r.depth + ": route"));
            w.add(new SelectDeeper(
                    w.of(r.selected, candidates),
                    w.of(forward.batch.depth()),
                    w.of(r.candidates.index(), candidates),
                    r.depth));
            ExpertRouting.compact(w, r, forward.batch.segments());
            r.selectTopK = w.on(forward.engine);
            r.selectCausal = r.selectTopK;
        }
        Wiring w = new Wiring(forward.name("depth " + r.depth + ": leave"));
        w.add(new LeaveAtDepth(
                w.of(forward.state),
                w.of(forward.first),
                w.of(r.f, rows),
                w.of(scores),
                w.of(forward.batch.depth()),
                w.of(r.rows.index(), rows),
                w.of(r.number, rows),
                (float) mor.routerAlpha(),
                mor.gating() == Gating.WEIGHTED));
        r.leave = w.on(forward.engine);
    }

    @Override
    public int decide(Recursion r, boolean causal, int sequences) {
        if (r.depth == 1) {
            return r.rows.extent().count();
        }
        r.selectCausal.run();
        return -1;
    }
}

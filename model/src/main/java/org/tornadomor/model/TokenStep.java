package org.tornadomor.model;

import java.util.Arrays;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.RowOp.Scatter;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.TokenRouterOp.ChooseDepth;
import org.tornadomor.engine.TokenRouterOp.LeaveAtDepth;
import org.tornadomor.engine.Wiring;

/** Token-choice: a row learns its depth when it enters, and carries its scores and its first hidden state until it leaves. */
final class TokenStep implements StepRouter {
    private final DecodeState state;
    private final MorConfig mor;
    /** [slots, d], [slots, N_r], [slots] what each row carries. */
    private final Tensor first, scores, depth;
    /** [R, N_r], [R] of rows that enter. */
    private final Tensor logits, enteringScores, chosen;

    private final Tensor load, deepest;
    private final Tensor[] chosenViews;
    private final int[] found;
    /** By slot: what the router chose, and the depth at which the row leaves if it may not go as deep. */
    private final int[] choice, leaves;

    TokenStep(DecodeState state) {
        this.state = state;
        mor = state.config().mor();
        int depths = mor.numRecursions();
        first = state.floats()
                .allocate("router.first", state.slots(), state.config().hiddenSize());
        scores = state.floats().allocate("router.scores", state.slots(), depths);
        depth = state.indices().allocate("router.depth", state.slots());
        logits = state.floats().allocate("router.logits", state.slots(), depths);
        enteringScores = state.floats().allocate("router.entering_scores", state.slots(), depths);
        chosen = state.indices().allocate("router.chosen", state.slots());
        load = state.indices().allocate("router.load", depths);
        deepest = state.indices().allocate("router.deepest", 1);
        chosenViews = DecodeRows.prefixes(chosen);
        found = new int[state.slots()];
        choice = new int[state.slots()];
        leaves = new int[state.slots()];
        Arrays.fill(leaves, 1);
    }

    @Override
    public void wireEnter(Wiring w, DecodeRows entering, Tensor x) {
        Extent rows = entering.extent;
        RouterOps.forward(w, rows, w.of(x, rows), logits, state.weights().router(1), state.scratch());
        w.add(new ChooseDepth(
                w.of(enteringScores, rows),
                w.of(chosen, rows),
                w.of(load),
                w.of(logits, rows),
                w.of(state.weights().routerBias()),
                w.of(deepest),
                TokenRouting.kind(mor)));
        w.add(new Scatter(w.of(scores), w.of(enteringScores, rows), w.of(entering.slots, rows)));
        w.add(new Scatter(w.of(first), w.of(x, rows), w.of(entering.slots, rows)));
    }

    @Override
    public void entered(DecodeRows entering) {
        state.engine().download(chosenViews[entering.count], found, 0);
        for (int i = 0; i < entering.count; i++) {
            choice[entering.slot[i]] = found[i];
        }
    }

    @Override
    public void wireLeave(Wiring w, RunningRows running, Tensor f) {
        Extent rows = running.rows.extent;
        w.add(new LeaveAtDepth(
                w.of(state.hidden()),
                w.of(first),
                w.of(f, rows),
                w.of(scores),
                w.of(depth),
                w.of(running.rows.slots, rows),
                w.of(running.recursion, rows),
                (float) mor.routerAlpha(),
                mor.gating() == Gating.WEIGHTED));
    }

    @Override
    public void running(RunningRows running) {
        for (int i = 0; i < running.count(); i++) {
            int slot = running.rows.slot[i];
            leaves[slot] = Math.min(choice[slot], running.deepest[i]);
        }
        state.engine().upload(depth, leaves, 0);
    }

    @Override
    public void decide(RunningRows running) {
        for (int i = 0; i < running.count(); i++) {
            running.goesOn[i] = running.depth[i] < leaves[running.rows.slot[i]];
        }
    }

    /** The router may choose any depth; a row's own limit comes afterwards. */
    @Override
    public void fill() {
        state.engine().upload(deepest, new int[] {mor.numRecursions()}, 0);
    }
}

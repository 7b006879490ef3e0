package org.tornadomor.model;

import java.util.Arrays;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.Copy;
import org.tornadomor.engine.ExpertRouterOp.ExpertRouterLoss;
import org.tornadomor.engine.ExpertRouterOp.Gate;
import org.tornadomor.engine.ExpertRouterOp.GatedScatter;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.RowOp.Compact;
import org.tornadomor.engine.RowOp.Gather;
import org.tornadomor.engine.RowOp.RowSet;
import org.tornadomor.engine.RowOp.SelectAbove;
import org.tornadomor.engine.RowOp.SelectTopK;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * Expert-choice: every recursion has a router that scores its candidates; the top k of a sequence go on, or, causally, those
 * with a positive logit (paper 2.2.1; how it becomes causal, A.2).
 */
final class ExpertRouting implements Routing {
    private final Forward forward;
    private final MorConfig mor;
    private final Objective objective;
    private final ParameterSet auxGradients;
    private final BackwardScratch auxScratch;
    private final Tensor threshold;
    private final Binding copyState;
    private final int[] limits;

    ExpertRouting(Forward forward, Objective objective, ParameterSet auxGradients, BackwardScratch auxScratch) {
        this.forward = forward;
        this.mor = forward.config.mor();
        this.objective = objective;
        this.auxGradients = auxGradients;
        this.auxScratch = auxScratch;
        this.threshold = forward.floats.allocate("threshold", 1);
        this.limits = new int[mor.numRecursions()];
        Extent all = forward.batch.all().extent();
        Wiring w = new Wiring(forward.name("state"));
        copyState = w.add(new Copy(w.of(forward.state, all), w.of(forward.first, all)))
                .on(forward.engine);
    }

    /** The gate of this model. */
    static Gate gate(MorConfig mor) {
        if (mor.gating() == Gating.ADDITIVE) {
            return Gate.ADDITIVE;
        }
        return mor.routerActivation() == RouterActivation.TANH ? Gate.TANH : Gate.SIGMOID;
    }

    /** Sets the logit above which a token goes on in causal mode: 0 is a probability of one half. */
    void setThreshold(float logit) {
        forward.engine.upload(threshold, new float[] {logit}, 0);
    }

    /** Sets k for each recursion: how many rows of each sequence go on in top-k mode. */
    void setLimits(int[] k) {
        if (!Arrays.equals(k, limits)) {
            System.arraycopy(k, 0, limits, 0, limits.length);
            for (Recursion recursion : forward.recursions) {
                forward.engine.upload(recursion.limit, limits, recursion.depth - 1);
            }
        }
    }

    /** k of recursion r (from 1). */
    int limit(int r) {
        return limits[r - 1];
    }

    @Override
    public void begin() {
        copyState.run();
    }

    @Override
    public void build(Recursion recursion) {
        int candidates = recursion.candidates.max();
        String name = "router." + recursion.depth;
        recursion.logits = forward.floats.allocate(name + ".logits", candidates);
        recursion.dLogits = forward.floats.allocate(name + ".d_logits", candidates);
        recursion.selected =
                recursion.depth == 1 ? forward.batch.ones() : forward.indices.allocate(name + ".selected", candidates);
        recursion.limit = forward.indices.allocate(name + ".limit", 1);
        if (mor.auxRouter()) {
            recursion.auxLogits = forward.floats.allocate(name + ".aux_logits", candidates);
            recursion.dAuxLogits = forward.floats.allocate(name + ".d_aux_logits", candidates);
        }
        recursion.selectTopK = topK(recursion);
        if (!forward.spec.training()) {
            recursion.selectCausal = causal(recursion);
        }
        recursion.leave = leave(recursion);
    }

    private Binding topK(Recursion r) {
        Wiring w = new Wiring(forward.name("depth " + r.depth + ": route top-k"));
        Extent rows = r.candidates.extent();
        Slot in = candidateRows(w, r);
        RouterOps.forward(w, rows, in, r.logits, forward.weights.router(r.depth), forward.scratch);
        Slot logits = w.of(r.logits, rows);
        Slot selected = w.of(r.selected, rows);
        if (r.depth > 1) {
            w.add(new SelectTopK(selected, logits, w.of(r.candidates.sequenceStart()), w.of(r.limit)));
        }
        w.add(new ExpertRouterLoss(
                w.of(r.dLogits, rows),
                w.of(objective.losses()),
                w.of(objective.agreement().rows(r.depth - 1, 1)),
                logits,
                selected,
                Losses.AUX,
                Losses.Z,
                objective.auxCoef(),
                objective.zCoef(),
                objective.scale()));
        if (mor.auxRouter()) {
            auxiliary(w, r, in, selected);
        }
        if (r.depth > 1) {
            compact(w, r, forward.batch.segments());
        }
        return w.on(forward.engine);
    }

    /** The auxiliary router learns to predict the choice; being detached, its whole backward stands here. */
    private void auxiliary(Wiring w, Recursion r, Slot in, Slot selected) {
        Extent rows = r.candidates.extent();
        RouterWeights router = forward.weights.auxRouter(r.depth);
        RouterOps.forward(w, rows, in, r.auxLogits, router, forward.scratch);
        w.add(new ExpertRouterLoss(
                w.of(r.dAuxLogits, rows),
                w.of(objective.losses()),
                w.of(objective.auxAgreement().rows(r.depth - 1, 1)),
                w.of(r.auxLogits, rows),
                selected,
                Losses.AUX_ROUTER,
                Losses.Z,
                1,
                0,
                objective.scale()));
        if (forward.spec.training()) {
            RouterOps.backward(
                    w,
                    rows,
                    in,
                    r.dAuxLogits,
                    router,
                    auxGradients.auxRouter(r.depth),
                    forward.scratch,
                    auxScratch,
                    null,
                    false);
        }
    }

    private Binding causal(Recursion r) {
        Wiring w = new Wiring(forward.name("depth " + r.depth + ": route by threshold"));
        Extent rows = r.candidates.extent();
        Slot in = candidateRows(w, r);
        RouterOps.forward(w, rows, in, r.logits, forward.weights.router(r.depth), forward.scratch);
        if (r.depth > 1) {
            Tensor decisive = r.logits;
            if (mor.causalRouter() == CausalRouter.AUX) {
                decisive = r.auxLogits;
                RouterOps.forward(w, rows, in, decisive, forward.weights.auxRouter(r.depth), forward.scratch);
            }
            w.add(new SelectAbove(w.of(r.selected, rows), w.of(decisive, rows), w.of(threshold)));
            compact(w, r, forward.batch.segments());
        }
        return w.on(forward.engine);
    }

    /** The candidates' hidden states as compact rows: recursion 1 has all rows already. */
    private Slot candidateRows(Wiring w, Recursion r) {
        Extent rows = r.candidates.extent();
        if (r.depth == 1) {
            return w.of(forward.first, rows);
        }
        Slot gathered = w.of(forward.scratch.gathered(), rows);
        w.add(new Gather(gathered, w.of(forward.state), w.of(r.candidates.index(), rows)));
        return gathered;
    }

    /** Collects the selected candidates, and counts them by segment and by sequence. */
    static void compact(Wiring w, Recursion r, Segments segments) {
        Extent from = r.candidates.extent();
        Extent to = r.rows.extent();
        Slot start = w.of(r.rows.start(), segments.bounds());
        w.add(new Compact(
                new RowSet(w.of(r.rows.index(), to), w.of(r.rows.position(), to), start),
                w.of(r.rows.parent(), to),
                w.of(r.rows.ordinal(), to),
                w.of(r.selected, from),
                new RowSet(
                        w.of(r.candidates.index(), from),
                        w.of(r.candidates.position(), from),
                        w.of(r.candidates.start(), segments.bounds()))));
        if (!segments.areSequences()) {
            w.add(new Gather(w.of(r.rows.sequenceStart()), start, w.of(segments.first())));
        }
    }

    private Binding leave(Recursion r) {
        Wiring w = new Wiring(forward.name("depth " + r.depth + ": leave"));
        Extent rows = r.rows.extent();
        w.add(new GatedScatter(
                w.of(forward.state),
                w.of(r.f, rows),
                w.of(r.logits, r.candidates.extent()),
                w.of(r.rows.index(), rows),
                w.of(r.rows.parent(), rows),
                gate(mor),
                (float) mor.routerAlpha()));
        return w.on(forward.engine);
    }

    @Override
    public int decide(Recursion r, boolean causal, int sequences) {
        (causal ? r.selectCausal : r.selectTopK).run();
        if (r.depth == 1) {
            return r.rows.extent().count();
        }
        return causal ? -1 : sequences * limits[r.depth - 1];
    }
}

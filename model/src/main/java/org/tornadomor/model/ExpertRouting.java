package org.tornadomor.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.Add;
import org.tornadomor.engine.DenseOp.Clear;
import org.tornadomor.engine.DenseOp.Copy;
import org.tornadomor.engine.ExpertRouterOp.ExpertRouterLoss;
import org.tornadomor.engine.ExpertRouterOp.Gate;
import org.tornadomor.engine.ExpertRouterOp.GatedScatter;
import org.tornadomor.engine.ExpertRouterOp.GatedScatterBackward;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.RowOp.MarkDepth;
import org.tornadomor.engine.RowOp.Scatter;
import org.tornadomor.engine.RowOp.ScatterAdd;
import org.tornadomor.engine.RowOp.SelectAbove;
import org.tornadomor.engine.RowOp.SelectTopK;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * Expert-choice: every recursion has a router that scores its candidates; the top k of a sequence go on, or, causally, those
 * with a positive logit (paper 2.2.1; how it becomes causal, A.2).
 *
 * <p>The backward restores the state that each recursion saw, since the gradient of that recursion's router needs it: rows that
 * were not selected never changed afterwards.
 */
final class ExpertRouting extends Routing {
    private final MorConfig mor;
    /** [1] */
    private final Tensor threshold;
    /**
     * [N_r] share of rows about which the threshold would have decided as the top k did, for the main and for the auxiliary
     * router.
     */
    private final Tensor agreement, auxAgreement;

    private final Binding copyState;
    private final int[] limits;
    private final List<Depth> depths = new ArrayList<>();

    /** The router of a recursion. */
    private final class Depth {
        private final int most;
        /** [C] logits of the candidates and their gradient. */
        private final Tensor logits, dLogits;
        /** [C] the same of the auxiliary router, or null. */
        private final Tensor auxLogits, dAuxLogits;
        /** [C] 1 for candidates that go on. */
        private final Tensor selected;
        /** [1] k of a sequence. */
        private final Tensor limit;

        private final Binding selectTopK, selectCausal, leave;

        Depth(Recursion r) {
            int candidates = r.candidates.max();
            String name = "router." + r.depth;
            most = r.rows.max();
            logits = pass.floats().allocate(name + ".logits", candidates);
            dLogits = pass.floats().allocate(name + ".d_logits", candidates);
            selected = r.depth == 1 ? pass.batch().ones() : pass.indices().allocate(name + ".selected", candidates);
            limit = pass.indices().allocate(name + ".limit", 1);
            auxLogits = mor.auxRouter() ? pass.floats().allocate(name + ".aux_logits", candidates) : null;
            dAuxLogits = mor.auxRouter() ? pass.floats().allocate(name + ".d_aux_logits", candidates) : null;
            selectTopK = topK(r);
            selectCausal = pass.spec().training() ? null : causal(r);
            leave = leaving(r);
        }

        private Binding topK(Recursion r) {
            Wiring w = new Wiring(pass.name("depth " + r.depth + ": route top-k"));
            Extent rows = r.candidates.extent();
            Slot in = wireCandidates(w, r);
            RouterOps.forward(w, rows, in, logits, pass.weights().router(r.depth), pass.scratch());
            Slot chosen = w.of(selected, rows);
            if (r.depth > 1) {
                w.add(new SelectTopK(chosen, w.of(logits, rows), w.of(r.candidates.sequenceStart()), w.of(limit)));
            }
            w.add(new ExpertRouterLoss(
                    w.of(dLogits, rows),
                    w.of(context.objective().losses()),
                    w.of(agreement.rows(r.depth - 1, 1)),
                    w.of(logits, rows),
                    chosen,
                    Losses.AUX,
                    Losses.Z,
                    (float) mor.auxLossCoef(),
                    (float) mor.zLossCoef(),
                    context.objective().scale()));
            if (mor.auxRouter()) {
                auxiliary(w, r, in, chosen);
            }
            if (r.depth > 1) {
                wireCompact(w, r, selected);
            }
            return w.on(pass.engine());
        }

        /** The auxiliary router learns to predict the choice. Its input is detached, so its whole backward is recorded here. */
        private void auxiliary(Wiring w, Recursion r, Slot in, Slot chosen) {
            Objective objective = context.objective();
            Extent rows = r.candidates.extent();
            RouterWeights router = pass.weights().auxRouter(r.depth);
            RouterOps.forward(w, rows, in, auxLogits, router, pass.scratch());
            w.add(new ExpertRouterLoss(
                    w.of(dAuxLogits, rows),
                    w.of(objective.losses()),
                    w.of(auxAgreement.rows(r.depth - 1, 1)),
                    w.of(auxLogits, rows),
                    chosen,
                    Losses.AUX_ROUTER,
                    Losses.Z,
                    1,
                    0,
                    objective.scale()));
            if (pass.spec().training()) {
                RouterOps.backward(
                        w,
                        rows,
                        in,
                        dAuxLogits,
                        router,
                        objective.gradients().auxRouter(r.depth),
                        pass.scratch(),
                        objective.scratch(),
                        null,
                        false);
            }
        }

        private Binding causal(Recursion r) {
            Wiring w = new Wiring(pass.name("depth " + r.depth + ": route by threshold"));
            Extent rows = r.candidates.extent();
            Slot in = wireCandidates(w, r);
            RouterOps.forward(w, rows, in, logits, pass.weights().router(r.depth), pass.scratch());
            if (r.depth > 1) {
                Tensor decisive = logits;
                if (mor.causalRouter() == CausalRouter.AUX) {
                    decisive = auxLogits;
                    RouterOps.forward(w, rows, in, decisive, pass.weights().auxRouter(r.depth), pass.scratch());
                }
                w.add(new SelectAbove(w.of(selected, rows), w.of(decisive, rows), w.of(threshold)));
                wireCompact(w, r, selected);
            }
            return w.on(pass.engine());
        }

        private Binding leaving(Recursion r) {
            Wiring w = new Wiring(pass.name("depth " + r.depth + ": leave"));
            Extent rows = r.rows.extent();
            w.add(new GatedScatter(
                    w.of(context.state()),
                    w.of(r.f, rows),
                    w.of(logits, r.candidates.extent()),
                    w.of(r.rows.index(), rows),
                    w.of(r.rows.parent(), rows),
                    gate(mor),
                    (float) mor.routerAlpha()));
            return w.on(pass.engine());
        }
    }

    ExpertRouting(RoutingContext context) {
        super(context);
        mor = context.mor();
        threshold = pass.floats().allocate("threshold", 1);
        agreement = pass.floats().allocate("agreement", mor.numRecursions());
        auxAgreement = pass.floats().allocate("aux_agreement", mor.numRecursions());
        limits = new int[mor.numRecursions()];
        Extent all = pass.batch().all().extent();
        Wiring w = new Wiring(pass.name("state"));
        copyState = w.add(new Copy(w.of(context.state(), all), w.of(context.first(), all)))
                .on(pass.engine());
    }

    /** The gate of this model. */
    static Gate gate(MorConfig mor) {
        if (mor.gating() == Gating.ADDITIVE) {
            return Gate.ADDITIVE;
        }
        return mor.routerActivation() == RouterActivation.TANH ? Gate.TANH : Gate.SIGMOID;
    }

    @Override
    int mostRows(int r) {
        ForwardSpec spec = pass.spec();
        return spec.anyCapacity()
                ? super.mostRows(r)
                : spec.sequences() * pass.config().capacities(spec.context())[r - 1];
    }

    @Override
    void build(Recursion recursion) {
        depths.add(new Depth(recursion));
    }

    @Override
    void wireEnter(Wiring w, Recursion r) {
        Extent rows = r.rows.extent();
        w.add(new MarkDepth(w.of(pass.batch().depth()), w.of(r.rows.index(), rows), r.depth));
    }

    @Override
    void begin() {
        copyState.run();
    }

    @Override
    int decide(Recursion r, boolean causal, int sequences) {
        Depth depth = depths.get(r.depth - 1);
        (causal ? depth.selectCausal : depth.selectTopK).run();
        if (r.depth == 1) {
            return r.rows.extent().count();
        }
        return causal ? -1 : sequences * limits[r.depth - 1];
    }

    @Override
    void leave(Recursion r) {
        depths.get(r.depth - 1).leave.run();
    }

    @Override
    void setThreshold(float logit) {
        pass.engine().upload(threshold, new float[] {logit}, 0);
    }

    @Override
    void setLength(int tokens) {
        setLimits(pass.config().capacities(tokens));
    }

    @Override
    void setCapacities(int[] k) {
        int context = pass.spec().context();
        boolean fits = k.length == limits.length && k[0] == context;
        for (int r = 1; fits && r < k.length; r++) {
            int planned = depths.get(r).most / pass.spec().sequences();
            fits = k[r] >= 1 && k[r] <= Math.min(k[r - 1], planned);
        }
        if (!fits) {
            throw new IllegalArgumentException("capacities " + Arrays.toString(k) + " of " + context + " tokens");
        }
        setLimits(k);
    }

    private void setLimits(int[] k) {
        if (!Arrays.equals(k, limits)) {
            System.arraycopy(k, 0, limits, 0, limits.length);
            for (int r = 0; r < limits.length; r++) {
                pass.engine().upload(depths.get(r).limit, limits, r);
            }
        }
    }

    @Override
    void wireLeaveBackward(Wiring w, Recursion r, Tensor dState, Tensor dBlock) {
        Depth depth = depths.get(r.depth - 1);
        Extent rows = r.rows.extent();
        Extent candidates = r.candidates.extent();
        w.add(new GatedScatterBackward(
                w.of(dBlock, rows),
                w.of(depth.dLogits, candidates),
                w.of(dState),
                w.of(r.f, rows),
                w.of(depth.logits, candidates),
                w.of(r.rows.index(), rows),
                w.of(r.rows.parent(), rows),
                gate(mor),
                (float) mor.routerAlpha()));
    }

    @Override
    void wireEnterBackward(Wiring w, Recursion r, Tensor dState, Tensor dBlock) {
        Extent rows = r.rows.extent();
        Extent candidates = r.candidates.extent();
        if (r.depth == 1) {
            w.add(new Add(w.of(dState, rows), w.of(dBlock, rows)));
        } else {
            Slot index = w.of(r.rows.index(), rows);
            w.add(new ScatterAdd(w.of(dState), w.of(dBlock, rows), index));
            w.add(new Scatter(w.of(context.state()), w.of(r.x, rows), index));
        }
        Slot in = wireCandidates(w, r);
        Slot dIn = r.depth == 1 ? w.of(dState, rows) : w.of(dBlock, candidates);
        RouterOps.backward(
                w,
                candidates,
                in,
                depths.get(r.depth - 1).dLogits,
                pass.weights().router(r.depth),
                context.objective().gradients().router(r.depth),
                pass.scratch(),
                context.objective().scratch(),
                dIn,
                r.depth == 1);
        if (r.depth > 1) {
            w.add(new ScatterAdd(w.of(dState), dIn, w.of(r.candidates.index(), candidates)));
        }
    }

    @Override
    void wireClear(Wiring w) {
        w.add(new Clear(w.of(agreement)));
        w.add(new Clear(w.of(auxAgreement)));
    }

    @Override
    void depthShare(double[] target) {
        for (int r = 0; r < target.length; r++) {
            int deeper = r + 1 < target.length ? limits[r + 1] : 0;
            target[r] = (double) (limits[r] - deeper) / pass.spec().context();
        }
    }

    @Override
    void agreement(float[] target) {
        pass.engine().download(mor.causalRouter() == CausalRouter.AUX ? auxAgreement : agreement, target, 0);
    }
}

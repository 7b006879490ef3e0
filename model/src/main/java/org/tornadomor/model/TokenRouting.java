package org.tornadomor.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.Add;
import org.tornadomor.engine.DenseOp.Clear;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.RowOp.Scatter;
import org.tornadomor.engine.RowOp.SelectDeeper;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.TokenRouterOp.BalanceBias;
import org.tornadomor.engine.TokenRouterOp.ChooseDepth;
import org.tornadomor.engine.TokenRouterOp.ChooseDepthBackward;
import org.tornadomor.engine.TokenRouterOp.LeaveAtDepth;
import org.tornadomor.engine.TokenRouterOp.LeaveAtDepthBackward;
import org.tornadomor.engine.TokenRouterOp.Scores;
import org.tornadomor.engine.Wiring;

/**
 * Token-choice: one router gives each token its depth before recursion 1; causal by itself (paper 2.2.1). Only the last
 * recursion of a token is gated, {@code h = first + g f}.
 */
final class TokenRouting extends Routing {
    private final MorConfig mor;
    /** [N, N_r] */
    private final Tensor logits, scores;
    /** [N_r] tokens of each depth in this run, and in this step so far. */
    private final Tensor load, totalLoad;
    /** [N, N_r], [N] gradients of the logits and of each token's gate; null unless training. */
    private final Tensor dLogits, dGate;
    /** [N, d] gradient of what goes on to the next recursion; null unless training. */
    private final Tensor dOn;

    private final Tensor deepest;
    private final Binding choose;
    /** Null unless balancing is loss-free. */
    private final Binding balance;

    private final List<Depth> depths = new ArrayList<>();
    private final int[] loads;

    /**
     * A recursion.
     *
     * @param recursion its number
     * @param number [R] the same number in every row: the op that leaves takes one for each row, since rows of a tick are of
     *     any depth
     * @param select decides which rows run it; null where all do
     * @param leave adds its output
     */
    private record Depth(int recursion, Tensor number, Binding select, Binding leave) {}

    TokenRouting(RoutingContext context) {
        super(context);
        mor = context.mor();
        int n = mor.numRecursions();
        int rows = pass.batch().all().max();
        boolean training = pass.spec().training();
        logits = pass.floats().allocate("router.logits", rows, n);
        scores = pass.floats().allocate("router.scores", rows, n);
        dLogits = training ? pass.floats().allocate("router.d_logits", rows, n) : null;
        dGate = training ? pass.floats().allocate("router.d_gate", rows) : null;
        dOn = training ? pass.floats().allocate("d_on", rows, pass.config().hiddenSize()) : null;
        load = pass.indices().allocate("router.load", n);
        totalLoad = pass.indices().allocate("router.total_load", n);
        deepest = pass.indices().allocate("router.deepest", 1);
        loads = new int[n];
        choose = choosing();
        balance = training && mor.balancing() == Balancing.LOSS_FREE ? balancing() : null;
    }

    static Scores kind(MorConfig mor) {
        return mor.routerActivation() == RouterActivation.SIGMOID ? Scores.SIGMOID : Scores.SOFTMAX;
    }

    private Binding choosing() {
        Wiring w = new Wiring(pass.name("choose depths"));
        Extent all = pass.batch().all().extent();
        RouterOps.forward(
                w, all, w.of(context.first(), all), logits, pass.weights().router(1), pass.scratch());
        w.add(new ChooseDepth(
                w.of(scores, all),
                w.of(pass.batch().depth(), all),
                w.of(load),
                w.of(logits, all),
                w.of(pass.weights().routerBias()),
                w.of(deepest),
                kind(mor)));
        w.add(new Add(w.of(totalLoad), w.of(load)));
        return w.on(pass.engine());
    }

    private Binding balancing() {
        Wiring w = new Wiring(pass.name("balance"));
        w.add(new BalanceBias(w.of(pass.weights().routerBias()), w.of(totalLoad), (float) mor.biasUpdateRate()));
        return w.on(pass.engine());
    }

    @Override
    void setMaxDepth(int depth) {
        pass.engine().upload(deepest, new int[] {depth}, 0);
    }

    @Override
    void fill() {
        for (Depth depth : depths) {
            int[] numbers = new int[depth.number.rows()];
            Arrays.fill(numbers, depth.recursion);
            pass.engine().upload(depth.number, numbers, 0);
        }
    }

    @Override
    void begin() {
        choose.run();
    }

    @Override
    void build(Recursion r) {
        Tensor number = pass.indices().allocate("router." + r.depth + ".number", r.rows.max());
        Binding select = r.depth == 1 ? null : select(r);
        depths.add(new Depth(r.depth, number, select, leave(r, number)));
    }

    private Binding select(Recursion r) {
        Extent candidates = r.candidates.extent();
        Tensor selected = pass.indices().allocate("router." + r.depth + ".selected", r.candidates.max());
        Wiring w = new Wiring(pass.name("depth " + r.depth + ": route"));
        w.add(new SelectDeeper(
                w.of(selected, candidates),
                w.of(pass.batch().depth()),
                w.of(r.candidates.index(), candidates),
                r.depth));
        wireCompact(w, r, selected);
        return w.on(pass.engine());
    }

    private Binding leave(Recursion r, Tensor number) {
        Extent rows = r.rows.extent();
        Wiring w = new Wiring(pass.name("depth " + r.depth + ": leave"));
        w.add(new LeaveAtDepth(
                w.of(context.state()),
                w.of(context.first()),
                w.of(r.f, rows),
                w.of(scores),
                w.of(pass.batch().depth()),
                w.of(r.rows.index(), rows),
                w.of(number, rows),
                (float) mor.routerAlpha(),
                mor.gating() == Gating.WEIGHTED));
        return w.on(pass.engine());
    }

    @Override
    int decide(Recursion r, boolean causal, int sequences) {
        if (r.depth == 1) {
            return r.rows.extent().count();
        }
        depths.get(r.depth - 1).select.run();
        return -1;
    }

    @Override
    void leave(Recursion r) {
        depths.get(r.depth - 1).leave.run();
    }

    @Override
    void wireLeaveBackward(Wiring w, Recursion r, Tensor dState, Tensor dBlock) {
        Extent rows = r.rows.extent();
        w.add(new LeaveAtDepthBackward(
                w.of(dBlock, rows),
                w.of(dGate),
                w.of(dState),
                w.of(dOn),
                w.of(r.f, rows),
                w.of(scores),
                w.of(pass.batch().depth()),
                w.of(r.rows.index(), rows),
                r.depth,
                (float) mor.routerAlpha(),
                mor.gating() == Gating.WEIGHTED));
    }

    @Override
    void wireEnterBackward(Wiring w, Recursion r, Tensor dState, Tensor dBlock) {
        Extent rows = r.rows.extent();
        w.add(new Scatter(w.of(dOn), w.of(dBlock, rows), w.of(r.rows.index(), rows)));
        if (r.depth == 1) {
            wireChooseBackward(w, dState);
        }
    }

    /** The input of recursion 1 gets gradients from the residual path, from the block and from the router. */
    private void wireChooseBackward(Wiring w, Tensor dState) {
        Objective objective = context.objective();
        Extent all = pass.batch().all().extent();
        w.add(new Add(w.of(dState, all), w.of(dOn, all)));
        w.add(new ChooseDepthBackward(
                w.of(dLogits, all),
                w.of(objective.losses()),
                w.of(dGate, all),
                w.of(scores, all),
                w.of(pass.batch().depth(), all),
                w.of(load),
                w.of(logits, all),
                kind(mor),
                mor.gating() == Gating.WEIGHTED ? (float) mor.routerAlpha() : 0,
                Losses.BALANCE,
                Losses.Z,
                mor.balancing() == Balancing.LOSS ? (float) mor.balanceLossCoef() : 0,
                (float) mor.zLossCoef(),
                objective.scale()));
        RouterOps.backward(
                w,
                all,
                w.of(context.first(), all),
                dLogits,
                pass.weights().router(1),
                objective.gradients().router(1),
                pass.scratch(),
                objective.scratch(),
                w.of(dState, all),
                true);
    }

    @Override
    void wireClear(Wiring w) {
        w.add(new Clear(w.of(totalLoad)));
    }

    @Override
    void end() {
        if (balance != null) {
            balance.run();
        }
    }

    @Override
    int loads() {
        return loads.length;
    }

    @Override
    void load(int[] target) {
        pass.engine().download(totalLoad, target, 0);
    }

    @Override
    void setLoad(int[] counts) {
        pass.engine().upload(totalLoad, counts, 0);
    }

    @Override
    void depthShare(double[] target) {
        pass.engine().download(totalLoad, loads, 0);
        double total = Arrays.stream(loads).sum();
        for (int r = 0; r < target.length; r++) {
            target[r] = loads[r] / total;
        }
    }
}

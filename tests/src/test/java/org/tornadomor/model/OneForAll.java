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
import org.tornadomor.engine.RowOp.Gather;
import org.tornadomor.engine.RowOp.MarkDepth;
import org.tornadomor.engine.RowOp.Scatter;
import org.tornadomor.engine.RowOp.ScatterAdd;
import org.tornadomor.engine.RowOp.SelectAbove;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * A router that the program does not come with, made of ops that it has: one network serves all recursions, and a token goes on
 * while its logit is above the threshold, in training as in generation. Its gate is the sigmoid of that logit.
 */
final class OneForAll extends RouterKind {
    /** The line that makes it known. */
    static final RouterKind KIND = RouterKind.register(new OneForAll());

    private OneForAll() {
        super("one_for_all");
    }

    @Override
    public boolean hasThreshold() {
        return true;
    }

    @Override
    public List<RouterParameter> parameters(ModelConfig config) {
        return List.of(RouterParameter.network("model.router", 1, 1));
    }

    @Override
    Routing routing(RoutingContext context) {
        return new Sequences(context);
    }

    @Override
    StepRouter step(DecodeState state) {
        return new Step(state);
    }

    private static final class Sequences extends Routing {
        private final Tensor threshold;
        private final Tensor agreement;
        private final Binding copyState;
        private final List<Depth> depths = new ArrayList<>();

        private record Depth(Tensor logits, Tensor dLogits, Binding select, Binding leave) {}

        Sequences(RoutingContext context) {
            super(context);
            threshold = pass.floats().allocate("threshold", 1);
            agreement = pass.floats().allocate("agreement", 1);
            Extent all = pass.batch().all().extent();
            Wiring w = new Wiring(pass.name("state"));
            copyState = w.add(new Copy(w.of(context.state(), all), w.of(context.first(), all)))
                    .on(pass.engine());
        }

        @Override
        void build(Recursion r) {
            int candidates = r.candidates.max();
            Tensor logits = pass.floats().allocate("router." + r.depth + ".logits", candidates);
            Tensor dLogits = pass.floats().allocate("router." + r.depth + ".d_logits", candidates);
            depths.add(new Depth(logits, dLogits, select(r, logits, dLogits), leave(r, logits)));
        }

        private Binding select(Recursion r, Tensor logits, Tensor dLogits) {
            Wiring w = new Wiring(pass.name("depth " + r.depth + ": route"));
            Extent rows = r.candidates.extent();
            RouterWeights network = pass.weights().router(r.depth);
            RouterOps.forward(w, rows, wireCandidates(w, r), logits, network, pass.scratch());
            Tensor selected = pass.batch().ones();
            if (r.depth > 1) {
                selected = pass.indices().allocate("router." + r.depth + ".selected", r.candidates.max());
                w.add(new SelectAbove(w.of(selected, rows), w.of(logits, rows), w.of(threshold)));
                wireCompact(w, r, selected);
            }
            w.add(new ExpertRouterLoss(
                    w.of(dLogits, rows),
                    w.of(context.objective().losses()),
                    w.of(agreement),
                    w.of(logits, rows),
                    w.of(selected, rows),
                    Losses.AUX,
                    Losses.Z,
                    0,
                    (float) context.mor().zLossCoef(),
                    context.objective().scale()));
            return w.on(pass.engine());
        }

        private Binding leave(Recursion r, Tensor logits) {
            Wiring w = new Wiring(pass.name("depth " + r.depth + ": leave"));
            Extent rows = r.rows.extent();
            w.add(new GatedScatter(
                    w.of(context.state()),
                    w.of(r.f, rows),
                    w.of(logits, r.candidates.extent()),
                    w.of(r.rows.index(), rows),
                    w.of(r.rows.parent(), rows),
                    Gate.SIGMOID,
                    (float) context.mor().routerAlpha()));
            return w.on(pass.engine());
        }

        @Override
        void wireEnter(Wiring w, Recursion r) {
            w.add(new MarkDepth(w.of(pass.batch().depth()), w.of(r.rows.index(), r.rows.extent()), r.depth));
        }

        @Override
        void begin() {
            copyState.run();
        }

        @Override
        int decide(Recursion r, boolean causal, int sequences) {
            depths.get(r.depth - 1).select.run();
            return r.depth == 1 ? r.rows.extent().count() : -1;
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
                    Gate.SIGMOID,
                    (float) context.mor().routerAlpha()));
        }

        @Override
        void wireEnterBackward(Wiring w, Recursion r, Tensor dState, Tensor dBlock) {
            Extent rows = r.rows.extent();
            Extent candidates = r.candidates.extent();
            Slot dIn = w.of(dState, rows);
            if (r.depth == 1) {
                w.add(new Add(dIn, w.of(dBlock, rows)));
            } else {
                Slot index = w.of(r.rows.index(), rows);
                w.add(new ScatterAdd(w.of(dState), w.of(dBlock, rows), index));
                w.add(new Scatter(w.of(context.state()), w.of(r.x, rows), index));
                dIn = w.of(dBlock, candidates);
            }
            RouterOps.backward(
                    w,
                    candidates,
                    wireCandidates(w, r),
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
        }

        /** Of the last micro-batch. */
        @Override
        void depthShare(double[] target) {
            int[] found = new int[pass.batch().all().extent().count()];
            pass.engine().download(pass.batch().depth().rows(0, found.length), found, 0);
            Arrays.fill(target, 0);
            for (int depth : found) {
                target[depth - 1] += 1.0 / found.length;
            }
        }
    }

    private static final class Step implements StepRouter {
        private final DecodeState state;
        /** [slots] the logit of the recursion that a row runs next: its gate. */
        private final Tensor gates;
        /** [R] those of the rows that run, their numbers, and the logits of the recursion to come. */
        private final Tensor runningGates, numbers, logits;

        private final float[] found;

        Step(DecodeState state) {
            this.state = state;
            gates = state.floats().allocate("router.gates", state.slots());
            runningGates = state.floats().allocate("router.running_gates", state.slots());
            numbers = state.indices().allocate("router.numbers", state.slots());
            logits = state.floats().allocate("router.logits", state.slots());
            found = new float[state.slots()];
        }

        @Override
        public void fill() {
            int[] counting = new int[numbers.rows()];
            Arrays.setAll(counting, i -> i);
            state.engine().upload(numbers, counting, 0);
        }

        private void score(Wiring w, Extent rows, Slot x, Slot slots) {
            RouterOps.forward(w, rows, x, logits, state.weights().router(1), state.scratch());
            w.add(new Scatter(w.of(gates), w.of(logits, rows), slots));
        }

        @Override
        public void wireEnter(Wiring w, DecodeRows entering, Tensor x) {
            score(w, entering.extent, w.of(x, entering.extent), w.of(entering.slots, entering.extent));
        }

        @Override
        public void entered(DecodeRows entering) {}

        @Override
        public void wireLeave(Wiring w, RunningRows running, Tensor f) {
            Extent rows = running.rows.extent;
            Slot slots = w.of(running.rows.slots, rows);
            Slot gatesNow = w.of(runningGates, rows);
            w.add(new Gather(gatesNow, w.of(gates), slots));
            w.add(new GatedScatter(
                    w.of(state.hidden()), w.of(f, rows), gatesNow, slots, w.of(numbers, rows), Gate.SIGMOID, (float)
                            state.config().mor().routerAlpha()));
            Slot x = w.of(state.scratch().gathered(), rows);
            w.add(new Gather(x, w.of(state.hidden()), slots));
            score(w, rows, x, slots);
        }

        @Override
        public void running(RunningRows running) {}

        @Override
        public void decide(RunningRows running) {
            state.engine().download(logits.rows(0, running.count()), found, 0);
            for (int i = 0; i < running.count(); i++) {
                running.goesOn[i] = running.depth[i] < running.deepest[i] && found[i] > running.threshold[i];
            }
        }
    }
}

package org.tornadomor.model;

import java.util.Arrays;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.ExpertRouterOp.GatedScatter;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.RowOp.Gather;
import org.tornadomor.engine.RowOp.Scatter;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * Expert-choice, causally: behind a recursion the router of the next one gives each row a logit, which decides whether the row
 * goes on and is its gate if it does (paper 2.2.1 and A.2). Routers differ by depth: the rows of each depth are collected and
 * go through theirs.
 */
final class ExpertStep implements StepRouter {
    private final DecodeState state;
    private final MorConfig mor;
    /** [slots] the logit of the recursion that a row runs next: its gate. */
    private final Tensor gates;
    /**
     * [R] the gates of the rows that run, and their numbers 0, 1, 2, ..., used where other passes have the numbers of
     * candidates.
     */
    private final Tensor runningGates, numbers;
    /** [R] logits of the rows that are scored, and what decides about them if that is another router. */
    private final Tensor logits, decisive;

    private final Next[] next;
    private final float[] found;

    /** The rows that the router of one recursion scores. */
    private final class Next {
        private final Extent extent;
        private final Tensor slots;
        private final Tensor[] slotViews, decisiveViews;
        private final int[] slot;
        private final int[] row;
        private final Binding score;
        private int count;

        Next(int r) {
            extent = Extent.of("next " + r, state.slots());
            slots = state.indices().allocate("next." + r + ".slots", state.slots());
            slotViews = DecodeRows.prefixes(slots);
            decisiveViews = DecodeRows.prefixes(decisive);
            slot = new int[state.slots()];
            row = new int[state.slots()];
            Wiring w = new Wiring("decode router " + r);
            Slot in = w.of(state.scratch().gathered(), extent);
            w.add(new Gather(in, w.of(state.hidden()), w.of(slots, extent)));
            RouterOps.forward(w, extent, in, logits, state.weights().router(r), state.scratch());
            w.add(new Scatter(w.of(gates), w.of(logits, extent), w.of(slots, extent)));
            if (decisive != logits) {
                RouterOps.forward(w, extent, in, decisive, state.weights().auxRouter(r), state.scratch());
            }
            score = w.on(state.engine());
        }

        /** Scores the rows and answers for each whether it goes on. */
        void decide(RunningRows running) {
            if (count == 0) {
                return;
            }
            extent.set(count);
            state.engine().upload(slotViews[count], slot, 0);
            score.run();
            state.engine().download(decisiveViews[count], found, 0);
            for (int i = 0; i < count; i++) {
                running.goesOn[row[i]] = found[i] > running.threshold[row[i]];
            }
        }
    }

    ExpertStep(DecodeState state) {
        this.state = state;
        mor = state.config().mor();
        gates = state.floats().allocate("router.gates", state.slots());
        runningGates = state.floats().allocate("router.running_gates", state.slots());
        numbers = state.indices().allocate("router.numbers", state.slots());
        logits = state.floats().allocate("router.logits", state.slots());
        decisive = mor.causalRouter() == CausalRouter.AUX
                ? state.floats().allocate("router.decisive", state.slots())
                : logits;
        found = new float[state.slots()];
        next = new Next[mor.numRecursions() + 1];
        for (int r = 2; r < next.length; r++) {
            next[r] = new Next(r);
        }
    }

    @Override
    public void fill() {
        int[] counting = new int[numbers.rows()];
        Arrays.setAll(counting, i -> i);
        state.engine().upload(numbers, counting, 0);
    }

    @Override
    public void wireEnter(Wiring w, DecodeRows entering, Tensor x) {
        // Every row runs recursion 1; its router only gates.
        Extent rows = entering.extent;
        RouterOps.forward(w, rows, w.of(x, rows), logits, state.weights().router(1), state.scratch());
        w.add(new Scatter(w.of(gates), w.of(logits, rows), w.of(entering.slots, rows)));
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
                w.of(state.hidden()),
                w.of(f, rows),
                gatesNow,
                slots,
                w.of(numbers, rows),
                ExpertRouting.gate(mor),
                (float) mor.routerAlpha()));
    }

    @Override
    public void running(RunningRows running) {}

    @Override
    public void decide(RunningRows running) {
        for (int r = 2; r < next.length; r++) {
            next[r].count = 0;
        }
        for (int i = 0; i < running.count(); i++) {
            running.goesOn[i] = false;
            if (running.depth[i] < running.deepest[i]) {
                Next to = next[running.depth[i] + 1];
                to.slot[to.count] = running.rows.slot[i];
                to.row[to.count++] = i;
            }
        }
        for (int r = 2; r < next.length; r++) {
            next[r].decide(running);
        }
    }
}

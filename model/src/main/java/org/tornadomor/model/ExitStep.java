package org.tornadomor.model;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.AddBias;
import org.tornadomor.engine.DenseOp.MatmulNT;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.RowOp.Gather;
import org.tornadomor.engine.RowOp.Scatter;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * Decoding without a router: a row runs all recursions, unless its sequence lets it leave earlier ({@link ExitRule}). Then each
 * row is judged alone by what the recursion left, so that it does not matter which rows run together. The values to judge by
 * are read on the host: few, compared with the products that made them.
 */
final class ExitStep implements StepRouter {
    /** Logits that are looked at together, unless that is less than one row of them. */
    private static final int MOST_LOGITS = 1 << 19;

    private final DecodeState state;
    /** By slot: the probability that the row has not left, by the gate. */
    private final double[] stayed;

    private final Map<ExitRule.By, Judge> judges = new EnumMap<>(ExitRule.By.class);

    /** Judges the rows that may leave by one criterion. */
    private abstract class Judge {
        final Extent extent;
        final Tensor slots;
        /** The slots of the rows, and their numbers among the rows that run. */
        final int[] slot, row;

        int count;
        private final Tensor[] slotViews;

        Judge(String name, int most) {
            extent = Extent.of("exits by " + name, most);
            slots = state.indices().allocate("exit." + name + ".slots", most);
            slotViews = DecodeRows.prefixes(slots);
            slot = new int[state.slots()];
            row = new int[state.slots()];
        }

        /** The next rows that there is memory for. */
        final void take(int from, int some) {
            extent.set(some);
            System.arraycopy(slot, from, slot, 0, some);
            state.engine().upload(slotViews[some], slot, 0);
        }

        /** Records what collects their hidden states. */
        final Slot gather(Wiring w, Tensor to) {
            Slot x = w.of(to, extent);
            w.add(new Gather(x, w.of(state.hidden()), w.of(slots, extent)));
            return x;
        }

        /** Before the recursion runs. */
        void before() {}

        /** Behind the recursion: answers for each row whether it goes on. */
        abstract void decide(RunningRows running);
    }

    /** Judges by what the head would say. */
    private final class BySoftmax extends Judge {
        private final Tensor[] views;
        private final float[] found;
        private final Binding head;

        BySoftmax(int most) {
            super("softmax", most);
            int vocabulary = state.config().vocabSize();
            Tensor logits = state.floats().allocate("exit.logits", most, vocabulary);
            views = DecodeRows.prefixes(logits);
            found = new float[most * vocabulary];
            Wiring w = new Wiring("decode exits by softmax");
            state.wireHead(w, gather(w, state.scratch().gathered()), w.of(logits, extent));
            head = w.on(state.engine());
        }

        @Override
        void decide(RunningRows running) {
            int vocabulary = state.config().vocabSize();
            for (int from = 0; from < count; from += extent.max()) {
                int some = Math.min(extent.max(), count - from);
                take(from, some);
                head.run();
                state.engine().download(views[some], found, 0);
                for (int i = 0; i < some; i++) {
                    int r = row[from + i];
                    running.goesOn[r] =
                            Confidence.softmax(found, i * vocabulary, vocabulary) < running.exit[r].threshold();
                }
            }
        }
    }

    /** Judges by how little a recursion changed. */
    private final class ByState extends Judge {
        private final Tensor[] views;
        private final float[] before, after;
        private final Binding collect;

        ByState() {
            super("state", state.slots());
            int d = state.config().hiddenSize();
            views = DecodeRows.prefixes(state.scratch().gathered());
            before = new float[state.slots() * d];
            after = new float[state.slots() * d];
            Wiring w = new Wiring("decode exits by state");
            gather(w, state.scratch().gathered());
            collect = w.on(state.engine());
        }

        @Override
        void before() {
            take(0, count);
            collect.run();
            state.engine().download(views[count], before, 0);
        }

        @Override
        void decide(RunningRows running) {
            collect.run();
            state.engine().download(views[count], after, 0);
            int d = state.config().hiddenSize();
            for (int i = 0; i < count; i++) {
                running.goesOn[row[i]] = Confidence.cosine(before, after, i * d, d) < running.exit[row[i]].threshold();
            }
        }
    }

    /** Judges by the model's own gate. */
    private final class ByGate extends Judge {
        private final Tensor[] views;
        private final float[] found;
        private final Binding gate;

        ByGate() {
            super("gate", state.slots());
            Tensor logits = state.floats().allocate("exit.gate_logits", state.slots(), 1);
            views = DecodeRows.prefixes(logits);
            found = new float[state.slots()];
            Wiring w = new Wiring("decode exits by gate");
            Slot x = gather(w, state.scratch().gathered());
            Slot out = w.of(logits, extent);
            w.add(new MatmulNT(out, x, w.of(state.weights().router(1).out())));
            w.add(new AddBias(out, w.of(state.weights().routerBias())));
            gate = w.on(state.engine());
        }

        @Override
        void decide(RunningRows running) {
            take(0, count);
            gate.run();
            state.engine().download(views[count], found, 0);
            for (int i = 0; i < count; i++) {
                stayed[slot[i]] = Confidence.stays(stayed[slot[i]], found[i]);
                running.goesOn[row[i]] = 1 - stayed[slot[i]] < running.exit[row[i]].threshold();
            }
        }
    }

    /** All judges, in a fixed order. */
    private final List<Judge> all;

    ExitStep(DecodeState state) {
        this.state = state;
        stayed = new double[state.slots()];
        int most = Math.clamp(MOST_LOGITS / state.config().vocabSize(), 1, state.slots());
        for (ExitRule.By by : ExitRule.By.values()) {
            if (by != ExitRule.By.NONE && ExitRule.fits(by, state.config())) {
                judges.put(
                        by,
                        switch (by) {
                            case SOFTMAX -> new BySoftmax(most);
                            case STATE -> new ByState();
                            case GATE -> new ByGate();
                            case NONE -> throw new IllegalStateException();
                        });
            }
        }
        all = new ArrayList<>(judges.values());
    }

    @Override
    public void wireEnter(Wiring w, DecodeRows entering, Tensor x) {}

    @Override
    public void entered(DecodeRows entering) {
        for (int i = 0; i < entering.count; i++) {
            stayed[entering.slot[i]] = 1;
        }
    }

    @Override
    public void wireLeave(Wiring w, RunningRows running, Tensor f) {
        DecodeRows rows = running.rows;
        Slot left = w.of(f, rows.extent);
        boolean norms = state.config().architecture().loopNorm();
        w.add(new Scatter(w.of(state.hidden()), norms ? state.wireNorm(w, left) : left, w.of(rows.slots, rows.extent)));
    }

    @Override
    public void running(RunningRows running) {
        for (int j = 0; j < all.size(); j++) {
            all.get(j).count = 0;
        }
        for (int i = 0; i < running.count(); i++) {
            if (running.exit[i] != null && running.depth[i] < running.deepest[i]) {
                Judge judge = judges.get(running.exit[i].by());
                judge.slot[judge.count] = running.rows.slot[i];
                judge.row[judge.count++] = i;
            }
        }
        for (int j = 0; j < all.size(); j++) {
            if (all.get(j).count > 0) {
                all.get(j).before();
            }
        }
    }

    @Override
    public void decide(RunningRows running) {
        for (int i = 0; i < running.count(); i++) {
            running.goesOn[i] = running.depth[i] < running.deepest[i];
        }
        for (int j = 0; j < all.size(); j++) {
            if (all.get(j).count > 0) {
                all.get(j).decide(running);
            }
        }
    }
}

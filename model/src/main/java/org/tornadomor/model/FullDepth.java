package org.tornadomor.model;

import java.util.Arrays;
import org.tornadomor.engine.RowOp.Scatter;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/** No router: every token runs all recursions, each on what the one before left. */
final class FullDepth extends RouterKind {
    FullDepth() {
        super("none");
    }

    @Override
    public boolean routes() {
        return false;
    }

    @Override
    double[] plannedShare(MorConfig mor) {
        double[] share = new double[mor.numRecursions()];
        Arrays.fill(share, 1);
        return share;
    }

    @Override
    Routing routing(RoutingContext context) {
        return new Sequences(context);
    }

    @Override
    StepRouter step(DecodeState state) {
        return new Step(state);
    }

    /** All layers run on all rows, so that the pass has no recursion to ask about. */
    private static final class Sequences extends Routing {
        private int maxDepth;

        Sequences(RoutingContext context) {
            super(context);
        }

        private static IllegalStateException routed(Recursion r) {
            return new IllegalStateException("recursion " + r.depth + " was routed in a model without a router");
        }

        @Override
        void build(Recursion r) {
            throw routed(r);
        }

        @Override
        void begin() {}

        @Override
        int decide(Recursion r, boolean causal, int sequences) {
            throw routed(r);
        }

        @Override
        void leave(Recursion r) {
            throw routed(r);
        }

        @Override
        void wireLeaveBackward(Wiring w, Recursion r, Tensor dState, Tensor dBlock) {
            throw routed(r);
        }

        @Override
        void wireEnterBackward(Wiring w, Recursion r, Tensor dState, Tensor dBlock) {
            throw routed(r);
        }

        @Override
        void setMaxDepth(int depth) {
            maxDepth = depth;
        }

        @Override
        void depthShare(double[] target) {
            Arrays.fill(target, 0);
            target[target.length - 1] = 1;
        }

        @Override
        void depths(int[] target, Tensor view, int rows) {
            Arrays.fill(target, 0, rows, maxDepth);
        }
    }

    private static final class Step implements StepRouter {
        private final DecodeState state;

        Step(DecodeState state) {
            this.state = state;
        }

        @Override
        public void wireEnter(Wiring w, DecodeRows entering, Tensor x) {}

        @Override
        public void entered(DecodeRows entering) {}

        @Override
        public void wireLeave(Wiring w, RunningRows running, Tensor f) {
            DecodeRows rows = running.rows;
            w.add(new Scatter(w.of(state.hidden()), w.of(f, rows.extent), w.of(rows.slots, rows.extent)));
        }

        @Override
        public void running(RunningRows running) {}

        @Override
        public void decide(RunningRows running) {
            for (int i = 0; i < running.count(); i++) {
                running.goesOn[i] = running.depth[i] < running.deepest[i];
            }
        }
    }
}

package org.tornadomor.model;

import java.util.Arrays;
import java.util.Set;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * No router: every token runs all recursions, each on what the one before left, unless tokens may leave earlier in decoding.
 */
final class FullDepth extends RouterKind {
    FullDepth() {
        super("none");
    }

    @Override
    public boolean routes() {
        return false;
    }

    @Override
    public Set<ExitRule.By> exits() {
        return Set.of(ExitRule.By.SOFTMAX, ExitRule.By.STATE);
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
        return new ExitStep(state);
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
}

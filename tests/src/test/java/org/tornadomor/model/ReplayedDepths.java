package org.tornadomor.model;

import java.util.List;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * Expert-choice whose tokens go as deep as those of another model went. It has the same routers and computes them, so that it costs
 * the same; only their answer is replaced. A request says by its threshold which of the recorded sequences it is.
 */
public final class ReplayedDepths extends RouterKind {
    private static final RouterKind KIND = RouterKind.register(new ReplayedDepths());

    /** By sequence and position, the recursions of a token: of the decoders to be made. */
    private static byte[][] recorded = {};

    private ReplayedDepths() {
        super("replayed");
    }

    /**
     * The shape of an expert-choice model with this router.
     *
     * @param model of the default settings
     */
    public static ModelConfig config(ModelConfig model) {
        return model.withMor(new MorConfigBuilder(model.recursions(), KIND).build());
    }

    /** Sets what decoders that are made from now on replay: by sequence and position, the recursions of a token. */
    public static void replay(byte[][] depths) {
        recorded = depths;
    }

    /** The threshold of the request that is sequence {@code i} of those that are replayed. */
    public static double threshold(int i) {
        return (i + 1.0) / (recorded.length + 1);
    }

    @Override
    public boolean hasThreshold() {
        return true;
    }

    @Override
    public List<RouterParameter> parameters(ModelConfig config) {
        return RouterKind.EXPERT_CHOICE.parameters(config);
    }

    @Override
    Routing routing(RoutingContext context) {
        throw new UnsupportedOperationException("depths are replayed in decoding alone");
    }

    @Override
    StepRouter step(DecodeState state) {
        return new Step(state, recorded);
    }

    private static final class Step implements StepRouter {
        private final DecodeState state;
        private final StepRouter router;
        private final byte[][] depths;
        private final int[] positions;

        Step(DecodeState state, byte[][] depths) {
            this.state = state;
            this.depths = depths;
            router = RouterKind.EXPERT_CHOICE.step(state);
            positions = new int[state.slots()];
        }

        @Override
        public void fill() {
            router.fill();
        }

        @Override
        public void wireEnter(Wiring w, DecodeRows entering, Tensor x) {
            router.wireEnter(w, entering, x);
        }

        @Override
        public void entered(DecodeRows entering) {
            router.entered(entering);
        }

        @Override
        public void wireLeave(Wiring w, RunningRows running, Tensor f) {
            router.wireLeave(w, running, f);
        }

        @Override
        public void running(RunningRows running) {
            router.running(running);
        }

        @Override
        public void decide(RunningRows running) {
            router.decide(running);
            state.engine().download(running.rows.position.rows(0, running.count()), positions, 0);
            for (int i = 0; i < running.count(); i++) {
                double threshold = 1 / (1 + Math.exp(-running.threshold[i]));
                byte[] sequence = depths[(int) Math.round(threshold * (depths.length + 1)) - 1];
                int depth = sequence[positions[i] % sequence.length];
                running.goesOn[i] = running.depth[i] < Math.min(depth, running.deepest[i]);
            }
        }
    }
}

package org.tornadomor.trainer;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.Clear;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.OptimizerOp;
import org.tornadomor.engine.OptimizerOp.Adam;
import org.tornadomor.engine.OptimizerOp.AdamW;
import org.tornadomor.engine.OptimizerOp.SquaredNorm;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;
import org.tornadomor.model.ParameterSet;

/**
 * AdamW with decoupled decay on matrices only and clipping by the global norm. Auxiliary routers are a group of their own: ten
 * times the learning rate, clipped by their own norm (paper, appendix A.2 and the reference code).
 */
public final class Optimizer implements AutoCloseable {
    /** Learning rate of auxiliary routers over that of the model. */
    public static final float AUXILIARY_RATE = 10;

    /**
     * What does not change during a run.
     *
     * @param maxNorm largest global gradient norm, 0 for no clipping
     */
    public record Settings(float beta1, float beta2, float eps, float decay, float maxNorm) {
        /** The paper's: betas 0.9 and 0.95, decay 0.1, norm 1. */
        public static final Settings DEFAULT = new Settings(0.9f, 0.95f, 1e-8f, 0.1f, 1f);
    }

    /** Parameters with a norm and a learning rate of their own. */
    private final class Group {
        final float rate;
        final Tensor settings;
        final Tensor squaredNorm;
        final Binding norm;
        final List<Binding> updates = new ArrayList<>();

        Group(String name, float rate, List<Tensor> decayed, List<Tensor> plain, Spans spans) {
            this.rate = rate;
            settings = floats.allocate(name + ".settings", 3);
            squaredNorm = floats.allocate(name + ".squared_norm", 1);
            Wiring w = new Wiring("optimizer: norm of " + name);
            w.add(new Clear(w.of(squaredNorm)));
            for (Tensor gradient : concat(decayed, plain)) {
                w.add(new SquaredNorm(w.of(squaredNorm), w.of(gradient)));
            }
            norm = w.on(engine);
            decayed.forEach(gradient -> updates.add(update(name, gradient, fixed.decay(), spans)));
            plain.forEach(gradient -> updates.add(update(name, gradient, 0, spans)));
        }

        private Binding update(String name, Tensor gradient, float decay, Spans spans) {
            Wiring w = new Wiring("optimizer: update of " + name);
            Adam adam = new Adam(fixed.beta1(), fixed.beta2(), fixed.eps(), decay, fixed.maxNorm());
            return w.add(new AdamW(
                            w.of(spans.like(gradient, weights)),
                            w.of(spans.like(gradient, first)),
                            w.of(spans.like(gradient, second)),
                            w.of(gradient),
                            w.of(settings),
                            w.of(squaredNorm),
                            adam))
                    .on(engine);
        }

        void step(float learningRate, long step) {
            values[OptimizerOp.LEARNING_RATE] = learningRate * rate;
            values[OptimizerOp.CORRECTION1] = (float) (1 - Math.pow(fixed.beta1(), step));
            values[OptimizerOp.CORRECTION2] = (float) (1 - Math.pow(fixed.beta2(), step));
            engine.upload(settings, values, 0);
            norm.run();
            for (Binding update : updates) {
                update.run();
            }
        }
    }

    /** Finds the span of another parameter set that covers the same parameters. */
    private record Spans(ParameterSet gradients) {
        Tensor like(Tensor gradient, ParameterSet other) {
            for (List<Tensor[]> pairs : List.of(
                    zip(gradients.matrices(), other.matrices()),
                    zip(gradients.vectors(), other.vectors()),
                    zip(gradients.auxiliary(), other.auxiliary()))) {
                for (Tensor[] pair : pairs) {
                    if (pair[0].segment() == gradient.segment() && pair[0].offset() == gradient.offset()) {
                        return pair[1];
                    }
                }
            }
            throw new IllegalArgumentException("no span like " + gradient);
        }

        private static List<Tensor[]> zip(List<Tensor> a, List<Tensor> b) {
            List<Tensor[]> pairs = new ArrayList<>();
            for (int i = 0; i < a.size(); i++) {
                pairs.add(new Tensor[] {a.get(i), b.get(i)});
            }
            return pairs;
        }
    }

    private final Engine engine;
    private final Settings fixed;
    private final ParameterSet weights;
    private final ParameterSet first;
    private final ParameterSet second;
    private final Arena floats;
    private final Group main;
    private final Group auxiliary;
    private final float[] values = new float[3];

    /** Moments start at zero. */
    public Optimizer(Engine engine, ParameterSet weights, ParameterSet gradients, Settings settings) {
        this.engine = engine;
        this.fixed = settings;
        this.weights = weights;
        first = new ParameterSet(engine, "moments 1", weights.config());
        second = new ParameterSet(engine, "moments 2", weights.config());
        floats = engine.arena("optimizer", ElementType.F32);
        Spans spans = new Spans(gradients);
        main = new Group("parameters", 1, gradients.matrices(), gradients.vectors(), spans);
        auxiliary = gradients.auxiliary().isEmpty()
                ? null
                : new Group("auxiliary routers", AUXILIARY_RATE, gradients.auxiliary(), List.of(), spans);
    }

    private static List<Tensor> concat(List<Tensor> a, List<Tensor> b) {
        List<Tensor> all = new ArrayList<>(a);
        all.addAll(b);
        return all;
    }

    /**
     * Moves the weights.
     *
     * @param step from 1: for the bias corrections
     */
    public void step(float learningRate, long step) {
        main.step(learningRate, step);
        if (auxiliary != null) {
            auxiliary.step(learningRate, step);
        }
    }

    /** The global norm of the gradients before clipping, of the last step. */
    public float gradientNorm() {
        engine.download(main.squaredNorm, values, 0);
        return (float) Math.sqrt(values[0]);
    }

    /** First and second moments, laid out as the weights: what a resumed run needs. */
    public List<ParameterSet> moments() {
        return List.of(first, second);
    }

    @Override
    public void close() {
        first.close();
        second.close();
        floats.close();
    }
}

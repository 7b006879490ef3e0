package org.tornadomor.trainer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
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
import org.tornadomor.model.ParameterGroup;
import org.tornadomor.model.ParameterSet;

/**
 * AdamW with decoupled decay on matrices only and clipping by the global norm. Groups of parameters may have learning rates of
 * their own, or be frozen. Auxiliary routers stand apart: ten times the learning rate, clipped by their own norm (paper,
 * appendix A.2 and the reference code).
 */
public final class Optimizer implements AutoCloseable {
    /** Learning rate of auxiliary routers over that of the model. */
    public static final float AUXILIARY_RATE = 10;

    /**
     * What does not change during a run.
     *
     * @param maxNorm largest global gradient norm of what is trained, 0 for no clipping
     * @param rates learning rate of each group over that of the step; a group that is not there is frozen
     */
    public record Settings(
            float beta1, float beta2, float eps, float decay, float maxNorm, Map<ParameterGroup, Float> rates) {
        /** Every group at the rate of the step. */
        public static final Map<ParameterGroup, Float> EVEN = Arrays.stream(ParameterGroup.values())
                .collect(Collectors.toUnmodifiableMap(group -> group, group -> 1f));

        /** The paper's: betas 0.9 and 0.95, decay 0.1, norm 1. */
        public static final Settings DEFAULT = new Settings(0.9f, 0.95f, 1e-8f, 0.1f, 1f, EVEN);

        public Settings {
            rates = Map.copyOf(rates);
        }
    }

    /** Parameters that are clipped by one norm; a part of them has a learning rate. */
    private final class Group {
        final List<Part> parts;
        final Tensor squaredNorm;
        final Binding norm;

        Group(String name, List<Part> parts) {
            this.parts = parts;
            squaredNorm = floats.allocate(name + ".squared_norm", 1);
            Wiring w = new Wiring("optimizer: norm of " + name);
            w.add(new Clear(w.of(squaredNorm)));
            for (Part part : parts) {
                part.spans.forEach(span -> w.add(new SquaredNorm(w.of(squaredNorm), w.of(span.gradient))));
            }
            norm = w.on(engine);
            parts.forEach(part -> part.bind(name, squaredNorm));
        }

        void step(float learningRate, long step) {
            norm.run();
            for (Part part : parts) {
                part.step(learningRate, step);
            }
        }
    }

    /** Parameters of one learning rate. */
    private final class Part {
        final float rate;
        final List<Span> spans;
        final Tensor settings;
        final List<Binding> updates = new ArrayList<>();

        Part(String name, float rate, List<Span> spans) {
            this.rate = rate;
            this.spans = spans;
            settings = floats.allocate(name + ".settings", 3);
        }

        void bind(String name, Tensor squaredNorm) {
            spans.forEach(span -> updates.add(span.update(name, settings, squaredNorm)));
        }

        void step(float learningRate, long step) {
            values[OptimizerOp.LEARNING_RATE] = learningRate * rate;
            values[OptimizerOp.CORRECTION1] = (float) (1 - Math.pow(fixed.beta1(), step));
            values[OptimizerOp.CORRECTION2] = (float) (1 - Math.pow(fixed.beta2(), step));
            engine.upload(settings, values, 0);
            for (Binding update : updates) {
                update.run();
            }
        }
    }

    /** The same parameters in the four sets. */
    private final class Span {
        final Tensor weight, moment1, moment2, gradient;
        final float decay;

        Span(Tensor weight, Tensor moment1, Tensor moment2, Tensor gradient, float decay) {
            this.weight = weight;
            this.moment1 = moment1;
            this.moment2 = moment2;
            this.gradient = gradient;
            this.decay = decay;
        }

        Binding update(String name, Tensor settings, Tensor squaredNorm) {
            Wiring w = new Wiring("optimizer: update of " + name);
            Adam adam = new Adam(fixed.beta1(), fixed.beta2(), fixed.eps(), decay, fixed.maxNorm());
            return w.add(new AdamW(
                            w.of(weight),
                            w.of(moment1),
                            w.of(moment2),
                            w.of(gradient),
                            w.of(settings),
                            w.of(squaredNorm),
                            adam))
                    .on(engine);
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
        main = new Group("parameters", parts(gradients));
        List<Span> ofRouters = spans(gradients, ParameterSet::auxiliary, fixed.decay());
        auxiliary = ofRouters.isEmpty()
                ? null
                : new Group("auxiliary routers", List.of(new Part("auxiliary routers", AUXILIARY_RATE, ofRouters)));
    }

    /** A part for each learning rate, and with all groups at one rate a single one. What is frozen is in none. */
    private List<Part> parts(ParameterSet gradients) {
        Map<Float, Set<ParameterGroup>> byRate = new TreeMap<>();
        fixed.rates()
                .forEach((group, rate) -> byRate.computeIfAbsent(rate, r -> EnumSet.noneOf(ParameterGroup.class))
                        .add(group));
        List<Part> parts = new ArrayList<>();
        byRate.forEach((rate, groups) -> {
            List<Span> spans = new ArrayList<>(spans(gradients, set -> set.spans(groups, true), fixed.decay()));
            spans.addAll(spans(gradients, set -> set.spans(groups, false), 0));
            if (!spans.isEmpty()) {
                parts.add(new Part("parameters at rate " + rate, rate, spans));
            }
        });
        return parts;
    }

    private List<Span> spans(ParameterSet gradients, Function<ParameterSet, List<Tensor>> of, float decay) {
        List<Tensor> own = of.apply(gradients);
        List<Span> spans = new ArrayList<>();
        for (int i = 0; i < own.size(); i++) {
            spans.add(new Span(
                    of.apply(weights).get(i),
                    of.apply(first).get(i),
                    of.apply(second).get(i),
                    own.get(i),
                    decay));
        }
        return spans;
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

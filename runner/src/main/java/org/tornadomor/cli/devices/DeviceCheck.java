package org.tornadomor.cli.devices;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.Losses;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.Scorer;
import org.tornadomor.model.TrainingPass;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.serving.Request;
import org.tornadomor.serving.RequestListener;
import org.tornadomor.serving.Scheduler;
import org.tornadomor.trainer.Optimizer;

/**
 * Looks whether an engine computes what it should: matrix products against double precision, golden models
 * ({@link GoldenModel}) scored, continued and trained. Small enough that compiling the kernels takes
 * most of the time.
 */
public final class DeviceCheck {
    /** m x n x k: within a tile, beyond it, and nothing that divides. */
    private static final int[][] PRODUCTS = {{16, 16, 16}, {96, 128, 64}, {67, 45, 131}};

    /** Of a sum of some hundred products of numbers below a half. */
    private static final double PRODUCT_LIMIT = 2e-5;
    /** Nats. */
    private static final double LOSS_LIMIT = 2e-4;
    /** Nats, after steps whose smallest gradients are rounding. */
    private static final double TRAINING_LIMIT = 2e-3;

    private final Engine engine;
    private final Consumer<String> begins;
    private final Consumer<Outcome> ended;

    /**
     * What came of one check.
     *
     * @param name what was computed
     * @param error how far the worst value is off; not a number if a value is none
     * @param limit the most that rounding explains
     * @param seconds that it took, compiling included
     */
    public record Outcome(String name, double error, double limit, double seconds) {
        /** Whether rounding explains the error. */
        public boolean passed() {
            return error <= limit;
        }
    }

    private DeviceCheck(Engine engine, Consumer<String> begins, Consumer<Outcome> ended) {
        this.engine = engine;
        this.begins = begins;
        this.ended = ended;
    }

    /**
     * Runs all checks.
     *
     * @param begins told the name of each check before it runs: a driver may crash
     * @param ended told what came of it
     */
    public static void run(Engine engine, Consumer<String> begins, Consumer<Outcome> ended) {
        new DeviceCheck(engine, begins, ended).run();
    }

    private void run() {
        check("products", PRODUCT_LIMIT, this::products);
        for (GoldenModel model : GoldenModel.values()) {
            check("scoring, " + model, LOSS_LIMIT, () -> scoring(model));
        }
        for (GoldenModel model : List.of(GoldenModel.EXPERT_CHOICE, GoldenModel.TOKEN_CHOICE)) {
            check("decoding, " + model, 0, () -> decoding(model));
            check("training, " + model, TRAINING_LIMIT, () -> training(model));
        }
    }

    private void check(String name, double limit, DoubleSupplier error) {
        begins.accept(name);
        long start = System.nanoTime();
        double found = error.getAsDouble();
        ended.accept(new Outcome(name, found, limit, (System.nanoTime() - start) * 1e-9));
    }

    /** The larger one; not a number if either is none. */
    private static double worse(double error, double a, double b) {
        return Math.max(error, Math.abs(a - b));
    }

    private double products() {
        double error = 0;
        for (int[] size : PRODUCTS) {
            for (boolean transposed : new boolean[] {false, true}) {
                error = Math.max(error, product(size[0], size[1], size[2], transposed));
            }
        }
        return error;
    }

    /** a [m, k] times b [k, n], or times the transpose of b [n, k]. */
    private double product(int m, int n, int k, boolean transposed) {
        Random random = new Random(m);
        float[] a = values(random, m * k);
        float[] b = values(random, n * k);
        String name = "check " + m + " " + n + " " + k + " " + transposed;
        Ops ops = new Ops(name);
        Extent rows = Extent.of("rows", m);
        Slot c = ops.f32("c", rows, n);
        Slot left = ops.f32("a", rows, k);
        Slot right = transposed ? ops.f32("b", Extent.fixed(n), k) : ops.f32("b", Extent.fixed(k), n);
        ops.add(transposed ? new DenseOp.MatmulNT(c, left, right, null) : new DenseOp.MatmulNN(c, left, right, false));
        float[] found = new float[m * n];
        try (Arena arena = engine.arena(name, ElementType.F32)) {
            Tensor out = arena.allocate("c", m, n);
            Tensor first = arena.allocate("a", m, k);
            Tensor second = arena.allocate("b", right.rows().max(), right.columns());
            rows.set(m);
            engine.upload(first, a, 0);
            engine.upload(second, b, 0);
            Binding binding = engine.compile(ops).bind(Map.of(c, out, left, first, right, second));
            binding.run();
            engine.download(out, found, 0);
        }
        double error = 0;
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int p = 0; p < k; p++) {
                    sum += (double) a[i * k + p] * b[transposed ? j * k + p : p * n + j];
                }
                error = worse(error, sum, found[i * n + j]);
            }
        }
        return error;
    }

    private static float[] values(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        return values;
    }

    /** Losses of tokens; a wrong depth counts as a whole nat. */
    private double scoring(GoldenModel model) {
        int count = GoldenModel.SEQUENCES * GoldenModel.LENGTH;
        float[] losses = new float[count];
        int[] depths = new int[count];
        try (ParameterSet weights = weights(engine, model);
                Scorer scorer = new Scorer(engine, weights, GoldenModel.SEQUENCES, GoldenModel.LENGTH)) {
            scorer.score(inputs(0), inputs(1), GoldenModel.SEQUENCES, GoldenModel.LENGTH, true, null);
            scorer.losses(losses);
            scorer.depths(depths);
        }
        double error = 0;
        for (int i = 0; i < count; i++) {
            error = worse(error, model.losses()[i], losses[i]);
            error = worse(error, model.depths()[i], depths[i]);
        }
        return error;
    }

    private static ParameterSet weights(Engine engine, GoldenModel model) {
        ParameterSet weights = new ParameterSet(engine, "check " + model, model.config());
        Checkpoints.initialise(engine, weights, GoldenModel.SEED);
        return weights;
    }

    /** The tokens of all sequences, or those that follow each of them. */
    private static int[] inputs(int later) {
        int[] all = new int[GoldenModel.SEQUENCES * GoldenModel.LENGTH];
        for (int s = 0; s < GoldenModel.SEQUENCES; s++) {
            int[] tokens = GoldenModel.tokens(s, GoldenModel.LENGTH + 1);
            System.arraycopy(tokens, later, all, s * GoldenModel.LENGTH, GoldenModel.LENGTH);
        }
        return all;
    }

    /** How many tokens are not the likeliest ones, of prompts that are continued beside each other. */
    private double decoding(GoldenModel model) {
        ModelConfig config = model.config();
        int[] found = new int[GoldenModel.PROMPTS.length * GoldenModel.NEW_TOKENS];
        Arrays.fill(found, -1);
        DecoderSize size = DecoderSize.full(config, GoldenModel.PROMPTS.length, config.maxPositions(), 16);
        try (ParameterSet weights = weights(engine, model);
                Scheduler scheduler = new Scheduler(engine, weights, size, 16, false, DepthPolicy.DEPTH_WISE)) {
            for (int i = 0; i < GoldenModel.PROMPTS.length; i++) {
                scheduler.submit(
                        new Request(
                                GoldenModel.tokens(i, GoldenModel.PROMPTS[i]),
                                GoldenModel.NEW_TOKENS,
                                Request.Sampling.GREEDY,
                                0,
                                new int[0],
                                0.5,
                                0),
                        new Collecting(found, i * GoldenModel.NEW_TOKENS));
            }
            scheduler.drain();
        }
        int[] expected = model.continued();
        double wrong = 0;
        for (int i = 0; i < found.length; i++) {
            wrong += found[i] == expected[i] ? 0 : 1;
        }
        return wrong;
    }

    /** Puts the tokens of a request into a place of its own. */
    private static final class Collecting implements RequestListener {
        private final int[] target;
        private int at;

        Collecting(int[] target, int from) {
            this.target = target;
            at = from;
        }

        @Override
        public boolean token(int id, int depth) {
            target[at++] = id;
            return true;
        }

        @Override
        public void ended(End reason) {}
    }

    /** Losses of training steps. */
    private double training(GoldenModel model) {
        float[] found = training(engine, model);
        double[] expected = model.trained();
        double error = 0;
        for (int i = 0; i < found.length; i++) {
            error = worse(error, expected[i], found[i]);
        }
        return error;
    }

    private static float[] training(Engine engine, GoldenModel model) {
        float[] all = new float[GoldenModel.TRAINING_STEPS * Losses.COUNT];
        float[] losses = new float[Losses.COUNT];
        try (ParameterSet weights = weights(engine, model);
                TrainingPass pass =
                        new TrainingPass(engine, weights, GoldenModel.SEQUENCES, GoldenModel.LENGTH, 1, false);
                Optimizer optimizer = new Optimizer(engine, weights, pass.gradients(), Optimizer.Settings.DEFAULT)) {
            for (int step = 0; step < GoldenModel.TRAINING_STEPS; step++) {
                pass.begin();
                pass.add(inputs(0), inputs(1));
                pass.end();
                optimizer.step(GoldenModel.LEARNING_RATE, step + 1);
                pass.losses(losses);
                System.arraycopy(losses, 0, all, step * Losses.COUNT, Losses.COUNT);
            }
        }
        return all;
    }
}

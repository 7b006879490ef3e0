package org.tornadomor.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.BatchDecoder;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.Presets;
import org.tornadomor.model.Scorer;
import org.tornadomor.model.io.Checkpoints;

/**
 * All threads beside one, for the engine and for what bounds it, and prompts beside the forward pass of whole sequences, in
 * turn within one run. Arguments: threads, rounds.
 */
final class ThreadsComparison {
    private static final int BATCH = 8;
    private static final int TOKENS = 256;
    private static final int PROMPT = 1024;
    private static final int PRODUCT = 2048;
    private static final int MEGABYTES = 1024;

    private ThreadsComparison() {}

    public static void main(String[] args) {
        int threads = args.length > 0 ? Integer.parseInt(args[0]) : 2;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
        try (Engine one = new CpuEngine(1);
                Engine all = new CpuEngine(threads);
                Bounds bounds = new Bounds(threads)) {
            Results results = new Results(
                    threads + " threads beside one",
                    "what",
                    "seconds, one thread",
                    "seconds",
                    "times one thread",
                    "OpenBLAS in the same rounds, times one thread",
                    "reading memory, times one thread");
            Map<String, ModelConfig> models = new LinkedHashMap<>();
            for (String name : new String[] {"small-vanilla", "small-mor3"}) {
                models.put(name, Presets.get(name));
            }
            for (Map.Entry<String, ModelConfig> model : models.entrySet()) {
                try (TrainingStep alone = new TrainingStep(one, model.getValue(), BATCH, TOKENS);
                        TrainingStep together = new TrainingStep(all, model.getValue(), BATCH, TOKENS)) {
                    bounds.row(results, "training step, " + model.getKey(), rounds, alone::run, together::run);
                }
            }
            ModelConfig config = models.get("small-vanilla").withMaxPositions(PROMPT);
            bounds.row(
                    results,
                    "prompt of " + PROMPT + ", small-vanilla",
                    rounds,
                    prompt(one, config),
                    prompt(all, config));

            Results forward = new Results(
                    "A prompt of " + PROMPT + " tokens beside the forward pass of the sequence, small-vanilla, "
                            + threads + " threads",
                    "prompt, seconds",
                    "forward pass, seconds",
                    "forward / prompt");
            double[][] seconds = race(rounds, score(all, config), prompt(all, config));
            forward.row(middle(seconds, 1), middle(seconds, 0), ratio(seconds, 0));
        }
    }

    /**
     * What more threads bring to a product that OpenBLAS computes, and to reading memory: the second processor of a virtual
     * machine is not always there, so each figure has the bounds that were measured in the same minutes beside it.
     */
    private static final class Bounds implements AutoCloseable {
        private final int threads;
        private final ReadBandwidth readOne = new ReadBandwidth(1, MEGABYTES);
        private final ReadBandwidth readAll;
        private final OpenBlas blas = OpenBlas.installed() ? new OpenBlas() : null;
        private final Product product =
                blas == null ? null : new Product(Product.Layout.NN, PRODUCT, PRODUCT, PRODUCT, 1, blas);

        Bounds(int threads) {
            this.threads = threads;
            readAll = new ReadBandwidth(threads, MEGABYTES);
        }

        /** Races one thread against all, and the same of the two ceilings in the same rounds. */
        void row(Results results, String what, int rounds, DoubleSupplier one, DoubleSupplier all) {
            DoubleSupplier nothing = () -> Double.NaN;
            double[][] seconds = race(
                    rounds,
                    one,
                    all,
                    blas == null ? nothing : multiply(blas, product, 1),
                    blas == null ? nothing : multiply(blas, product, threads),
                    timed(readOne::run),
                    timed(readAll::run));
            results.row(
                    what,
                    middle(seconds, 0),
                    middle(seconds, 1),
                    ratio(seconds, 0),
                    blas == null ? "not installed" : ratio(seconds, 2),
                    ratio(seconds, 4));
        }

        @Override
        public void close() {
            readOne.close();
            readAll.close();
            if (product != null) {
                product.close();
            }
        }
    }

    private static DoubleSupplier multiply(OpenBlas blas, Product product, int threads) {
        return () -> {
            blas.threads(threads);
            return timed(product::runBlas).getAsDouble();
        };
    }

    /** Seconds of each in each round; all warm up first. */
    private static double[][] race(int rounds, DoubleSupplier... all) {
        for (int i = 0; i < 3; i++) {
            for (DoubleSupplier each : all) {
                each.getAsDouble();
            }
        }
        double[][] seconds = new double[all.length][rounds];
        for (int i = 0; i < rounds; i++) {
            for (int each = 0; each < all.length; each++) {
                seconds[each][i] = all[each].getAsDouble();
            }
        }
        return seconds;
    }

    private static double middle(double[][] seconds, int which) {
        return Results.median(seconds[which]);
    }

    /** The median over rounds of how many times as fast as {@code first} the next one is. */
    private static double ratio(double[][] seconds, int first) {
        double[] ratios = new double[seconds[first].length];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = seconds[first][i] / seconds[first + 1][i];
        }
        return Results.median(ratios);
    }

    private static DoubleSupplier prompt(Engine engine, ModelConfig config) {
        ParameterSet weights = weights(engine, config);
        BatchDecoder decoder = new BatchDecoder(engine, weights, 1, PROMPT, PROMPT, 1);
        int[] counts = {PROMPT};
        int[] ids = new int[PROMPT];
        return timed(() -> {
            decoder.clear(0);
            decoder.run(counts, ids);
        });
    }

    private static DoubleSupplier score(Engine engine, ModelConfig config) {
        Scorer scorer = new Scorer(engine, weights(engine, config), 1, PROMPT);
        int[] ids = new int[PROMPT];
        return timed(() -> scorer.score(ids, ids, 1, PROMPT, true, null));
    }

    private static ParameterSet weights(Engine engine, ModelConfig config) {
        ParameterSet weights = new ParameterSet(engine, "weights", config);
        Checkpoints.initialise(engine, weights, 1);
        return weights;
    }

    private static DoubleSupplier timed(Runnable run) {
        return () -> {
            long start = System.nanoTime();
            run.run();
            return (System.nanoTime() - start) * 1e-9;
        };
    }
}

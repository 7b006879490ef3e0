package org.tornadomor.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.Checkpoints;
import org.tornadomor.model.Decoder;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.Presets;
import org.tornadomor.model.Scorer;

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
                Engine all = new CpuEngine(threads)) {
            Results results = new Results(
                    threads + " threads beside one", "what", "seconds, one thread", "seconds", "times one thread");
            Map<String, ModelConfig> models = new LinkedHashMap<>();
            for (String name : new String[] {"small-vanilla", "small-mor3"}) {
                models.put(name, Presets.get(name));
            }
            for (Map.Entry<String, ModelConfig> model : models.entrySet()) {
                try (TrainingStep alone = new TrainingStep(one, model.getValue(), BATCH, TOKENS);
                        TrainingStep together = new TrainingStep(all, model.getValue(), BATCH, TOKENS)) {
                    double[][] seconds = race(rounds, alone::run, together::run);
                    results.row(
                            "training step, " + model.getKey(), middle(seconds, 0), middle(seconds, 1), ratio(seconds));
                }
            }
            ModelConfig config = models.get("small-vanilla").withMaxPositions(PROMPT);
            double[][] prompts = race(rounds, prompt(one, config), prompt(all, config));
            results.row(
                    "prompt of " + PROMPT + ", small-vanilla", middle(prompts, 0), middle(prompts, 1), ratio(prompts));

            ceilings(results, threads, rounds);

            Results forward = new Results(
                    "A prompt of " + PROMPT + " tokens beside the forward pass of the sequence, small-vanilla, "
                            + threads + " threads",
                    "prompt, seconds",
                    "forward pass, seconds",
                    "forward / prompt");
            double[][] seconds = race(rounds, score(all, config), prompt(all, config));
            forward.row(middle(seconds, 1), middle(seconds, 0), ratio(seconds));
        }
    }

    /** What more threads can bring at most on this machine: to a product that OpenBLAS computes, and to reading memory. */
    private static void ceilings(Results results, int threads, int rounds) {
        if (OpenBlas.installed()) {
            OpenBlas blas = new OpenBlas();
            try (Product product = new Product(Product.Layout.NN, PRODUCT, PRODUCT, PRODUCT, 1, blas)) {
                double[][] seconds = race(rounds, multiply(blas, product, 1), multiply(blas, product, threads));
                results.row(
                        "OpenBLAS, product of " + PRODUCT + " cubed",
                        middle(seconds, 0),
                        middle(seconds, 1),
                        ratio(seconds));
            }
        }
        try (ReadBandwidth one = new ReadBandwidth(1, MEGABYTES);
                ReadBandwidth all = new ReadBandwidth(threads, MEGABYTES)) {
            double[][] seconds = race(rounds, timed(one::run), timed(all::run));
            results.row(
                    "reading " + MEGABYTES + " MiB of memory", middle(seconds, 0), middle(seconds, 1), ratio(seconds));
        }
    }

    private static DoubleSupplier multiply(OpenBlas blas, Product product, int threads) {
        return () -> {
            blas.threads(threads);
            return timed(product::runBlas).getAsDouble();
        };
    }

    /** Seconds of each in each round; both warm up first. */
    private static double[][] race(int rounds, DoubleSupplier a, DoubleSupplier b) {
        for (int i = 0; i < 3; i++) {
            a.getAsDouble();
            b.getAsDouble();
        }
        double[][] seconds = new double[2][rounds];
        for (int i = 0; i < rounds; i++) {
            seconds[0][i] = a.getAsDouble();
            seconds[1][i] = b.getAsDouble();
        }
        return seconds;
    }

    private static double middle(double[][] seconds, int which) {
        return Results.median(seconds[which]);
    }

    /** The median over rounds of how many times as fast the second is. */
    private static double ratio(double[][] seconds) {
        double[] ratios = new double[seconds[0].length];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = seconds[0][i] / seconds[1][i];
        }
        return Results.median(ratios);
    }

    private static DoubleSupplier prompt(Engine engine, ModelConfig config) {
        ParameterSet weights = weights(engine, config);
        Decoder decoder = new Decoder(engine, weights, 1, PROMPT, PROMPT, 1);
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

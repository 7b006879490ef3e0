package org.tornadomor.bench;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.BatchDecoder;
import org.tornadomor.model.LayerMap;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterCount;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.Presets;
import org.tornadomor.model.io.Checkpoints;

/**
 * What a token that stops early saves in decoding: seconds of a token at each depth beside those at full depth, and the same for the
 * bytes of weights and caches that it reads. The shared block, larger than the caches, is read at each recursion. Arguments:
 * threads, tokens in the cache, rounds.
 */
final class MorDecodeComparison {
    /** Tokens that a round decodes at each depth. */
    private static final int STEPS = 10;

    private static final int[] ONE = {1};
    private static final int[] TOKEN = {1};

    private MorDecodeComparison() {}

    public static void main(String[] args) {
        int threads = args.length > 0 ? Integer.parseInt(args[0]) : 2;
        int length = args.length > 1 ? Integer.parseInt(args[1]) : 256;
        int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 9;
        ModelConfig small = Presets.get("small-mor3");
        int capacity = length + STEPS * (rounds + 1);
        ModelConfig config =
                new ModelConfig(4096, 1024, 2816, 14, 16, 16, 64, 1e-5, 1e4, capacity, true, 0.02, small.mor());
        int deepest = config.recursions();
        try (Engine engine = new CpuEngine(threads)) {
            ParameterSet weights = new ParameterSet(engine, "weights", config);
            Checkpoints.initialise(engine, weights, 1);
            List<BatchDecoder> decoders = IntStream.rangeClosed(1, deepest)
                    .mapToObj(depth -> decoder(engine, weights, depth, length, capacity))
                    .toList();
            double[][] seconds = new double[deepest][rounds];
            double[][] ratios = new double[deepest][rounds];
            for (int i = -1; i < rounds; i++) {
                for (int depth = deepest; depth >= 1; depth--) {
                    double time = steps(decoders.get(depth - 1));
                    if (i >= 0) {
                        seconds[depth - 1][i] = time;
                        ratios[depth - 1][i] = time / seconds[deepest - 1][i];
                    }
                }
            }
            Results results = new Results(
                    "Decoding with MoR, " + ParameterCount.of(config).total() / 1_000_000
                            + " million parameters, after " + length + " tokens, " + threads
                            + (threads == 1 ? " thread" : " threads"),
                    "depth",
                    "tokens/s",
                    "time / full depth",
                    "bytes / full depth",
                    "time - bytes");
            for (int depth = 1; depth <= deepest; depth++) {
                double time = Results.median(ratios[depth - 1]);
                double share = bytes(config, depth, length) / bytes(config, deepest, length);
                results.row(Integer.toString(depth), 1 / Results.median(seconds[depth - 1]), time, share, time - share);
            }
        }
    }

    /** Every token takes exactly so many recursions. */
    private static BatchDecoder decoder(Engine engine, ParameterSet weights, int depth, int length, int capacity) {
        BatchDecoder decoder = new BatchDecoder(engine, weights, 1, capacity, length, 1);
        decoder.setThreshold(0);
        decoder.setMaxDepth(depth);
        int[] ids = new int[length];
        Arrays.setAll(ids, i -> i * 31 % weights.config().vocabSize());
        decoder.run(new int[] {length}, ids);
        return decoder;
    }

    /** Bytes of float32 weights, keys and values that a token of this depth reads. */
    private static double bytes(ModelConfig config, int depth, int length) {
        LayerMap map = new LayerMap(config);
        double layer = (double) config.hiddenSize() * (2 * config.queryWidth() + 2 * config.kvWidth())
                + 3.0 * config.hiddenSize() * config.intermediateSize()
                + 2.0 * length * config.kvWidth();
        long layers = IntStream.range(0, map.numLayers())
                .filter(l -> map.recursion(l) <= depth)
                .count();
        return Float.BYTES * (layers * layer + (double) config.vocabSize() * config.hiddenSize());
    }

    private static double steps(BatchDecoder decoder) {
        double[] seconds = new double[STEPS];
        for (int i = 0; i < STEPS; i++) {
            long start = System.nanoTime();
            decoder.run(ONE, TOKEN);
            seconds[i] = (System.nanoTime() - start) * 1e-9;
        }
        return Results.median(seconds);
    }
}

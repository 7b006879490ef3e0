package org.tornadomor.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.Flops;
import org.tornadomor.model.KvMode;
import org.tornadomor.model.LayerMap;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterCount;
import org.tornadomor.model.Presets;

/**
 * What MoR saves: a training step and the memory of each model beside those of the vanilla model with as many unrolled layers, in
 * turn within one run. Arguments: preset size (small), batch (8), context (256), rounds (3), and if only some models are wanted,
 * which, such as {@code mor2,mor3}.
 */
final class MorComparison {
    private MorComparison() {}

    public static void main(String[] args) {
        String size = args.length > 0 ? args[0] : "small";
        int batch = args.length > 1 ? Integer.parseInt(args[1]) : 8;
        int tokens = args.length > 2 ? Integer.parseInt(args[2]) : 256;
        int rounds = args.length > 3 ? Integer.parseInt(args[3]) : 3;
        List<String> wanted = args.length > 4 ? List.of(args[4].split(",")) : null;
        Results results = new Results(
                "MoR beside vanilla, " + size + ", batch " + batch + ", context " + tokens,
                "model",
                "layers",
                "seconds",
                "time / vanilla",
                "FLOPs / vanilla",
                "time - FLOPs",
                "MiB",
                "bytes / vanilla",
                "computed bytes / vanilla",
                "bytes - computed");
        for (Map.Entry<String, ModelConfig> entry : models(size).entrySet()) {
            if (wanted != null && !wanted.contains(entry.getKey().substring(size.length() + 1))) {
                continue;
            }
            ModelConfig config = entry.getValue();
            compare(results, entry.getKey(), config, vanilla(size, config.numLayers()), batch, tokens, rounds);
        }
    }

    private static Map<String, ModelConfig> models(String size) {
        Map<String, ModelConfig> models = new LinkedHashMap<>();
        for (String kind : List.of("mor2", "mor3", "mor4", "tok3", "rec3")) {
            models.put(size + "-" + kind, Presets.get(size + "-" + kind));
        }
        ModelConfig shared = Presets.get(size + "-mor3");
        models.put(
                size + "-mor3, keys shared",
                shared.withMor(shared.mor().toBuilder().kv(KvMode.SHARED).build()));
        return models;
    }

    private static ModelConfig vanilla(String size, int layers) {
        return Presets.get(size + "-vanilla").withNumLayers(layers);
    }

    private static void compare(
            Results results, String name, ModelConfig config, ModelConfig vanilla, int batch, int tokens, int rounds) {
        try (Engine engine = new CpuEngine();
                Engine vanillaEngine = new CpuEngine();
                TrainingStep step = new TrainingStep(engine, config, batch, tokens);
                TrainingStep vanillaStep = new TrainingStep(vanillaEngine, vanilla, batch, tokens)) {
            step.warmUp();
            vanillaStep.warmUp();
            List<Double> ratios = new ArrayList<>();
            double[] seconds = new double[rounds];
            for (int i = 0; i < rounds; i++) {
                seconds[i] = step.run();
                ratios.add(seconds[i] / vanillaStep.run());
            }
            double time = Results.median(
                    ratios.stream().mapToDouble(Double::doubleValue).toArray());
            double flops = new Flops(config, tokens).trainingPerToken() / new Flops(vanilla, tokens).trainingPerToken();
            double bytes = (double) step.bytes() / vanillaStep.bytes();
            double computed = computed(config, vanilla, tokens, vanillaStep.bytes());
            results.row(
                    name,
                    Integer.toString(config.numLayers()),
                    Results.median(seconds),
                    time,
                    flops,
                    time - flops,
                    Long.toString(step.bytes() >> 20),
                    bytes,
                    computed,
                    bytes - computed);
        }
    }

    /**
     * The ratio of bytes if weights, gradients and two moments take 16 bytes a parameter, and all else that the vanilla model
     * takes is for its layers' rows.
     */
    private static double computed(ModelConfig config, ModelConfig vanilla, int tokens, long vanillaBytes) {
        double rows = vanillaBytes - 16.0 * ParameterCount.of(vanilla).total();
        double[] share = new Flops(config, tokens).plannedShare();
        LayerMap map = new LayerMap(config);
        double layers = 0;
        for (int l = 0; l < map.numLayers(); l++) {
            layers += map.recursion(l) == 0 ? 1 : share[map.recursion(l) - 1];
        }
        return (16.0 * ParameterCount.of(config).total() + rows * layers / vanilla.numLayers()) / vanillaBytes;
    }
}

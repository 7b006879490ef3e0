package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.files.DType;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.trainer.Optimizer;

/** Checkpoints of the Llama family train on, are saved under their own names, and load again. */
class FamilyTrainingTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {"qwen2-late-windows", "qwen3", "smollm3-windows-biases", "llama-dynamic", "llama-yarn", "ouro"})
    void trainingGoesOnAndIsKept(String name) {
        FamilyCase golden = FamilyCase.of(name);
        try (Engine engine = new CpuEngine(2);
                ParameterSet weights = golden.load(engine)) {
            Map<String, float[]> before = values(engine, weights);
            train(engine, weights, golden);
            Map<String, float[]> after = values(engine, weights);
            // What trains the gate of exits is not defined.
            before.forEach((tensor, old) ->
                    assertEquals(!tensor.contains("early_exit_gate"), moved(old, after.get(tensor)), tensor));
            float[] logits = golden.score(engine, weights);
            Checkpoints.save(engine, weights, folder.resolve("saved"), DType.F32);
            try (CheckpointFolder saved = CheckpointFolder.open(folder.resolve("saved"));
                    ParameterSet again = new ParameterSet(engine, "again", saved.config())) {
                assertEquals(weights.config(), saved.config());
                Checkpoints.load(engine, saved, again);
                assertArrayEquals(logits, golden.score(engine, again));
            }
        }
    }

    private static void train(Engine engine, ParameterSet weights, FamilyCase golden) {
        int[] targets = new int[golden.inputs.length];
        for (int i = 0; i < targets.length; i++) {
            targets[i] = (i + 1) % golden.length == 0 ? -1 : golden.inputs[i + 1];
        }
        float[] losses = new float[Losses.COUNT];
        float first = 0;
        try (TrainingPass pass = new TrainingPass(engine, weights, golden.sequences, golden.length, 1, false);
                Optimizer optimizer = new Optimizer(engine, weights, pass.gradients(), Optimizer.Settings.DEFAULT)) {
            for (int step = 1; step <= 12; step++) {
                pass.begin();
                pass.add(golden.inputs, targets);
                pass.losses(losses);
                first = step == 1 ? losses[Losses.LM] : first;
                pass.end();
                optimizer.step(1e-2f, step);
            }
        }
        assertTrue(losses[Losses.LM] < 0.8 * first, losses[Losses.LM] + " after " + first);
    }

    private static Map<String, float[]> values(Engine engine, ParameterSet weights) {
        return weights.named().entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, entry -> {
            float[] values = new float[entry.getValue().size()];
            engine.download(entry.getValue(), values, 0);
            return values;
        }));
    }

    private static boolean moved(float[] old, float[] now) {
        for (int i = 0; i < old.length; i++) {
            if (old[i] != now[i]) {
                return true;
            }
        }
        return false;
    }

    /** Weight decay is for matrices: biases and norms are vectors, in the file and in memory. */
    @ParameterizedTest
    @ValueSource(strings = {"qwen3", "smollm3-windows-biases"})
    void biasesAndNormsDoNotDecay(String name) {
        FamilyCase golden = FamilyCase.of(name);
        try (Engine engine = new CpuEngine(1);
                ParameterSet weights = golden.load(engine)) {
            List<ParameterSpec> specs = ParameterSpecs.of(weights.config());
            Set<String> names = specs.stream().map(ParameterSpec::name).collect(Collectors.toSet());
            assertEquals(weights.named().keySet(), names);
            for (ParameterSpec spec : specs) {
                boolean vector = spec.name().endsWith(".bias") || spec.name().endsWith("norm.weight");
                assertEquals(!vector, spec.decay(), spec.name());
            }
            assertEquals(size(specs, true), size(weights.matrices()));
            assertEquals(size(specs, false), size(weights.vectors()));
            assertEquals(
                    size(specs, true) + size(specs, false),
                    ParameterCount.of(weights.config()).total());
        }
    }

    private static long size(List<ParameterSpec> specs, boolean decay) {
        return specs.stream()
                .filter(spec -> spec.decay() == decay)
                .mapToLong(ParameterSpec::elements)
                .sum();
    }

    private static long size(List<Tensor> spans) {
        return spans.stream().mapToLong(Tensor::size).sum();
    }
}

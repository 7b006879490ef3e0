package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.cpu.CpuEngine;

/**
 * The tensors that a model allocates are those of its checkpoint, once each: names, shapes, counts, and which of them the
 * optimiser decays. Memory is only reserved until it is used, so the largest presets cost nothing here.
 */
class ParameterSetTest {
    private static final int RANDOM_MODELS = 400;

    @Test
    void everyPresetAllocatesWhatIsCounted() {
        for (String preset : Presets.names()) {
            check(preset, Presets.get(preset));
        }
    }

    @Test
    void randomModelsAllocateWhatIsInTheirFiles() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < RANDOM_MODELS; i++) {
            ModelConfig config = TinyConfigs.random(random);
            check(config.toString(), config);
        }
    }

    private static void check(String what, ModelConfig config) {
        try (Engine engine = new CpuEngine(1);
                ParameterSet weights = new ParameterSet(engine, "weights", config)) {
            List<ParameterSpec> specs = ParameterSpecs.of(config);
            Map<String, Tensor> named = weights.named();
            long elements = 0;
            for (ParameterSpec spec : specs) {
                Tensor tensor = named.get(spec.name());
                assertTrue(tensor != null, what + " has no " + spec.name());
                assertArrayEquals(spec.shape(), tensor.shape(), what + ", " + spec);
                assertEquals(spec.elements(), tensor.size(), what + ", " + spec);
                assertTrue(tensor.isContiguous(), what + ", " + spec);
                elements += tensor.size();
            }
            assertEquals(specs.size(), named.size(), what);
            assertEquals(ParameterCount.of(config).total(), elements, what);
            checkApart(what, named);
            checkGroups(what, weights, specs);
        }
    }

    /** No two names share memory, whatever is fused. */
    private static void checkApart(String what, Map<String, Tensor> named) {
        List<Tensor> sorted = named.values().stream()
                .sorted((a, b) -> a.segment() != b.segment()
                        ? Integer.compare(a.segment(), b.segment())
                        : Integer.compare(a.offset(), b.offset()))
                .toList();
        for (int i = 1; i < sorted.size(); i++) {
            assertFalse(sorted.get(i - 1).overlaps(sorted.get(i)), what + ": " + sorted.get(i - 1) + sorted.get(i));
        }
    }

    /** Each trained tensor lies in the spans of exactly one group: matrices, vectors or auxiliary routers. */
    private static void checkGroups(String what, ParameterSet weights, List<ParameterSpec> specs) {
        Map<String, List<Tensor>> groups = new HashMap<>();
        groups.put("matrices", weights.matrices());
        groups.put("vectors", weights.vectors());
        groups.put("auxiliary", weights.auxiliary());
        for (ParameterSpec spec : specs) {
            String expected = spec.auxRouter() ? "auxiliary" : spec.decay() ? "matrices" : "vectors";
            groups.forEach((group, spans) -> {
                boolean inside = spans.stream().anyMatch(span -> span.overlaps(flat(weights, spec)));
                assertEquals(
                        spec.trainable() && group.equals(expected), inside, what + ": " + spec + " among " + group);
            });
        }
    }

    private static Tensor flat(ParameterSet weights, ParameterSpec spec) {
        Tensor tensor = weights.named().get(spec.name());
        return tensor.reshaped(tensor.size(), 1);
    }

    /** What is not a parameter of the checkpoint is not counted, and what shares a matrix is counted once. */
    @Test
    void tiedEmbeddingsAreOneTensor() {
        try (Engine engine = new CpuEngine(1);
                ParameterSet tied = new ParameterSet(engine, "tied", TinyConfigs.grouped(2, null));
                ParameterSet apart = new ParameterSet(engine, "apart", TinyConfigs.multiHead(2, null))) {
            assertEquals(tied.embedding(), tied.head());
            assertFalse(apart.embedding().overlaps(apart.head()));
        }
    }
}

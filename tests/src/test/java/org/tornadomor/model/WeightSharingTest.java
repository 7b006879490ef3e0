package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.cpu.CpuEngine;

/**
 * Layers that share weights get the same tensors, forward and backward, in the order of the method's table; and a shared
 * weight's gradient is the sum over its uses, as an unrolled model with a copy of the weights in each layer has them.
 */
class WeightSharingTest {
    private static final int SEQUENCES = 2;
    private static final int LENGTH = 8;
    private static final double TOLERANCE = 2e-6;
    private static final Pattern LAYER = Pattern.compile("model\\.layers\\.(\\d+)\\.(.*)");
    private static final List<String> WEIGHTS =
            List.of("input_norm", "w_qkv", "w_output", "post_norm", "w_gate_up", "w_down");
    private static final List<String> GRADIENTS =
            List.of("g_input_norm", "g_qkv", "g_output", "g_post_norm", "g_gate_up", "g_down");

    @Test
    void layersThatShareGetTheSameTensors() {
        for (Map.Entry<String, ModelConfig> kind : TinyConfigs.everyKind().entrySet()) {
            ModelConfig config = kind.getValue();
            List<Integer> sets = ReferenceShape.unroll(config).stream()
                    .map(ReferenceShape.Layer::set)
                    .toList();
            try (RecordingEngine engine = new RecordingEngine();
                    ParameterSet weights = new ParameterSet(engine, "weights", config);
                    TrainingPass pass = new TrainingPass(engine, weights, 1, 4, 1, false)) {
                assertEquals(4, pass.tokens());
                checkPlaces(kind.getKey(), sets, layers(engine, false), WEIGHTS);
                checkPlaces(kind.getKey(), sets.reversed(), layers(engine, true), GRADIENTS);
            }
        }
    }

    private static List<RecordingEngine.Bound> layers(RecordingEngine engine, boolean backward) {
        return engine.bindings.stream()
                .filter(bound -> bound.program().name().contains(": layer"))
                .filter(bound -> bound.program().name().contains("backward") == backward)
                .toList();
    }

    /** Two layers have a tensor in common exactly if they have the set in common. */
    private static void checkPlaces(
            String kind, List<Integer> sets, List<RecordingEngine.Bound> layers, List<String> slots) {
        assertEquals(sets.size(), layers.size(), kind + ": a program for each unrolled layer");
        for (String slot : slots) {
            Map<Integer, Tensor> bySet = new HashMap<>();
            Set<String> places = new LinkedHashSet<>();
            for (int l = 0; l < layers.size(); l++) {
                Tensor tensor = layers.get(l).tensor(slot);
                Tensor first = bySet.computeIfAbsent(sets.get(l), set -> tensor);
                String what = kind + ", " + slot + " of the " + l + "th layer";
                if (slot.endsWith("qkv")) {
                    assertEquals(place(first), place(tensor), what);
                } else {
                    assertSame(first, tensor, what);
                }
                places.add(place(tensor));
            }
            assertEquals(bySet.size(), places.size(), kind + ", " + slot + ": a tensor for each set");
        }
    }

    private static String place(Tensor tensor) {
        return tensor.arena().name() + " " + tensor.segment() + " " + tensor.offset();
    }

    @Test
    void gradientOfASharedWeightIsTheSumOverItsUses() {
        for (Sharing sharing : Sharing.values()) {
            MorConfig mor = MorConfig.recursive(3).withSharing(sharing);
            ModelConfig shared = TinyConfigs.multiHead(TinyConfigs.layers(sharing, 2, 3), mor);
            List<ReferenceShape.Layer> layers = ReferenceShape.unroll(shared);
            try (Engine engine = new CpuEngine(1);
                    TinyModel model = new TinyModel(engine, shared, SEQUENCES, LENGTH, 8);
                    TinyModel unrolled = new TinyModel(engine, shared.withMor(null), SEQUENCES, LENGTH, 8)) {
                unrolled.values.forEach((name, values) ->
                        unrolled.set(name, TinyModel.floats(model.values.get(sharedName(name, layers)))));
                Map<String, double[]> sums = new HashMap<>();
                gradients(unrolled, model).forEach((name, gradient) -> {
                    double[] sum = sums.computeIfAbsent(sharedName(name, layers), n -> new double[gradient.length]);
                    for (int i = 0; i < sum.length; i++) {
                        sum[i] += gradient[i];
                    }
                });
                Map<String, float[]> gradients = gradients(model, model);
                assertEquals(gradients.keySet(), sums.keySet());
                gradients.forEach((name, gradient) ->
                        Closeness.assertClose(name, new double[][] {sums.get(name)}, gradient, TOLERANCE));
            }
        }
    }

    /** The name in the shared model of what layer l of the unrolled one has. */
    private static String sharedName(String name, List<ReferenceShape.Layer> layers) {
        Matcher layer = LAYER.matcher(name);
        if (!layer.matches()) {
            return name;
        }
        return "model.layers." + layers.get(Integer.parseInt(layer.group(1))).set() + "." + layer.group(2);
    }

    private static Map<String, float[]> gradients(TinyModel model, TinyModel batch) {
        Map<String, float[]> gradients = new HashMap<>();
        try (TrainingPass pass = new TrainingPass(model.engine, model.weights, SEQUENCES, LENGTH, 1, false)) {
            pass.begin();
            pass.add(batch.inputs, batch.targets);
            List<String> names = new ArrayList<>(pass.gradients().named().keySet());
            for (String name : names) {
                gradients.put(
                        name,
                        RandomModels.values(
                                model.engine, pass.gradients().named().get(name)));
            }
        }
        assertTrue(gradients.size() > 10, "gradients: " + gradients.keySet());
        return gradients;
    }
}

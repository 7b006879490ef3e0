package org.tornadomor.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.ParameterSet;

/** Groups of parameters: frozen ones stay as they are, to the bit, and each takes steps of its own learning rate. */
class GroupsTest {
    private static final String MOR =
            "model.mor={num_recursions: 2, router: expert_choice, sharing: middle_cycle, lora: {rank: 3}}";

    @TempDir
    Path temp;

    private TrainingConfig config;
    private int runs;

    @BeforeEach
    void makeText() {
        config = TinyRuns.with(
                TinyRuns.config(TinyRuns.text(temp)),
                "model.num_hidden_layers=6",
                MOR,
                "steps=3",
                "eval_samples=0",
                "optimizer.decay=0.1");
    }

    /** The weights before the first step and after the last. */
    private List<Map<String, float[]>> train(String... settings) {
        List<Map<String, float[]>> ends = new ArrayList<>();
        TrainingConfig asked = TinyRuns.with(config, settings);
        try (Engine engine = new CpuEngine(1);
                Trainer trainer = Trainer.start(engine, asked, temp.resolve("run" + runs++), TrainingListener.NONE)) {
            ends.add(read(engine, trainer.weights()));
            trainer.run();
            ends.add(read(engine, trainer.weights()));
        }
        return ends;
    }

    private static Map<String, float[]> read(Engine engine, ParameterSet weights) {
        Map<String, float[]> values = new LinkedHashMap<>();
        weights.named().forEach((name, tensor) -> {
            float[] floats = new float[tensor.size()];
            engine.download(tensor, floats, 0);
            values.put(name, floats);
        });
        return values;
    }

    /** Names that do not change from one to the other, without numbers. */
    private static String same(Map<String, float[]> one, Map<String, float[]> other) {
        return one.keySet().stream()
                .filter(name -> Arrays.equals(one.get(name), other.get(name)))
                .map(GroupsTest::kind)
                .distinct()
                .sorted()
                .collect(Collectors.joining(" "));
    }

    private static String kind(String name) {
        if (name.startsWith("model.lora.")) {
            return "lora";
        }
        if (name.startsWith("model.routers.")) {
            return "router";
        }
        return name.matches("model.layers.[12]\\..*") ? "shared" : "other";
    }

    @Test
    void whatIsFrozenStaysAndTheRestMoves() {
        List<Map<String, float[]>> none = train();
        assertEquals("", same(none.get(0), none.get(1)));
        List<Map<String, float[]>> shared = train("optimizer.freeze=shared");
        assertEquals("shared", same(shared.get(0), shared.get(1)));
        List<Map<String, float[]>> lora = train("optimizer.freeze=lora");
        assertEquals("lora", same(lora.get(0), lora.get(1)));
        // Its gradients do not count for the norm that the others are clipped by.
        assertFalse(
                Arrays.equals(none.get(1).get("model.norm.weight"), lora.get(1).get("model.norm.weight")));
    }

    @Test
    void aRateIsThatOfItsGroup() {
        String[] steady = {"steps=1", "schedule=constant", "warmup=0", "optimizer.decay=0", "optimizer.clip=0"};
        List<Map<String, float[]>> even = train(steady);
        String[] changed = Arrays.copyOf(steady, steady.length + 1);
        changed[steady.length] = "optimizer.rates={lora: 8, routers: 2, shared: 0.5, embedding: 1}";
        List<Map<String, float[]>> uneven = train(changed);
        even.get(0).forEach((name, before) -> {
            double rate = switch (kind(name)) {
                case "lora" -> 8;
                case "router" -> 2;
                case "shared" -> 0.5;
                default -> 1;
            };
            float[] one = even.get(1).get(name);
            float[] expected = new float[one.length];
            for (int i = 0; i < one.length; i++) {
                expected[i] = (float) (before[i] + rate * (one[i] - before[i]));
            }
            assertArrayEquals(expected, uneven.get(1).get(name), 2e-6f, name);
        });
    }

    @Test
    void whatHasNoEffectIsRefused() {
        refused("no low-rank factors", "model.mor.lora=null", "optimizer.freeze=lora");
        refused("no low-rank factors", "model.mor.lora=null", "optimizer.rates.lora=2");
        refused("no layers that recursions share", "model.mor=null", "optimizer.freeze=shared");
        refused("optimizer.rates.lora is 0", "optimizer.rates.lora=0");
        refused("none, shared, lora", "optimizer.freeze=embedding");
        refused("mor.lora.rank", "model.mor.lora.rank=x");
    }

    private void refused(String words, String... settings) {
        String message = assertThrows(UserError.class, () -> train(settings)).getMessage();
        assertTrue(message.contains(words), message);
    }
}

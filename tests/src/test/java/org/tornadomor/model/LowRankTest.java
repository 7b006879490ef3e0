package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.files.DType;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checkpoints;

/**
 * Depth-wise low-rank factors. That they compute what they should, and have the right gradients, is shown among the other kinds
 * of models in {@link ScorerTest} and {@link GradientTest}; here is what rows of several depths make of them.
 */
class LowRankTest {
    private static final double TOLERANCE = 1e-4;
    private static final int SEEDS = 30;

    /** A random recursive or routed model with factors of random rank on random maps. */
    static ModelConfig random(Random random, int seed) {
        ModelConfig config = RandomModels.config(random, seed);
        for (int other = seed; config.mor() == null || config.architecture().sandwichNorms(); other += SEEDS) {
            config = RandomModels.config(random, other);
        }
        List<LoraTarget> targets =
                LoraConfig.ALL.stream().filter(t -> random.nextInt(3) > 0).toList();
        LoraConfig lora = new LoraConfig(1 + random.nextInt(4), targets.isEmpty() ? LoraConfig.ALL : targets);
        ModelConfig with = config.withMor(config.mor().withLora(lora));
        int architecture = random.nextInt(4);
        return with.withArchitecture(with.architecture()
                .withBiases((architecture & 1) > 0, (architecture & 1) > 0, (architecture & 2) > 0)
                .withHeadNorms((architecture & 2) > 0));
    }

    static String describe(ModelConfig config) {
        return RandomModels.describe(config) + " rank " + config.lora().rank() + " "
                + config.architecture().described() + " "
                + config.lora().targets().stream().map(LoraTarget::spelling).collect(Collectors.joining(","));
    }

    @TestFactory
    List<DynamicTest> rowsOfEachDepthTakeItsFactors() {
        List<DynamicTest> tests = new ArrayList<>();
        for (int seed = 0; seed < SEEDS; seed++) {
            long testSeed = seed;
            ModelConfig config = random(new Random(seed), seed);
            tests.add(DynamicTest.dynamicTest(seed + " " + describe(config), () -> {
                try (Engine engine = new CpuEngine(2)) {
                    if (testSeed % 3 == 0) {
                        DecoderTest.compare(config, new Random(testSeed), engine, engine, TOLERANCE);
                    } else {
                        TicksTest.run(engine, engine, config, new Random(testSeed), TOLERANCE);
                    }
                }
            }));
        }
        return tests;
    }

    @Test
    void factorsBeginWithoutEffect() {
        MorConfig mor = MorConfig.recursive(2);
        ModelConfig without = TinyConfigs.grouped(6, mor);
        ModelConfig with = TinyConfigs.grouped(6, mor.withLora(new LoraConfig(3, LoraConfig.ALL)));
        int[] ids = {1, 2, 3, 4, 5, 6};
        float[] expected = new float[ids.length * without.vocabSize()];
        float[] actual = expected.clone();
        try (Engine engine = new CpuEngine(1)) {
            for (ModelConfig config : List.of(without, with)) {
                try (ParameterSet weights = new ParameterSet(engine, "weights", config);
                        Scorer scorer = new Scorer(engine, weights, 1, ids.length)) {
                    Checkpoints.initialise(engine, weights, 4);
                    scorer.score(ids, ids, 1, ids.length, true, config == with ? actual : expected);
                }
            }
        }
        assertArrayEquals(expected, actual);
    }

    /** Factors stay what they are where the matrices beside them are narrow. */
    @Test
    void narrowWeightsLeaveFactorsAlone(@TempDir Path folder) {
        ModelConfig config = TinyConfigs.grouped(6, MorConfig.recursive(2).withLora(new LoraConfig(3, LoraConfig.ALL)));
        int[] ids = {1, 2, 3, 4, 5, 6};
        try (Engine engine = new CpuEngine(1)) {
            try (ParameterSet weights = new ParameterSet(engine, "weights", config)) {
                RandomModels.initialise(engine, weights, new Random(2));
                Checkpoints.save(engine, weights, folder, DType.F32);
            }
            float[][] logits = new float[2][ids.length * config.vocabSize()];
            ElementType[] types = {ElementType.F32, ElementType.BF16};
            for (int i = 0; i < 2; i++) {
                try (ParameterSet weights = new ParameterSet(engine, "weights", config, types[i]);
                        CheckpointFolder checkpoint = CheckpointFolder.open(folder);
                        Scorer scorer = scorer(engine, checkpoint, weights, ids.length)) {
                    Tensor factor = weights.named().get(ParameterNames.loraUp(2, LoraTarget.Q));
                    assertEquals(ElementType.F32, factor.type());
                    scorer.score(ids, ids, 1, ids.length, true, logits[i]);
                }
            }
            assertArrayEquals(logits[0], logits[1], 0.15f);
        }
    }

    private static Scorer scorer(Engine engine, CheckpointFolder checkpoint, ParameterSet weights, int length) {
        Checkpoints.load(engine, checkpoint, weights);
        return new Scorer(engine, weights, 1, length);
    }

    @Test
    void everyUseOfASharedMatrixHasFactorsOfItsOwn() {
        MorConfig mor = MorConfig.recursive(2)
                .withKv(KvMode.SHARED)
                .withLora(new LoraConfig(6, List.of(LoraTarget.DOWN, LoraTarget.K)));
        ModelConfig config = TinyConfigs.grouped(6, mor);
        List<String> names = ParameterSpecs.of(config).stream()
                .filter(spec -> spec.group() == ParameterSpec.Group.LOW_RANK)
                .map(ParameterSpec::toString)
                .toList();
        // Layers 0 and 5 share nothing, 3 and 4 read the keys of 1 and 2, and a matrix of 4 rows has no rank of 6.
        assertEquals(2 * (2 * 2 + 2), names.size());
        assertTrue(names.contains("model.lora.2.self_attn.k_proj.down.weight[4, 8]"), names::toString);
        assertTrue(names.contains("model.lora.2.self_attn.k_proj.up.weight[4, 4]"), names::toString);
        assertTrue(names.contains("model.lora.4.mlp.down_proj.down.weight[6, 10]"), names::toString);
        long elements = ParameterSpecs.of(config).stream()
                .mapToLong(ParameterSpec::elements)
                .sum();
        assertEquals(elements, ParameterCount.of(config).total());
        assertEquals(2 * 4 * (8 + 4) + 4 * 6 * (8 + 10), ParameterCount.lowRank(config));
        assertEquals(ParameterNames.loraUp(4, LoraTarget.DOWN), "model.lora.4.mlp.down_proj.up.weight");
    }

    @Test
    void configurationsAreWrittenAndChecked() {
        MorConfig mor = MorConfig.expertChoice(2).withLora(new LoraConfig(2, List.of(LoraTarget.V, LoraTarget.Q)));
        ModelConfig config = TinyConfigs.grouped(6, mor);
        assertEquals(List.of(LoraTarget.Q, LoraTarget.V), config.lora().targets());
        assertEquals(config, ModelConfig.parse(config.toJson(), "test"));
        String json = config.toJson();
        refused(json.replace("\"rank\" : 2", "\"rank\" : 9"), "mor.lora.rank 9 is larger", "at most 8");
        refused(json.replace("\"rank\" : 2", "\"rank\" : 0"), "mor.lora.rank is 0");
        refused(json.replace("\"v\"", "\"head\""), "mor.lora.targets is 'head'", "gate");
        refused(json.replace("\"v\"", "\"q\""), "names a map twice");
        refused(json.replace("\"rank\" : 2,", ""), "mor.lora.rank is missing");
        refused(json.replace("\"rank\" : 2", "\"rank\" : 2, \"alpha\" : 4"), "mor.lora.alpha is not a known key");
        refused(json.replaceAll("(?s)\"targets\" : \\[.*?]", "\"targets\" : []"), "mor.lora.targets is empty");
    }

    private static void refused(String json, String... words) {
        String message = assertThrows(UserError.class, () -> ModelConfig.parse(json, "test"))
                .getMessage();
        for (String word : words) {
            assertTrue(message.contains(word), message);
        }
    }
}

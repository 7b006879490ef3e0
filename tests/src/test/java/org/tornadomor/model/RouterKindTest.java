package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.files.DType;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.trainer.EvalMetrics;
import org.tornadomor.trainer.Optimizer;
import org.tornadomor.trainer.RunFolder;
import org.tornadomor.trainer.TinyRuns;
import org.tornadomor.trainer.Trainer;
import org.tornadomor.trainer.TrainingConfig;
import org.tornadomor.trainer.TrainingListener;

/**
 * A further router is a class and a line: {@link OneForAll} is configured, stored, trained, scored and decoded, while nothing
 * else knows of it.
 */
class RouterKindTest {
    private static final int SEQUENCES = 3;
    private static final int LENGTH = 12;

    @TempDir
    private Path temp;

    private static MorConfig mor(KvMode kv, Sharing sharing, RouterArch arch) {
        return new MorConfigBuilder(3, OneForAll.KIND)
                .kv(kv)
                .sharing(sharing)
                .routerArch(arch)
                .routerAlpha(0.7)
                .build();
    }

    private static ModelConfig config(KvMode kv, Sharing sharing, RouterArch arch) {
        return TinyConfigs.grouped(TinyConfigs.layers(sharing, 1, 3), mor(kv, sharing, arch));
    }

    private static List<ModelConfig> configs() {
        List<ModelConfig> configs = new ArrayList<>();
        for (KvMode kv : List.of(KvMode.RECURSION_WISE, KvMode.SHARED)) {
            configs.add(config(kv, Sharing.CYCLE, RouterArch.LINEAR));
            configs.add(config(kv, Sharing.MIDDLE_CYCLE, RouterArch.MLP));
        }
        return configs;
    }

    private static ModelConfig first() {
        return configs().getLast();
    }

    @Test
    void itIsConfiguredByItsSpelling() {
        ModelConfig config = first();
        assertTrue(config.toJson().contains("\"router\" : \"one_for_all\""), config.toJson());
        assertEquals(config, ModelConfig.parse(config.toJson(), "text"));
        UserError unknown = assertThrows(UserError.class, () -> RouterKind.parse("mor.router", "one_for_nobody"));
        assertTrue(unknown.getMessage().contains("one_for_all"), unknown.getMessage());
        assertThrows(IllegalStateException.class, () -> RouterKind.register(OneForAll.KIND));
    }

    @Test
    void settingsOfOtherRoutersAreRefused() {
        MorConfig mor = first().mor();
        assertThrows(UserError.class, () -> mor.withCapacity(List.of(1.0, 0.5, 0.5)));
        assertThrows(UserError.class, () -> mor.withKv(KvMode.HYBRID));
        assertThrows(UserError.class, () -> mor.withSharing(Sharing.SEQUENCE));
        assertThrows(UserError.class, () -> mor.toBuilder().auxRouter(true).build());
    }

    @Test
    void itsParametersAreCountedStoredAndLoaded() {
        for (ModelConfig config : configs()) {
            long d = config.hiddenSize();
            long expected = config.mor().routerArch() == RouterArch.LINEAR ? d : 2 * d * (d + 1);
            assertEquals(expected, ParameterCount.of(config).routers());
        }
        try (Engine engine = new CpuEngine(1);
                TinyModel model = new TinyModel(engine, first(), SEQUENCES, LENGTH, 1);
                ParameterSet loaded = new ParameterSet(engine, "loaded", first())) {
            Checkpoints.save(engine, model.weights, temp.resolve("model"), DType.F32);
            try (CheckpointFolder folder = CheckpointFolder.open(temp.resolve("model"))) {
                assertEquals(first(), folder.config());
                Checkpoints.load(engine, folder, loaded);
            }
            assertTrue(loaded.named().containsKey("model.router.up.weight"));
            for (String name : loaded.named().keySet()) {
                assertEquals(name.contains("router"), OneForAll.KIND.owns(first(), name), name);
            }
            model.weights
                    .named()
                    .forEach((name, tensor) -> assertArrayEquals(
                            RandomModels.values(engine, tensor),
                            RandomModels.values(engine, loaded.named().get(name)),
                            name));
        }
    }

    /** Each token is followed by the same one wherever it stands. */
    @Test
    void itTrains() {
        ModelConfig config = first();
        try (Engine engine = new CpuEngine(1);
                ParameterSet weights = new ParameterSet(engine, "weights", config);
                TrainingPass pass = new TrainingPass(engine, weights, SEQUENCES, LENGTH, 1, false);
                Optimizer optimizer = new Optimizer(engine, weights, pass.gradients(), Optimizer.Settings.DEFAULT)) {
            RandomModels.initialise(engine, weights, new Random(1));
            Tensor router = weights.named().get("model.router.down.weight");
            float[] before = RandomModels.values(engine, router);
            SplittableRandom random = new SplittableRandom(2);
            int[] inputs = new int[SEQUENCES * LENGTH];
            int[] targets = new int[inputs.length];
            float[] losses = new float[Losses.COUNT];
            double[] share = new double[config.recursions()];
            List<Float> course = new ArrayList<>();
            for (int step = 1; step <= 60; step++) {
                for (int i = 0; i < inputs.length; i++) {
                    inputs[i] = random.nextInt(config.vocabSize());
                    targets[i] = (inputs[i] * 5 + 1) % config.vocabSize();
                }
                pass.begin();
                pass.add(inputs, targets);
                pass.losses(losses);
                pass.depthShare(share);
                pass.end();
                optimizer.step(0.02f, step);
                course.add(losses[Losses.LM]);
                assertEquals(1, Arrays.stream(share).sum(), 1e-9);
            }
            assertTrue(course.getLast() < 0.5 * course.getFirst(), "losses " + course);
            assertFalse(Arrays.equals(before, RandomModels.values(engine, router)), "the router did not learn");
        }
    }

    /** Along a random direction of each tensor, where no decision changes. */
    @TestFactory
    List<DynamicTest> itsGradientsAreSlopesOfTheLoss() {
        return configs().stream()
                .map(config -> DynamicTest.dynamicTest(RandomModels.describe(config), () -> {
                    try (Engine engine = new CpuEngine(1);
                            TinyModel model = new TinyModel(engine, config, SEQUENCES, LENGTH, 4);
                            TrainingPass pass = new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 1, false)) {
                        int[] depths = loss(model, pass).depths();
                        assertEquals(3, Arrays.stream(depths).distinct().count(), Arrays.toString(depths));
                        for (Map.Entry<String, Tensor> gradient :
                                pass.gradients().named().entrySet()) {
                            checkSlope(model, pass, depths, gradient.getKey(), gradient.getValue());
                        }
                    }
                }))
                .toList();
    }

    private record Outcome(double loss, int[] depths) {}

    private static Outcome loss(TinyModel model, TrainingPass pass) {
        pass.begin();
        pass.add(model.inputs, model.targets);
        float[] losses = new float[Losses.COUNT];
        pass.losses(losses);
        int[] depths = new int[model.inputs.length];
        pass.depths(depths);
        return new Outcome(losses[Losses.LM], depths);
    }

    private static void checkSlope(
            TinyModel model, TrainingPass pass, int[] depths, String name, Tensor gradientTensor) {
        loss(model, pass);
        float[] gradient = RandomModels.values(model.engine, gradientTensor);
        double[] weight = model.values.get(name).clone();
        double norm = 0;
        for (float g : gradient) {
            norm += g * g;
        }
        norm = Math.sqrt(norm);
        assertTrue(norm > 0, name + " has no gradient");
        // Against the gradient itself, the steepest way: rounding counts least.
        double step = 2e-3;
        double[] losses = new double[2];
        for (int side = 0; side < 2; side++) {
            float[] moved = new float[weight.length];
            for (int i = 0; i < moved.length; i++) {
                moved[i] = (float) (weight[i] + (side == 0 ? -step : step) * gradient[i] / norm);
            }
            model.set(name, moved);
            Outcome outcome = loss(model, pass);
            assertArrayEquals(depths, outcome.depths, "a decision of " + name + " is too close; take another seed");
            losses[side] = outcome.loss;
        }
        model.set(name, TinyModel.floats(weight));
        double slope = (losses[1] - losses[0]) / (2 * step);
        assertEquals(norm, slope, 0.02 * norm + 3e-4, name);
    }

    @Test
    void itScoresAsItTrains() {
        for (ModelConfig config : configs()) {
            try (Engine engine = new CpuEngine(1);
                    TinyModel model = new TinyModel(engine, config, SEQUENCES, LENGTH, 4);
                    TrainingPass pass = new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 1, false);
                    Scorer scorer = new Scorer(engine, model.weights, SEQUENCES, LENGTH)) {
                Outcome trained = loss(model, pass);
                for (boolean causal : new boolean[] {false, true}) {
                    scorer.score(model.inputs, model.targets, SEQUENCES, LENGTH, causal, null);
                    int[] depths = new int[model.inputs.length];
                    float[] losses = new float[model.inputs.length];
                    scorer.depths(depths);
                    scorer.losses(losses);
                    double mean = 0;
                    for (float loss : losses) {
                        mean += loss / losses.length;
                    }
                    assertArrayEquals(trained.depths, depths);
                    assertEquals(trained.loss, mean, 1e-5);
                }
            }
        }
    }

    @TestFactory
    List<DynamicTest> itDecodesAsItScores() {
        List<DynamicTest> tests = new ArrayList<>();
        for (ModelConfig config : configs()) {
            for (int seed = 0; seed < 3; seed++) {
                Random random = new Random(seed);
                tests.add(DynamicTest.dynamicTest(seed + " " + RandomModels.describe(config), () -> {
                    try (Engine engine = new CpuEngine(2)) {
                        DecoderTest.compare(config, random, engine, engine, 1e-4);
                    }
                }));
            }
        }
        return tests;
    }

    /** A whole run, with evaluations, stopped and gone on with by another number of threads: bit for bit the same. */
    @Test
    void aRunOfItResumes() throws IOException {
        TrainingConfig config = TinyRuns.with(
                TinyRuns.config(TinyRuns.text(temp)),
                "model.mor={num_recursions: 2, router: " + OneForAll.KIND.spelling() + "}",
                "steps=12",
                "eval_every=6");
        Path straight = temp.resolve("straight");
        Path stopped = temp.resolve("stopped");
        List<EvalMetrics> evaluations = new ArrayList<>();
        TrainingListener listener = new TrainingListener() {
            @Override
            public void evaluated(EvalMetrics metrics) {
                evaluations.add(metrics);
            }
        };
        try (Engine engine = new CpuEngine(1);
                Trainer trainer = Trainer.start(engine, config, straight, listener)) {
            assertTrue(trainer.run().finished());
        }
        try (Engine engine = new CpuEngine(1);
                Trainer trainer = Trainer.start(engine, config, stopped, TrainingListener.NONE)) {
            trainer.stopAfter(5);
            assertFalse(trainer.run().finished());
        }
        try (Engine engine = new CpuEngine(2);
                Trainer trainer = Trainer.resume(engine, config, stopped, TrainingListener.NONE)) {
            assertTrue(trainer.run().finished());
        }
        String file = TensorSource.MODEL_FILE;
        Path a = RunFolder.latest(straight).resolve(file);
        assertEquals(-1, Files.mismatch(a, RunFolder.latest(stopped).resolve(file)));
        EvalMetrics last = evaluations.getLast();
        assertEquals(last.valLoss(), last.valLossCausal(), "there is one rule");
        assertEquals(List.of(), last.routing().samplingAccuracy());
        assertTrue(Double.isNaN(last.routing().maxViolation()));
        assertEquals(2, last.routing().depthShare().size());
    }
}

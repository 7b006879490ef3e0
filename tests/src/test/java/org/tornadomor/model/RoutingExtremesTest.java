package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.ReferenceModel.Choice;

/** No active rows at a depth, all of them, capacities that change during a run, and the loss-free bias. */
class RoutingExtremesTest {
    private static final int SEQUENCES = 2;
    private static final int LENGTH = 8;
    private static final double TOLERANCE = 2e-5;
    private static final double LOSS = 5e-6;
    private static final double GRADIENT = 1e-4;

    private Engine engine;

    @BeforeEach
    void open() {
        engine = new CpuEngine(1);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    /** A router of zeros gives logits of 0, which is not above 0; before and after, all or some rows go on. */
    @Test
    void causallyNoRowsOrAllOfThem() {
        for (KvMode kv : KvMode.values()) {
            MorConfig mor = MorConfig.expertChoice(3).toBuilder()
                    .kv(kv)
                    .routerAlpha(0.8)
                    .build();
            ModelConfig config = TinyConfigs.grouped(8, mor);
            try (TinyModel model = TinyModel.decisive(engine, config, SEQUENCES, LENGTH, 1, TinyModel::causalMargin);
                    Scorer scorer = new Scorer(engine, model.weights, SEQUENCES, LENGTH)) {
                Choice half = Choice.threshold(config, 0, 3);
                Passes.score(model, scorer, half, TOLERANCE);
                scorer.setThreshold(0);
                Passes.score(model, scorer, Choice.threshold(config, Double.NEGATIVE_INFINITY, 3), TOLERANCE);
                scorer.setThreshold(1);
                Passes.score(model, scorer, Choice.threshold(config, Double.POSITIVE_INFINITY, 3), TOLERANCE);
                scorer.setThreshold(0.5);
                Passes.score(model, scorer, half, TOLERANCE);
                model.set("model.routers.2.weight", new float[config.hiddenSize()]);
                Passes.score(model, scorer, half, TOLERANCE);
                assertEquals(2, Arrays.stream(model.run(half).depth).max().getAsInt());
                model.set("model.routers.1.weight", new float[config.hiddenSize()]);
                Passes.score(model, scorer, half, TOLERANCE);
                assertEquals(1, Arrays.stream(model.run(half).depth).max().getAsInt());
            }
        }
    }

    /** A bias sends all tokens to one depth: recursions without rows neither compute nor spoil the others' gradients. */
    @Test
    void trainingWithEmptyRecursions() {
        for (KvMode kv : List.of(KvMode.RECURSION_WISE, KvMode.SHARED)) {
            for (Sharing sharing : List.of(Sharing.CYCLE, Sharing.MIDDLE_CYCLE)) {
                MorConfig mor = MorConfig.tokenChoice(3).toBuilder()
                        .balancing(Balancing.LOSS_FREE)
                        .kv(kv)
                        .sharing(sharing)
                        .build();
                ModelConfig config = TinyConfigs.multiHead(TinyConfigs.layers(sharing, 2, 3), mor);
                Choice choice = Choice.topK(config, LENGTH);
                try (TinyModel model =
                                TinyModel.decisive(engine, config, SEQUENCES, LENGTH, 1, TinyModel::trainMargin);
                        TrainingPass pass = new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 1, false)) {
                    Passes.train(model, pass, choice, LOSS, GRADIENT).alongEachTensor();
                    for (int depth : new int[] {1, 3, 2, 1}) {
                        float[] bias = new float[3];
                        bias[depth - 1] = 5;
                        model.set("model.router.bias", bias);
                        Passes.train(model, pass, choice, LOSS, GRADIENT).alongEachTensor();
                        int[] depths = new int[SEQUENCES * LENGTH];
                        pass.depths(depths);
                        assertTrue(Arrays.stream(depths).allMatch(d -> d == depth));
                        double[] share = new double[3];
                        pass.depthShare(share);
                        assertEquals(1, share[depth - 1]);
                    }
                }
            }
        }
    }

    /** Capacity warm-up: k moves between steps, up to every row at every depth. */
    @Test
    void capacitiesChangeBetweenSteps() {
        for (KvMode kv : KvMode.values()) {
            MorConfig mor = MorConfig.expertChoice(3).toBuilder()
                    .kv(kv)
                    .routerAlpha(0.8)
                    .build();
            ModelConfig config = TinyConfigs.grouped(5, mor);
            int[][] limits = {{8, 8, 8}, {8, 6, 3}, {8, 1, 1}, {8, 8, 1}, ReferenceShape.limits(config, LENGTH)};
            List<Choice> choices = Arrays.stream(limits)
                    .map(k -> new Choice(false, 0, 3, k, null))
                    .toList();
            try (TinyModel model = TinyModel.decisive(
                            engine,
                            config,
                            SEQUENCES,
                            LENGTH,
                            1,
                            choices.stream().map(TinyModel::marginOf).toList());
                    TrainingPass pass = new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 1, true)) {
                for (Choice choice : choices) {
                    pass.setCapacities(choice.limits());
                    Passes.train(model, pass, choice, LOSS, GRADIENT).alongEachTensor();
                    double[] share = new double[3];
                    pass.depthShare(share);
                    int[] k = choice.limits();
                    double[] expected = {(k[0] - k[1]) / 8.0, (k[1] - k[2]) / 8.0, k[2] / 8.0};
                    assertArrayEquals(expected, share, 1e-12);
                }
            }
        }
    }

    /** Rows that no recursion before selected cannot be selected, and there is no memory for more than was planned. */
    @Test
    void capacitiesThatCannotBeAreRefused() {
        ModelConfig config = TinyConfigs.grouped(5, MorConfig.expertChoice(3));
        try (TinyModel model = new TinyModel(engine, config, SEQUENCES, LENGTH, 1);
                TrainingPass planned = new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 1, false);
                TrainingPass any = new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 1, true)) {
            for (int[] k : new int[][] {{8, 2, 3}, {7, 5, 2}, {8, 9, 2}, {8, 5, 0}, {8, 5}}) {
                String what = Arrays.toString(k);
                assertThrows(IllegalArgumentException.class, () -> any.setCapacities(k), what);
            }
            assertThrows(IllegalArgumentException.class, () -> planned.setCapacities(new int[] {8, 8, 8}));
            planned.setCapacities(new int[] {8, 4, 1});
        }
    }

    /** {@code bias += u sign(mean load - load)}, the load that of all micro-batches of the step. */
    @Test
    void lossFreeBiasMovesAgainstTheLoad() {
        MorConfig mor = MorConfig.tokenChoice(3).toBuilder()
                .balancing(Balancing.LOSS_FREE)
                .biasUpdateRate(0.25)
                .build();
        ModelConfig config = TinyConfigs.grouped(5, mor);
        for (int seed = 0; seed < 10; seed++) {
            try (TinyModel model = new TinyModel(engine, config, SEQUENCES, LENGTH, seed);
                    TrainingPass pass = new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 2, false)) {
                float[] before = RandomModels.values(engine, model.weights.routerBias());
                int[] load = new int[3];
                pass.begin();
                for (int[] inputs : List.of(model.inputs, model.targets)) {
                    pass.add(inputs, inputs);
                    int[] depth = new int[SEQUENCES * LENGTH];
                    pass.depths(depth);
                    Arrays.stream(depth).forEach(d -> load[d - 1]++);
                }
                assertArrayEquals(before, RandomModels.values(engine, model.weights.routerBias()));
                pass.end();
                float[] after = RandomModels.values(engine, model.weights.routerBias());
                for (int j = 0; j < 3; j++) {
                    double sign = Math.signum(2 * SEQUENCES * LENGTH / 3.0 - load[j]);
                    assertEquals(before[j] + 0.25 * sign, after[j], 1e-6, Arrays.toString(load));
                }
            }
        }
    }
}

package org.tornadomor.model;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.ReferenceModel.Choice;

/**
 * Logits, depths and losses of models of every kind against the double-precision reference, in train mode and in causal
 * mode, with moved thresholds and with capped recursions. The scorer is built for more and longer sequences than it gets.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ScorerTest {
    private static final int SEQUENCES = 2;
    private static final int LENGTH = 7;
    private static final int MOST_SEQUENCES = 3;
    private static final int CONTEXT = 12;
    private static final double TOLERANCE = 2e-5;

    private Engine engine;

    @BeforeAll
    void open() {
        engine = new CpuEngine(1);
    }

    @AfterAll
    void close() {
        engine.close();
    }

    @TestFactory
    Stream<DynamicTest> everyKindInBothModes() {
        return TinyConfigs.everyKind().entrySet().stream()
                .map(kind -> DynamicTest.dynamicTest(kind.getKey(), () -> everyWay(kind.getValue())));
    }

    private void everyWay(ModelConfig config) {
        double low = Math.log(0.35 / 0.65);
        int n = config.recursions();
        List<Choice> choices = List.of(
                Choice.topK(config, LENGTH),
                Choice.threshold(config, 0, n),
                Choice.threshold(config, low, n),
                Choice.threshold(config, 0, Math.min(2, n)),
                Choice.threshold(config, 0, 1),
                new Choice(false, 0, Math.min(2, n), ReferenceShape.limits(config, LENGTH), null));
        try (TinyModel model = TinyModel.decisive(
                        engine,
                        config,
                        SEQUENCES,
                        LENGTH,
                        7,
                        choices.stream().map(TinyModel::marginOf).toList());
                Scorer scorer = new Scorer(engine, model.weights, MOST_SEQUENCES, CONTEXT)) {
            for (Choice choice : choices) {
                scorer.setMaxDepth(choice.maxDepth());
                scorer.setThreshold(choice.threshold() == 0 ? 0.5 : 0.35);
                Passes.score(model, scorer, choice, TOLERANCE);
            }
        }
    }

    /** A scorer keeps nothing from one call to the next: lengths and batches of any size follow each other. */
    @Test
    void sequencesOfAnyLengthFollowEachOther() {
        for (KvMode kv : KvMode.values()) {
            ModelConfig config = TinyConfigs.grouped(
                    5,
                    MorConfig.expertChoice(3).toBuilder()
                            .kv(kv)
                            .routerAlpha(0.8)
                            .build());
            try (TinyModel first = model(config, 3, CONTEXT);
                    Scorer scorer = new Scorer(engine, first.weights, MOST_SEQUENCES, CONTEXT)) {
                for (int[] shape : new int[][] {{3, CONTEXT}, {1, 1}, {2, 5}, {3, 2}, {1, CONTEXT}, {3, CONTEXT}}) {
                    try (TinyModel model = model(config, shape[0], shape[1])) {
                        model.values.forEach((name, values) -> first.set(name, TinyModel.floats(values)));
                        Passes.score(model, scorer, Choice.topK(config, shape[1]), TOLERANCE);
                        Passes.score(model, scorer, Choice.threshold(config, 0, 3), TOLERANCE);
                    }
                }
            }
        }
    }

    private TinyModel model(ModelConfig config, int sequences, int length) {
        return TinyModel.decisive(
                engine, config, sequences, length, 3, List.of(TinyModel::trainMargin, TinyModel::causalMargin));
    }

    /** Tokens with a negative target have no loss. */
    @Test
    void leftOutTargetsCostNothing() {
        ModelConfig config = TinyConfigs.grouped(2, null);
        try (TinyModel model = new TinyModel(engine, config, SEQUENCES, LENGTH, 1);
                Scorer scorer = new Scorer(engine, model.weights, SEQUENCES, LENGTH);
                TrainingPass pass = new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 1, false)) {
            model.targets[0] = -1;
            model.targets[9] = -100;
            Passes.score(model, scorer, Choice.topK(config, LENGTH), TOLERANCE);
            Passes.train(model, pass, Choice.topK(config, LENGTH), 5e-6, 1e-4).alongEachTensor();
        }
    }
}

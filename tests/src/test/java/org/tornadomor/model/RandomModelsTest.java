package org.tornadomor.model;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.ReferenceModel.Choice;

/**
 * Random models of odd sizes, random batches: a training step and scores in both modes against the double-precision
 * reference; what nobody thought of listing. A long run on request:
 * {@code mvn -pl tests -am verify -Dtest=RandomModelsTest -DexcludedGroups= -Dgroups=slow -Dsurefire.failIfNoSpecifiedTests=false}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RandomModelsTest {
    private static final int QUICK = 50;
    private static final int SLOW = 1000;
    private static final double TOLERANCE = 2e-4;
    private static final double GRADIENT = 1e-3;

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
    Stream<DynamicTest> some() {
        return tests(0, QUICK);
    }

    @TestFactory
    @Tag("slow")
    Stream<DynamicTest> many() {
        return tests(QUICK, SLOW);
    }

    private Stream<DynamicTest> tests(int from, int to) {
        return IntStream.range(from, to).mapToObj(seed -> {
            SplittableRandom random = new SplittableRandom(seed);
            ModelConfig config = TinyConfigs.random(random);
            return DynamicTest.dynamicTest(seed + " " + RandomModels.describe(config), () -> compare(config, random));
        });
    }

    private void compare(ModelConfig config, SplittableRandom random) {
        int sequences = 1 + random.nextInt(4);
        int length = 1 + random.nextInt(14);
        Choice train = Choice.topK(config, length);
        double probability = 0.3 + 0.4 * random.nextDouble();
        Choice causal = Choice.threshold(
                config, Math.log(probability / (1 - probability)), 1 + random.nextInt(config.recursions()));
        try (TinyModel model = TinyModel.decisive(
                        engine,
                        config,
                        sequences,
                        length,
                        random.nextInt(),
                        List.of(TinyModel.marginOf(train), TinyModel.marginOf(causal)));
                TrainingPass pass =
                        new TrainingPass(engine, model.weights, sequences, length, 1, random.nextBoolean());
                Scorer scorer = new Scorer(engine, model.weights, sequences + random.nextInt(2), length + 3)) {
            Passes.train(model, pass, train, TOLERANCE, GRADIENT).alongAll();
            Passes.score(model, scorer, train, TOLERANCE);
            scorer.setThreshold(probability);
            scorer.setMaxDepth(causal.maxDepth());
            Passes.score(model, scorer, causal, TOLERANCE);
        }
    }
}

package org.tornadomor.model;

import java.util.Map;
import java.util.function.Consumer;
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
 * Losses and gradients of whole models of every kind against a double-precision forward and its central differences. Each
 * tensor's gradient is compared along a random direction, which a single wrong element does not survive; for some models
 * each element is compared by itself, which is slow and runs on request:
 * {@code mvn -pl tests -am verify -Dtest=GradientTest -DexcludedGroups= -Dgroups=slow -Dsurefire.failIfNoSpecifiedTests=false}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GradientTest {
    private static final int SEQUENCES = 2;
    private static final int LENGTH = 7;
    private static final double LOSS = 5e-6;
    private static final double GRADIENT = 1e-4;
    /**
     * Seeds other than 1. The exit gate's model of seed 1 is chaotic: weights that differ by 3e-8 move its slopes by up to 8e-5 of the
     * gradient's norm, where other models have 1e-6, so single precision cannot tell a wrong gradient from a right one.
     */
    private static final Map<String, Long> SEEDS = Map.of("exit gate", 2L);

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
    Stream<DynamicTest> everyKindAlongRandomDirections() {
        return TinyConfigs.everyKind().entrySet().stream()
                .map(kind -> test(
                        kind.getKey(),
                        kind.getValue(),
                        SEEDS.getOrDefault(kind.getKey(), 1L),
                        Slopes::alongEachTensor));
    }

    @TestFactory
    @Tag("slow")
    Stream<DynamicTest> everyElement() {
        return Stream.of(
                        "vanilla, grouped",
                        "recursive MIDDLE_SEQUENCE SHARED",
                        "expert 12 MIDDLE_CYCLE RECURSION_WISE LINEAR SIGMOID",
                        "expert 26 MIDDLE_CYCLE HYBRID MLP SIGMOID",
                        "token 0 SOFTMAX RECURSION_WISE WEIGHTED LOSS",
                        "token 18 SIGMOID SHARED WEIGHTED LOSS")
                .map(name -> {
                    ModelConfig config = TinyConfigs.everyKind().entrySet().stream()
                            .filter(kind -> kind.getKey().startsWith(name))
                            .map(Map.Entry::getValue)
                            .findFirst()
                            .orElseThrow();
                    return test(name, config, 50, Slopes::byElement);
                });
    }

    private DynamicTest test(String name, ModelConfig config, long seed, Consumer<Slopes> comparison) {
        return DynamicTest.dynamicTest(name, () -> {
            try (TinyModel model = TinyModel.decisive(engine, config, SEQUENCES, LENGTH, seed, TinyModel::trainMargin);
                    TrainingPass pass = new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 1, false)) {
                comparison.accept(Passes.train(model, pass, Choice.topK(config, LENGTH), LOSS, GRADIENT));
            }
        });
    }
}

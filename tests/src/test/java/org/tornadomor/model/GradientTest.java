package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadomor.model.Closeness.assertClose;

import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.cpu.CpuEngine;

/**
 * Losses and gradients of whole models of every kind against a double-precision forward and its central differences. Each
 * tensor's gradient is compared along a random direction, which a single wrong element does not survive; for some models
 * each element is compared by itself (tagged slow:
 * {@code mvn -pl tests -am verify -Dtest=GradientTest -DexcludedGroups= -Dgroups=slow -Dsurefire.failIfNoSpecifiedTests=false}).
 * Routing decisions are replayed, since losses are smooth only between them. The
 * gradient of an auxiliary router is that of its own loss.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GradientTest {
    private static final int SEQUENCES = 2;
    private static final int LENGTH = 7;
    private static final double STEP = 1e-5;
    private static final double LOSS = 5e-6;
    /** Of the gradient's norm: a direction is normal, so it sees about one error's norm. */
    private static final double GRADIENT = 1e-4;
    /** What differences of a loss of about 3 can resolve, over the step. */
    private static final double NOISE = 1e-9;

    private Engine engine;

    @BeforeAll
    void open() {
        engine = new CpuEngine(2);
    }

    @AfterAll
    void close() {
        engine.close();
    }

    @TestFactory
    Stream<DynamicTest> everyKindAlongRandomDirections() {
        return TinyConfigs.everyKind().entrySet().stream()
                .map(kind -> DynamicTest.dynamicTest(kind.getKey(), () -> {
                    try (TinyModel model = TinyModel.decisive(
                            engine, kind.getValue(), SEQUENCES, LENGTH, 1, TinyModel::trainMargin)) {
                        check(model, this::alongDirection);
                    }
                }));
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
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    ModelConfig config = TinyConfigs.everyKind().entrySet().stream()
                            .filter(kind -> kind.getKey().startsWith(name))
                            .map(Map.Entry::getValue)
                            .findFirst()
                            .orElseThrow();
                    try (TinyModel model =
                            TinyModel.decisive(engine, config, SEQUENCES, LENGTH, 50, TinyModel::trainMargin)) {
                        check(model, this::byElement);
                    }
                }));
    }

    private interface Comparison {
        void compare(TinyModel model, String name, float[] gradient, ToDoubleFunction<TinyModel> loss);
    }

    private void check(TinyModel model, Comparison comparison) {
        ReferenceModel.Choice choice = ReferenceModel.Choice.topK(model.config, LENGTH);
        ReferenceModel.Result expected = model.run(choice);
        try (TrainingPass pass = new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 1, false)) {
            pass.begin();
            pass.add(model.inputs, model.targets);
            int[] depth = new int[SEQUENCES * LENGTH];
            pass.depths(depth);
            assertArrayEquals(expected.depth, depth, "depths");
            float[] losses = new float[Losses.COUNT];
            pass.losses(losses);
            assertClose("lm", expected.lm, losses[Losses.LM], LOSS, 0);
            assertClose("aux", expected.aux, losses[Losses.AUX], LOSS, 1e-30);
            assertClose("balance", expected.balance, losses[Losses.BALANCE], LOSS, 1e-30);
            assertClose("z", expected.z, losses[Losses.Z], LOSS, 1e-30);
            assertClose("aux router", expected.auxRouter, losses[Losses.AUX_ROUTER], LOSS, 1e-30);
            ReferenceModel.Choice replay = choice.replaying(depth);
            assertEquals(model.values.keySet(), pass.gradients().named().keySet());
            pass.gradients().named().forEach((name, tensor) -> {
                boolean auxiliary = name.contains("aux_routers");
                comparison.compare(model, name, values(tensor), m -> {
                    ReferenceModel.Result result = m.run(replay);
                    return auxiliary ? result.auxRouter : result.total();
                });
            });
        }
    }

    private float[] values(Tensor tensor) {
        float[] values = new float[tensor.size()];
        engine.download(tensor, values, 0);
        return values;
    }

    private void alongDirection(TinyModel model, String name, float[] gradient, ToDoubleFunction<TinyModel> loss) {
        SplittableRandom random = new SplittableRandom(name.hashCode());
        double[] direction = new double[gradient.length];
        double slope = 0;
        for (int j = 0; j < direction.length; j++) {
            direction[j] = random.nextGaussian();
            slope += gradient[j] * direction[j];
        }
        double expected = difference(model, name, direction, loss);
        double allowed = GRADIENT * Math.max(norm(gradient), Math.abs(expected)) + NOISE;
        String what = name + ": a difference of " + expected + ", a gradient of " + slope;
        assertTrue(Math.abs(expected - slope) <= allowed, what);
    }

    private static double norm(float[] x) {
        double squares = 0;
        for (float value : x) {
            squares += (double) value * value;
        }
        return Math.sqrt(squares);
    }

    private void byElement(TinyModel model, String name, float[] gradient, ToDoubleFunction<TinyModel> loss) {
        double allowed = GRADIENT * norm(gradient) + NOISE;
        for (int i = 0; i < gradient.length; i++) {
            double[] direction = new double[gradient.length];
            direction[i] = 1;
            double expected = difference(model, name, direction, loss);
            String where = name + "[" + i + "]: a difference of " + expected + ", a gradient of " + gradient[i];
            assertTrue(Math.abs(expected - gradient[i]) <= allowed, where);
        }
    }

    /** The slope of the loss along a direction of one tensor. */
    private static double difference(
            TinyModel model, String name, double[] direction, ToDoubleFunction<TinyModel> loss) {
        double[] weight = model.values.get(name);
        double[] before = weight.clone();
        double[] losses = new double[2];
        for (int side = 0; side < 2; side++) {
            for (int j = 0; j < weight.length; j++) {
                weight[j] = before[j] + (side == 0 ? -STEP : STEP) * direction[j];
            }
            losses[side] = loss.applyAsDouble(model);
        }
        System.arraycopy(before, 0, weight, 0, before.length);
        return (losses[1] - losses[0]) / (2 * STEP);
    }
}

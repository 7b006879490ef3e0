package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.engine.Divergence;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;
import org.tornadomor.model.ReferenceModel.Choice;

/** Learning from a teacher: losses and the gradient of every parameter against the double-precision reference. */
class DistillationTest {
    private static final int SEQUENCES = 2;
    private static final int LENGTH = 6;

    private static List<ModelConfig> students() {
        MorConfig relaxed = MorConfig.expertChoice(2).withLora(new LoraConfig(2, LoraConfig.ALL));
        return List.of(
                TinyConfigs.grouped(4, MorConfig.recursive(2)),
                TinyConfigs.multiHead(4, relaxed),
                TinyConfigs.grouped(4, MorConfig.tokenChoice(2)));
    }

    @TestFactory
    List<DynamicTest> everyDivergence() {
        List<DynamicTest> tests = new ArrayList<>();
        for (ModelConfig student : students()) {
            for (Divergence divergence : Divergence.values()) {
                String name = divergence + ", " + RandomModels.describe(student);
                tests.add(DynamicTest.dynamicTest(name, () -> {
                    try (Engine engine = new CpuEngine(1)) {
                        compare(engine, student, divergence, 5e-6, 1e-4);
                    }
                }));
            }
        }
        return tests;
    }

    @ParameterizedTest
    @EnumSource(Divergence.class)
    @Tag("device")
    void everyDivergenceOnADevice(Divergence divergence) {
        try (Engine engine = new TornadoEngine(EngineOptions.standard().withChecks())) {
            compare(engine, students().get(divergence.ordinal() % 3), divergence, 2e-4, 1e-3);
        }
    }

    private static void compare(
            Engine engine, ModelConfig config, Divergence divergence, double loss, double gradient) {
        try (TinyModel student = TinyModel.decisive(engine, config, SEQUENCES, LENGTH, 7, TinyModel::trainMargin);
                TinyModel teacher = new TinyModel(engine, TinyConfigs.multiHead(3, null), SEQUENCES, LENGTH, 3)) {
            student.targets[3] = -1;
            float weight = 0.7f;
            float temperature = 1.5f;
            student.reference.teacher = teacher.reference.run(
                            student.inputs, student.targets, SEQUENCES, LENGTH, Choice.topK(teacher.config, LENGTH))
                    .logits;
            student.reference.divergence = divergence;
            student.reference.weight = weight;
            student.reference.temperature = temperature;
            Distillation distillation = new Distillation(teacher.weights, divergence, weight, temperature);
            try (TrainingPass pass =
                    new TrainingPass(engine, student.weights, SEQUENCES, LENGTH, 1, false, false, distillation, null)) {
                Choice choice = Choice.topK(config, LENGTH);
                Passes.train(student, pass, choice, loss, gradient).alongEachTensor();
                float[] losses = new float[Losses.COUNT];
                pass.losses(losses);
                double expected = student.run(choice).distillation;
                assertEquals(expected, losses[Losses.DISTILLATION], 10 * loss * Math.max(0.1, expected));
            }
        }
    }

    /** What is written down of a teacher for rows of logits: its likeliest tokens, and the logarithms of their probabilities. */
    private record Written(int[] ids, float[] logProbs) {
        static Written of(double[][] logits, int k, double temperature) {
            int[] ids = new int[logits.length * k];
            float[] logProbs = new float[logits.length * (k + 1)];
            for (int i = 0; i < logits.length; i++) {
                double[] p = ReferenceMath.softmax(ReferenceModel.scaled(logits[i], 1 / temperature));
                int[] kept = ReferenceModel.likeliest(p, k);
                double[] classes = ReferenceModel.together(p, kept);
                System.arraycopy(kept, 0, ids, i * k, k);
                for (int j = 0; j <= k; j++) {
                    logProbs[i * (k + 1) + j] = j < classes.length ? (float) Math.log(classes[j]) : -100;
                }
            }
            return new Written(ids, logProbs);
        }
    }

    @TestFactory
    List<DynamicTest> theLikeliestTokensOfATeacher() {
        List<DynamicTest> tests = new ArrayList<>();
        for (ModelConfig student : students()) {
            for (int k : new int[] {1, 5, student.vocabSize() - 1, student.vocabSize()}) {
                tests.add(DynamicTest.dynamicTest(k + " tokens, " + RandomModels.describe(student), () -> {
                    try (Engine engine = new CpuEngine(1)) {
                        compareStored(engine, student, k, 5e-6, 1e-4);
                    }
                }));
            }
        }
        return tests;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7})
    @Tag("device")
    void theLikeliestTokensOfATeacherOnADevice(int k) {
        try (Engine engine = new TornadoEngine(EngineOptions.standard().withChecks())) {
            compareStored(engine, students().get(k % 3), k, 2e-4, 1e-3);
        }
    }

    private static void compareStored(Engine engine, ModelConfig config, int k, double loss, double gradient) {
        try (TinyModel student = TinyModel.decisive(engine, config, SEQUENCES, LENGTH, 7, TinyModel::trainMargin);
                TinyModel teacher = new TinyModel(engine, TinyConfigs.multiHead(3, null), SEQUENCES, LENGTH, 3)) {
            student.targets[3] = -1;
            student.reference.teacher = teacher.reference.run(
                            student.inputs, student.targets, SEQUENCES, LENGTH, Choice.topK(teacher.config, LENGTH))
                    .logits;
            student.reference.divergence = Divergence.FORWARD;
            student.reference.weight = 0.7f;
            student.reference.temperature = 1.5f;
            student.reference.topK = k;
            Written written = Written.of(student.reference.teacher, k, 1.5);
            Distillation distillation = Distillation.stored(k, 0.7f, 1.5f);
            try (TrainingPass pass =
                    new TrainingPass(engine, student.weights, SEQUENCES, LENGTH, 1, false, false, distillation, null)) {
                Choice choice = Choice.topK(config, LENGTH);
                pass.begin();
                pass.add(student.inputs, student.targets, written.ids, written.logProbs);
                Passes.compare(student, pass, choice, loss, gradient).alongEachTensor();
                float[] losses = new float[Losses.COUNT];
                pass.losses(losses);
                double expected = student.run(choice).distillation;
                assertEquals(expected, losses[Losses.DISTILLATION], 10 * loss * Math.max(0.1, expected));
            }
        }
    }

    /** All tokens of a teacher, written down, teach what it teaches itself. */
    @Test
    void everyTokenOfATeacherIsTheTeacher() {
        try (Engine engine = new CpuEngine(1);
                TinyModel student =
                        new TinyModel(engine, TinyConfigs.grouped(4, MorConfig.recursive(2)), SEQUENCES, LENGTH, 7);
                TinyModel teacher = new TinyModel(engine, TinyConfigs.multiHead(3, null), SEQUENCES, LENGTH, 3)) {
            int vocabulary = student.config.vocabSize();
            double[][] logits = teacher.reference.run(
                            student.inputs, student.targets, SEQUENCES, LENGTH, Choice.topK(teacher.config, LENGTH))
                    .logits;
            Written written = Written.of(logits, vocabulary, 2);
            try (TrainingPass live =
                            pass(engine, student, new Distillation(teacher.weights, Divergence.FORWARD, 0.5f, 2));
                    TrainingPass stored = pass(engine, student, Distillation.stored(vocabulary, 0.5f, 2))) {
                float[] expected = new float[Losses.COUNT];
                live.begin();
                live.add(student.inputs, student.targets);
                live.losses(expected);
                float[] actual = new float[Losses.COUNT];
                stored.begin();
                stored.add(student.inputs, student.targets, written.ids, written.logProbs);
                stored.losses(actual);
                assertArrayEquals(expected, actual, 1e-5f);
                live.gradients()
                        .named()
                        .forEach((name, tensor) -> assertArrayEquals(
                                RandomModels.values(engine, tensor),
                                RandomModels.values(
                                        engine, stored.gradients().named().get(name)),
                                1e-5f,
                                name));
            }
        }
    }

    private static TrainingPass pass(Engine engine, TinyModel student, Distillation distillation) {
        return new TrainingPass(engine, student.weights, SEQUENCES, LENGTH, 1, false, false, distillation, null);
    }

    /** A student that is its teacher already has nothing to learn from it. */
    @ParameterizedTest
    @EnumSource(Divergence.class)
    void nothingIsLearntFromOneself(Divergence divergence) {
        try (Engine engine = new CpuEngine(1);
                TinyModel model = new TinyModel(engine, TinyConfigs.grouped(2, null), SEQUENCES, LENGTH, 3);
                TrainingPass pass = new TrainingPass(
                        engine,
                        model.weights,
                        SEQUENCES,
                        LENGTH,
                        1,
                        false,
                        false,
                        new Distillation(model.weights, divergence, 1, 2),
                        null)) {
            pass.begin();
            pass.add(model.inputs, model.targets);
            float[] losses = new float[Losses.COUNT];
            pass.losses(losses);
            assertEquals(0, losses[Losses.DISTILLATION], 1e-6);
            pass.gradients().named().forEach((name, tensor) -> {
                float[] values = RandomModels.values(engine, tensor);
                assertArrayEquals(new float[values.length], values, 1e-6f, name);
            });
        }
    }

    /** Memory for the logits of both is that of a block of rows, however many there are. */
    @Test
    void logitsOfTheTeacherAreThereForABlockAtATime() {
        int vocabulary = 20_000;
        ModelConfig config = new ModelConfig(vocabulary, 8, 8, 1, 1, 1, 4, 1e-5, 100, 4096, true, 0.02, null);
        try (Engine engine = new CpuEngine(1);
                ParameterSet weights = new ParameterSet(engine, "weights", config);
                ParameterSet teacher = new ParameterSet(engine, "teacher", config)) {
            long before = engine.memoryBytes();
            Distillation distillation = new Distillation(teacher, Divergence.FORWARD, 1, 1);
            try (TrainingPass pass = new TrainingPass(engine, weights, 4, 2048, 1, false, false, distillation, null)) {
                pass.begin();
                long logits = 8192L * vocabulary * Float.BYTES;
                long used = engine.memoryBytes() - before;
                assertEquals(true, used < logits / 4, used + " bytes where the logits alone would be " + logits);
            }
        }
    }
}

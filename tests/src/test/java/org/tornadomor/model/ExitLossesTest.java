package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.UserError;
import org.tornadomor.engine.Divergence;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;
import org.tornadomor.model.ReferenceModel.Choice;

/** Losses at the ends of recursions, and the gradient of every parameter, against the double-precision reference. */
class ExitLossesTest {
    private static final int SEQUENCES = 2;
    private static final int LENGTH = 5;

    private static ModelConfig cycle(int recursions, KvMode kv, LoraConfig lora) {
        MorConfig mor = MorConfig.recursive(recursions).toBuilder()
                .sharing(Sharing.CYCLE)
                .kv(kv)
                .lora(lora)
                .build();
        return TinyConfigs.grouped(2 * recursions, mor);
    }

    @ParameterizedTest
    @CsvSource({
        "2, RECURSION_WISE, false, false",
        "3, SHARED, true, false",
        "3, RECURSION_WISE, false, true",
        "2, RECURSION_WISE, true, true"
    })
    void gradientsAreThoseOfTheReference(int recursions, KvMode kv, boolean distil, boolean aggressive) {
        LoraConfig lora = aggressive ? new LoraConfig(2, LoraConfig.ALL) : null;
        try (Engine engine = new CpuEngine(1)) {
            compare(engine, cycle(recursions, kv, lora), distil, aggressive, 5e-6, 1e-4);
        }
    }

    /** Sandwich norms, and the final norm in front of each head and of each further recursion. */
    @Test
    void gradientsOfAnOuro() {
        try (Engine engine = new CpuEngine(1)) {
            ModelConfig config = TinyConfigs.looped(3, RouterKind.EXIT_GATE, KvMode.RECURSION_WISE, TinyConfigs.OURO);
            // Norms upon norms are steep: in single precision more is lost than elsewhere.
            compare(engine, config, false, false, 5e-6, 5e-4);
        }
    }

    @Test
    @Tag("device")
    void gradientsOfAnOuroOnADevice() {
        try (Engine engine = new TornadoEngine(EngineOptions.standard().withChecks())) {
            ModelConfig config = TinyConfigs.looped(2, RouterKind.EXIT_GATE, KvMode.RECURSION_WISE, TinyConfigs.OURO);
            compare(engine, config, false, false, 2e-4, 1e-3);
        }
    }

    @Test
    @Tag("device")
    void gradientsOnADevice() {
        try (Engine engine = new TornadoEngine(EngineOptions.standard().withChecks())) {
            compare(engine, cycle(3, KvMode.RECURSION_WISE, null), true, false, 2e-4, 1e-3);
        }
    }

    private static void compare(
            Engine engine, ModelConfig config, boolean distil, boolean aggressive, double loss, double gradient) {
        int n = config.recursions();
        ExitLosses exits = aggressive ? ExitLosses.aggressive(n, 0.3f, distil) : ExitLosses.weighted(n, distil);
        try (TinyModel model = new TinyModel(engine, config, SEQUENCES, LENGTH, 5);
                TrainingPass pass =
                        new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 1, false, false, null, exits)) {
            model.targets[2] = -1;
            Choice choice = Choice.topK(config, LENGTH);
            model.reference.exitTeacher = distil ? model.run(choice).logits : null;
            model.reference.exits = new float[n];
            for (int r = 0; r < n; r++) {
                model.reference.exits[r] = exits.coefficients().get(r);
            }
            Passes.train(model, pass, choice, loss, gradient).alongEachTensor();
            float[] losses = new float[Losses.COUNT];
            pass.losses(losses);
            assertEquals(model.run(choice).exits, losses[Losses.EXITS], 20 * loss);
            assertTrue(losses[Losses.EXITS] > 0.01);
        }
    }

    /** A teacher and exits at once: the model's own loss is shared between text and teacher. */
    @Test
    void aTeacherBesides() {
        ModelConfig config = cycle(2, KvMode.RECURSION_WISE, null);
        try (Engine engine = new CpuEngine(1);
                TinyModel model = new TinyModel(engine, config, SEQUENCES, LENGTH, 5);
                TinyModel teacher = new TinyModel(engine, TinyConfigs.multiHead(2, null), SEQUENCES, LENGTH, 6);
                TrainingPass pass = new TrainingPass(
                        engine,
                        model.weights,
                        SEQUENCES,
                        LENGTH,
                        1,
                        false,
                        false,
                        new Distillation(teacher.weights, Divergence.REVERSE, 0.25f, 1),
                        ExitLosses.aggressive(2, 0.1f, false))) {
            Choice choice = Choice.topK(config, LENGTH);
            model.reference.teacher = teacher.reference.run(
                            model.inputs, model.targets, SEQUENCES, LENGTH, Choice.topK(teacher.config, LENGTH))
                    .logits;
            model.reference.divergence = Divergence.REVERSE;
            model.reference.weight = 0.25;
            model.reference.temperature = 1;
            model.reference.exits = new float[] {0.1f, 0.75f};
            Passes.train(model, pass, choice, 5e-6, 1e-4).alongEachTensor();
        }
    }

    @Test
    void coefficientsAreThoseOfThePaper() {
        assertEquals(
                List.of(1 / 6f, 1 / 3f, 1 / 2f), ExitLosses.weighted(3, false).coefficients());
        assertEquals(
                List.of(0.1f, 0.1f, 1f), ExitLosses.aggressive(3, 0.1f, true).coefficients());
        ModelConfig middle = TinyConfigs.grouped(4, MorConfig.recursive(2));
        for (ModelConfig other : List.of(
                middle,
                TinyConfigs.grouped(2, null),
                TinyConfigs.grouped(2, MorConfig.tokenChoice(2).withSharing(Sharing.CYCLE)))) {
            assertThrows(UserError.class, () -> ExitLosses.requireFits(other));
        }
    }
}

package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tornadomor.cli.devices.GoldenModel;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.ReferenceModel.Choice;
import org.tornadomor.model.ReferenceModel.Result;
import org.tornadomor.model.io.Checkpoints;

/** The golden values of {@code devices --check}, from the formulas in double precision. */
class GoldenModelTest {
    /** Decisions and likeliest tokens are this far from going the other way, a hundred times what float32 rounds. */
    private static final double MARGIN = 1e-3;

    private static ReferenceModel reference(GoldenModel model) {
        ModelConfig config = model.config();
        Map<String, double[]> values = new HashMap<>();
        try (Engine engine = new CpuEngine(1);
                ParameterSet weights = new ParameterSet(engine, "golden", config)) {
            Checkpoints.initialise(engine, weights, GoldenModel.SEED);
            weights.named().forEach((name, tensor) -> {
                float[] floats = new float[tensor.size()];
                engine.download(tensor, floats, 0);
                values.put(
                        name,
                        IntStream.range(0, floats.length)
                                .mapToDouble(i -> floats[i])
                                .toArray());
            });
        }
        return new ReferenceModel(config, values);
    }

    private static Result run(GoldenModel model, ReferenceModel reference, int[] inputs, int[] targets, int count) {
        ModelConfig config = model.config();
        Result result = reference.run(
                inputs, targets, count, inputs.length / count, Choice.threshold(config, 0, config.recursions()));
        assertTrue(result.margin > MARGIN, model + " decides by " + result.margin);
        return result;
    }

    @ParameterizedTest
    @EnumSource
    void lossesAndDepthsAreThoseOfTheFormulas(GoldenModel model) {
        int[] inputs = new int[GoldenModel.SEQUENCES * GoldenModel.LENGTH];
        int[] targets = new int[inputs.length];
        for (int s = 0; s < GoldenModel.SEQUENCES; s++) {
            int[] tokens = GoldenModel.tokens(s, GoldenModel.LENGTH + 1);
            System.arraycopy(tokens, 0, inputs, s * GoldenModel.LENGTH, GoldenModel.LENGTH);
            System.arraycopy(tokens, 1, targets, s * GoldenModel.LENGTH, GoldenModel.LENGTH);
        }
        Result result = run(model, reference(model), inputs, targets, GoldenModel.SEQUENCES);
        String all = Arrays.toString(result.rowLoss) + "\n" + Arrays.toString(result.depth);
        assertArrayEquals(result.depth, model.depths(), all);
        assertArrayEquals(result.rowLoss, model.losses(), 1e-6, all);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VANILLA")
    void theTokensThatFollowAreThoseOfTheFormulas(GoldenModel model) {
        ReferenceModel reference = reference(model);
        int[] found = new int[GoldenModel.PROMPTS.length * GoldenModel.NEW_TOKENS];
        for (int i = 0; i < GoldenModel.PROMPTS.length; i++) {
            int[] text = GoldenModel.tokens(i, GoldenModel.PROMPTS[i]);
            for (int n = 0; n < GoldenModel.NEW_TOKENS; n++) {
                double[] logits = run(model, reference, text, text, 1).logits[text.length - 1];
                int best = 0;
                for (int v = 1; v < logits.length; v++) {
                    best = logits[v] > logits[best] ? v : best;
                }
                double most = logits[best];
                logits[best] = Double.NEGATIVE_INFINITY;
                double second = Arrays.stream(logits).max().orElseThrow();
                assertTrue(most - second > MARGIN, model + " chooses by " + (most - second));
                text = Arrays.copyOf(text, text.length + 1);
                text[text.length - 1] = best;
                found[i * GoldenModel.NEW_TOKENS + n] = best;
            }
        }
        assertArrayEquals(found, model.continued(), Arrays.toString(found));
    }
}

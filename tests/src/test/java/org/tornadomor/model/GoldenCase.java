package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.files.SafeTensors;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.trainer.Optimizer;

/**
 * One golden case on one engine: a folder with a small model, inputs, and what an independent implementation in double
 * precision makes of them.
 */
final class GoldenCase {
    /**
     * Relative errors that are allowed.
     *
     * @param tensor of logits
     * @param gradient of gradients
     * @param loss of losses
     * @param norm of gradient norms
     */
    record Tolerances(double tensor, double gradient, double loss, double norm) {
        static final Tolerances CPU = new Tolerances(2e-5, 2e-5, 5e-6, 1e-4);
        static final Tolerances DEVICE = new Tolerances(2e-4, 2e-3, 1e-4, 2e-3);
    }

    /** How a case gets its engine; it closes it. */
    interface EngineFactory {
        Engine create();
    }

    /** A test for each folder; {@code -Dgolden.dir=DIR} adds the case folders of DIR. */
    static Stream<DynamicTest> tests(EngineFactory factory, Tolerances allowed) throws IOException {
        List<Path> folders = new ArrayList<>(caseFolders(Path.of("src/test/resources/golden")));
        String more = System.getProperty("golden.dir");
        if (more != null && !more.isEmpty()) {
            folders.addAll(caseFolders(Path.of(more)));
        }
        assertTrue(folders.size() >= 7, "golden cases are missing: " + folders);
        return folders.stream()
                .map(folder -> DynamicTest.dynamicTest(folder.getFileName().toString(), () -> {
                    try (Engine engine = factory.create()) {
                        new GoldenCase(engine, folder, allowed).check();
                    }
                }));
    }

    private static List<Path> caseFolders(Path root) throws IOException {
        try (Stream<Path> entries = Files.list(root)) {
            return entries.filter(path -> Files.exists(path.resolve("expected.safetensors")))
                    .sorted()
                    .toList();
        }
    }

    private final Engine engine;
    private final Path folder;
    private final Tolerances allowed;
    private final TensorSource expected;
    private final int sequences;
    private final int length;
    private final int[] inputs;
    private final int[] targets;

    GoldenCase(Engine engine, Path folder, Tolerances allowed) {
        this.engine = engine;
        this.folder = folder;
        this.allowed = allowed;
        expected = SafeTensors.open(folder.resolve("expected.safetensors"));
        long[] shape = expected.info("inputs").shape();
        sequences = (int) shape[0];
        length = (int) shape[1];
        inputs = expected.readInts("inputs");
        targets = expected.readInts("targets");
    }

    void check() {
        check(Integer.MAX_VALUE);
    }

    /** Scores, and so many steps of training as there are at most. */
    void check(int steps) {
        try (CheckpointFolder checkpoint = CheckpointFolder.open(folder);
                ParameterSet weights = new ParameterSet(engine, "weights", checkpoint.config())) {
            Checkpoints.load(engine, checkpoint, weights);
            checkScores(weights);
            if (steps > 0) {
                checkTraining(weights, steps);
            }
        } finally {
            expected.close();
        }
    }

    private void checkScores(ParameterSet weights) {
        try (Scorer scorer = new Scorer(engine, weights, sequences, length)) {
            float[] logits = new float[inputs.length * weights.config().vocabSize()];
            int[] depth = new int[inputs.length];
            for (boolean causal : new boolean[] {false, true}) {
                scorer.score(inputs, targets, sequences, length, causal, logits);
                scorer.depths(depth);
                String prefix = causal ? "causal_" : "";
                assertArrayEquals(expected.readInts(prefix + "depth"), depth, prefix + "depth");
                close(prefix + "logits", expected.read(prefix + "logits"), logits, allowed.tensor());
            }
        }
    }

    /** Twenty steps, or fewer; the gradients are those of the first one. One pass for both, since a device compiles each. */
    private void checkTraining(ParameterSet weights, int steps) {
        try (TrainingPass pass = new TrainingPass(engine, weights, sequences, length, 1, false);
                Optimizer optimizer = new Optimizer(engine, weights, pass.gradients(), Optimizer.Settings.DEFAULT)) {
            float[] expectedLoss = expected.read("adamw_loss");
            float[] expectedNorm = expected.read("adamw_grad_norm");
            float[] losses = new float[Losses.COUNT];
            for (int step = 1; step <= Math.min(steps, expectedLoss.length); step++) {
                pass.begin();
                pass.add(inputs, targets);
                pass.losses(losses);
                if (step == 1) {
                    checkLosses(losses);
                    checkGradients(pass.gradients());
                }
                pass.end();
                optimizer.step(1e-3f, step);
                close("adamw_loss " + step, expectedLoss[step - 1], total(losses), allowed.loss());
                close("adamw_grad_norm " + step, expectedNorm[step - 1], optimizer.gradientNorm(), allowed.norm());
            }
        }
    }

    private void checkLosses(float[] losses) {
        close("lm_loss", expected.read("lm_loss")[0], losses[Losses.LM], allowed.loss());
        close("aux_loss", expected.read("aux_loss")[0], losses[Losses.AUX], allowed.loss());
        close("balance_loss", expected.read("balance_loss")[0], losses[Losses.BALANCE], allowed.loss());
        close("z_loss", expected.read("z_loss")[0], losses[Losses.Z], allowed.loss());
        close("loss", expected.read("loss")[0], total(losses), allowed.loss());
    }

    private void checkGradients(ParameterSet gradients) {
        int compared = 0;
        for (var entry : gradients.named().entrySet()) {
            Tensor gradient = entry.getValue();
            float[] values = new float[gradient.size()];
            engine.download(gradient, values, 0);
            String name = "grad." + entry.getKey();
            if (expected.contains(name)) {
                close(name, expected.read(name), values, allowed.gradient());
                compared++;
            }
        }
        long wanted =
                expected.names().stream().filter(n -> n.startsWith("grad.")).count();
        assertTrue(compared == wanted, compared + " gradients compared of " + wanted);
    }

    private static double total(float[] losses) {
        return (double) losses[Losses.LM] + losses[Losses.AUX] + losses[Losses.BALANCE] + losses[Losses.Z];
    }

    private static void close(String what, double expected, double actual, double tolerance) {
        double error = Math.abs(expected - actual) / Math.max(Math.abs(expected), 1e-30);
        assertTrue(
                expected == actual || error <= tolerance,
                what + ": expected " + expected + ", got " + actual + ", relative error " + error);
    }

    private static void close(String what, float[] expected, float[] actual, double tolerance) {
        assertTrue(expected.length == actual.length, what + " has " + actual.length + " values");
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow((double) expected[i] - actual[i], 2);
            norm += Math.pow(expected[i], 2);
        }
        double error = Math.sqrt(difference) / Math.max(Math.sqrt(norm), 1e-30);
        assertTrue(
                error <= tolerance,
                what + ": relative error " + error + "\n expected "
                        + Arrays.toString(Arrays.copyOf(expected, Math.min(6, expected.length))) + "\n got      "
                        + Arrays.toString(Arrays.copyOf(actual, Math.min(6, actual.length))));
    }
}

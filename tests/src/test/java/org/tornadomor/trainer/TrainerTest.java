package org.tornadomor.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.trainer.TinyRuns.Recorder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TrainerTest {
    private static final String EXPERT = "model.mor={num_recursions: 2, router: expert_choice}";
    private static final String TOKEN = "model.mor={num_recursions: 2, router: token_choice}";

    @TempDir
    Path temp;

    private TrainingConfig plain;

    @BeforeEach
    void makeText() {
        plain = TinyRuns.config(TinyRuns.text(temp));
    }

    @Test
    void learnsAndTellsWhatItDoes() {
        TrainingConfig config = TinyRuns.with(plain, "steps=25", "eval_every=10", "save_every=10", "lr=0.01");
        Recorder recorder = new Recorder();
        TrainingSummary summary = TinyRuns.train(config, temp.resolve("run"), Long.MAX_VALUE, recorder);
        List<String> expected = new ArrayList<>(List.of("started 1"));
        for (int step = 1; step <= 25; step++) {
            expected.add("step " + step);
            if (step % 10 == 0 || step == 25) {
                expected.add("evaluated " + step);
                expected.add("saved " + step);
            }
        }
        assertEquals(expected, recorder.events);
        assertTrue(summary.finished());
        assertEquals(25, summary.step());
        assertEquals(25 * 8 * 16, summary.tokens());
        assertTrue(summary.evaluation().valLoss() < 4, () -> "loss " + summary.evaluation());
        assertEquals(summary.evaluation().valLoss(), summary.evaluation().valLossCausal(), 1e-6);
        assertEquals(recorder.steps.getLast().loss(), summary.loss());
        // One text without an end in its midst: a byte a token, but for the end of the held-out part.
        assertEquals(1, recorder.steps.getLast().bytesPerToken());
        assertEquals(1, summary.evaluation().bytesPerToken(), 1.0 / (6 * 16));
        assertEquals(temp.resolve("run/checkpoints/step-000025"), RunFolder.latest(temp.resolve("run")));
        assertFalse(Files.exists(temp.resolve("run/checkpoints/step-000010")), "only two are kept");
    }

    @Test
    void metricsHaveTheKeysOfTheFormat() throws IOException {
        assertEquals(
                List.of("val_depth_share", "val_depth_share_causal", "dead_token_ratio", "sampling_accuracy"),
                routerKeys(EXPERT));
        assertEquals(
                List.of("val_depth_share", "val_depth_share_causal", "dead_token_ratio", "max_vio", "entropy"),
                routerKeys(TOKEN));
    }

    private List<String> routerKeys(String mor) throws IOException {
        Path run = temp.resolve("run" + mor.length());
        TinyRuns.train(TinyRuns.with(plain, mor, "steps=2", "eval_every=1"), run);
        List<JsonNode> lines = Files.readAllLines(run.resolve(MetricsLog.FILE)).stream()
                .map(line -> JsonMapper.shared().readTree(line))
                .toList();
        assertEquals(
                List.of(
                        "step",
                        "tokens",
                        "bytes_per_token",
                        "loss",
                        "lm_loss",
                        "aux_loss",
                        "balance_loss",
                        "z_loss",
                        "lr",
                        "grad_norm",
                        "tokens_per_second",
                        "step_seconds",
                        "depth_share"),
                List.copyOf(lines.getFirst().propertyNames()));
        assertEquals(2, lines.getFirst().get("depth_share").size());
        JsonNode evaluation = lines.get(1);
        assertEquals(
                1,
                evaluation
                        .path("val_depth_share_causal")
                        .valueStream()
                        .mapToDouble(JsonNode::asDouble)
                        .sum(),
                1e-9);
        List<String> keys = List.copyOf(evaluation.propertyNames());
        assertEquals(
                List.of("step", "tokens", "val_bytes_per_token", "val_loss", "val_loss_causal"), keys.subList(0, 5));
        return keys.subList(5, keys.size());
    }

    @Test
    void accumulationIsABatchInParts() throws IOException {
        for (String mor : new String[] {"model.mor=null", EXPERT}) {
            TrainingConfig config = TinyRuns.with(plain, mor, "steps=5", "lr=0.001");
            Path parts = temp.resolve("parts" + mor.length());
            Path whole = temp.resolve("whole" + mor.length());
            TinyRuns.train(TinyRuns.with(config, "accumulate=2", "batch=2"), parts);
            TinyRuns.train(TinyRuns.with(config, "accumulate=1", "batch=4"), whole);
            try (CheckpointFolder a = CheckpointFolder.open(RunFolder.latest(parts));
                    CheckpointFolder b = CheckpointFolder.open(RunFolder.latest(whole))) {
                assertClose(a.tensors(), b.tensors());
            }
        }
    }

    private static void assertClose(TensorSource a, TensorSource b) {
        for (String name : a.names()) {
            float[] x = a.read(name);
            float[] y = b.read(name);
            for (int i = 0; i < x.length; i++) {
                assertEquals(x[i], y[i], 2e-5, name);
            }
        }
    }

    @Test
    void aLossThatIsNotFiniteStopsTheRun() {
        TrainingConfig config = TinyRuns.with(plain, "lr=1e30", "warmup=0", "save_every=1", "optimizer.clip=0");
        Path run = temp.resolve("run");
        UserError error = assertThrows(UserError.class, () -> TinyRuns.train(config, run));
        assertTrue(error.getMessage().contains("not finite any more at step 2"), error.getMessage());
        assertTrue(error.getMessage().contains("step-000001"), error.getMessage());
        assertTrue(error.getMessage().contains("lower --lr"), error.getMessage());
    }

    @Test
    void capacityFallsOverTheWarmUp() {
        TrainingConfig config = TinyRuns.with(plain, EXPERT, "steps=6", "capacity_warmup=4", "eval_every=0");
        Recorder recorder = new Recorder();
        TinyRuns.train(config, temp.resolve("run"), Long.MAX_VALUE, recorder);
        List<Double> deep = recorder.steps.stream()
                .map(step -> 16 * step.depthShare().getLast())
                .toList();
        // c = 1/2, T = 16: 8 + 8 (1 + cos(pi t / 4)) / 2, rounded down.
        assertEquals(List.of(16.0, 14.0, 12.0, 9.0, 8.0, 8.0), deep);
    }

    @Test
    void lengthInTokensIsRoundedUp() {
        assertEquals(
                3,
                TinyRuns.train(plain.with("tokens", "300"), temp.resolve("run")).step());
    }

    @Test
    void lengthInMinutesEnds() {
        TrainingConfig config = TinyRuns.with(plain, "minutes=0.01", "eval_every=0");
        Recorder recorder = new Recorder();
        TrainingSummary summary = TinyRuns.train(config, temp.resolve("run"), Long.MAX_VALUE, recorder);
        assertTrue(summary.finished());
        assertTrue(summary.seconds() >= 0.6, () -> summary.seconds() + " s");
        assertEquals(1, recorder.evaluations.size());
        String more = Double.toString(summary.seconds() / 60 + 0.01);
        TinyRuns.resume(config.with("minutes", more), temp.resolve("run"), recorder);
        assertTrue(recorder.steps.getLast().step() > summary.step());
    }

    @Test
    void withoutHeldOutTextThereIsNoEvaluation() {
        TrainingSummary summary =
                TinyRuns.train(TinyRuns.with(plain, "data.hold_out=0", "steps=1"), temp.resolve("run"));
        assertNull(summary.evaluation());
    }

    @Test
    void beginsWithACheckpoint() {
        Path first = temp.resolve("first");
        TrainingSummary trained =
                TinyRuns.train(TinyRuns.with(plain, "lr=0.01", "model.mor={num_recursions: 2, router: none}"), first);
        TrainingConfig next = TrainingConfig.parse(
                plain.with("model", "{}").with("init", "\"" + first + "\"").toYaml(), "next");
        Recorder recorder = new Recorder();
        TinyRuns.train(next.with("steps", "1"), temp.resolve("second"), 1, recorder);
        assertEquals(
                trained.evaluation().valLoss(), recorder.evaluations.getFirst().valLoss(), 0.3);
        // A recursive model can grow routers, but not layers.
        TinyRuns.train(
                TinyRuns.with(next, "steps=1", "model.mor.router=expert_choice"), temp.resolve("third"), 1, recorder);
        assertTrue(recorder.messages.toString().contains("routers begin with random weights"));
        UserError error = assertThrows(
                UserError.class,
                () -> TinyRuns.train(next.with("model.num_hidden_layers", "6"), temp.resolve("fourth")));
        assertTrue(error.getMessage().contains("it has no model.layers."), error.getMessage());
        error = assertThrows(
                UserError.class,
                () -> TinyRuns.train(next.with("model.intermediate_size", "32"), temp.resolve("fourth")));
        assertTrue(error.getMessage().contains("has shape [24, 16] where the model has [32, 16]"), error.getMessage());
    }

    @Test
    void twoRunsDoNotShareAFolder() {
        Path run = temp.resolve("run");
        try (Engine engine = new CpuEngine(1);
                Trainer trainer = Trainer.start(engine, plain, run, TrainingListener.NONE)) {
            UserError error = assertThrows(UserError.class, () -> TinyRuns.train(plain, run));
            assertTrue(error.getMessage().contains("another run is using"), error.getMessage());
            trainer.stopAfter(1);
            trainer.run();
        }
        UserError error = assertThrows(UserError.class, () -> TinyRuns.train(plain, run));
        assertTrue(error.getMessage().contains("go on with it by --resume"), error.getMessage());
    }

    @Test
    void aRunThatDoesNotBeginLeavesNothing() {
        Path run = temp.resolve("run");
        assertThrows(UserError.class, () -> TinyRuns.train(plain.with("context", "65"), run));
        assertFalse(Files.exists(run));
        assertThrows(UserError.class, () -> RunFolder.config(run));
        assertThrows(UserError.class, () -> RunFolder.resume(run));
    }
}

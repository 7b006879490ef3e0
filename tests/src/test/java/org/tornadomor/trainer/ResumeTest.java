package org.tornadomor.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.files.SafeTensors;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.trainer.TinyRuns.Recorder;
import tools.jackson.databind.json.JsonMapper;

class ResumeTest {
    @TempDir
    Path temp;

    private TrainingConfig plain;

    @BeforeEach
    void makeText() {
        plain = TinyRuns.config(TinyRuns.text(temp));
    }

    @TestFactory
    Stream<DynamicTest> stoppingChangesNoBit() {
        return TinyRuns.kinds().entrySet().stream()
                .map(kind -> DynamicTest.dynamicTest(kind.getKey(), () -> {
                    TrainingConfig config = TinyRuns.with(plain, kind.getValue());
                    Path straight = temp.resolve(kind.getKey() + " straight");
                    Path stopped = temp.resolve(kind.getKey() + " stopped");
                    TinyRuns.train(config, straight);
                    assertFalse(TinyRuns.train(config, stopped, 20, TrainingListener.NONE)
                            .finished());
                    // Threads that wait for each other are slow on a busy machine: two of the kinds tell enough.
                    String threads = kind.getKey().endsWith("choice") ? "2" : "1";
                    TrainingConfig stored = RunFolder.config(stopped).with("threads", threads);
                    assertTrue(TinyRuns.resume(stored, stopped).finished());
                    assertSame(straight, stopped);
                    assertEquals(losses(straight), losses(stopped));
                }));
    }

    /** Weights and moments. */
    static void assertSame(Path run, Path other) throws IOException {
        Path a = RunFolder.latest(run);
        Path b = RunFolder.latest(other);
        assertEquals(a.getFileName(), b.getFileName());
        assertEquals(
                -1, Files.mismatch(a.resolve(TensorSource.MODEL_FILE), b.resolve(TensorSource.MODEL_FILE)), "weights");
        try (TensorSource x = SafeTensors.open(a.resolve(CheckpointFolder.TRAINING_STATE_FILE));
                TensorSource y = SafeTensors.open(b.resolve(CheckpointFolder.TRAINING_STATE_FILE))) {
            assertEquals(x.names(), y.names());
            for (String name : x.names()) {
                assertArrayEquals(x.read(name), y.read(name), name);
            }
        }
    }

    private static List<String> losses(Path run) throws IOException {
        return Files.readAllLines(run.resolve(MetricsLog.FILE)).stream()
                .map(line -> JsonMapper.shared().readTree(line))
                .map(line -> line.path("step") + " " + line.path("loss") + line.path("val_loss_causal"))
                .toList();
    }

    @Test
    void killedWithoutASaveItGoesOnFromTheLastCheckpoint() throws IOException {
        TrainingConfig config = TinyRuns.with(plain, "steps=12", "save_every=5", "keep=1");
        Path straight = temp.resolve("straight");
        Path killed = temp.resolve("killed");
        TinyRuns.train(config, straight);
        assertThrows(
                IllegalStateException.class,
                () -> TinyRuns.train(config, killed, 99, new TrainingListener() {
                    @Override
                    public void step(StepMetrics metrics, double progress) {
                        if (metrics.step() == 8) {
                            throw new IllegalStateException("killed");
                        }
                    }
                }));
        Files.createDirectories(killed.resolve("checkpoints/step-000008.tmp"));
        Files.delete(killed.resolve("checkpoints/latest"));
        Recorder recorder = new Recorder();
        TinyRuns.resume(RunFolder.config(killed), killed, recorder);
        assertEquals("started 6", recorder.events.getFirst());
        assertSame(straight, killed);
        assertEquals(losses(straight), losses(killed));
        try (Stream<Path> left = Files.list(killed.resolve("checkpoints"))) {
            assertEquals(
                    List.of("best", "latest", "step-000012"),
                    left.map(path -> path.getFileName().toString()).sorted().toList());
        }
    }

    @Test
    void withoutACheckpointItBeginsAgain() throws IOException {
        TrainingConfig config = TinyRuns.with(plain, "steps=6", "lr=0.01");
        Path straight = temp.resolve("straight");
        Path killed = temp.resolve("killed");
        TinyRuns.train(config, straight);
        assertThrows(
                IllegalStateException.class,
                () -> TinyRuns.train(config, killed, 99, new TrainingListener() {
                    @Override
                    public void step(StepMetrics metrics, double progress) {
                        throw new IllegalStateException("killed");
                    }
                }));
        TinyRuns.resume(RunFolder.config(killed), killed);
        assertSame(straight, killed);
        assertEquals(losses(straight), losses(killed));
    }

    @Test
    void aRunCanBecomeLongerAndStayTheSame() throws IOException {
        TrainingConfig config = TinyRuns.with(plain, "schedule=constant", "warmup=0", "eval_samples=0", "steps=10");
        TinyRuns.train(config, temp.resolve("long"));
        TinyRuns.train(config.with("steps", "6"), temp.resolve("short"));
        TinyRuns.resume(config, temp.resolve("short"));
        assertSame(temp.resolve("long"), temp.resolve("short"));
        Recorder recorder = new Recorder();
        TinyRuns.resume(config, temp.resolve("short"), recorder);
        assertTrue(recorder.messages.getLast().contains("nothing is left to do"), recorder.messages::toString);
        TinyRuns.resume(config.with("steps", "11"), temp.resolve("short"), recorder);
        assertFalse(recorder.messages.toString().contains("another length"), recorder.messages::toString);
    }

    @Test
    void saysThatALongerScheduleGoesOtherWays() {
        TrainingConfig config = TinyRuns.with(plain, "steps=2", "eval_samples=0");
        TinyRuns.train(config, temp.resolve("run"));
        Recorder recorder = new Recorder();
        TinyRuns.resume(config.with("steps", "3"), temp.resolve("run"), recorder);
        assertTrue(recorder.messages.toString().contains("another length"), recorder.messages::toString);
    }

    /** The precision of products is a setting of the run, and the engine has to be the one that the run says. */
    @Test
    void precisionStaysThatOfTheRun() throws IOException {
        TrainingConfig exact = TinyRuns.with(
                plain, "model.hidden_size=64", "model.intermediate_size=128", "steps=6", "eval_samples=0", "threads=2");
        TrainingConfig rounded = exact.with("precision", "bfloat16");
        try (Engine engine = new CpuEngine(1)) {
            String message = assertThrows(
                            UserError.class,
                            () -> Trainer.start(engine, rounded, temp.resolve("other"), TrainingListener.NONE))
                    .getMessage();
            assertEquals(
                    "precision is bfloat16, and the engine computes products in float32; give both the same", message);
        }
        Path straight = temp.resolve("straight");
        TinyRuns.train(rounded, straight);
        Path stopped = temp.resolve("stopped");
        assertFalse(TinyRuns.train(rounded, stopped, 3, TrainingListener.NONE).finished());
        String message = refused(RunFolder.config(stopped).with("precision", "float32"), stopped);
        assertTrue(message.contains("precision was bfloat16 and is now float32"), message);
        assertTrue(TinyRuns.resume(RunFolder.config(stopped).with("threads", "1"), stopped)
                .finished());
        assertSame(straight, stopped);
        TinyRuns.train(exact, temp.resolve("exact"));
        assertNotEquals(losses(temp.resolve("exact")), losses(straight));
    }

    @Test
    void refusesOtherSettingsTextsAndTokenizers() throws IOException {
        Path run = temp.resolve("run");
        TinyRuns.train(plain.with("steps", "2"), run);
        TrainingConfig stored = RunFolder.config(run);
        String message = refused(TinyRuns.with(stored, "lr=0.1", "model.rope_theta=5"), run);
        assertTrue(message.contains("lr was 0.003 and is now 0.1"), message);
        assertTrue(message.contains("model.rope_theta was 10000.0 and is now 5"), message);
        message = refused(stored.with("minutes", "1"), run);
        assertTrue(message.contains("in steps and is now in minutes"), message);
        message = refused(stored.with("data.max_bytes", "3k"), run);
        assertTrue(message.contains("changed since the run began"), message);
        Files.writeString(temp.resolve("text.txt"), "And more.", StandardOpenOption.APPEND);
        message = refused(stored, run);
        assertTrue(message.contains("changed since the run began"), message);
        message = refused(
                stored.with("tokenizer", "src/test/resources/tokenizer/byte-level")
                        .with("model.vocab_size", "257"),
                run);
        assertTrue(message.contains("tokenizer"), message);
    }

    private static String refused(TrainingConfig config, Path run) {
        return assertThrows(UserError.class, () -> TinyRuns.resume(config, run)).getMessage();
    }

    @Test
    void anotherRuleForSpecialTokensIsRefused() {
        Path run = temp.resolve("run");
        assertFalse(TinyRuns.train(plain, run, 2, TrainingListener.NONE).finished());
        TrainingConfig stored = RunFolder.config(run);
        UserError error =
                assertThrows(UserError.class, () -> TinyRuns.resume(stored.with("data.parse_special", "true"), run));
        assertTrue(error.getMessage().contains("data.parse_special was false and is now true"), error.getMessage());
    }
}

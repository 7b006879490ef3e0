package org.tornadomor.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import org.tornadomor.tokenizer.TinyTokenizers;
import org.tornadomor.trainer.TinyRuns.Recorder;

/** Runs that learn from a teacher. */
class TeacherTest {
    @TempDir
    Path temp;

    private TrainingConfig plain;
    private Path teacher;
    private TrainingConfig student;

    @BeforeEach
    void trainTeacher() {
        plain = TinyRuns.with(TinyRuns.config(TinyRuns.text(temp)), "eval_samples=0");
        teacher = temp.resolve("teacher");
        TinyRuns.train(TinyRuns.with(plain, "steps=60", "lr=0.01"), teacher);
        student = TinyRuns.with(
                plain,
                "model.mor={num_recursions: 2, router: expert_choice, lora: {rank: 2}}",
                "steps=12",
                "distill.teacher=" + teacher.toString().replace('\\', '/'),
                "distill.kind=js",
                "distill.temperature=2");
    }

    @Test
    void stoppingChangesNoBitAndTheLossIsTold() throws IOException {
        Path straight = temp.resolve("straight");
        Path stopped = temp.resolve("stopped");
        Recorder recorder = new Recorder();
        TinyRuns.train(student, straight, Long.MAX_VALUE, recorder);
        assertFalse(TinyRuns.train(student, stopped, 5, TrainingListener.NONE).finished());
        assertTrue(TinyRuns.resume(RunFolder.config(stopped), stopped).finished());
        ResumeTest.assertSame(straight, stopped);
        for (StepMetrics step : recorder.steps) {
            assertTrue(step.distillLoss() > 0);
            assertEquals(0.5 * step.lmLoss() + step.distillLoss() + step.auxLoss(), step.loss(), 1e-6);
        }
        assertTrue(Files.readString(straight.resolve(MetricsLog.FILE)).contains("\"distill_loss\":"));
        assertFalse(Files.readString(teacher.resolve(MetricsLog.FILE)).contains("distill_loss"));
    }

    /** All weight on the divergence, and the student takes the teacher's distribution on, which is not that of the text. */
    @Test
    void theStudentComesCloserToItsTeacher() {
        Recorder recorder = new Recorder();
        TinyRuns.train(
                TinyRuns.with(student, "steps=80", "lr=0.01", "distill.weight=1", "distill.kind=forward"),
                temp.resolve("student"),
                Long.MAX_VALUE,
                recorder);
        double first = recorder.steps.getFirst().distillLoss();
        double last = recorder.steps.getLast().distillLoss();
        assertTrue(last < 0.5 * first, first + " became " + last);
    }

    @Test
    void anotherTeacherIsRefused() {
        Path run = temp.resolve("run");
        TinyRuns.train(student, run, 3, TrainingListener.NONE);
        TinyRuns.train(TinyRuns.with(plain, "steps=2"), temp.resolve("other"));
        refused(
                "another teacher",
                () -> TinyRuns.resume(
                        RunFolder.config(run)
                                .with(
                                        "distill.teacher",
                                        temp.resolve("other").toString().replace('\\', '/')),
                        run));
        refused(
                "distill.weight was 0.5 and is now 0.6",
                () -> TinyRuns.resume(RunFolder.config(run).with("distill.weight", "0.6"), run));
        refused("another teacher", () -> TinyRuns.resume(RunFolder.config(run).with("distill.teacher", "null"), run));
    }

    @Test
    void whatDoesNotFitIsRefused() throws IOException {
        refused("knows 257 tokens where the model knows 300", () -> start("model.vocab_size=300"));
        refused("positions where context is", () -> start("model.max_position_embeddings=128", "context=100"));
        refused("distill.weight is 1.5", () -> start("distill.weight=1.5"));
        refused("distill.weight is 0", () -> start("distill.weight=0"));
        refused("forward, reverse, js, tv", () -> start("distill.kind=l2"));
        refused("nowhere", () -> start("distill.teacher=nowhere"));
        Path other = temp.resolve("other");
        TinyRuns.train(TinyRuns.with(plain, "steps=1", "model.vocab_size=600"), other);
        String decoder = TinyTokenizers.decoders().values().iterator().next();
        Files.copy(
                TinyTokenizers.write(temp, TinyTokenizers.withDecoder(decoder)),
                RunFolder.latest(other).resolve("tokenizer.json"));
        refused(
                "has another tokenizer",
                () -> start(
                        "model.vocab_size=600",
                        "distill.teacher=" + other.toString().replace('\\', '/')));
    }

    private void start(String... settings) {
        TinyRuns.train(TinyRuns.with(student, settings), temp.resolve("refused"));
    }

    private static void refused(String words, Executable run) {
        String message = assertThrows(UserError.class, run).getMessage();
        assertTrue(message.contains(words), message);
    }
}

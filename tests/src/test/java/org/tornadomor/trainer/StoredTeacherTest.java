package org.tornadomor.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import org.tornadomor.data.Preparation;
import org.tornadomor.data.PrepareListener;
import org.tornadomor.data.PrepareSettings;
import org.tornadomor.data.PreparedCorpus;
import org.tornadomor.data.WeightedSource;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.tokenizer.ByteTokenizer;
import org.tornadomor.trainer.TinyRuns.Recorder;

/** Teachers that were written down, and runs that learn from them. */
class StoredTeacherTest {
    private static final int CONTEXT = 16;
    private static final int VOCABULARY = 257;
    /** Bytes of a file: some samples in each. */
    private static final long SHARD = 100_000;

    @TempDir
    Path temp;

    private PreparedCorpus corpus;
    private TrainingConfig plain;
    private Path teacher;

    @BeforeEach
    void trainTeacher() throws IOException {
        corpus = prepare("corpus", "3");
        plain = TinyRuns.with(TinyRuns.config(corpus.folder()), "eval_samples=0", "context=" + CONTEXT);
        teacher = temp.resolve("teacher");
        TinyRuns.train(TinyRuns.with(plain, "steps=30", "lr=0.01"), teacher);
    }

    /** Two sources, of which the smaller one comes more often: samples come in another order than they lie. */
    private PreparedCorpus prepare(String name, String weight) throws IOException {
        Path few = texts("few", 20);
        Path many = texts("many", 60);
        PrepareSettings settings = PrepareSettings.of(WeightedSource.parse(List.of(few + "=" + weight, many + "=1")));
        return Preparation.run(settings, new ByteTokenizer(), temp.resolve(name), 1, PrepareListener.NONE);
    }

    private Path texts(String name, int count) throws IOException {
        Path texts = Files.createDirectories(temp.resolve(name));
        Random random = new Random(count);
        for (int i = 0; i < count; i++) {
            Files.writeString(texts.resolve(i + ".txt"), (name + i).repeat(1 + random.nextInt(4)));
        }
        return texts;
    }

    private TrainingConfig student(Path from, String... settings) {
        TrainingConfig learning = TinyRuns.with(
                plain,
                "model.mor={num_recursions: 2, router: expert_choice, lora: {rank: 2}}",
                "steps=40",
                "distill.temperature=1.5",
                "distill.teacher=" + from.toString().replace('\\', '/'));
        return TinyRuns.with(learning, settings);
    }

    private static TeacherWriter.Settings settings(int topK, boolean across) {
        return new TeacherWriter.Settings(topK, CONTEXT, across, 1.5);
    }

    private TeacherManifest write(Path folder, TeacherWriter.Settings settings) {
        return write(folder, teacher, corpus, settings, new int[] {Integer.MAX_VALUE});
    }

    /** @param samples after which the process dies */
    private static TeacherManifest write(
            Path folder, Path model, PreparedCorpus corpus, TeacherWriter.Settings settings, int[] samples) {
        try (CheckpointFolder checkpoint = CheckpointFolder.open(RunFolder.latest(model));
                Engine engine = new CpuEngine(1)) {
            TeacherWriter writer = TeacherWriter.open(folder, checkpoint, model, corpus, settings, SHARD);
            writer.write(engine, done -> {
                samples[0] -= done;
                if (samples[0] < 0) {
                    throw new IllegalStateException("killed");
                }
            });
            return writer.manifest();
        }
    }

    /** Every window of two epochs of a shuffled mixture finds the rows that were written for it. */
    @Test
    void allTokensWrittenDownTeachWhatTheTeacherDoes() {
        Path stored = temp.resolve("stored");
        TeacherManifest manifest = write(stored, settings(VOCABULARY, false));
        assertTrue(manifest.shards().size() > 3, manifest.toString());
        assertEquals(1, manifest.mass(), 1e-9);
        assertTrue(40 * 8 > 2 * manifest.samples(), manifest.samples() + " samples are more than two epochs");
        Recorder live = new Recorder();
        Recorder read = new Recorder();
        TinyRuns.train(student(teacher), temp.resolve("live"), Long.MAX_VALUE, live);
        TinyRuns.train(student(stored), temp.resolve("read"), Long.MAX_VALUE, read);
        for (int i = 0; i < live.steps.size(); i++) {
            assertEquals(live.steps.get(i).distillLoss(), read.steps.get(i).distillLoss(), 1e-5, "step " + i);
            assertEquals(live.steps.get(i).loss(), read.steps.get(i).loss(), 1e-5, "step " + i);
        }
    }

    @Test
    void stoppingChangesNoBit() throws IOException {
        Path stored = temp.resolve("stored");
        TeacherManifest manifest = write(stored, settings(4, false));
        assertTrue(manifest.mass() > 0.1 && manifest.mass() < 1, manifest.toString());
        Path straight = temp.resolve("straight");
        Path stopped = temp.resolve("stopped");
        TinyRuns.train(student(stored, "steps=12"), straight);
        assertFalse(TinyRuns.train(student(stored, "steps=12"), stopped, 5, TrainingListener.NONE)
                .finished());
        assertTrue(TinyRuns.resume(RunFolder.config(stopped), stopped).finished());
        ResumeTest.assertSame(straight, stopped);
        // Another teacher in its place.
        TinyRuns.train(TinyRuns.with(plain, "steps=2"), temp.resolve("other"));
        TinyRuns.train(student(stored, "steps=12"), temp.resolve("begun"), 5, TrainingListener.NONE);
        Branch.remove(stored);
        write(stored, temp.resolve("other"), corpus, settings(4, false), new int[] {Integer.MAX_VALUE});
        refused(
                "another teacher than it began with",
                () -> TinyRuns.resume(RunFolder.config(temp.resolve("begun")), temp.resolve("begun")));
    }

    @Test
    void killedAndGoneOnWithIsAsStraightThrough() throws IOException {
        Path straight = temp.resolve("straight");
        Path killed = temp.resolve("killed");
        write(straight, settings(120, false));
        for (int after : new int[] {4, 30}) {
            assertThrows(
                    IllegalStateException.class,
                    () -> write(killed, teacher, corpus, settings(120, false), new int[] {after}));
            refused("run the same 'teacher' command again", () -> StoredTeacher.open(killed));
            refused(
                    "run the same 'teacher' command again",
                    () -> TinyRuns.train(student(killed), temp.resolve("refused" + after)));
        }
        assertTrue(Files.exists(killed.resolve("teacher-00000.rows")));
        write(killed, settings(120, false));
        try (Stream<Path> files = Files.list(straight)) {
            for (Path file : files.toList()) {
                assertEquals(-1, Files.mismatch(file, killed.resolve(file.getFileName())), file.toString());
            }
        }
        write(killed, teacher, corpus, settings(120, false), new int[] {-1});
    }

    @Test
    void attentionAcrossDocumentsIsAnotherContext() {
        Path inside = temp.resolve("inside");
        Path across = temp.resolve("across");
        String one = write(inside, settings(4, false)).shards().getFirst().sha256();
        String other = write(across, settings(4, true)).shards().getFirst().sha256();
        assertFalse(one.equals(other));
        refused("let attention cross documents", () -> TinyRuns.train(student(across), temp.resolve("a")));
        TrainingConfig crossing = student(inside, "document_attention=false");
        refused("kept attention inside documents", () -> TinyRuns.train(crossing, temp.resolve("b")));
        TinyRuns.train(student(across, "document_attention=false", "steps=2"), temp.resolve("c"));
    }

    @Test
    void whatWasNotWrittenForARunIsRefused() throws IOException {
        Path stored = temp.resolve("stored");
        write(stored, settings(120, false));
        start(stored, "saw samples of 16 tokens where context is 32", "context=32");
        start(stored, "which only forward can learn from", "distill.kind=js");
        start(stored, "written at temperature 1.5 where distill.temperature is 2.0", "distill.temperature=2");
        start(stored, "knows 257 tokens where the model knows 300", "model.vocab_size=300");
        String other = prepare("other", "2").folder().toString().replace('\\', '/');
        start(stored, "was written for other text", "data.sources=[" + other + "]");
        start(
                stored,
                "was written for other text",
                "data.sources=[" + TinyRuns.text(temp).toString().replace('\\', '/') + "]");
        Path shard = stored.resolve("teacher-00001.rows");
        byte[] bytes = Files.readAllBytes(shard);
        bytes[bytes.length / 2] ^= 1;
        Files.write(shard, bytes);
        start(stored, "teacher-00001.rows is damaged");
        refused("teacher-00001.rows is damaged", () -> write(stored, settings(120, false)));
        Files.delete(shard);
        start(stored, "teacher-00001.rows is missing, which teacher.json names");
        Files.writeString(stored.resolve("teacher.json"), "{\"format\": 1}");
        start(stored, "teacher.json is damaged");
    }

    private void start(Path stored, String words, String... settings) {
        refused(words, () -> TinyRuns.train(student(stored, settings), temp.resolve("refused")));
    }

    @Test
    void aFolderOfOtherSettingsIsNotGoneOnWith() throws IOException {
        Path stored = temp.resolve("stored");
        TeacherWriter.Settings asked = settings(4, false);
        write(stored, asked);
        refused("begun with --top-k 4", () -> write(stored, settings(5, false)));
        refused("begun with attention inside documents", () -> write(stored, settings(4, true)));
        refused("begun with --context 16", () -> write(stored, new TeacherWriter.Settings(4, 8, false, 1.5)));
        refused(
                "begun with --kd-temperature 1.5",
                () -> write(stored, new TeacherWriter.Settings(4, CONTEXT, false, 1)));
        TinyRuns.train(TinyRuns.with(plain, "steps=2"), temp.resolve("another"));
        refused("begun with another teacher", () -> write(stored, temp.resolve("another"), corpus, asked, new int[1]));
        PreparedCorpus other = prepare("other", "2");
        refused("begun with other text", () -> write(stored, teacher, other, asked, new int[1]));
        refused("--top-k is 258", () -> write(temp.resolve("new"), settings(258, false)));
        refused(
                "has 64 positions where context is 65",
                () -> write(temp.resolve("new"), new TeacherWriter.Settings(4, 65, false, 1.5)));
        refused("is not empty", () -> write(corpus.folder(), asked));
    }

    private static void refused(String words, Executable run) {
        String message = assertThrows(UserError.class, run).getMessage();
        assertTrue(message.contains(words), message);
        assertEquals(1, message.lines().count(), message);
    }
}

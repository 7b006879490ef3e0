package org.tornadomor.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.JsonMutations;
import org.tornadomor.UserError;
import org.tornadomor.files.Checksums;
import org.tornadomor.model.io.CheckpointFolder;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What is damaged in the folder of a run is said, and nothing of it vanishes without a word. */
class RunFaultsTest {
    /** A run that was stopped half way; each test has a copy. */
    @TempDir
    static Path whole;

    @TempDir
    Path temp;

    private Path run;

    @BeforeAll
    static void train() {
        TrainingConfig config = TinyRuns.with(
                TinyRuns.config(TinyRuns.text(whole)),
                "schedule=constant",
                "eval_every=2",
                "save_every=2",
                "steps=6",
                "accumulate=1",
                "batch=1");
        TinyRuns.train(config, whole.resolve("run"), 4, TrainingListener.NONE);
    }

    @BeforeEach
    void copy() throws IOException {
        run = temp.resolve("run");
        Path from = whole.resolve("run");
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, run.resolve(from.relativize(file).toString()));
            }
        }
    }

    private List<String> resume() {
        TinyRuns.Recorder heard = new TinyRuns.Recorder();
        TinyRuns.resume(RunFolder.config(run), run, heard);
        return heard.messages;
    }

    private static String refusal(Runnable task) {
        String message = assertThrows(UserError.class, task::run).getMessage();
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    private Path checkpoints() {
        return run.resolve("checkpoints");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            step-000999         | names step-000999, which is not there
            ../../text.txt      | is damaged, since its first line names no checkpoint
            /etc                | is damaged
            ''                  | is damaged
            step-99999999999999999999 | is damaged
            {"a": 1}            | is damaged
            """)
    void aPointerThatLeadsNowhereIsNamed(String content, String expected) throws IOException {
        for (String name : List.of("best", "latest")) {
            Path pointer = checkpoints().resolve(name);
            Files.writeString(pointer, content + "\n1.5\n");
            String message = refusal(() -> RunFolder.latest(pointer));
            assertTrue(message.startsWith(pointer + " " + expected), message);
            assertTrue(message.endsWith("such as " + checkpoints().resolve("step-000004")), message);
        }
        assertEquals(checkpoints().resolve("step-000004"), RunFolder.latest(run), "the folders themselves tell");
        List<String> messages = resume();
        String told = checkpoints().resolve("best") + " " + expected;
        assertTrue(messages.stream().anyMatch(it -> it.startsWith(told) && it.contains("anew")), messages.toString());
        assertTrue(RunFolder.best(run).isPresent());
    }

    @ParameterizedTest
    @ValueSource(strings = {"step-000004\n", "step-000004\nNaN\n", "step-000004\nlow\n", "step-000004\n1e999\n"})
    void aBestWithoutALossIsSaidBeforeTraining(String content) throws IOException {
        Path best = checkpoints().resolve("best");
        Files.writeString(best, content);
        List<String> before = Files.readAllLines(run.resolve(MetricsLog.FILE));
        String message = refusal(this::resume);
        assertTrue(message.contains(best + " has no loss in its second line: remove the file"), message);
        assertEquals(before, Files.readAllLines(run.resolve(MetricsLog.FILE)));
        Files.delete(best);
        resume();
    }

    @Test
    void foldersThatAreNoCheckpointsDoNoHarm() throws IOException {
        Files.createDirectories(checkpoints().resolve("step-99999999999999999999"));
        Files.writeString(checkpoints().resolve("step-000123"), "a file");
        Files.delete(checkpoints().resolve("latest"));
        assertEquals(checkpoints().resolve("step-000004"), RunFolder.latest(run));
        resume();
    }

    @Test
    void linesThatAreTakenOutAreCounted() throws IOException {
        Path log = run.resolve(MetricsLog.FILE);
        List<String> sound = Files.readAllLines(log);
        Files.write(
                log,
                ("{\"step\":5,\"loss\":1}\n{\"step\":5,\"val_loss\":1}\n{\"step\":6,\"lo\n\u00e9\u00ff\n{\"step\":null}\n")
                        .getBytes(StandardCharsets.ISO_8859_1),
                StandardOpenOption.APPEND);
        List<String> messages = resume();
        int line = sound.size() + 3;
        assertTrue(
                messages.contains("metrics.jsonl: took out 2 lines of steps after 4, which come again"),
                messages.toString());
        assertTrue(
                messages.contains(
                        "metrics.jsonl: took out 3 lines without a step, damaged or cut off; the first was line "
                                + line),
                messages.toString());
        assertEquals(sound, Files.readAllLines(log).subList(0, sound.size()));
        assertTrue(resume().stream().noneMatch(text -> text.contains("took out")), "a sound log has nothing to say");
    }

    /** Rewrites the strings in the header of the training state; the tensors stay. */
    private void rewrite(String key, String value) throws IOException {
        Path checkpoint = RunFolder.latest(run);
        Path file = checkpoint.resolve(CheckpointFolder.TRAINING_STATE_FILE);
        byte[] bytes = Files.readAllBytes(file);
        int length = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        ObjectNode header = (ObjectNode)
                JsonMapper.shared().readTree(new String(bytes, Long.BYTES, length, StandardCharsets.UTF_8));
        ObjectNode metadata = (ObjectNode) header.get("__metadata__");
        if (value == null) {
            metadata.remove(key);
        } else {
            metadata.put(key, value);
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        byte[] data = Arrays.copyOfRange(bytes, Long.BYTES + length, bytes.length);
        ByteBuffer changed =
                ByteBuffer.allocate(Long.BYTES + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        Files.write(file, changed.putLong(json.length).put(json).put(data).array());
        Files.deleteIfExists(checkpoint.resolve(Checksums.FILE));
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "NULL",
            value = {
                "step,NULL", "step,-1", "step,many", "step,99999999999999999999", "seconds,NULL", "seconds,NaN",
                        "seconds,-1",
                "corpus,NULL", "tokenizer,NULL", "config,NULL", "config,batch: null", "config,'[\0'", "format,NULL",
                        "format,other"
            })
    void aDamagedTrainingStateIsNamed(String key, String value) throws IOException {
        rewrite(key, value);
        String message = refusal(this::resume);
        assertTrue(message.contains(CheckpointFolder.TRAINING_STATE_FILE), message);
    }

    @Test
    void momentsThatAreNotFiniteAreRefused() throws IOException {
        Path checkpoint = RunFolder.latest(run);
        Path file = checkpoint.resolve(CheckpointFolder.TRAINING_STATE_FILE);
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(bytes.length - Float.BYTES, Float.NaN);
        Files.write(file, bytes);
        Files.delete(checkpoint.resolve(Checksums.FILE));
        String message = refusal(this::resume);
        assertTrue(message.contains("moment2.") && message.contains("holds NaN"), message);
    }

    /** The settings of a run are a file that people open. */
    @Test
    void damagedSettingsOfARunAreNamed() throws IOException {
        Path file = run.resolve(RunFolder.CONFIG_FILE);
        String sound = JsonMapper.shared().writeValueAsString(ConfigTree.tree(RunFolder.config(run)));
        JsonMutations.of(sound, 0, 60).forEach(mutant -> {
            try {
                Files.write(file, mutant.text().getBytes(StandardCharsets.UTF_8));
                RunFolder.config(run);
            } catch (UserError e) {
                assertTrue(e.getMessage().contains(file.toString()), mutant + ": " + e.getMessage());
                assertEquals(1, e.getMessage().lines().count(), mutant.what());
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }
}

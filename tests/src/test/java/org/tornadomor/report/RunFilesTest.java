package org.tornadomor.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.JsonMutations;
import org.tornadomor.UserError;
import org.tornadomor.trainer.ExchangeLog;
import org.tornadomor.trainer.MetricsLog;
import org.tornadomor.trainer.TinyRuns;

/** The files that a report is made of, damaged: a page, or a line that names the file. */
class RunFilesTest {
    private static final String SESSIONS = """
            {"sessions": [{"began": "2026-01-01T00:00:00Z", "ended": "", "first_step": 1, "outcome": "running",
             "facts": {"command": "train", "java": "25"}}]}""";

    private static final String STEP = """
            {"step": 1, "tokens": 512, "loss": 5.5, "lm_loss": 5.25, "aux_loss": 0.25, "lr": 0.001, "grad_norm": 1.5,
             "tokens_per_second": 1000.0, "step_seconds": 0.5, "depth_share": [0.25, 0.75]}""".replace("\n", "");

    private static final String EVALUATION = """
            {"step": 2, "tokens": 1024, "val_loss": 5.0, "val_loss_causal": 5.1, "val_depth_share": [0.5, 0.5],
             "val_depth_share_causal": [0.5, 0.5], "dead_token_ratio": 0.1, "sampling_accuracy": [0.9]}""".replace("\n", "");

    private static final String SAMPLES = """
            {"step": 2, "samples": [{"prompt": "a", "written": [["b", 1], ["c", 2]]}], "excerpt": [["d", 1, 0.5]]}""".replace("\n", "");

    private static final String EXCHANGE =
            "{\"step\":1,\"workers\":2,\"bytes\":4000,\"seconds\":2.5,\"waiting\":0.25,\"work_seconds\":[1.5,2]}";

    @TempDir
    Path temp;

    @BeforeEach
    void makeRun() throws IOException {
        Files.writeString(
                temp.resolve("config.yaml"),
                TinyRuns.with(
                                TinyRuns.config(TinyRuns.text(temp)),
                                "model.mor={num_recursions: 2, router: expert_choice}")
                        .toYaml());
        Files.writeString(temp.resolve(RunRecord.FILE), SESSIONS);
        Files.writeString(temp.resolve(MetricsLog.FILE), STEP + "\n" + EVALUATION + "\n");
        Files.writeString(temp.resolve(SampleLog.FILE), SAMPLES + "\n");
    }

    private void damage(String name, String sound, long firstSeed, int count) {
        Path file = temp.resolve(name);
        JsonMutations.of(sound, firstSeed, count).forEach(mutant -> {
            try {
                Files.write(file, mutant.text().getBytes(StandardCharsets.UTF_8));
                assertTrue(ReportPage.of(RunData.read(List.of(temp))).contains("<html"));
            } catch (UserError e) {
                assertTrue(e.getMessage().contains(file.toString()), mutant + ": " + e.getMessage());
                assertEquals(1, e.getMessage().lines().count(), mutant.what());
            } catch (IOException | RuntimeException | StackOverflowError e) {
                throw new AssertionError(name + " " + mutant.what(), e);
            }
        });
    }

    private void all(long firstSeed, int count) throws IOException {
        damage(RunRecord.FILE, SESSIONS, firstSeed, count);
        Files.writeString(temp.resolve(RunRecord.FILE), SESSIONS);
        damage(MetricsLog.FILE, STEP, firstSeed, count);
        damage(MetricsLog.FILE, EVALUATION, firstSeed, count);
        Files.writeString(temp.resolve(MetricsLog.FILE), STEP);
        damage(SampleLog.FILE, SAMPLES, firstSeed, count);
        damage(ExchangeLog.FILE, EXCHANGE, firstSeed, count);
    }

    @Test
    void someDamagedFiles() throws IOException {
        all(0, 40);
    }

    @Tag("slow")
    @Test
    void manyDamagedFiles() throws IOException {
        all(100, 5000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{}", "[]", "null", "{\"sessions\": 3}", "{\"sessions\": [3]}", "{\"sessions\": null}", "{"})
    void whatIsNoRecordIsNotWrittenOver(String text) throws IOException {
        Path file = temp.resolve(RunRecord.FILE);
        Files.writeString(file, text);
        String message = assertThrows(UserError.class, () -> RunRecord.begin(temp, 1, Map.of()))
                .getMessage();
        assertTrue(message.startsWith(file + " "), message);
        assertEquals(text, Files.readString(file));
    }
}

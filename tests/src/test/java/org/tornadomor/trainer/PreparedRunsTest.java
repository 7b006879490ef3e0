package org.tornadomor.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import org.tornadomor.data.Preparation;
import org.tornadomor.data.PrepareListener;
import org.tornadomor.data.PrepareSettings;
import org.tornadomor.data.WeightedSource;
import org.tornadomor.tokenizer.ByteTokenizer;

/** Runs on a prepared corpus of two sources with weights, whose documents are shorter than a sample. */
class PreparedRunsTest {
    @TempDir
    Path folder;

    private Path few;
    private Path many;
    private TrainingConfig config;

    @BeforeEach
    void prepare() throws IOException {
        few = texts("few", 30);
        many = texts("many", 300);
        config = TinyRuns.with(TinyRuns.config(prepare("corpus", "3")), "steps=12", "save_every=5", "eval_every=6");
    }

    private Path texts(String name, int count) throws IOException {
        Path texts = Files.createDirectories(folder.resolve(name));
        Random random = new Random(count);
        for (int i = 0; i < count; i++) {
            Files.writeString(texts.resolve(i + ".txt"), name + i + "x".repeat(random.nextInt(9)));
        }
        return texts;
    }

    private Path prepare(String name, String weight) {
        PrepareSettings settings = PrepareSettings.of(WeightedSource.parse(List.of(few + "=" + weight, many + "=1")));
        return Preparation.run(settings, new ByteTokenizer(), folder.resolve(name), 1, PrepareListener.NONE)
                .folder();
    }

    @Test
    void aResumedRunEndsAsOneStraightThrough() throws IOException {
        TrainingSummary straight = TinyRuns.train(config, folder.resolve("straight"));
        assertTrue(straight.evaluation() != null);
        TinyRuns.train(config, folder.resolve("stopped"), 7, new TinyRuns.Recorder());
        TrainingSummary resumed = TinyRuns.resume(config, folder.resolve("stopped"));
        assertEquals(straight.loss(), resumed.loss());
        assertEquals(straight.evaluation().valLoss(), resumed.evaluation().valLoss());
        for (String file : List.of("model.safetensors")) {
            assertArrayEquals(
                    Files.readAllBytes(straight.checkpoint().resolve(file)),
                    Files.readAllBytes(resumed.checkpoint().resolve(file)));
        }
    }

    @Test
    void documentAttentionIsPartOfTheRun() {
        TrainingSummary inside = TinyRuns.train(config, folder.resolve("inside"));
        TrainingConfig crossing = TinyRuns.with(config, "document_attention=false");
        TrainingSummary across = TinyRuns.train(crossing, folder.resolve("across"));
        assertNotEquals(inside.loss(), across.loss());
        assertNotEquals(inside.evaluation().valLoss(), across.evaluation().valLoss());
        UserError error = assertThrows(UserError.class, () -> TinyRuns.resume(crossing, folder.resolve("inside")));
        assertTrue(error.getMessage().contains("document_attention was true and is now false"), error.getMessage());
    }

    @Test
    void anotherMixtureIsAnotherText() {
        TinyRuns.train(config, folder.resolve("run"), 5, new TinyRuns.Recorder());
        TrainingConfig other = TinyRuns.with(
                config, "data.sources=[" + prepare("other", "5").toString().replace('\\', '/') + "]");
        UserError error = assertThrows(UserError.class, () -> TinyRuns.resume(other, folder.resolve("run")));
        assertTrue(error.getMessage().contains("changed since the run began"), error.getMessage());
    }
}

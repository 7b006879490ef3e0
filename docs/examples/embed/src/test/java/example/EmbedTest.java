package example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.language.Generation;
import org.tornadomor.language.LanguageModel;
import org.tornadomor.language.Score;
import org.tornadomor.trainer.TrainingSummary;

class EmbedTest {
    @TempDir
    Path folder;

    @Test
    void everythingWorksTogether() throws Exception {
        Path text = Files.writeString(folder.resolve("text.txt"), "int x = 1; // one of many\n".repeat(500));
        TrainingSummary summary = Embed.train(text, folder.resolve("run"));
        assertEquals(20, summary.step());
        assertTrue(summary.finished());
        try (LanguageModel model = LanguageModel.load(folder.resolve("run"))) {
            Generation written = Embed.write(model, "int ");
            assertEquals(20, written.tokens().length);
            assertTrue(written.meanDepth() >= 1);
            Score score = Embed.score(model, "int x = 1;");
            // A model that knows nothing of 257 bytes has a loss of 5.5.
            assertTrue(score.meanLoss() < 5, "" + score.meanLoss());
            assertEquals(8, Embed.serve(model, "int x", 8));
        }
    }

    /** The command has logging of its own; a program that embeds the library does not get it. */
    @Test
    void noLoggingComesAlong() {
        assertThrows(ClassNotFoundException.class, () -> Class.forName("ch.qos.logback.classic.Logger"));
        assertEquals(null, Embed.class.getResource("/logback.xml"));
    }
}

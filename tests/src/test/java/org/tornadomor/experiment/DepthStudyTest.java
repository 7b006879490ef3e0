package org.tornadomor.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import org.tornadomor.data.Synthetic;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.trainer.TinyRuns;
import org.tornadomor.trainer.Trainer;
import org.tornadomor.trainer.TrainingConfig;
import org.tornadomor.trainer.TrainingListener;

class DepthStudyTest {
    private static final int DOCUMENTS = 40;
    private static final int CONTEXT = 16;

    @TempDir
    Path temp;

    private Path train(String name, String... assignments) {
        TrainingConfig config = TinyRuns.with(
                TinyRuns.config(TinyRuns.text(temp)),
                "data.sources=[\"synthetic:mixed?documents=40&filler=0.3\"]",
                "steps=3");
        Path run = temp.resolve(name);
        try (Engine engine = new CpuEngine(1);
                Trainer trainer =
                        Trainer.start(engine, TinyRuns.with(config, assignments), run, TrainingListener.NONE)) {
            trainer.run();
        }
        return run;
    }

    private static List<DepthStudy.Group> study(Path... runs) {
        return DepthStudy.of(List.of(runs), null, DOCUMENTS, config -> new CpuEngine(1));
    }

    @Test
    void theMeanOverAllTokensIsThatOfTheCapacities() {
        String mor = "model.mor={num_recursions: 2, router: expert_choice}";
        Path first = train("first", mor);
        DepthStudy.Group group = study(first).getFirst();
        assertEquals(1, group.runs());
        assertEquals(2, group.recursions());
        long tokens = group.classes().stream()
                .mapToLong(DepthStudy.ClassDepth::tokens)
                .sum();
        assertEquals(DOCUMENTS * CONTEXT, tokens);
        // Means of documents are not weighted by their tokens, so the runs together are asked.
        DepthStudy.Group both = study(first, train("second", mor, "seed=2")).getFirst();
        assertEquals(2, both.runs());
        double depth = both.classes().stream()
                .mapToDouble(its -> its.depth().mean() * its.tokens())
                .sum();
        // Half of the tokens of each sample go on.
        assertEquals(1.5, depth / (2 * tokens), 1e-9);
        DepthStudy.ClassDepth trivial = both.classes().getFirst();
        assertEquals("filler", trivial.name());
        assertEquals(0, trivial.more().mean());
        for (DepthStudy.ClassDepth its : both.classes()) {
            assertEquals(its.depth().mean() - trivial.depth().mean(), its.more().mean(), 1e-12);
            assertTrue(its.loss().mean() > 0 && its.depth().count() == 2);
        }
    }

    @Test
    void aModelWithoutRoutersGivesEveryTokenAll() {
        DepthStudy.Group group = study(train("recursive", "model.mor={num_recursions: 2, router: none}"))
                .getFirst();
        for (DepthStudy.ClassDepth its : group.classes()) {
            assertEquals(2, its.depth().mean());
            assertEquals(2, its.depthCausal().mean());
            assertEquals(its.loss().mean(), its.lossCausal().mean(), 1e-12);
        }
    }

    @Test
    void modelsAreGroupedAndReported() throws IOException {
        Path out = temp.resolve("report");
        List<DepthStudy.Group> groups = study(
                train("expert", "model.mor={num_recursions: 2, router: expert_choice}"),
                train("token", "model.mor={num_recursions: 2, router: token_choice}"));
        assertEquals(2, groups.size());
        new DepthReport(groups).write(out);
        String table = Files.readString(out.resolve("depth.md"));
        assertTrue(table.contains("| sum of 2 |"), table);
        assertTrue(table.contains("±"), table);
        assertFalse(Files.readString(out.resolve("depth-2.svg")).contains("NaN"));
        assertTrue(Files.exists(out.resolve("depth.json")) && Files.exists(out.resolve("depth.html")));
    }

    @Test
    void refusesTextOfUnknownDifficulty() {
        Path run =
                train("plain", "data.sources=[" + TinyRuns.text(temp).toString().replace('\\', '/') + "]");
        UserError error = assertThrows(UserError.class, () -> study(run));
        assertTrue(error.getMessage().contains("was not trained on synthetic text"), error.getMessage());
        Synthetic sums = Synthetic.parse("synthetic:sums");
        assertEquals(
                1,
                DepthStudy.of(List.of(run), sums, DOCUMENTS, config -> new CpuEngine(1))
                        .size());
    }
}

package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ExperimentCommandTest {
    private static final String GRID = """
            base:
              data: {sources: ['synthetic:mixed?documents=30'], hold_out: 10%}
              context: 16
              batch: 4
              eval_samples: 4
              model: {hidden_size: 16, intermediate_size: 24, num_hidden_layers: 4, num_attention_heads: 2,
                num_key_value_heads: 1, max_position_embeddings: 64, tie_word_embeddings: true}
            sizes: {small: {seeds: [1, 2]}}
            models: {mor-2: {model: {mor: {num_recursions: 2, router: expert_choice}}}}
            budgets: [2e7, 3e7]
            """;

    @TempDir
    Path folder;

    private Path grid;
    private Path out;

    @BeforeEach
    void writeGrid() throws IOException {
        grid = Files.writeString(folder.resolve("grid.yaml"), GRID);
        out = folder.resolve("out");
    }

    @Test
    void trainsOnceAndThenKnowsThatItIsDone() throws IOException {
        String plan = Outcome.of("experiment", grid, "--dry-run", "--engine", "cpu")
                .succeeds()
                .out();
        assertTrue(plan.contains("4 runs:"), plan);
        Outcome first =
                Outcome.of("experiment", grid, "-o", out, "--engine", "cpu").succeeds();
        assertTrue(first.out().contains("4 of 4 runs done"), first.out());
        assertTrue(first.err().contains("[4/4] small mor-2 seed 2 at 3e7"), first.err());
        assertTrue(Files.readString(out.resolve("results.md")).contains("| mor-2 |"));
        Outcome second =
                Outcome.of("experiment", grid, "-o", out, "--engine", "cpu").succeeds();
        assertEquals("", second.err());
        String runs = out.resolve("runs/small/mor-2/seed-").toString();
        JsonNode depth = JsonMapper.shared()
                .readTree(Outcome.of(
                                "experiment",
                                "depth",
                                runs + "1/budget-3e7",
                                runs + "2/budget-3e7",
                                "--documents",
                                8,
                                "--json")
                        .succeeds()
                        .out());
        assertEquals(1, depth.size());
        assertEquals(2, depth.path(0).path("runs").asInt());
        Outcome.of("experiment", "depth", runs + "1/budget-3e7", "--documents", 1)
                .failsWith(1, "--documents 1");
        Outcome.of("experiment", "depth", runs + "1/budget-3e7", "--data", "jdk")
                .failsWith(1, "no known difficulty");
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        Outcome.of("experiment", grid).failsWith(1, "--out DIR");
        Outcome.of("experiment", grid, "-o", out, "--parallel", 0).failsWith(1, "--parallel 0");
        Outcome.of("experiment", folder.resolve("none.yaml"), "-o", out).failsWith(1, "none.yaml");
        Outcome.of("experiment").failsWith(2, "Name a grid");
        Files.writeString(grid, GRID.replace("budgets", "budget"));
        Outcome.of("experiment", grid, "-o", out).failsWith(1, "there is no key 'budget'", "budgets");
    }
}

package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What lm-evaluation-harness made of small documents of every task: requests, log-likelihoods and scores, through the command line. */
class TaskGoldenTest {
    private static final Path GOLDEN = Path.of("src/test/resources/evaluation");
    private static final double LIKELIHOOD = 1e-3;

    @TempDir
    Path folder;

    @Test
    void withoutExamples() throws IOException {
        compare(0, "lambada_openai,hellaswag,piqa,winogrande,arc_easy,openbookqa,sciq,mmlu_high_school_geography");
    }

    @Test
    void withExamples() throws IOException {
        compare(2, "piqa,arc_easy");
    }

    private void compare(int shots, String tasks) throws IOException {
        JsonNode expected = JsonMapper.shared().readTree(GOLDEN.resolve("expected.json"));
        Path json = folder.resolve("result.json");
        Path samples = folder.resolve("samples.jsonl");
        Outcome.of(
                        "evaluate",
                        "--model",
                        GOLDEN.resolve("model"),
                        "--engine",
                        "cpu",
                        "--tasks",
                        tasks,
                        "--task-data",
                        GOLDEN.resolve("data"),
                        "--shots",
                        shots,
                        "--json",
                        json,
                        "--samples",
                        samples)
                .succeeds();
        JsonNode result = JsonMapper.shared().readTree(json);
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(samples)) {
            lines.add(JsonMapper.shared().readTree(line));
        }
        int compared = 0;
        for (Map.Entry<String, JsonNode> entry : expected.properties()) {
            String task = entry.getKey().substring(0, entry.getKey().indexOf('@'));
            if (entry.getKey().endsWith("@" + shots)) {
                List<JsonNode> own = lines.stream()
                        .filter(line -> line.path("task").stringValue().equals(task))
                        .toList();
                samples(entry.getKey(), entry.getValue().path("samples"), own);
                scores(
                        entry.getKey(),
                        entry.getValue().path("results"),
                        result.path("results").path(task));
                compared++;
            }
        }
        assertEquals(tasks.split(",").length, compared);
    }

    private static void samples(String name, JsonNode expected, List<JsonNode> actual) {
        assertEquals(expected.size(), actual.size(), name);
        for (int i = 0; i < actual.size(); i++) {
            String where = name + " document " + i;
            JsonNode a = expected.get(i);
            JsonNode b = actual.get(i);
            assertEquals(a.get("requests"), b.get("requests"), where);
            assertEquals(a.get("target"), b.get("target"), where);
            assertEquals(a.get("greedy"), b.get("greedy"), where);
            assertEquals(a.get("loglikelihoods").size(), b.get("loglikelihoods").size(), where);
            for (int k = 0; k < a.get("loglikelihoods").size(); k++) {
                assertEquals(
                        a.get("loglikelihoods").get(k).asDouble(),
                        b.get("loglikelihoods").get(k).asDouble(),
                        LIKELIHOOD,
                        where);
            }
        }
    }

    private static void scores(String name, JsonNode expected, JsonNode actual) {
        for (Map.Entry<String, JsonNode> score : expected.properties()) {
            double wanted = score.getValue().asDouble();
            // A perplexity is e to a mean of log-likelihoods, which are equal to their tolerance.
            double tolerance = score.getKey().startsWith("perplexity") ? LIKELIHOOD * wanted : 1e-12;
            assertTrue(actual.has(score.getKey()), name + " " + score.getKey());
            assertEquals(wanted, actual.get(score.getKey()).asDouble(), tolerance, name + " " + score.getKey());
        }
    }
}

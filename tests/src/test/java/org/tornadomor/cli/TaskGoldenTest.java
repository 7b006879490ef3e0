package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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
        compare(
                "expected.json",
                0,
                8,
                "--tasks",
                "lambada,hellaswag,piqa,winogrande,arc_easy,openbookqa,sciq,mmlu_high_school_geography");
    }

    @Test
    void withExamples() throws IOException {
        compare("expected.json", 2, 2, "--tasks", "piqa,arc_easy");
    }

    /** Contexts that are cut from the left too, and standard errors, those of the bootstrap among them. */
    @Test
    void withLongContexts() throws IOException {
        compare("more.json", 3, 6, "--tasks", "lambada,hellaswag,piqa,winogrande,arc_easy,mmlu_high_school_geography");
    }

    @Test
    void tasksOfOnesOwn() throws IOException {
        compare("more.json", 0, 1, "--task", GOLDEN.resolve("own/roll.yaml"));
        compare("more.json", 2, 1, "--task", GOLDEN.resolve("own/gen.yaml"));
    }

    private void compare(String golden, int shots, int tasks, Object option, Object what) throws IOException {
        JsonNode expected = JsonMapper.shared().readTree(GOLDEN.resolve(golden));
        Path json = folder.resolve("result.json");
        Path samples = folder.resolve("samples.jsonl");
        List<Object> args = new ArrayList<>(List.of("evaluate", "--model", GOLDEN.resolve("model"), "--engine", "cpu"));
        args.addAll(List.of("--task-data", GOLDEN.resolve("data"), "--shots", shots, option, what));
        args.addAll(List.of("--json", json, "--samples", samples));
        Outcome.of(args.toArray()).succeeds();
        JsonNode result = JsonMapper.shared().readTree(json);
        Map<String, List<JsonNode>> lines = new LinkedHashMap<>();
        for (String line : Files.readAllLines(samples)) {
            JsonNode sample = JsonMapper.shared().readTree(line);
            lines.computeIfAbsent(sample.path("task").stringValue(), task -> new ArrayList<>())
                    .add(sample);
        }
        assertEquals(tasks, lines.size());
        lines.forEach((task, own) -> {
            String name = task + "@" + shots;
            assertTrue(expected.has(name), name);
            samples(name, expected.path(name).path("samples"), own);
            scores(
                    name,
                    expected.path(name).path("results"),
                    result.path("results").path(task));
        });
    }

    private static void samples(String name, JsonNode expected, List<JsonNode> actual) {
        assertEquals(expected.size(), actual.size(), name);
        for (int i = 0; i < actual.size(); i++) {
            String where = name + " document " + i;
            JsonNode a = expected.get(i);
            JsonNode b = actual.get(i);
            assertEquals(a.get("requests"), b.get("requests"), where);
            assertEquals(a.get("target"), b.get("target"), where);
            assertEquals(a.path("texts"), b.path("texts"), where);
            assertTrue(!a.has("greedy") || a.get("greedy").equals(b.get("greedy")), where);
            assertEquals(
                    a.path("loglikelihoods").size(), b.path("loglikelihoods").size(), where);
            for (int k = 0; k < a.path("loglikelihoods").size(); k++) {
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
            double tolerance =
                    score.getKey().contains("perplexity") || score.getKey().contains("bits")
                            ? LIKELIHOOD * wanted
                            : 1e-12;
            assertTrue(actual.has(score.getKey()), name + " " + score.getKey());
            assertEquals(wanted, actual.get(score.getKey()).asDouble(), tolerance, name + " " + score.getKey());
        }
    }
}

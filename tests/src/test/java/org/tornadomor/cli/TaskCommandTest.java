package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code evaluate --tasks} with a small MoR model of bytes. */
class TaskCommandTest {
    private static final String PIQA =
            "{\"goal\": \"Dry it\", \"sol1\": \"Fold it.\", \"sol2\": \"Air it.\", \"label\": 1}\n"
                    + "{\"goal\": \"Cut it\", \"sol1\": \"Saw.\", \"sol2\": \"Sing.\", \"label\": 0}\n";

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path model;
    private Path data;

    @BeforeAll
    static void prepare() {
        model = Folders.bytes(shared.resolve("model"));
    }

    @BeforeEach
    void writeData() throws IOException {
        data = Files.createDirectories(folder.resolve("sets"));
        Files.createDirectories(data.resolve("piqa"));
        Files.writeString(data.resolve("piqa/validation.jsonl"), PIQA);
        Files.writeString(data.resolve("piqa/train.jsonl"), PIQA.replace("it", "that"));
    }

    private Outcome run(Object... options) {
        List<Object> args = new ArrayList<>(List.of("evaluate", "--model", model, "--task-data", data));
        args.addAll(List.of(options));
        return Outcome.of(args.toArray());
    }

    private Path task(String yaml) throws IOException {
        return Files.writeString(folder.resolve("task.yaml"), yaml);
    }

    private static String generating(String more) {
        return "task: mine\ndataset_path: json\ntest_split: test\ndataset_kwargs:\n  data_files: mine.jsonl\n" + more;
    }

    @Test
    void bothModesSideBySide() throws IOException {
        Path json = folder.resolve("out/result.json");
        String out =
                run("--tasks", "piqa", "--shots", 1, "--json", json).succeeds().out();
        assertTrue(out.contains("causal") && out.contains("train") && out.contains("wrong"), out);
        JsonNode result = JsonMapper.shared().readTree(json);
        assertEquals("both", result.path("mode").stringValue());
        assertEquals(1, result.path("n-shot").path("piqa").asInt());
        assertEquals(2, result.path("n-samples").path("piqa").path("effective").asInt());
        for (String mode : List.of("causal", "train")) {
            JsonNode own = result.path("modes").path(mode);
            assertTrue(own.path("results").path("piqa").path("acc,none").isNumber());
            double depth = own.path("figures").path("piqa").path("mean_depth").asDouble();
            assertTrue(depth >= 1 && depth <= 3, "depth " + depth);
        }
        JsonNode one = JsonMapper.shared()
                .readTree(run("--tasks", "piqa", "--mode", "train", "--limit", 1, "--json")
                        .succeeds()
                        .out());
        assertEquals("train", one.path("mode").stringValue());
        assertEquals(1, one.path("results").path("piqa").path("sample_len").asInt());
        assertEquals(2, one.path("n-samples").path("piqa").path("original").asInt());
        JsonNode shallow = JsonMapper.shared()
                .readTree(run("--tasks", "piqa", "--threshold", 1, "--mode", "causal", "--json")
                        .succeeds()
                        .out());
        assertEquals(
                1,
                shallow.path("modes")
                        .path("causal")
                        .path("figures")
                        .path("piqa")
                        .path("mean_depth")
                        .asDouble());
    }

    @Test
    void whatIsThereIsListed() {
        String out = Outcome.of("evaluate", "--tasks", "list").succeeds().out();
        for (String word : List.of("hellaswag", "mmlu", "CC-BY-SA-4.0", "huggingface.co", "piqa/validation.jsonl")) {
            assertTrue(out.contains(word), word + " is not in " + out);
        }
    }

    /** Whoever asks for what a damaged file beside a group defines is told of the file; others are not troubled by it. */
    @Test
    void aMistakeInAFileBesideAGroupIsTold() throws IOException {
        Path other = Files.writeString(folder.resolve("other.yaml"), "task: other\n  dataset_path: [json\n");
        Path group = Files.writeString(folder.resolve("group.yaml"), "group: mine\ntask: [piqa, other]\n");
        run("--task", group).failsWith(1, "there is no task 'other'", "other.yaml", "not valid YAML");
        Path sound = Files.writeString(folder.resolve("sound.yaml"), "group: sound\ntask: [piqa]\n");
        Files.delete(group);
        run("--task", sound, "--limit", 1).succeeds();
        String err = Outcome.of("evaluate", "--tasks", "list", "--task", sound)
                .succeeds()
                .err();
        assertTrue(err.lines().count() == 1 && err.contains("Note: " + other), err);
    }

    /** Before a model is loaded, which may take minutes: this one cannot be. */
    @Test
    void aWrongNameShowsBeforeTheModelIsLoaded() throws IOException {
        Path damaged = Folders.bytes(folder.resolve("damaged"));
        Path weights = damaged.resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        Arrays.fill(bytes, bytes.length - 4, bytes.length, (byte) 0xff);
        Files.write(weights, bytes);
        Outcome.of("evaluate", "--model", damaged, "--task-data", data, "--tasks", "piqa")
                .failsWith(1, "damaged");
        Outcome.of("evaluate", "--model", damaged, "--task-data", data, "--tasks", "pika")
                .failsWith(1, "there is no task 'pika'");
    }

    @Test
    void aTaskOfOnesOwnThatWrites() throws IOException {
        Files.writeString(folder.resolve("mine.jsonl"), "{\"q\": \"a\", \"a\": \"b\"}\n{\"q\": \"c\", \"a\": \"d\"}\n");
        Path task = task(generating("doc_to_text: \"{{q}}\"\ndoc_to_target: a\ngeneration_kwargs:\n  until: [\"x\"]\n"
                + "  max_gen_toks: 5\n"));
        Path samples = folder.resolve("samples.jsonl");
        String out = Outcome.of("evaluate", "--model", model, "--task", task, "--mode", "causal", "--samples", samples)
                .succeeds()
                .out();
        assertTrue(out.contains("exact_match"), out);
        JsonNode line = JsonMapper.shared().readTree(Files.readAllLines(samples).getFirst());
        assertEquals(1, line.path("texts").size());
        assertEquals("b", line.path("target").stringValue());
        assertFalse(line.path("texts").get(0).stringValue().contains("x"));
    }

    @Test
    void wholeTexts() throws IOException {
        Files.writeString(
                folder.resolve("mine.jsonl"), "{\"page\": \"" + "some words ".repeat(20) + "\"}\n{\"page\": \"\"}\n");
        Path task = task(generating("output_type: loglikelihood_rolling\ndoc_to_target: page\n"));
        JsonNode result = JsonMapper.shared()
                .readTree(Outcome.of("evaluate", "--model", model, "--task", task, "--json")
                        .succeeds()
                        .out());
        JsonNode scores = result.path("results").path("mine");
        assertEquals(
                Math.log(scores.path("byte_perplexity,none").asDouble()) / Math.log(2),
                scores.path("bits_per_byte,none").asDouble(),
                1e-9);
        assertEquals("N/A", scores.path("bits_per_byte_stderr,none").stringValue());
    }

    @Test
    void whatIsTooLongIsCounted() throws IOException {
        Files.writeString(data.resolve("piqa/validation.jsonl"), PIQA.replace("Dry it", "Dry it well. ".repeat(10)));
        Outcome outcome = run("--tasks", "piqa", "--mode", "causal").succeeds();
        assertTrue(outcome.err().contains("2 of 4 requests are longer"), outcome.err());
    }

    @Test
    void optionsThatMakeNoSense() {
        run("--tasks", "piqa", "--limit", 0).failsWith(1, "--limit 0", "1 or more");
        run("--tasks", "piqa", "--shots", -1).failsWith(1, "--shots -1");
        run("--tasks", "piqa", "--mode", "sideways").failsWith(1, "--mode sideways", "causal");
        run("--tasks", "piqa,,sciq").failsWith(1, "empty name");
        run("--tasks", "hellswag").failsWith(1, "no task 'hellswag'", "hellaswag");
        run("--tasks", "piqa", "--mode", "train", "--threshold", 0.6).failsWith(1, "--threshold changes nothing");
        run("--tasks", "piqa", "--data", "x").failsWith(1, "--data changes nothing");
        Outcome.of("evaluate", "--model", model, "--data", "x", "--shots", 2).failsWith(1, "--shots changes nothing");
        Outcome.of("evaluate", "--model", model, "--tasks", "piqa").failsWith(1, "--task-data", "piqa/validation");
        Outcome.of("evaluate", "--tasks", "piqa").failsWith(2, "--model");
        run("--tasks", "piqa", "--task-data", folder.resolve("none")).failsWith(2);
        Outcome.of("evaluate", "--model", model, "--tasks", "piqa", "--task-data", folder.resolve("none"))
                .failsWith(1, "none", "no folder");
        run("--tasks", "piqa", "--json", model.resolve("result.json")).failsWith(1, "--json", "lies in");
        run("--tasks", "piqa", "--json", folder).failsWith(1, "is a folder");
    }

    @Test
    void dataThatCannotBeUsed() throws IOException {
        Path file = data.resolve("piqa/validation.jsonl");
        Path json = folder.resolve("result.json");
        for (String[] fault : new String[][] {
            {PIQA.replace("sol2", "solution"), "lacks sol2", "goal, sol1, solution, label", "validation.jsonl line 1"},
            {PIQA.replaceFirst("(?s)(.*)sol2", "$1solution"), "validation.jsonl line 2 lacks sol2"},
            {"", "split validation of task piqa is empty"},
            {PIQA.replace("\"label\": 0", "\"label\": 2"), "line 2 has the answer '2'", "0 to 1"},
            {PIQA.replace("\"label\": 1", "\"label\": -1"), "line 1 has the answer '-1'"},
            {PIQA + "{\"goal\": ", "line 3 is not valid JSON"},
            {PIQA + "[1]\n", "line 3 is no JSON object"},
            {PIQA.replace("\"Saw.\"", "\"\""), "line 2 has the choice ''"},
        }) {
            Files.writeString(file, fault[0]);
            String[] words = Arrays.copyOfRange(fault, 1, fault.length);
            run("--tasks", "piqa", "--json", json, "--samples", folder.resolve("samples"))
                    .failsWith(1, words);
            try (var files = Files.list(folder)) {
                assertEquals(
                        List.of("sets"),
                        files.map(f -> f.getFileName().toString()).toList());
            }
        }
        Files.delete(file);
        run("--tasks", "piqa").failsWith(1, "no data of task piqa", "piqa/validation.jsonl");
        Files.writeString(file, PIQA);
        Files.writeString(data.resolve("piqa/validation.json"), PIQA);
        run("--tasks", "piqa").failsWith(1, "both", "leave one");
    }

    @Test
    void tooFewExamples() {
        run("--tasks", "piqa", "--shots", 2).failsWith(1, "2 shots need 3");
    }

    @Test
    void tasksThatCannotBeUsed() throws IOException {
        Files.writeString(folder.resolve("mine.jsonl"), "{\"q\": \"a\", \"a\": \"b\"}\n");
        String good = generating("doc_to_text: q\ndoc_to_target: a\n");
        for (String[] fault : new String[][] {
            {good + "filter_list: [x]\n", "the key filter_list", "not supported"},
            {good + "doc_to_image: x\n", "the key doc_to_image"},
            {good + "metric_list: [{metric: f1}]\n", "the metric 'f1'", "exact_match"},
            {good + "process_docs: !function utils.process_docs\n", "utils.process_docs", "not known"},
            {good + "process_docs: !python os.system\n", "!python"},
            {good.replace("doc_to_text: q", "doc_to_text: \"{{q\""), "doc_to_text, line 1"},
            {good.replace("doc_to_text: q\n", ""), "doc_to_text is missing"},
            {good + "output_type: multiple_choice\n", "doc_to_choice is missing"},
            {good + "output_type: essay\n", "is essay"},
            {good.replace("doc_to_text: q", "doc_to_text: \"{{r}}\""), "'r' is undefined", "mine.jsonl line 1", "q, a"},
            {good + "output_type: multiple_choice\ndoc_to_choice: \"{{[q, r]}}\"\n", "no list", "fields q, a"},
            {good + "num_fewshot: -2\n", "num_fewshot is -2"},
            {good + "generation_kwargs: {beams: 3}\n", "generation_kwargs.beams"},
            {good + "fewshot_config: {sampler: best}\n", "is best"},
            {good + "include: other.yaml\n", "other.yaml"},
            {"group: mine\ntask: [nothing]\n", "no task 'nothing'"},
            {"a: b\n", "defines no task"},
            {"- a\n", "holds no keys"},
        }) {
            Path task = task(fault[0]);
            Outcome.of("evaluate", "--model", model, "--task", task)
                    .failsWith(1, Arrays.copyOfRange(fault, 1, fault.length));
        }
    }

    @Test
    void aGroupOfNeighbours() throws IOException {
        Files.writeString(folder.resolve("one.yaml"), "task: one\ntag: ours\ninclude: base\n");
        Files.writeString(folder.resolve("two.yaml"), "task: two\ntag: ours\ninclude: base\n");
        Files.writeString(
                folder.resolve("base"),
                generating("output_type: multiple_choice\ndoc_to_text: q\ndoc_to_target: 1\ndoc_to_choice: [x, y]\n"
                                + "metric_list: [{metric: acc}]\n")
                        .replace("task: mine\n", ""));
        Files.writeString(folder.resolve("mine.jsonl"), "{\"q\": \"a\"}\n{\"q\": \"b\"}\n");
        Path group = Files.writeString(
                folder.resolve("group.yaml"),
                "group: all\ngroup_alias: of us\ntask: [ours]\naggregate_metric_list: {metric: acc, weight_by_size: True}\n");
        String out = Outcome.of("evaluate", "--model", model, "--task", group, "--mode", "causal")
                .succeeds()
                .out();
        assertTrue(out.contains("of us") && out.contains(" - one") && out.contains(" - two"), out);
    }
}

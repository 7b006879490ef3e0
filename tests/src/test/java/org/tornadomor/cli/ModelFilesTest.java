package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.files.SafeTensors;
import org.tornadomor.model.io.CheckpointFolder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Files of GGUF and llama2.c where commands take a model, and models with low-rank factors that become such files. */
class ModelFilesTest {
    @TempDir
    Path folder;

    private float[] logits(Path model) {
        return logits(model, GgufCommandTest.FILES.resolve("qwen2.safetensors"));
    }

    private float[] logits(Path model, Path ids) {
        Path out = folder.resolve("logits");
        Outcome.of("logits", "--model", model, "--input", ids, "--mode", "train", "--weights", "float32", "--out", out)
                .succeeds();
        try (SafeTensors file = SafeTensors.open(out)) {
            return file.read("logits");
        }
    }

    private Outcome convert(Path model, String out, int recursions, Object... more) {
        List<Object> args = new ArrayList<>(
                List.of("convert", "--model", model, "--out", folder.resolve(out), "--recursions", recursions));
        args.addAll(List.of("--sharing", "cycle", "--init", "average"));
        args.addAll(List.of(more));
        return Outcome.of(args.toArray());
    }

    /** The same weights, tokenizer and losses as by way of a folder, whose loss is that of float32 as well. */
    @ParameterizedTest
    @CsvSource({"gguf/llama-q8_0.gguf, 2", "gguf/llama-bf16.gguf, 1", "llama2c/version1.bin, 1"})
    void convertTakesAFile(String name, int recursions) throws IOException {
        Path file = Path.of("src/test/resources", name);
        Path imported = folder.resolve("imported");
        Outcome.of("import", file, "-o", imported).succeeds();
        Path text = Files.writeString(folder.resolve("text.txt"), "the cat sat on the mat");
        JsonNode one = JsonMapper.shared()
                .readTree(convert(file, "one", recursions, "--data", text, "--json")
                        .succeeds()
                        .out());
        JsonNode two = JsonMapper.shared()
                .readTree(convert(imported, "two", recursions, "--data", text, "--json")
                        .succeeds()
                        .out());
        assertEquals(two.get("loss"), one.get("loss"));
        for (String part : List.of("config.json", "model.safetensors", "tokenizer.json", "generation_config.json")) {
            assertArrayEquals(
                    Files.readAllBytes(folder.resolve("two").resolve(part)),
                    Files.readAllBytes(folder.resolve("one").resolve(part)),
                    part);
        }
        convert(file, "one", recursions).failsWith(1, "not empty");
        convert(Path.of("src/test/resources/gguf/ids.json"), "none", 1).failsWith(1, "ids.json");
    }

    @Test
    void lowRankFactorsAreMergedIntoEveryFormat() {
        Path model = Folders.bytes(folder.resolve("model"), null);
        Path relaxed = folder.resolve("relaxed");
        convert(model, "relaxed", 2, "--lora-rank", 4).succeeds();
        float[] expected = logits(relaxed);
        for (String format : List.of("hf", "gguf", "llama2c")) {
            Path out = folder.resolve(format + ".bin");
            Outcome.of("export", relaxed, "--format", format, "--out", out)
                    .failsWith(1, relaxed.toString(), "rank 4", "--merge");
            assertFalse(Files.exists(out));
            Outcome.of("export", relaxed, "--format", format, "--merge", "--out", out)
                    .succeeds();
            GgufCommandTest.assertClose(expected, logits(out), 1e-5);
            Outcome.of("export", out, "--format", "gguf", "--merge", "--out", folder.resolve("x"))
                    .failsWith(1, "--merge changes nothing");
        }
    }

    /** Biases and norms of heads are each layer's own beside factors, also where no two layers share weights. */
    @ParameterizedTest
    @CsvSource({"qwen2, 1", "qwen2, 3", "qwen3, 1", "qwen3, 3"})
    void vectorsOfLayersAreExported(String family, int recursions) {
        Path model = Path.of("src/test/resources/families", family);
        Path relaxed = folder.resolve("relaxed");
        Object[] command = {
            "convert",
            "--model",
            model,
            "--out",
            relaxed,
            "--recursions",
            recursions,
            "--sharing",
            "cycle",
            "--init",
            "stepwise",
            "--lora-rank",
            4
        };
        Outcome.of(command).succeeds();
        Path out = folder.resolve("out");
        Outcome.of("export", relaxed, "--merge", "--format", "hf", "--out", out).succeeds();
        Path ids = model.resolve("expected.safetensors");
        GgufCommandTest.assertClose(logits(relaxed, ids), logits(out, ids), 1e-5);
    }

    @Test
    void aRoutedModelWithFactorsIsCopiedAsItIs() throws IOException {
        Path model = Folders.bytes(folder.resolve("model"), null);
        Path relaxed = folder.resolve("relaxed");
        convert(model, "relaxed", 2, "--lora-rank", 4, "--router", "expert-choice")
                .succeeds();
        Path out = folder.resolve("out");
        Outcome.of("export", relaxed, "--format", "hf", "--merge", "--out", out)
                .failsWith(1, "--merge changes nothing", "copied as it is");
        Outcome.of("export", relaxed, "--format", "hf", "--out", out).succeeds();
        try (CheckpointFolder a = CheckpointFolder.open(relaxed);
                CheckpointFolder b = CheckpointFolder.open(out)) {
            assertEquals(a.config(), b.config());
        }
        assertArrayEquals(logits(relaxed), logits(out));
        assertTrue(Files.readString(out.resolve("README.md")).contains("model.lora."));
        Outcome.of("export", relaxed, "--format", "gguf", "--merge", "--out", folder.resolve("x"))
                .failsWith(1, "plain Llama cannot express");
    }

    /** The factors of keys have 16 outputs here, which is no whole block. */
    @Test
    void lowRankFactorsStayWideBesideBlocks() throws IOException {
        Path model = Folders.bytes(folder.resolve("model"), null);
        convert(model, "relaxed", 2, "--lora-rank", 4).succeeds();
        Path relaxed = folder.resolve("relaxed");
        Outcome.of("generate", "--model", relaxed, "--prompt", "a", "--max-new-tokens", 3, "--weights", "q8")
                .succeeds();
        JsonNode memory = JsonMapper.shared()
                .readTree(Outcome.of("info", relaxed, "--json").succeeds().out())
                .get("memory");
        long matrices = 257 * 32 + 4 * (32 * 64 + 32 * 32 + 3 * 64 * 32);
        assertEquals(
                matrices * (32 * 4 - 34) / 32,
                memory.get("float32").longValue() - memory.get("q8").longValue(),
                memory.toString());
    }

    @Test
    void tasksAreEvaluatedOnAFileAsOnItsFolder() throws IOException {
        Path file = GgufCommandTest.FILES.resolve("llama-q8_0.gguf");
        Path imported = folder.resolve("imported");
        Outcome.of("import", file, "-o", imported).succeeds();
        Path sets = Files.createDirectories(folder.resolve("sets/piqa")).getParent();
        Files.writeString(
                sets.resolve("piqa/validation.jsonl"),
                "{\"goal\": \"Dry it\", \"sol1\": \"Fold it.\", \"sol2\": \"Air it.\", \"label\": 1}\n");
        List<JsonNode> results = new ArrayList<>();
        for (Path model : List.of(file, imported)) {
            Outcome outcome = Outcome.of(
                            "evaluate",
                            "--model",
                            model,
                            "--tasks",
                            "piqa",
                            "--task-data",
                            sets,
                            "--weights",
                            "float32",
                            "--json")
                    .succeeds();
            ObjectNode modes =
                    (ObjectNode) JsonMapper.shared().readTree(outcome.out()).get("modes");
            results.add(modes.findValue("results"));
        }
        assertEquals(results.getLast(), results.getFirst());
        String err = Outcome.of("evaluate", "--model", file, "--tasks", "piqa", "--task-data", sets)
                .succeeds()
                .err();
        assertTrue(err.contains("the weights stay in 8 bits"), err);
        Outcome.of("evaluate", "--model", file, "--tasks", "piqa", "--task-data", sets, "--json", file)
                .failsWith(1, "the model that is read");
    }

    /** A resumed run keeps the file as its teacher, since config.yaml names it. */
    @Test
    void aFileTeaches() throws IOException {
        Path file = GgufCommandTest.FILES.resolve("llama-q8_0.gguf");
        convert(file, "student", 2).succeeds();
        Path text = Files.writeString(folder.resolve("text.txt"), "the cat sat on the mat. ".repeat(60));
        Path run = folder.resolve("run");
        List<Object> args = new ArrayList<>(List.of("train", "--init", folder.resolve("student"), "--distill", file));
        args.addAll(List.of("--data", text, "--context", 16, "--batch", 2, "--steps", 2, "--stop-after", 1));
        args.addAll(List.of("--out", run));
        Outcome.of(args.toArray()).succeeds();
        String config = Files.readString(run.resolve("config.yaml"));
        assertTrue(config.contains(file.toAbsolutePath().normalize().toString()), config);
        Outcome.of("train", "--resume", "--out", run).succeeds();
    }

    /** The chat template of the file makes the prompts. */
    @Test
    void playTakesAFile() {
        Path file = GgufCommandTest.FILES.resolve("llama-f32.gguf");
        String expected = Outcome.of(
                        "generate",
                        "--model",
                        file,
                        "--prompt",
                        "the cat<|im_end|>",
                        "--max-new-tokens",
                        6,
                        "--temperature",
                        3)
                .succeeds()
                .out();
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream("the cat\n".getBytes(StandardCharsets.UTF_8)));
        try {
            String out = Outcome.of("play", "--model", file, "--max-new-tokens", 6, "--temperature", 3)
                    .succeeds()
                    .out();
            assertTrue(expected.endsWith(out) && !out.isBlank(), out + " of " + expected);
        } finally {
            System.setIn(before);
        }
        Outcome.of("play", "--model", folder.resolve("none.gguf")).failsWith(1, "none.gguf", "GGUF");
    }
}

package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.cli.options.LoadedModel;
import org.tornadomor.files.DType;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.Architecture;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterNames;
import org.tornadomor.model.ParameterSpec;
import org.tornadomor.model.ParameterSpecs;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.CheckpointWriter;
import org.tornadomor.model.io.Checkpoints;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ConvertCommandTest {
    private static final int LAYERS = 8;

    @TempDir
    Path folder;

    private static ModelConfig plain(int layers) {
        return new ModelConfig(257, 16, 24, layers, 4, 2, 4, 1e-5, 10000, 64, true, 0.1, null);
    }

    /** A model of bytes whose layers hold their own number, from 1, in every element; or random numbers. */
    private Path llama(String name, int layers, boolean numbered) {
        Path out = folder.resolve(name);
        ModelConfig config = plain(layers);
        try (CheckpointWriter writer = CheckpointWriter.create(out, config, DType.F32)) {
            for (ParameterSpec spec : ParameterSpecs.of(config)) {
                float[] values = Checkpoints.initial(config, spec.name(), spec.shape(), 7);
                for (int l = 0; l < layers && numbered; l++) {
                    if (spec.name().startsWith(ParameterNames.layer(l))) {
                        Arrays.fill(values, l + 1);
                    }
                }
                writer.write(spec.name(), values, 0);
            }
            writer.commit();
        }
        return out;
    }

    private Outcome convert(Path model, String out, Object... more) {
        Object[] base = {"convert", "--model", model, "--out", folder.resolve(out)};
        return Outcome.of(
                Stream.concat(Arrays.stream(base), Arrays.stream(more)).toArray());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "stepwise; 2; middle-cycle; 1 2 5 7 8",
                "average; 2; middle-cycle; 1 3.5 4.5 5.5 8",
                "average; 4; sequence; 2.5 6.5",
                "lower; 2; middle-sequence; 1 2 3 4 8",
                "upper; 4; cycle; 7 8",
            })
    void weightsAreThoseOfTheLayersThatTheTableNames(String init, int n, String sharing, String expected) {
        Path model = llama("llama", LAYERS, true);
        convert(model, "out", "--recursions", n, "--sharing", sharing, "--init", init)
                .succeeds();
        double[] values = Arrays.stream(expected.split(" "))
                .mapToDouble(Double::parseDouble)
                .toArray();
        try (CheckpointFolder converted = CheckpointFolder.open(folder.resolve("out"));
                TensorSource original = TensorSource.open(model)) {
            for (ParameterSpec spec : converted.specs()) {
                float[] actual = new float[spec.elements()];
                converted.read(spec.name(), actual, 0);
                float[] wanted = new float[actual.length];
                int set = -1;
                for (int u = 0; u < values.length; u++) {
                    set = spec.name().startsWith(ParameterNames.layer(u)) ? u : set;
                }
                if (set < 0) {
                    wanted = original.read(spec.name());
                } else {
                    Arrays.fill(wanted, (float) values[set]);
                }
                assertArrayEquals(wanted, actual, spec.name());
            }
        }
    }

    /** One recursion is the original, and so is a model whose layers are all alike under any rule. */
    @ParameterizedTest
    @ValueSource(strings = {"stepwise", "average", "lower", "upper", "random"})
    void aModelOfEqualLayersKeepsItsLogits(String init) throws IOException {
        Path model = llama("llama", LAYERS, false);
        convert(model, "one", "--recursions", 1, "--sharing", "cycle", "--init", init)
                .succeeds();
        assertArrayEquals(logits(model), logits(folder.resolve("one")));
        convert(model, "equal", "--recursions", 8, "--sharing", "cycle", "--init", "lower")
                .succeeds();
        Outcome.of("export", folder.resolve("equal"), "--format", "hf", "--out", folder.resolve("alike"))
                .succeeds();
        convert(folder.resolve("alike"), "again", "--recursions", 2, "--sharing", "middle-cycle", "--init", init)
                .succeeds();
        assertArrayEquals(logits(folder.resolve("alike")), logits(folder.resolve("again")), 1e-5f);
    }

    private float[] logits(Path model) throws IOException {
        Path out = folder.resolve("logits");
        Files.deleteIfExists(out);
        Path ids = Folders.GOLDEN.resolve("vanilla").resolve("expected.safetensors");
        Outcome.of("logits", "--model", model, "--input", ids, "--mode", "train", "--out", out)
                .succeeds();
        try (TensorSource file = TensorSource.open(out)) {
            return file.read("logits");
        }
    }

    /** Before anything is written: what is read is told first. */
    @Test
    void textThatCannotBeMeasuredLeavesNothingBehind() throws IOException {
        Path model = llama("llama", LAYERS, false);
        Path empty = Files.writeString(folder.resolve("empty.txt"), "");
        Path single = Files.writeString(folder.resolve("single.jsonl"), "{\"text\": \"a\"}\n{\"text\": ");
        for (Path text : List.of(folder.resolve("missing.txt"), empty, single)) {
            convert(model, "out", "--recursions", 2, "--sharing", "cycle", "--init", "upper", "--data", text)
                    .failsWith(1, text.getFileName().toString());
            assertFalse(Files.exists(folder.resolve("out")), text.toString());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "expert-choice", "token-choice"})
    void theResultIsMeasuredAndTrainedOn(String router) throws IOException {
        Path model = llama("llama", LAYERS, false);
        Path text = Files.writeString(folder.resolve("text.txt"), "Some text to measure and to train on. ".repeat(60));
        Outcome outcome = convert(
                        model,
                        "mor",
                        "--recursions",
                        3,
                        "--sharing",
                        "middle_cycle",
                        "--init",
                        "upper",
                        "--router",
                        router,
                        "--data",
                        text,
                        "--json")
                .succeeds();
        JsonNode json = JsonMapper.shared().readTree(outcome.out());
        double loss = json.at("/loss/converted_causal").doubleValue();
        assertTrue(loss > 1 && loss < 20, outcome.out());
        assertEquals(8, json.get("layers").size());
        assertEquals(List.of(5, 6), ints(json.at("/layers/3/begins_with"), json.at("/layers/4/begins_with")));
        assertTrue(json.at("/parameters_before/total").longValue()
                > json.at("/parameters_after/total").longValue());
        Path run = folder.resolve("run");
        Outcome.of(
                        "train",
                        "--init",
                        folder.resolve("mor"),
                        "--data",
                        text,
                        "--context",
                        32,
                        "--batch",
                        2,
                        "--steps",
                        3,
                        "--eval-every",
                        0,
                        "--samples",
                        0,
                        "--out",
                        run)
                .succeeds();
        try (CheckpointFolder trained = LoadedModel.open(run, UnknownKeys.REFUSED)) {
            assertEquals(router.replace('-', '_'), trained.config().router().spelling());
        }
    }

    /**
     * A model of random weights, whose norms, biases and norms of heads differ by layer, becomes itself again, as factors of
     * the whole rank make up for whatever is shared. Grouped queries, so that the ranks of the matrices differ.
     */
    @ParameterizedTest
    @CsvSource({
        "average, cycle, q, plain",
        "average, middle-cycle, all, biases",
        "stepwise, middle-sequence, all, norms",
        "upper, sequence, all, biases",
        "random, cycle, all, norms"
    })
    void fullRankIsTheOriginal(String init, String sharing, String targets, String kind) throws IOException {
        boolean all = targets.equals("all");
        Architecture architecture = switch (kind) {
            case "biases" -> Architecture.LLAMA.withBiases(true, true, true);
            case "norms" -> Architecture.LLAMA.withBiases(true, true, false).withHeadNorms(true);
            default -> Architecture.LLAMA;
        };
        Path model = distinct("llama", !all, architecture);
        Object[] more = {
            "--recursions",
            2,
            "--sharing",
            sharing,
            "--init",
            init,
            "--lora-rank",
            16,
            "--lora-targets",
            all ? "q,k,v,o,gate,up,down" : targets,
            "--json"
        };
        Outcome outcome = convert(model, "relaxed", more).succeeds();
        JsonMapper.shared().readTree(outcome.out()).get("residuals").forEach(residual -> {
            assertTrue(residual.get("left").doubleValue() < 1e-6, residual.toString());
        });
        float[] expected = logits(model);
        assertArrayEquals(expected, logits(folder.resolve("relaxed")), 1e-4f * largest(expected));
        Path merged = folder.resolve("merged");
        Outcome.of("export", folder.resolve("relaxed"), "--format", "hf", "--out", merged)
                .failsWith(1, "rank 16", "--merge");
        Outcome.of("export", folder.resolve("relaxed"), "--format", "hf", "--merge", "--out", merged)
                .succeeds();
        assertArrayEquals(expected, logits(merged), 1e-4f * largest(expected));
        Outcome.of("export", merged, "--format", "hf", "--merge", "--out", folder.resolve("x"))
                .failsWith(1, "--merge changes nothing");
    }

    private static float largest(float[] values) {
        float largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    /** Random weights whose norms are not ones; or the same matrices in all layers but for their queries. */
    private Path distinct(String name, boolean queriesAlone, Architecture architecture) {
        Path out = folder.resolve(name);
        ModelConfig config = plain(LAYERS).withArchitecture(architecture);
        try (CheckpointWriter writer = CheckpointWriter.create(out, config, DType.F32)) {
            for (ParameterSpec spec : ParameterSpecs.of(config)) {
                boolean alike = queriesAlone
                        && spec.name().startsWith("model.layers.")
                        && !spec.name().contains("q_proj");
                String seed = alike ? spec.name().replaceFirst("layers.\\d+", "") : spec.name();
                Random random = new Random(seed.hashCode());
                float[] values = new float[spec.elements()];
                for (int i = 0; i < values.length; i++) {
                    double normal = random.nextGaussian();
                    boolean norm = spec.name().endsWith("norm.weight");
                    values[i] = (float) (norm ? 1 + 0.4 * normal : 0.2 * normal);
                }
                writer.write(spec.name(), values, 0);
            }
            writer.commit();
        }
        return out;
    }

    @ParameterizedTest
    @ValueSource(strings = {"stepwise", "average"})
    void rankZeroIsTheRecursiveModel(String init) throws IOException {
        Path model = distinct("llama", false, Architecture.LLAMA);
        Object[] base = {"--recursions", 2, "--sharing", "cycle", "--init", init};
        convert(model, "plain", base).succeeds();
        convert(
                        model,
                        "zero",
                        Stream.concat(Arrays.stream(base), Stream.of("--lora-rank", 0))
                                .toArray())
                .succeeds();
        for (String file : List.of("model.safetensors", "config.json")) {
            assertEquals(
                    -1,
                    Files.mismatch(
                            folder.resolve("plain").resolve(file),
                            folder.resolve("zero").resolve(file)));
        }
        convert(
                        model,
                        "idle",
                        Stream.concat(Arrays.stream(base), Stream.of("--lora-rank", 3, "--lora-init", "zero"))
                                .toArray())
                .succeeds();
        float[] expected = logits(folder.resolve("plain"));
        float[] actual = logits(folder.resolve("idle"));
        if (init.equals("stepwise")) {
            assertArrayEquals(expected, actual, 1e-4f * largest(expected));
        } else {
            // The mean of matrices with norms folded in differs from the mean of matrices beside the mean of norms; one
            // is as
            // good as the other.
            assertFalse(Arrays.equals(expected, actual));
        }
    }

    @Test
    void theMoreRankTheLessIsMissing() throws IOException {
        Path model = distinct("llama", false, Architecture.LLAMA);
        double before = 1;
        for (int rank : new int[] {1, 4, 8, 12}) {
            JsonNode json = JsonMapper.shared()
                    .readTree(convert(
                                    model,
                                    "rank" + rank,
                                    "--recursions",
                                    2,
                                    "--sharing",
                                    "cycle",
                                    "--init",
                                    "average",
                                    "--lora-rank",
                                    rank,
                                    "--lora-targets",
                                    "o",
                                    "--json")
                            .succeeds()
                            .out());
            double left = json.at("/residuals/0/left").doubleValue();
            assertTrue(left < before, json.toString());
            assertTrue(left < json.at("/residuals/0/shared").doubleValue());
            before = left;
        }
    }

    @Test
    void aRelaxedRoutedModelIsTrainedOn() throws IOException {
        Path model = distinct("llama", false, Architecture.LLAMA);
        Path text = Files.writeString(folder.resolve("text.txt"), "Some text to train on, and on. ".repeat(60));
        convert(
                        model,
                        "mor",
                        "--recursions",
                        3,
                        "--sharing",
                        "middle-cycle",
                        "--init",
                        "average",
                        "--router",
                        "expert-choice",
                        "--lora-rank",
                        4)
                .succeeds();
        Path run = folder.resolve("run");
        Object[] settings = {
            "--data", text, "--context", 32, "--batch", 2, "--eval-every", 0, "--samples", 0, "--out", run
        };
        Object[] start = {
            "train",
            "--init",
            folder.resolve("mor"),
            "--steps",
            4,
            "--stop-after",
            2,
            "--freeze",
            "shared",
            "--set",
            "optimizer.rates.lora=2"
        };
        Outcome.of(Stream.concat(Arrays.stream(start), Arrays.stream(settings)).toArray())
                .succeeds();
        Outcome.of("train", "--resume", "--out", run).succeeds();
        Outcome.of("generate", "--model", run, "--prompt", "Some", "--max-new-tokens", 5)
                .succeeds();
        String info = Outcome.of("info", run).succeeds().out();
        assertTrue(info.contains("low-rank factors of rank 4"), info);
        try (CheckpointFolder before = CheckpointFolder.open(folder.resolve("mor"));
                CheckpointFolder after = LoadedModel.open(run, UnknownKeys.REFUSED)) {
            for (String name : List.of("model.layers.1.mlp.up_proj.weight", "model.lora.3.mlp.up_proj.up.weight")) {
                float[] one = before.tensors().read(name);
                assertEquals(
                        name.contains("layers"),
                        Arrays.equals(one, after.tensors().read(name)),
                        name);
            }
        }
    }

    private static List<Integer> ints(JsonNode... lists) {
        return Arrays.stream(lists).map(list -> list.get(0).intValue()).toList();
    }

    @Test
    void theTableSaysWhereLayersWent() {
        Outcome outcome = convert(
                        llama("llama", 5, true),
                        "out",
                        "--recursions",
                        2,
                        "--sharing",
                        "cycle",
                        "--init",
                        "average",
                        "--keep-layers",
                        "even:4")
                .succeeds();
        List<String> lines = outcome.out().lines().map(String::strip).toList();
        assertTrue(lines.contains("0              1        0           0  mean of 0, 3"), outcome.out());
        assertTrue(lines.contains("Not used: original layer 2"), outcome.out());
        assertTrue(outcome.err().contains("train --init"), outcome.err());
    }

    private void refusedWith(Path model, Object[] good, String words, Object... more) {
        convert(
                        model,
                        "x",
                        Stream.concat(Arrays.stream(good), Arrays.stream(more)).toArray())
                .failsWith(1, words);
    }

    @Test
    void whatCannotBeIsOneLine() throws IOException {
        Path model = llama("llama", 5, true);
        Object[] good = {"--recursions", 5, "--sharing", "cycle", "--init", "lower"};
        convert(model, "x", "--recursions", 2, "--sharing", "cycle", "--init", "lower")
                .failsWith(1, "5 layers do not divide", "4, 2 do", "--keep-layers even:4");
        convert(model, "x", "--recursions", 5, "--sharing", "ring", "--init", "lower")
                .failsWith(1, "--sharing", "cycle");
        convert(model, "x", "--recursions", 5, "--sharing", "cycle", "--init", "best")
                .failsWith(1, "--init", "stepwise");
        convert(model, "x", "--recursions", 0, "--sharing", "cycle", "--init", "lower")
                .failsWith(1, "--recursions is 0");
        convert(model, "x", "--recursions", 5, "--sharing", "sequence", "--init", "lower", "--router", "token-choice")
                .failsWith(1, "mor.router token_choice", "sequence");
        refusedWith(model, good, "mor.lora.rank 17 is larger", "--lora-rank", 17);
        refusedWith(model, good, "--lora-rank is -1", "--lora-rank", -1);
        refusedWith(model, good, "--lora-targets is 'head'", "--lora-rank", 2, "--lora-targets", "q,head");
        refusedWith(model, good, "names a map twice", "--lora-rank", 2, "--lora-targets", "q,q");
        refusedWith(model, good, "--lora-init is 'best'", "--lora-rank", 2, "--lora-init", "best");
        refusedWith(model, good, "--lora-targets changes nothing", "--lora-targets", "q");
        convert(
                        model,
                        "x",
                        Stream.concat(Arrays.stream(good), Stream.of("--max-tokens", 9))
                                .toArray())
                .failsWith(1, "--max-tokens changes nothing");
        convert(
                        model,
                        "x",
                        Stream.concat(Arrays.stream(good), Stream.of("--keep-layers", "0", "--drop-layers", "1"))
                                .toArray())
                .failsWith(1, "two ways");
        Path mor = Folders.bytes(folder.resolve("mor"));
        convert(mor, "x", good).failsWith(1, "is a recursive model already", "plain Llama");
        assertFalse(Files.exists(folder.resolve("x")));
        Path full = Files.createDirectories(folder.resolve("full"));
        Files.writeString(full.resolve("note"), "here");
        convert(model, "full", good).failsWith(1, "is not empty");
        convert(model, "llama/inside", good).failsWith(1, "the model that is read");
    }
}

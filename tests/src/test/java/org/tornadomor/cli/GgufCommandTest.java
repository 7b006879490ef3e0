package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.files.SafeTensors;
import org.tornadomor.formats.CheckpointSource;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Models in GGUF: the logits of transformers, and the ids of the libraries that made their tokenizers. */
class GgufCommandTest {
    static final Path FILES = Path.of("src/test/resources/gguf");
    private static final double TOLERANCE = 2e-5;

    @TempDir
    Path folder;

    static List<Path> models() throws IOException {
        try (Stream<Path> files = Files.list(FILES)) {
            return files.filter(file -> file.toString().endsWith(".gguf") && !file.endsWith("blocks.gguf"))
                    .sorted()
                    .toList();
        }
    }

    @TestFactory
    Stream<DynamicTest> logitsAreThoseOfTransformers() throws IOException {
        return models().stream()
                .map(model -> DynamicTest.dynamicTest(model.getFileName().toString(), () -> compare(model)));
    }

    private void compare(Path model) {
        Path expected = Path.of(model.toString().replace(".gguf", ".safetensors"));
        Path out = folder.resolve("logits");
        Outcome.of(
                        "logits",
                        "--model",
                        model,
                        "--input",
                        expected,
                        "--mode",
                        "train",
                        "--engine",
                        "cpu",
                        "--weights",
                        "float32",
                        "--out",
                        out)
                .succeeds();
        try (SafeTensors a = SafeTensors.open(expected);
                SafeTensors b = SafeTensors.open(out)) {
            assertClose(a.read("logits"), b.read("logits"), TOLERANCE);
        }
    }

    static void assertClose(float[] expected, float[] actual, double tolerance) {
        assertEquals(expected.length, actual.length);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow((double) expected[i] - actual[i], 2);
            norm += Math.pow(expected[i], 2);
        }
        double error = Math.sqrt(difference / norm);
        assertTrue(error <= tolerance, "relative error " + error);
    }

    @TestFactory
    Stream<DynamicTest> idsAreThoseOfTheirLibraries() throws IOException {
        JsonNode ids = JsonMapper.shared().readTree(Files.readString(FILES.resolve("ids.json")));
        return ids.properties().stream().map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> compareIds(entry)));
    }

    private void compareIds(Map.Entry<String, JsonNode> model) {
        Path path = FILES.resolve(model.getKey() + ".gguf");
        try (CheckpointFolder checkpoint = CheckpointSource.open(path, UnknownKeys.REFUSED);
                Tokenizer tokenizer = Tokenizers.forCheckpoint(
                                checkpoint.folder(), checkpoint.config().vocabSize())
                        .orElseThrow()) {
            for (Map.Entry<String, JsonNode> text : model.getValue().properties()) {
                int[] expected = new int[text.getValue().size()];
                for (int i = 0; i < expected.length; i++) {
                    expected[i] = text.getValue().get(i).intValue();
                }
                assertArrayEquals(expected, tokenizer.encode(text.getKey()), text.getKey());
            }
        }
    }

    /** Where every matrix is blocks of 32 numbers with a scale, they are computed with as they are. */
    @TestFactory
    Stream<DynamicTest> weightsOfEightBitsAndLessStayWhatTheyAre() {
        return Stream.of("llama-q8_0", "llama-q5_0", "llama-q4_0")
                .map(name -> DynamicTest.dynamicTest(name, () -> staysInBlocks(FILES.resolve(name + ".gguf"))));
    }

    private void staysInBlocks(Path model) {
        Path expected = Path.of(model.toString().replace(".gguf", ".safetensors"));
        Path out = folder.resolve("logits");
        Object[] command = {"logits", "--model", model, "--input", expected, "--mode", "train", "--out", out};
        Outcome outcome = Outcome.of(command).succeeds();
        assertTrue(outcome.err().contains("the weights stay in 8 bits, as the file has them"), outcome.err());
        try (SafeTensors a = SafeTensors.open(expected);
                SafeTensors b = SafeTensors.open(out)) {
            assertClose(a.read("logits"), b.read("logits"), TOLERANCE);
        }
    }

    /** Also what has no type of its own in memory; --weights q8 is named only where it helps: not for rows that are no whole blocks. */
    @ParameterizedTest
    @CsvSource({
        "gguf/llama-q4_1.gguf, cpu, --weights q8 rounds them",
        "gguf/llama-q5_1.gguf, cpu, --weights q8 rounds them",
        "llama2c/version2.bin, cpu, 'matrices are not of Q8_0, Q5_0 or Q4_0'",
        "gguf/llama-q4_1.gguf, simulator, narrow weights need the cpu engine",
        "gguf/llama-f16.gguf, cpu, "
    })
    void narrowWeightsThatBecomeWideAreNoted(String name, String engine, String why) {
        Path model = Path.of("src/test/resources", name);
        String err = Outcome.of(
                        "generate", "--model", model, "--prompt", "a", "--max-new-tokens", 1, "--engine", engine)
                .succeeds()
                .err();
        assertEquals(why != null, err.contains("weights of 8 bits or less become float32: "), err);
        assertTrue(why == null || err.contains(why), err);
        assertEquals(why != null && why.startsWith("--weights"), err.contains("--weights q8"), err);
    }

    @Test
    void whereTheyCannotStayACommandSaysSo() {
        Path model = FILES.resolve("llama-q8_0.gguf");
        String err = Outcome.of(
                        "generate", "--model", model, "--prompt", "a", "--max-new-tokens", 1, "--engine", "simulator")
                .succeeds()
                .err();
        assertTrue(err.contains("become float32: only the cpu engine keeps them"), err);
        Outcome.of(
                        "generate",
                        "--model",
                        Folders.GOLDEN.resolve("expert-capacity"),
                        "--prompt-tokens",
                        "1",
                        "--weights",
                        "q8")
                .failsWith(1, "no multiple of the 32");
        String q8 = Outcome.of(
                        "generate", "--model", Folders.bytes(folder.resolve("m")), "--prompt", "a", "--weights", "q8")
                .succeeds()
                .err();
        assertTrue(!q8.contains("Note"), q8);
    }

    private float[] logits(Path model, Path input) {
        Path out = folder.resolve("logits");
        Outcome.of(
                        "logits",
                        "--model",
                        model,
                        "--input",
                        input,
                        "--mode",
                        "train",
                        "--weights",
                        "float32",
                        "--out",
                        out)
                .succeeds();
        try (SafeTensors file = SafeTensors.open(out)) {
            return file.read("logits");
        }
    }

    /** Into a folder, and from there into a file again: nothing is lost, and the tokenizer gives the same ids. */
    @TestFactory
    Stream<DynamicTest> importedAndExportedTheyAreTheSame() throws IOException {
        return models().stream()
                .map(model -> DynamicTest.dynamicTest(model.getFileName().toString(), () -> thereAndBack(model)));
    }

    private void thereAndBack(Path model) throws IOException {
        Path input = Path.of(model.toString().replace(".gguf", ".safetensors"));
        Path imported = folder.resolve("imported-" + model.getFileName());
        Path exported = folder.resolve("exported-" + model.getFileName());
        Outcome.of("import", model, "-o", imported).succeeds();
        Outcome.of("export", imported, "--format", "gguf", "--out", exported).succeeds();
        float[] expected = logits(model, input);
        assertArrayEquals(expected, logits(imported, input));
        assertArrayEquals(expected, logits(exported, input));
        if (small(model, "config.json").get("vocab_size").intValue() < 257) {
            return;
        }
        assertTrue(Files.exists(imported.resolve("generation_config.json")));
        for (String text : List.of("It's 12345 or\n\n  déjà vu: 東京 🙂 <|im_end|></s>", "a")) {
            String ids = ids(model, text);
            assertEquals(ids, ids(imported, text));
            assertEquals(ids, ids(exported, text));
        }
        assertEquals(small(model, "tokenizer_config.json"), small(exported, "tokenizer_config.json"));
        assertEquals(small(model, "generation_config.json"), small(exported, "generation_config.json"));
    }

    private static String ids(Path model, String text) {
        return Outcome.of("tokenizer", "encode", model, "--parse-special", text)
                .succeeds()
                .out();
    }

    private static JsonNode small(Path model, String name) throws IOException {
        Path files = CheckpointSource.folder(model, UnknownKeys.REFUSED);
        return JsonMapper.shared().readTree(Files.readString(files.resolve(name)));
    }

    @Test
    void exportsOfEveryType() throws IOException {
        Path golden = Folders.GOLDEN.resolve("recursive-middle-cycle");
        Path input = golden.resolve("expected.safetensors");
        float[] expected = logits(golden, input);
        for (Map.Entry<String, Double> type :
                Map.of("f32", 0.0, "f16", 1e-3, "bf16", 3e-2, "q8_0", 3e-2).entrySet()) {
            Path file = folder.resolve(type.getKey() + ".gguf");
            Outcome.of("export", golden, "--format", "gguf", "--type", type.getKey(), "--out", file)
                    .succeeds();
            assertClose(expected, logits(file, input), type.getValue());
        }
    }

    @Test
    void bytesComeBackAsBytes() {
        Path model = Folders.bytes(folder.resolve("bytes"), null);
        Path file = folder.resolve("bytes.gguf");
        Outcome.of("export", model, "--format", "gguf", "--out", file).succeeds();
        for (String text : List.of("plain", "déjà\u0000 \u00ad東京\r\n", "")) {
            assertEquals(ids(model, text), ids(file, text));
        }
        assertEquals(generated(model), generated(file));
    }

    private static String generated(Path model) {
        return Outcome.of(
                        "generate", "--model", model, "--prompt", "public", "--max-new-tokens", 20, "--temperature", 0)
                .succeeds()
                .out();
    }

    /** The first place of a text in a file is overwritten. */
    private Path changed(String model, String text, byte[] other) throws IOException {
        byte[] bytes = Files.readAllBytes(FILES.resolve(model));
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(text);
        System.arraycopy(other, 0, bytes, at, other.length);
        return Files.write(folder.resolve("changed.gguf"), bytes);
    }

    /** @param value of a key of 32 bits, in its lowest byte */
    private Path changed(String model, String key, int value) throws IOException {
        byte[] other = Arrays.copyOf(key.getBytes(StandardCharsets.ISO_8859_1), key.length() + 5);
        other[key.length()] = 4;
        other[key.length() + 4] = (byte) value;
        return changed(model, key, other);
    }

    /** Weights that are not those of the configuration: the error is about them, and the file is let go. */
    @ParameterizedTest
    @CsvSource({
        "llama.block_count, 9, missing",
        "llama.feed_forward_length, 32, has shape",
        "llama.attention.head_count_kv, 3, does not divide"
    })
    void whatDoesNotFitTheModelIsNamed(String key, int value, String message) throws IOException {
        Path file = changed("llama-f32.gguf", key, value);
        Object[][] commands = {
            {"info", file},
            {"generate", "--model", file, "--prompt", "a"},
            {"import", file, "-o", folder.resolve("imported")},
            {"params", file}
        };
        for (Object[] command : commands) {
            Outcome.of(command).failsWith(1, "changed.gguf", message);
        }
    }

    @Test
    void keysAreRefusedUnlessToldOtherwise() throws IOException {
        Path file = changed("llama-f32.gguf", "llama.rope.dimension_count", "llama.rope.dimension_cap__".getBytes());
        String key = "llama.rope.dimension_cap__";
        Outcome.of("info", file).failsWith(1, key + " is not understood", "add --ignore-key " + key);
        Outcome.of("info", file, "--ignore-key", "llama.block_count")
                .failsWith(1, "--ignore-key llama.block_count makes no sense");
        Outcome taken = Outcome.of("info", file, "--ignore-key", key).succeeds();
        assertTrue(taken.err().contains("changed.gguf: passed over " + key + " as asked"), taken.err());
        // The tokenizer does not depend on it.
        assertEquals(ids(FILES.resolve("llama-f32.gguf"), "the mat"), ids(file, "the mat"));
        Path text = Files.writeString(folder.resolve("text.txt"), "the cat sat on the mat. ".repeat(60));
        Path run = folder.resolve("run");
        Outcome.of(
                        "train",
                        "--init",
                        file,
                        "--ignore-key",
                        key,
                        "--data",
                        text,
                        "--context",
                        16,
                        "--batch",
                        2,
                        "--steps",
                        1,
                        "--out",
                        run)
                .succeeds();
        Outcome.of("train", "--resume", "--steps", 2, "--out", run).succeeds();
    }

    @Test
    void aKeyThatIsReadMayBePassedOver() throws IOException {
        Path file = changed("llama-linear.gguf", "\0linear", "\0cubics".getBytes(StandardCharsets.ISO_8859_1));
        Outcome.of("info", file).failsWith(1, "rope.scaling.type is cubics");
        Outcome taken = Outcome.of("info", file, "--ignore-key", "llama.rope.scaling.type")
                .succeeds();
        assertTrue(taken.err().contains("passed over llama.rope.scaling.type as asked"), taken.err());
    }

    /** The keys for the ends of a turn and a message are read, and an export writes further end tokens to them. */
    @Test
    void severalEndTokensGoThereAndBack() throws IOException {
        Path model = folder.resolve("model");
        Outcome.of("import", FILES.resolve("llama-f32.gguf"), "-o", model).succeeds();
        Path settings = model.resolve("generation_config.json");
        JsonNode known =
                JsonMapper.shared().readTree(Files.readString(settings)).get("eos_token_id");
        int end = (known.isArray() ? known.get(0) : known).intValue();
        String some = "[" + end + ", 70, 71]";
        Files.writeString(settings, "{\"eos_token_id\": " + some + "}");
        removeEnds(model);
        Path file = folder.resolve("ends.gguf");
        String err = Outcome.of("export", model, "--format", "gguf", "--out", file)
                .succeeds()
                .err();
        assertTrue(!err.contains("Note"), err);
        JsonNode ends = small(file, "generation_config.json").get("eos_token_id");
        assertEquals(JsonMapper.shared().readTree(some), ends);
        Files.writeString(settings, "{\"eos_token_id\": [" + end + ", 70, 71, 72, 73]}");
        Path lossy = folder.resolve("lossy.gguf");
        err = Outcome.of("export", model, "--format", "gguf", "--out", lossy)
                .succeeds()
                .err();
        assertTrue(err.contains("no place for the end tokens 72, 73"), err);
        Outcome.of("export", model, "--format", "gguf", "--out", lossy).failsWith(1, "lossy.gguf is there already");
    }

    /** The ids in config.json count as well. */
    private static void removeEnds(Path model) throws IOException {
        Path config = model.resolve("config.json");
        ObjectNode root = (ObjectNode) JsonMapper.shared().readTree(Files.readString(config));
        root.remove("eos_token_id");
        Files.writeString(config, root.toString());
    }

    @Test
    void infoSaysWhatItIs() {
        String out =
                Outcome.of("info", FILES.resolve("llama-q8_0.gguf")).succeeds().out();
        assertTrue(
                out.contains("llama-q8_0.gguf") && out.contains("F32 and Q8_0") && out.contains("tokenizer.json"), out);
    }

    @Test
    void aRunThatBeginsWithAFileCanBeResumed() throws IOException {
        Path model = FILES.resolve("llama-f16.gguf");
        Path text = Files.writeString(folder.resolve("text.txt"), "the cat sat on the mat. ".repeat(60));
        Path run = folder.resolve("run");
        Outcome.of("train", "--init", model, "--data", text, "--context", 16, "--batch", 2, "--steps", 1, "--out", run)
                .succeeds();
        String config = Files.readString(run.resolve("config.yaml"));
        assertTrue(config.contains("tokenizer: ") && !config.contains("tornado-mor-"), config);
        Outcome.of("train", "--resume", "--steps", 2, "--out", run).succeeds();
        assertEquals(ids(model, "the mat"), ids(run, "the mat"));
    }
}

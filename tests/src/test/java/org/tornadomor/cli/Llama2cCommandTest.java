package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.files.SafeTensors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Models in llama2.c's files compute what transformers computes, greedy text included. */
class Llama2cCommandTest {
    private static final Path FILES = Path.of("src/test/resources/llama2c");
    private static final Path EXPECTED = FILES.resolve("expected.safetensors");

    @TempDir
    Path folder;

    private float[] logits(Path model) {
        Path out = folder.resolve("logits");
        Outcome.of("logits", "--model", model, "--input", EXPECTED, "--mode", "train", "--out", out)
                .succeeds();
        try (SafeTensors file = SafeTensors.open(out)) {
            return file.read("logits");
        }
    }

    private static float[] expected() {
        try (SafeTensors file = SafeTensors.open(EXPECTED)) {
            return file.read("logits");
        }
    }

    @ParameterizedTest
    @CsvSource({"version0.bin, 2e-5", "version1.bin, 2e-5", "version2.bin, 5e-2"})
    void logitsAreThoseOfTransformers(String name, double tolerance) {
        GgufCommandTest.assertClose(expected(), logits(FILES.resolve(name)), tolerance);
        Path imported = folder.resolve("imported");
        Outcome.of("import", FILES.resolve(name), "-o", imported).succeeds();
        assertArrayEquals(logits(FILES.resolve(name)), logits(imported));
    }

    @Test
    void greedyTextIsThatOfAPlainForward() throws IOException {
        int[] tokens;
        try (SafeTensors file = SafeTensors.open(EXPECTED)) {
            tokens = file.readInts("greedy");
        }
        Path imported = folder.resolve("imported");
        Path alone = Files.copy(FILES.resolve("version0.bin"), folder.resolve("model.bin"));
        Outcome.of("import", alone, "--tokenizer", FILES.resolve("tokenizer.bin"), "-o", imported)
                .succeeds();
        for (Path model : new Path[] {FILES.resolve("version0.bin"), imported}) {
            String json = Outcome.of(
                            "generate",
                            "--model",
                            model,
                            "--prompt",
                            "the cat sat",
                            "--max-new-tokens",
                            20,
                            "--temperature",
                            0,
                            "--json")
                    .succeeds()
                    .out();
            JsonNode generation =
                    JsonMapper.shared().readTree(json).get("generations").get(0);
            int[] prompt = ints(generation.get("prompt_tokens"));
            int[] drawn = ints(generation.get("tokens"));
            assertArrayEquals(Arrays.copyOf(tokens, prompt.length), prompt);
            assertArrayEquals(Arrays.copyOfRange(tokens, prompt.length, prompt.length + drawn.length), drawn);
            assertTrue(drawn.length == 20 || tokens[prompt.length + drawn.length] <= 2, json);
        }
        // A second implementation of the forward pass, written by us.
        int[] inputs = Arrays.copyOf(tokens, tokens.length - 1);
        double[] logits = new Llama2cReader(FILES.resolve("version0.bin")).logits(inputs);
        for (int t = tokens.length - 21; t < inputs.length; t++) {
            int best = 0;
            for (int v = 1; v < 352; v++) {
                best = logits[t * 352 + v] > logits[t * 352 + best] ? v : best;
            }
            assertEquals(tokens[t + 1], best);
        }
    }

    private static int[] ints(JsonNode list) {
        int[] values = new int[list.size()];
        Arrays.setAll(values, i -> list.get(i).intValue());
        return values;
    }

    @Test
    void idsAreThoseOfSentencePiece() throws IOException {
        Path imported = folder.resolve("imported");
        Outcome.of("import", FILES.resolve("version1.bin"), "-o", imported).succeeds();
        JsonNode ids = JsonMapper.shared().readTree(Files.readString(FILES.resolve("ids.json")));
        for (Map.Entry<String, JsonNode> text : ids.properties()) {
            String out = text.getKey().isEmpty()
                    ? "[]"
                    : Outcome.of("tokenizer", "encode", imported, "--json", text.getKey())
                            .succeeds()
                            .out();
            JsonNode actual = JsonMapper.shared().readTree(out);
            assertArrayEquals(
                    ints(text.getValue()), ints(actual.isArray() ? actual : actual.get("ids")), text.getKey());
        }
    }

    /** There and back: the same tokenizer, the same logits. */
    @Test
    void anExportHasItsTokenizerBesideIt() throws IOException {
        Path imported = folder.resolve("imported");
        Path again = folder.resolve("again");
        Path model = folder.resolve("out/model.bin");
        Outcome.of("import", FILES.resolve("version1.bin"), "-o", imported).succeeds();
        String err = Outcome.of("export", imported, "--format", "llama2c", "--out", model)
                .succeeds()
                .err();
        assertTrue(!err.contains("Note"), err);
        assertArrayEquals(expectedTokens(FILES), expectedTokens(model.getParent()));
        Outcome.of("import", model, "-o", again).succeeds();
        for (String name : new String[] {"tokenizer.json", "tokenizer_config.json", "generation_config.json"}) {
            assertEquals(Files.readString(imported.resolve(name)), Files.readString(again.resolve(name)), name);
        }
        assertArrayEquals(logits(imported), logits(again));
        Outcome.of("export", imported, "--format", "llama2c", "--out", model).failsWith(1, "is there already");
        // The same tokenizer serves several models.
        Outcome.of("export", imported, "--format", "llama2c", "--out", folder.resolve("out/other.bin"))
                .succeeds();
        Files.write(folder.resolve("out/tokenizer.bin"), new byte[8]);
        Path third = folder.resolve("out/third.bin");
        Outcome.of("export", imported, "--format", "llama2c", "--out", third)
                .failsWith(1, "tokenizer.bin is there already");
        Outcome.of("export", imported, "--format", "llama2c", "--out", folder.resolve("tokenizer.bin"))
                .failsWith(1, "the name of the tokenizer");
        assertTrue(!Files.exists(third) && !Files.exists(folder.resolve("tokenizer.bin")));
    }

    /** Length and text of each token; scores may differ as long as their order does not. */
    private static String[] expectedTokens(Path folder) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(folder.resolve("tokenizer.bin")))
                .order(ByteOrder.LITTLE_ENDIAN);
        int longest = in.getInt();
        List<String> tokens = new ArrayList<>();
        while (in.hasRemaining()) {
            in.getFloat();
            byte[] bytes = new byte[in.getInt()];
            in.get(bytes);
            tokens.add(new String(bytes, StandardCharsets.UTF_8));
        }
        tokens.add("longest " + longest);
        return tokens.toArray(String[]::new);
    }

    @Test
    void aTokenizerThatCannotBeWrittenIsToldOf() {
        Path model = folder.resolve("model.bin");
        String err = Outcome.of("export", Folders.GOLDEN.resolve("vanilla"), "--format", "llama2c", "--out", model)
                .succeeds()
                .err();
        assertTrue(err.contains("no tokenizer.bin is written, since") && err.contains("has none"), err);
        Outcome.of("generate", "--model", model, "--prompt", "a")
                .failsWith(1, "put its tokenizer.bin beside the file or give token ids");
        Path bytes = folder.resolve("bytes.bin");
        err = Outcome.of("export", Folders.bytes(folder.resolve("bytes"), null), "--format", "llama2c", "--out", bytes)
                .succeeds()
                .err();
        assertTrue(err.contains("bytes alone"), err);
    }

    @Test
    void whatDoesNotFitIsRefused() throws IOException {
        byte[] sound = Files.readAllBytes(FILES.resolve("version0.bin"));
        Path file = folder.resolve("damaged.bin");
        Files.write(file, Arrays.copyOf(sound, sound.length - 4));
        Outcome.of("info", file).failsWith(1, "damaged.bin", "asks for " + sound.length + " bytes");
        Files.write(file, Arrays.copyOf(sound, sound.length + 4));
        Outcome.of("info", file).failsWith(1, "asks for " + sound.length + " bytes");
        Files.write(file, Arrays.copyOf(sound, 20));
        Outcome.of("info", file).failsWith(1, "too few");
        for (int number = 0; number < 7; number++) {
            for (int value : new int[] {0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, 1 << 23, 5}) {
                byte[] damaged = sound.clone();
                ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).putInt(4 * number, value);
                Files.write(file, damaged);
                Outcome.of("info", file).failsWith(1, "damaged.bin");
            }
        }
        Path empty = folder.resolve("empty");
        Outcome.of("import", FILES.resolve("version0.bin"), "--tokenizer", file, "-o", empty)
                .failsWith(1, "damaged.bin", "not the tokenizer");
        Outcome.of("import", FILES, "-o", empty).failsWith(1, "config.json");
        Outcome.of("import", Folders.GOLDEN.resolve("vanilla"), "--tokenizer", file, "-o", empty)
                .failsWith(1, "--tokenizer is for files of llama2.c");
    }
}

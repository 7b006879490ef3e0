package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.data.PreparedCorpus;
import org.tornadomor.data.TokenSequence;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.files.DType;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;
import org.tornadomor.trainer.RunFolder;
import org.tornadomor.trainer.TinyRuns;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A Llama from elsewhere, whose files say how its texts begin (token 1) and end, on the command line. */
class BeginAndEndTest {
    private static final Path TOKENIZER = Path.of("src/test/resources/tokenizer/byte-fallback/tokenizer.json");
    private static final int VOCABULARY = 291;
    private static final String TEXT = "return the inner thing";

    @TempDir
    Path temp;

    private Path model;

    @BeforeEach
    void makeModel() throws IOException {
        model = Files.createDirectory(temp.resolve("model"));
        ModelConfig config = new ModelConfig(VOCABULARY, 16, 24, 2, 2, 1, 8, 1e-5, 10000, 131_072, true, 0.5, null);
        try (Engine engine = new CpuEngine(1);
                ParameterSet weights = new ParameterSet(engine, "weights", config)) {
            Checkpoints.initialise(engine, weights, 7);
            Checkpoints.save(engine, weights, model, DType.F32);
        }
        Files.copy(TOKENIZER, model.resolve("tokenizer.json"));
        Files.writeString(
                model.resolve("tokenizer_config.json"), "{\"bos_token\": \"<s>\", \"eos_token\": \"</s>\", \"x\": 1}");
    }

    /** Changes keys of a file of the model. */
    private void set(String file, String key, String value) throws IOException {
        Path path = model.resolve(file);
        ObjectNode root = (ObjectNode) JsonMapper.shared().readTree(Files.exists(path) ? Files.readString(path) : "{}");
        root.set(key, JsonMapper.shared().readTree(value));
        Files.writeString(path, root.toString());
    }

    private static JsonNode json(Object... args) {
        return JsonMapper.shared().readTree(Outcome.of(args).succeeds().out());
    }

    private JsonNode generate(Object... options) {
        return json(Stream.concat(
                        Stream.of("generate", "--model", model, "--max-new-tokens", 8, "--json"), Stream.of(options))
                .toArray());
    }

    private static int[] ints(JsonNode array) {
        return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
    }

    private static int[] prompt(JsonNode result) {
        return ints(result.get("generations").get(0).get("prompt_tokens"));
    }

    private int[] encode(String text) {
        try (Tokenizer tokenizer = Tokenizers.load(TOKENIZER.toString())) {
            return tokenizer.encode(text);
        }
    }

    private static int[] behind(int first, int[] ids) {
        return IntStream.concat(IntStream.of(first), Arrays.stream(ids)).toArray();
    }

    @Test
    void promptsBeginAsTheFilesSay() throws IOException {
        int[] plain = encode("the");
        assertArrayEquals(behind(1, plain), prompt(generate("--prompt", "the")));
        assertArrayEquals(plain, prompt(generate("--prompt", "the", "--no-bos")));
        assertArrayEquals(behind(1, plain), prompt(generate("--prompt", "<s>the", "--bos")));
        assertArrayEquals(behind(1, encode("<s>the")), prompt(generate("--prompt", "<s>the", "--no-parse-special")));
        assertArrayEquals(new int[] {1}, prompt(generate("--prompt", "")));
        assertArrayEquals(new int[] {5, 6}, prompt(generate("--prompt-tokens", "5,6")));
        assertEquals(
                2, Outcome.of("generate", "--model", model, "--bos", "--no-bos").code());
        set("tokenizer.json", "post_processor", "null");
        assertArrayEquals(plain, prompt(generate("--prompt", "the")));
        assertArrayEquals(behind(1, plain), prompt(generate("--prompt", "the", "--bos")));
        set("tokenizer_config.json", "add_bos_token", "true");
        assertArrayEquals(behind(1, plain), prompt(generate("--prompt", "the")));
        Files.writeString(model.resolve("tokenizer_config.json"), "{\"eos_token\": \"</s>\"}");
        assertArrayEquals(new int[] {2}, prompt(generate("--prompt", "")));
        Outcome.of("generate", "--model", model, "--prompt", "a", "--bos").failsWith(1, "--bos");
    }

    private JsonNode greedy(Object... more) {
        return generate(Stream.concat(Stream.of("--prompt", "the", "--greedy"), Stream.of(more))
                        .toArray())
                .get("generations")
                .get(0);
    }

    @Test
    void endTokensOfBothFilesAndStopTokensEnd() throws IOException {
        int[] free = ints(greedy().get("tokens"));
        int later = free[3];
        int at = IntStream.range(0, free.length)
                .filter(i -> free[i] == later)
                .findFirst()
                .orElseThrow();
        for (String file : new String[] {"config.json", "generation_config.json"}) {
            set(file, "eos_token_id", "[0, " + later + "]");
            JsonNode ended = greedy();
            assertEquals("end_of_text", ended.get("ended").asString());
            assertArrayEquals(Arrays.copyOf(free, at), ints(ended.get("tokens")));
            set(file, "eos_token_id", "2");
            assertArrayEquals(free, ints(greedy().get("tokens")));
        }
        // Its text is a special token, which shows in no text.
        ArrayNode added = (ArrayNode)
                JsonMapper.shared().readTree(Files.readString(TOKENIZER)).get("added_tokens");
        added.addObject()
                .put("id", later)
                .put("content", spelling(later))
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false)
                .put("special", true);
        set("tokenizer.json", "added_tokens", added.toString());
        assertArrayEquals(free, ints(greedy().get("tokens")));
        JsonNode stopped = greedy("--stop", spelling(later));
        assertEquals("stop", stopped.get("ended").asString());
        assertArrayEquals(Arrays.copyOf(free, at), ints(stopped.get("tokens")));
    }

    private static String spelling(int id) throws IOException {
        return JsonMapper.shared().readTree(Files.readString(TOKENIZER)).get("model").get("vocab").properties().stream()
                .filter(entry -> entry.getValue().asInt() == id)
                .findFirst()
                .orElseThrow()
                .getKey();
    }

    @Test
    void aPromptGivesTheSameTextWhereverItStands() {
        JsonNode alone =
                generate("--prompt", "the", "--seed", 5).get("generations").get(0);
        JsonNode list = generate(
                        "--prompt",
                        "the",
                        "--prompt",
                        "inner return",
                        "--prompt",
                        "the",
                        "--prompt",
                        "a",
                        "--prompt",
                        "the",
                        "--seed",
                        5)
                .get("generations");
        for (int place : new int[] {0, 2, 4}) {
            assertEquals(alone.get("tokens"), list.get(place).get("tokens"));
            assertEquals(alone.get("text"), list.get(place).get("text"));
        }
        assertNotEquals(list.get(0).get("tokens"), list.get(1).get("tokens"));
        JsonNode other =
                generate("--prompt", "the", "--seed", 6).get("generations").get(0);
        assertNotEquals(alone.get("tokens"), other.get("tokens"));
        // Nor does the next seed give the draws of this one, shifted by one.
        assertFalse(Arrays.equals(
                Arrays.copyOfRange(ints(alone.get("tokens")), 1, 8), Arrays.copyOf(ints(other.get("tokens")), 7)));
    }

    @Test
    void newTokensAreTimedWithoutThePrompt() {
        JsonNode timing = generate("--prompt", "the ".repeat(200)).get("timing");
        int news = timing.get("new_tokens").asInt();
        int decoded = timing.get("decoded_tokens").asInt();
        assertEquals(news - 1, decoded);
        assertEquals(
                decoded / timing.get("decode_seconds").asDouble(),
                timing.get("tokens_per_second").asDouble(),
                1e-6 * timing.get("tokens_per_second").asDouble());
        double first = timing.get("first_token_seconds").asDouble();
        assertTrue(first > 0 && first <= timing.get("prefill_seconds").asDouble(), timing::toString);
        String told = Outcome.of("generate", "--model", model, "--prompt", "the", "--max-new-tokens", 8)
                .succeeds()
                .err();
        assertTrue(told.contains("first token after") && told.contains("tokens/s"), told);
    }

    private JsonNode evaluate(Path data, Object... options) {
        return json(Stream.concat(Stream.of("evaluate", "--model", model, "--data", data, "--json"), Stream.of(options))
                .toArray());
    }

    /** Sum of the losses of tokens from a place on, each predicted from all before it. */
    private double loss(int[] ids, int from) {
        Path input = temp.resolve("ids.json");
        Path out = temp.resolve("logits.st");
        try {
            Files.writeString(input, "[" + Arrays.toString(ids) + "]");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Outcome.of("logits", "--model", model, "--input", input, "--mode", "causal", "--out", out)
                .succeeds();
        float[] logits;
        try (TensorSource file = TensorSource.open(out)) {
            logits = file.read("logits");
        }
        double sum = 0;
        for (int i = from; i < ids.length; i++) {
            float[] row = Arrays.copyOfRange(logits, (i - 1) * VOCABULARY, i * VOCABULARY);
            double norm = IntStream.range(0, VOCABULARY)
                    .mapToDouble(v -> Math.exp(row[v]))
                    .sum();
            sum += Math.log(norm) - row[ids[i]];
        }
        return sum;
    }

    private static void check(JsonNode result, double loss, long tokens, long bytes, String behind) {
        assertEquals(tokens, result.get("tokens").asLong());
        assertEquals(bytes, result.get("bytes").asLong());
        assertEquals(behind, result.get("behind").asString());
        double perToken = result.get("causal").get("loss_per_token").asDouble();
        assertEquals(loss / tokens, perToken, 1e-4 * perToken);
        double bits = result.get("causal").get("bits_per_byte").asDouble();
        assertEquals(loss / bytes / Math.log(2), bits, 1e-4 * bits);
    }

    @Test
    void textIsScoredBehindItsBeginningAndWithoutItsEnd() throws IOException {
        Path text = Files.writeString(temp.resolve("text.txt"), TEXT);
        int[] ids = encode(TEXT);
        int[] begun = behind(1, ids);
        check(evaluate(text), loss(begun, 1), ids.length, TEXT.length(), "begin");
        int[] ended = Arrays.copyOf(begun, begun.length + 1);
        ended[begun.length] = 2;
        check(evaluate(text, "--score-end"), loss(ended, 1), ids.length + 1, TEXT.length(), "begin");
        // Nothing stands before the first token, which is given then.
        int given = bytesOf(ids[0]);
        check(evaluate(text, "--no-bos"), loss(ids, 1), ids.length - 1, TEXT.length() - given, "nothing");
        JsonNode cut = evaluate(text, "--max-tokens", 3);
        check(cut, loss(Arrays.copyOf(begun, 4), 1), 3, bytesOf(Arrays.copyOfRange(begun, 1, 4)), "begin");
        String table = Outcome.of("evaluate", "--model", model, "--data", text)
                .succeeds()
                .out();
        assertTrue(table.contains(ids.length + " tokens scored in 1 text"), table);
        assertTrue(table.contains("behind the beginning token (1); end tokens are not scored"), table);
        assertTrue(table.contains("bits per byte"), table);
    }

    private int bytesOf(int... ids) {
        try (Tokenizer tokenizer = Tokenizers.load(TOKENIZER.toString())) {
            return (int) tokenizer.countBytes(ids);
        }
    }

    /** Each text is predicted from its own beginning on, whatever its neighbours are. */
    @Test
    void textsAreScoredOneByOne() throws IOException {
        Path file = temp.resolve("texts.jsonl");
        // What spells a special token is text, behind the beginning token like any other.
        String[] texts = {TEXT, "the", "a return thing, the inner of it", "<s>the</s>", ""};
        StringBuilder lines = new StringBuilder();
        double sum = 0;
        long tokens = 0;
        long bytes = 0;
        for (String text : texts) {
            lines.append("{\"text\": \"").append(text).append("\"}\n");
            sum += text.isEmpty() ? 0 : loss(behind(1, encode(text)), 1);
            tokens += encode(text).length;
            bytes += text.getBytes(StandardCharsets.UTF_8).length;
        }
        Files.writeString(file, lines);
        check(evaluate(file), sum, tokens, bytes, "begin");
        check(evaluate(file, "--batch", 1), sum, tokens, bytes, "begin");
        // In windows, of which each but the first starts with the last token of the one before.
        double windows = 0;
        for (String text : texts) {
            int[] ids = behind(1, encode(text));
            for (int from = 0; from < ids.length - 1; from += 3) {
                windows += loss(Arrays.copyOfRange(ids, from, Math.min(from + 4, ids.length)), 1);
            }
        }
        JsonNode result = evaluate(file, "--context", 3);
        check(result, windows, tokens, bytes, "begin");
        assertEquals(3, result.get("context").asInt());
    }

    /** What a prepared corpus holds out is texts again, whose tokens begin already. */
    @Test
    void textsOfAPreparedCorpusAreScoredOneByOne() throws IOException {
        Path file = temp.resolve("texts.jsonl");
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            lines.append("{\"text\": \"the inner ").append("on".repeat(i)).append("\"}\n");
        }
        Files.writeString(file, lines);
        Path prepared = temp.resolve("prepared");
        Outcome.of("data", "prepare", file, "--tokenizer", model, "--hold-out", "50%", "-o", prepared)
                .succeeds();
        int[] all = tokens(PreparedCorpus.open(prepared).corpus().validation().tokens());
        double sum = 0;
        long count = 0;
        int bytes = 0;
        for (int from = 0, to = 0; to < all.length; to++) {
            if (all[to] == 2) {
                assertEquals(1, all[from]);
                sum += loss(Arrays.copyOfRange(all, from, to), 1);
                count += to - from - 1;
                bytes += bytesOf(Arrays.copyOfRange(all, from, to));
                from = to + 1;
            }
        }
        assertTrue(count > 0);
        check(evaluate(prepared), sum, count, bytes, "begin");
    }

    /** All positions of this model at once would take days. */
    @Test
    void theDefaultWindowIsOneThatRuns() throws IOException {
        Path text = Files.writeString(temp.resolve("text.txt"), "x".repeat(5000));
        JsonNode result = evaluate(text);
        assertEquals(2048, result.get("context").asInt());
        assertEquals(5000, result.get("bytes").asInt());
    }

    @Test
    void documentsOfTrainingBeginAsTheFilesSay() throws IOException {
        Path file = Files.writeString(temp.resolve("texts.jsonl"), "{\"text\": \"the\"}\n{\"text\": \"inner\"}\n");
        int[][] wanted = {behind(1, encode("the")), encode("the")};
        String[][] options = {{}, {"--no-bos"}};
        for (int i = 0; i < 2; i++) {
            Path out = temp.resolve("prepared-" + i);
            Object[] args = {"data", "prepare", file, "--tokenizer", model, "--hold-out", "0%", "-o", out, "--json"};
            JsonNode report =
                    json(Stream.concat(Stream.of(args), Stream.of(options[i])).toArray());
            assertTrue(report.isObject());
            int[] tokens = tokens(PreparedCorpus.open(out).corpus().training().tokens());
            assertArrayEquals(wanted[i], Arrays.copyOf(tokens, wanted[i].length));
            assertEquals(2, tokens[wanted[i].length]);
            assertEquals(2 * 1 + encode("the").length + encode("inner").length + (i == 0 ? 2 : 0), tokens.length);
        }
        // The two are different corpora.
        Outcome.of("train", "--init", model, "--data", temp.resolve("prepared-1"), "--out", temp.resolve("r"))
                .failsWith(1, "prepared with another tokenizer");
    }

    private static int[] tokens(TokenSequence sequence) {
        int[] tokens = new int[(int) sequence.size()];
        sequence.copy(0, tokens, 0, tokens.length);
        return tokens;
    }

    /** Fine-tuning keeps what the model came with, and what it is told about the beginning stays with the checkpoint. */
    @Test
    void fineTuningKeepsTheFiles() throws IOException {
        String settings = "{\"bos_token_id\": 1, \"eos_token_id\": [2, 40], \"temperature\": 0.6}";
        Files.writeString(model.resolve("generation_config.json"), settings);
        Files.writeString(model.resolve("chat_template.jinja"), "{{ messages }}");
        Path text = TinyRuns.text(temp);
        for (boolean bos : new boolean[] {true, false}) {
            Path run = temp.resolve("run-" + bos);
            Object[] args = {
                "train", "--init", model, "--data", text, "--context", 16, "--steps", 1, "--out", run, "--samples", 0
            };
            Outcome.of(Stream.concat(Stream.of(args), bos ? Stream.of() : Stream.of("--no-bos"))
                            .toArray())
                    .succeeds();
            Path saved = RunFolder.latest(run);
            assertEquals(settings, Files.readString(saved.resolve("generation_config.json")));
            assertEquals("{{ messages }}", Files.readString(saved.resolve("chat_template.jinja")));
            JsonNode config = JsonMapper.shared().readTree(Files.readString(saved.resolve("config.json")));
            assertEquals(1, config.get("bos_token_id").asInt());
            assertEquals("[2,40]", config.get("eos_token_id").toString());
            JsonNode tokenizer = JsonMapper.shared().readTree(Files.readString(saved.resolve("tokenizer_config.json")));
            assertEquals(1, tokenizer.get("x").asInt());
            JsonNode result = json("generate", "--model", run, "--prompt", "the", "-n", 1, "--json");
            assertArrayEquals(bos ? behind(1, encode("the")) : encode("the"), prompt(result));
            Outcome.of("train", "--resume", "--out", run, "--steps", 2).succeeds();
            assertEquals(settings, Files.readString(RunFolder.latest(run).resolve("generation_config.json")));
        }
        // With another tokenizer its ids mean something else.
        Path other = temp.resolve("other");
        Outcome.of(
                        "train",
                        "--init",
                        model,
                        "--tokenizer",
                        "bytes",
                        "--data",
                        text,
                        "--context",
                        16,
                        "--steps",
                        1,
                        "--out",
                        other,
                        "--samples",
                        0)
                .succeeds();
        JsonNode written = JsonMapper.shared()
                .readTree(Files.readString(RunFolder.latest(other).resolve("generation_config.json")));
        assertEquals(256, written.get("eos_token_id").asInt());
        assertFalse(written.has("temperature"));
    }

    @Test
    void exportsSayHowTextsBeginAndEnd() throws IOException {
        set("generation_config.json", "eos_token_id", "[2, 40]");
        Path out = temp.resolve("exported");
        Outcome.of("export", model, "--format", "hf", "--out", out).succeeds();
        JsonNode config = JsonMapper.shared().readTree(Files.readString(out.resolve("config.json")));
        JsonNode generation = JsonMapper.shared().readTree(Files.readString(out.resolve("generation_config.json")));
        for (JsonNode file : new JsonNode[] {config, generation}) {
            assertEquals("[2,40]", file.get("eos_token_id").toString());
            assertEquals(1, file.get("bos_token_id").asInt());
        }
        Path run = temp.resolve("run");
        Path yaml = Files.writeString(
                temp.resolve("tiny.yaml"), TinyRuns.config(TinyRuns.text(temp)).toYaml());
        Outcome.of("train", "--config", yaml, "--steps", 1, "--out", run, "--samples", 0)
                .succeeds();
        Path bytes = temp.resolve("bytes");
        Outcome.of("export", run, "--format", "hf", "--out", bytes).succeeds();
        for (Path folder : new Path[] {RunFolder.latest(run), bytes}) {
            for (String name : new String[] {"config.json", "generation_config.json"}) {
                JsonNode file = JsonMapper.shared().readTree(Files.readString(folder.resolve(name)));
                assertEquals(256, file.get("eos_token_id").asInt());
                assertEquals(256, file.get("bos_token_id").asInt());
            }
        }
        Outcome.of("info", bytes).succeeds();
    }

    /** Ids of a model without a tokenizer end as its files say. */
    @Test
    void bareIdsEndToo() throws IOException {
        Files.delete(model.resolve("tokenizer.json"));
        Files.delete(model.resolve("tokenizer_config.json"));
        JsonNode free = json("generate", "--model", model, "--prompt-tokens", "5,6", "--greedy", "-n", 4, "--json");
        int first = free.get("generations").get(0).get("tokens").get(0).asInt();
        set("generation_config.json", "eos_token_id", "[" + first + "]");
        JsonNode ended = json("generate", "--model", model, "--prompt-tokens", "5,6", "--greedy", "-n", 4, "--json");
        assertEquals("end_of_text", ended.get("generations").get(0).get("ended").asString());
    }
}

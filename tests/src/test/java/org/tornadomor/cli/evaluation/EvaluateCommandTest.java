package org.tornadomor.cli.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.cli.Folders;
import org.tornadomor.cli.Outcome;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class EvaluateCommandTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path model;
    private static Path text;

    @BeforeAll
    static void prepare() throws IOException {
        model = Folders.bytes(shared.resolve("model"));
        text = Files.writeString(shared.resolve("text.txt"), "The quick brown fox: \u00e4\u00f6\u00fc. ".repeat(30));
    }

    private static JsonNode evaluate(Object... options) {
        Object[] args = new Object[options.length + 6];
        System.arraycopy(new Object[] {"evaluate", "--model", model, "--data", text, "--json"}, 0, args, 0, 6);
        System.arraycopy(options, 0, args, 6, options.length);
        return JsonMapper.shared().readTree(Outcome.of(args).succeeds().out());
    }

    @Test
    void figuresFitTogether() throws IOException {
        JsonNode result = evaluate();
        long bytes = Files.size(text);
        assertEquals(bytes, result.get("bytes").asLong());
        // Every byte, the first behind the end of a text before.
        assertEquals(bytes, result.get("tokens").asLong());
        assertEquals("end", result.get("behind").asString());
        assertEquals(Folders.POSITIONS, result.get("context").asInt());
        assertEquals(bytes + 1, evaluate("--score-end").get("tokens").asLong());
        for (String mode : new String[] {"train", "causal"}) {
            JsonNode figures = result.get(mode);
            double loss = figures.get("loss_per_token").asDouble();
            assertTrue(loss > 4 && loss < 8, "an untrained model is near ln 257: " + loss);
            assertEquals(Math.exp(loss), figures.get("perplexity_per_token").asDouble(), 1e-9 * Math.exp(loss));
            double perByte = loss;
            assertEquals(perByte, figures.get("loss_per_byte").asDouble(), 1e-9);
            assertEquals(perByte / Math.log(2), figures.get("bits_per_byte").asDouble(), 1e-9);
            double share = 0;
            for (JsonNode depth : figures.get("depth_share")) {
                share += depth.asDouble();
            }
            assertEquals(1, share, 1e-9);
            assertTrue(figures.get("tokens_per_second").asDouble() > 0);
        }
    }

    @Test
    void theLossDoesNotDependOnBatchOrThreads() {
        double one = loss(evaluate("--batch", 1, "--threads", 1), "train");
        assertEquals(one, loss(evaluate("--batch", 7, "--threads", 2), "train"), 1e-6);
        assertEquals(one, loss(evaluate("--batch", 1000), "train"), 1e-6);
    }

    private static double loss(JsonNode result, String mode) {
        return result.get(mode).get("loss_per_token").asDouble();
    }

    @Test
    void knobsMoveTheCausalDepth() {
        assertEquals(
                1, evaluate("--threshold", 1).get("causal").get("mean_depth").asDouble(), 1e-9);
        assertEquals(
                3, evaluate("--threshold", 0).get("causal").get("mean_depth").asDouble(), 1e-9);
        JsonNode capped = evaluate("--max-depth", 1);
        assertEquals(1, capped.get("train").get("mean_depth").asDouble(), 1e-9);
        assertTrue(capped.get("train").get("compute_saved").asDouble() > 0.3);
        assertNotEquals(loss(evaluate(), "train"), loss(capped, "train"));
    }

    @Test
    void textIsBoundedAndFiltered() throws IOException {
        assertEquals(100, evaluate("--max-tokens", 100).get("tokens").asLong());
        Path texts = Files.createDirectory(folder.resolve("texts"));
        Files.writeString(texts.resolve("a.txt"), "twelve bytes");
        Files.writeString(texts.resolve("b.md"), "left out");
        JsonNode result = JsonMapper.shared()
                .readTree(Outcome.of("evaluate", "--model", model, "--data", texts, "--filter", "*.txt", "--json")
                        .succeeds()
                        .out());
        assertEquals(12, result.get("bytes").asLong());
    }

    @Test
    void peopleGetATable() {
        String table = Outcome.of("evaluate", "--model", model, "--data", text)
                .succeeds()
                .out();
        assertTrue(table.contains("causal mode") && table.contains("tokens of depth 3"), table);
    }

    @Test
    void modelsOfOtherKindsAreEvaluatedToo() throws IOException {
        Path ids = Folders.golden("vanilla", folder.resolve("m"), "", "");
        Outcome.of("evaluate", "--model", ids, "--data", text).failsWith(1, "tokenizer");
        Outcome.of("evaluate", "--model", ids, "--data", text, "--tokenizer", "bytes")
                .failsWith(1, "257", "64");
        Outcome.of("evaluate", "--model", model, "--data", text, "--tokenizer", "bytes")
                .succeeds();
    }

    @Test
    void textThatCannotBeUsed() throws IOException {
        Path empty = Files.createFile(folder.resolve("empty.txt"));
        Outcome.of("evaluate", "--model", model, "--data", empty).failsWith(1, "no text", "empty.txt");
        Path missing = folder.resolve("missing.txt");
        Outcome.of("evaluate", "--model", model, "--data", missing).failsWith(1, "missing.txt");
        Path latin = Files.write(folder.resolve("latin.txt"), new byte[] {'a', (byte) 0xe4, 'b'});
        Outcome.of("evaluate", "--model", model, "--data", latin).failsWith(1, "UTF-8", "latin.txt");
        Outcome.of("evaluate", "--model", model, "--data", folder, "--filter", "[")
                .failsWith(1, "glob");
    }

    @Test
    void optionsThatMakeNoSense() {
        Outcome.of("evaluate", "--model", model, "--data", text, "--context", 65)
                .failsWith(1, "65", "64 positions");
        Outcome.of("evaluate", "--model", model, "--data", text, "--batch", 0).failsWith(1, "--batch 0");
        Outcome.of("evaluate", "--model", model, "--data", text, "--max-tokens", 0)
                .failsWith(1, "--max-tokens 0");
        Outcome.of("evaluate", "--model", model).failsWith(2, "--data");
    }

    @Test
    void exitsAreMeasuredAtEachDepth() throws IOException {
        Path model = Folders.bytes(folder.resolve("mor"));
        Path text = Files.writeString(folder.resolve("exits.txt"), "Where would this token leave? ".repeat(9));
        JsonNode json = JsonMapper.shared()
                .readTree(Outcome.of("evaluate", "--model", model, "--data", text, "--exits", "--json")
                        .succeeds()
                        .out());
        double sum = 0;
        for (int r = 1; r <= 3; r++) {
            JsonNode end = json.get("exits").get(r - 1);
            sum += end.get("oracle_share").doubleValue();
            String alone = Outcome.of(
                            "evaluate", "--model", model, "--data", text, "--max-depth", Integer.toString(r), "--json")
                    .succeeds()
                    .out();
            assertEquals(
                    JsonMapper.shared()
                            .readTree(alone)
                            .at("/causal/loss_per_token")
                            .doubleValue(),
                    end.get("loss_per_token").doubleValue(),
                    1e-5);
        }
        assertEquals(1, sum, 1e-9);
        assertEquals(1, json.at("/exits/2/agreement").doubleValue());
        assertTrue(json.at("/exits/0/oracle_share").doubleValue()
                == json.at("/exits/0/agreement").doubleValue());
        Outcome reported = Outcome.of(
                        "evaluate", "--model", model, "--data", text, "--exits", "--json", "--report", "transfers")
                .succeeds();
        assertTrue(reported.err().contains("batch to the end of recursion 3"), reported.err());
        assertTrue(JsonMapper.shared().readTree(reported.out()).has("transfers"), reported.out());
        Outcome.of("evaluate", "--model", model, "--data", text, "--exits", "--max-depth", "2")
                .failsWith(1, "--max-depth changes nothing");
        Outcome.of(
                        "evaluate",
                        "--model",
                        Folders.GOLDEN.resolve("vanilla"),
                        "--tokenizer",
                        "bytes",
                        "--data",
                        text,
                        "--exits")
                .failsWith(1, "--exits changes nothing");
    }
}

package org.tornadomor.cli.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.cli.Folders;
import org.tornadomor.cli.Outcome;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class WeightsOptionTest {
    @TempDir
    Path folder;

    @Test
    void narrowWeightsScoreAlmostAsWell() throws IOException {
        Path model = Folders.bytes(folder.resolve("model"));
        Path text = Files.writeString(folder.resolve("text"), "public static void main(String[] args) { }".repeat(9));
        double exact = loss(model, text, "float32");
        double half = loss(model, text, "bfloat16");
        double bytes = loss(model, text, "INT8");
        assertEquals(exact, half, 0.01);
        assertEquals(exact, bytes, 0.05);
        assertNotEquals(exact, half);
        assertNotEquals(half, bytes);
    }

    private static double loss(Path model, Path text, String weights) {
        String json = Outcome.of("evaluate", "--model", model, "--data", text, "--weights", weights, "--json")
                .succeeds()
                .out();
        JsonNode node = JsonMapper.shared().readTree(json);
        double loss = node.findValue("loss_per_token").asDouble();
        assertTrue(loss > 0, json);
        return loss;
    }

    @Test
    void everyCommandThatReadsWeightsTakesThem() {
        Path model = Folders.bytes(folder.resolve("model"));
        Outcome.of("generate", "--model", model, "--prompt", "a", "--max-new-tokens", "3", "--weights", "int8")
                .succeeds();
        Path ids = Folders.GOLDEN.resolve("vanilla").resolve("expected.safetensors");
        Path out = folder.resolve("out");
        Outcome.of(
                        "logits",
                        "--model",
                        model,
                        "--input",
                        ids,
                        "--mode",
                        "causal",
                        "--out",
                        out,
                        "--weights",
                        "bfloat16")
                .succeeds();
        Outcome.of("generate", "--model", model, "--prompt", "a", "--weights", "int4")
                .failsWith(2, "--weights", "int4", "INT8");
    }

    @Test
    void keysMayBeNarrowToo() {
        Path model = Folders.bytes(folder.resolve("model"));
        for (String type : new String[] {"float32", "bfloat16"}) {
            Outcome.of("generate", "--model", model, "--prompt", "a", "--max-new-tokens", "20", "--kv", type)
                    .succeeds();
        }
        Outcome.of("generate", "--model", model, "--prompt", "a", "--kv", "int8")
                .failsWith(2, "--kv", "int8");
        Outcome.of("generate", "--model", model, "--prompt", "a", "--engine", "simulator", "--kv", "bfloat16")
                .failsWith(1, "caches of type BF16", "cpu engine");
    }

    @Test
    void devicesHaveNone() {
        Path model = Folders.bytes(folder.resolve("model"));
        Outcome.of("generate", "--model", model, "--prompt", "a", "--engine", "simulator", "--weights", "int8")
                .failsWith(1, "weights, narrow of type I8", "cpu engine");
    }
}

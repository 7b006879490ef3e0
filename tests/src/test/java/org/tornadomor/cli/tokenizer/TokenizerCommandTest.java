package org.tornadomor.cli.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.cli.Outcome;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TokenizerCommandTest {
    private static final String SENTENCE = "public static void main(String[] args) { return; } // line %d%n";

    @TempDir
    Path folder;

    private Path text;
    private Path tokenizer;

    @BeforeEach
    void writeText() throws IOException {
        text = folder.resolve("text.java");
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 400; i++) {
            lines.append(String.format(SENTENCE, i));
        }
        Files.writeString(text, lines);
        tokenizer = folder.resolve("bpe");
    }

    private Outcome train() {
        return Outcome.of("tokenizer", "train", text, "--vocab-size", 300, "-o", tokenizer)
                .succeeds();
    }

    private static JsonNode json(Outcome outcome) {
        return JsonMapper.shared().readTree(outcome.succeeds().out());
    }

    private static Outcome withInput(String input, Object... args) {
        InputStream before = System.in;
        try {
            System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
            return Outcome.of(args);
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void trainsAndShowsWhatItLearnt() {
        String out = train().out();
        assertTrue(out.contains("300 tokens, 43 merges"), out);
        JsonNode info = json(Outcome.of("tokenizer", "info", tokenizer, "--data", text, "--json"));
        assertEquals(300, info.path("vocab_size").asInt());
        assertEquals(299, info.path("end_of_text").asInt());
        assertTrue(info.path("bytes_per_token").asDouble() > 2, info.toString());
        assertTrue(Outcome.of("tokenizer", "info", tokenizer).succeeds().out().contains("end of text  token 299"));
    }

    @Test
    void textGoesThereAndBack() {
        train();
        String sample = "public int x;\n\té漢 ";
        String ids =
                withInput(sample, "tokenizer", "encode", tokenizer).succeeds().out();
        assertEquals(
                sample,
                withInput(ids, "tokenizer", "decode", tokenizer).succeeds().out());
        JsonNode encoded = json(Outcome.of("tokenizer", "encode", tokenizer, "public static", "void", "--json"));
        StringBuilder joined = new StringBuilder();
        encoded.path("pieces").forEach(piece -> joined.append(piece.asString()));
        assertEquals("public static void", joined.toString());
        assertEquals(encoded.path("pieces").size(), encoded.path("ids").size());
        assertEquals(
                "A",
                json(Outcome.of("tokenizer", "decode", "bytes", "65", "--json"))
                        .path("text")
                        .asString());
    }

    @Test
    void aModelOfItsTokensKeepsIt() {
        train();
        Path run = folder.resolve("run");
        Outcome.of(
                        "train",
                        "--tokenizer",
                        tokenizer,
                        "--data",
                        text,
                        "--out",
                        run,
                        "--steps",
                        2,
                        "--context",
                        16,
                        "--batch",
                        2,
                        "--set",
                        "eval_samples=2",
                        "--hold-out",
                        "20%",
                        "--engine",
                        "cpu",
                        "--set",
                        "model.hidden_size=24",
                        "--set",
                        "model.intermediate_size=32")
                .succeeds();
        String before = json(Outcome.of("tokenizer", "info", tokenizer, "--json"))
                .path("fingerprint")
                .asString();
        JsonNode info = json(Outcome.of("tokenizer", "info", run, "--json"));
        assertEquals(before, info.path("fingerprint").asString());
        JsonNode evaluation =
                json(Outcome.of("evaluate", "--model", run, "--data", text, "--max-tokens", 200, "--json"));
        assertTrue(evaluation.path("bytes").asLong() > 400, evaluation.toString());
        Outcome.of("generate", "--model", run, "--prompt", "public", "--max-new-tokens", 4)
                .succeeds();
    }

    @Test
    void saysWhatIsWrong() {
        train();
        Outcome.of("tokenizer", "train", text, "-o", tokenizer).failsWith(1, "is there already");
        Outcome.of("tokenizer", "train", text, "-o", folder.resolve("b"), "--vocab-size", 100)
                .failsWith(1, "--vocab-size 100", "257");
        Outcome.of("tokenizer", "train", text, "-o", folder.resolve("b"), "--max-bytes", "many")
                .failsWith(1, "--max-bytes many");
        Outcome.of("tokenizer", "train", folder.resolve("none"), "-o", folder.resolve("b"))
                .failsWith(1, "no text at");
        Outcome.of("tokenizer", "info", folder.resolve("none")).failsWith(1, "no tokenizer at");
        Outcome.of("tokenizer", "decode", tokenizer, "300").failsWith(1, "'300' is not an id", "299");
        Outcome.of("tokenizer", "decode", tokenizer, "x").failsWith(1, "'x' is not an id");
    }
}

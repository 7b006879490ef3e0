package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.files.DType;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Tokenizers of Llama at the command line: special tokens in text, and texts whose first space is stripped. */
class SpecialTokensCommandTest {
    private static final Path LLAMA = Path.of("src/test/resources/tokenizer/byte-fallback");
    private static final Path INPUTS = Path.of("src/test/resources/tokenizer/faults");

    @TempDir
    static Path folder;

    private static Path page;
    private static Path model;

    @BeforeAll
    static void write() throws IOException {
        page = Files.writeString(folder.resolve("strike.html.txt"), "<p>old <s>price</s> new</p>\n".repeat(50));
        model = folder.resolve("model");
        try (Engine engine = new CpuEngine(1);
                Tokenizer tokenizer = Tokenizers.load(LLAMA.toString())) {
            ModelConfig config = new ModelConfig(
                    tokenizer.vocabSize(), 16, 16, 8, 2, 1, 8, 1e-5, 10000, 64, true, 0.3, MorConfig.expertChoice(3));
            try (ParameterSet weights = new ParameterSet(engine, "weights", config)) {
                Checkpoints.initialise(engine, weights, 5);
                Checkpoints.save(engine, weights, model, DType.F32);
            }
            tokenizer.save(model);
        }
    }

    private static JsonNode json(Object... args) {
        return JsonMapper.shared().readTree(Outcome.of(args).succeeds().out());
    }

    private static JsonNode source(JsonNode corpus) {
        return corpus.path("sources").path(0);
    }

    @Test
    void corporaTakeThemForTextUnlessAsked() {
        Path plain = folder.resolve("plain");
        JsonNode text =
                source(json("data", "prepare", page, "--tokenizer", LLAMA, "-o", plain, "--hold-out", "0", "--json"));
        assertEquals(100, text.path("special_spelled").asInt());
        assertEquals(0, text.path("special_parsed").asInt());
        assertTrue(Outcome.of("data", "info", plain).succeeds().out().contains("100 spelled in the text"));
        Path parsed = folder.resolve("parsed");
        JsonNode tokens = source(json(
                "data",
                "prepare",
                page,
                "--tokenizer",
                LLAMA,
                "-o",
                parsed,
                "--hold-out",
                "0",
                "--parse-special",
                "--json"));
        assertEquals(100, tokens.path("special_parsed").asInt());
        assertTrue(Outcome.of("data", "info", parsed).succeeds().out().contains("100 parsed out of the text"));
        Outcome.of("data", "prepare", page, "--tokenizer", LLAMA, "-o", plain, "--hold-out", "0", "--parse-special")
                .failsWith(1, "parseSpecial");
    }

    @Test
    void promptsAreParsedUnlessAsked() {
        JsonNode parsed = generation("--prompt", "</s>the", "--no-bos");
        assertEquals(2, parsed.path("prompt_tokens").path(0).asInt());
        for (JsonNode id : generation("--prompt", "</s>the", "--no-bos", "--no-parse-special")
                .path("prompt_tokens")) {
            assertTrue(id.asInt() > 2);
        }
    }

    private static JsonNode generation(Object... options) {
        Object[] args = new Object[options.length + 6];
        System.arraycopy(new Object[] {"generate", "--model", model, "--max-new-tokens", 12, "--json"}, 0, args, 0, 6);
        System.arraycopy(options, 0, args, 6, options.length);
        return json(args).path("generations").path(0);
    }

    /** What is printed, of one prompt and of several, with depths and without, is the decoding of all ids. */
    @Test
    void whatIsPrintedIsTheDecodingOfAllIds() {
        for (int seed = 0; seed < 6; seed++) {
            JsonNode it = generation("--prompt", "the on", "--seed", seed);
            StringBuilder ids = new StringBuilder();
            for (String key : new String[] {"prompt_tokens", "tokens"}) {
                it.path(key).forEach(id -> ids.append(id.asInt()).append(' '));
            }
            String whole =
                    Outcome.of("tokenizer", "decode", LLAMA, ids).succeeds().out();
            assertEquals(whole, "the on" + it.path("text").asString());
            String printed = Outcome.of(
                            "generate", "--model", model, "--max-new-tokens", 12, "--prompt", "the on", "--seed", seed)
                    .succeeds()
                    .out();
            assertEquals(
                    whole,
                    printed.substring(
                            0, printed.length() - System.lineSeparator().length()));
            String several = Outcome.of(
                            "generate",
                            "--model",
                            model,
                            "--max-new-tokens",
                            12,
                            "--prompt",
                            "the on",
                            "--prompt",
                            "a",
                            "--seed",
                            seed)
                    .succeeds()
                    .out();
            assertTrue(several.contains(whole), several);
        }
    }

    @Test
    void faultyTokenizersAreOneLine() {
        for (String name :
                new String[] {"crash_tokenizer", "id_2e32", "id_maxint", "prepend_empty", "redos0", "wordlevel_no_unk"
                }) {
            Path file = INPUTS.resolve(name + ".json");
            Outcome.of("tokenizer", "info", file).failsWith(1, name);
            Outcome.of("tokenizer", "encode", file, "a".repeat(40)).failsWith(1, name);
        }
    }
}

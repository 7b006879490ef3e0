package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.model.MorConfigBuilder;
import org.tornadomor.model.RouterKind;
import org.tornadomor.model.Sharing;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What is exported loads where it is meant to and gives the greedy tokens that we give: in transformers, by the Python of
 * {@code TORNADOMOR_PYTHON}, and in llama.cpp, by the package node-llama-cpp in the folder {@code TORNADOMOR_NODE_LLAMA_CPP}.
 * Where these are not named, the tests are skipped with a message.
 */
@Tag("slow")
class PeersTest {
    private static final String PROMPT = "public static int sum";
    private static final int TOKENS = 24;

    private static final String TRANSFORMERS = """
            import json, sys, torch, transformers
            folder, count, ids = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
            model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
            if len(sys.argv) > 4:
                ids = transformers.AutoTokenizer.from_pretrained(folder)(sys.argv[4])["input_ids"]
            tokens = list(ids)
            with torch.no_grad():
                for _ in range(count):
                    tokens.append(int(model(torch.tensor([tokens])).logits[0, -1].argmax()))
            print("RESULT", json.dumps({"prompt": ids, "tokens": tokens[len(ids):]}))
            """;

    private static final String NODE = """
            import {getLlama, LlamaLogLevel} from "node-llama-cpp";
            const [,, file, count, text] = process.argv;
            const llama = await getLlama({gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: 1});
            const model = await llama.loadModel({modelPath: file});
            const context = await model.createContext({contextSize: 64});
            const ids = model.tokenize(text, true);
            const prompt = model.tokens.shouldPrependBosToken ? [model.tokens.bos, ...ids] : ids;
            const tokens = [];
            for await (const token of context.getSequence().evaluate(prompt, {temperature: 0, yieldEogToken: true})) {
              tokens.push(token);
              if (tokens.length >= +count) break;
            }
            console.log("RESULT", JSON.stringify({prompt, tokens}));
            process.exit(0);
            """;

    @TempDir
    Path folder;

    private Path model;

    @BeforeEach
    void makeAModel() {
        model = Folders.bytes(
                folder.resolve("model"),
                new MorConfigBuilder(3, RouterKind.NONE)
                        .sharing(Sharing.MIDDLE_CYCLE)
                        .build());
    }

    /** Prompt and new tokens of ours. */
    private static int[][] ours(Path model) {
        String json = Outcome.of(
                        "generate",
                        "--model",
                        model,
                        "--prompt",
                        PROMPT,
                        "--max-new-tokens",
                        TOKENS,
                        "--temperature",
                        0,
                        "--json",
                        "--engine",
                        "cpu")
                .succeeds()
                .out();
        JsonNode generation =
                JsonMapper.shared().readTree(json).get("generations").get(0);
        return new int[][] {ints(generation.get("prompt_tokens")), ints(generation.get("tokens"))};
    }

    private static int[] ints(JsonNode list) {
        int[] values = new int[list.size()];
        Arrays.setAll(values, i -> list.get(i).intValue());
        return values;
    }

    private static int[][] run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(5, TimeUnit.MINUTES), output);
        assertEquals(0, process.exitValue(), output);
        String result = output.lines()
                .filter(line -> line.startsWith("RESULT "))
                .findFirst()
                .orElseThrow(() -> new AssertionError(output));
        JsonNode json = JsonMapper.shared().readTree(result.substring("RESULT ".length()));
        return new int[][] {ints(json.get("prompt")), ints(json.get("tokens"))};
    }

    private static String named(String variable) {
        String value = System.getenv(variable);
        assumeTrue(value != null, variable + " is not set");
        return value;
    }

    private int[][] transformers(Path exported, int[] prompt, String... text) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                named("TORNADOMOR_PYTHON"),
                "-c",
                TRANSFORMERS,
                exported.toString(),
                "" + TOKENS,
                Arrays.toString(prompt)));
        command.addAll(List.of(text));
        return run(command);
    }

    private int[][] llamaCpp(Path exported) throws IOException, InterruptedException {
        Path package_ = Path.of(named("TORNADOMOR_NODE_LLAMA_CPP"));
        Path script = Files.writeString(
                package_.resolve("greedy-" + ProcessHandle.current().pid() + ".mjs"), NODE);
        try {
            return run(
                    List.of("node", script.toString(), exported.toAbsolutePath().toString(), "" + TOKENS, PROMPT));
        } finally {
            Files.deleteIfExists(script);
        }
    }

    private static void assertSame(int[][] ours, int[][] theirs) {
        assertArrayEquals(ours[0], theirs[0]);
        assertArrayEquals(ours[1], Arrays.copyOf(theirs[1], ours[1].length));
        assertTrue(ours[1].length >= 1);
    }

    @Test
    void transformersContinuesAnUnrolledModelAsWeDo() throws Exception {
        Path exported = folder.resolve("hf");
        Outcome.of("export", model, "--format", "hf", "--out", exported).succeeds();
        int[][] ours = ours(model);
        assertSame(ours, transformers(exported, ours[0]));
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-f16", "llama-bf16", "llama-f32"})
    void transformersReadsAnImportedTokenizerAsWeDo(String name) throws Exception {
        Path imported = folder.resolve("imported");
        Outcome.of("import", GgufCommandTest.FILES.resolve(name + ".gguf"), "-o", imported)
                .succeeds();
        int[][] ours = ours(imported);
        assertSame(ours, transformers(imported, ours[0], PROMPT));
    }

    @ParameterizedTest
    @ValueSource(strings = {"f32", "f16", "bf16", "q8_0"})
    void llamaCppContinuesOurExportsAsWeDo(String type) throws Exception {
        Path exported = folder.resolve("model.gguf");
        Outcome.of("export", model, "--format", "gguf", "--type", type, "--out", exported)
                .succeeds();
        assertSame(firstOf(ours(exported), type), llamaCpp(exported));
    }

    /** llama.cpp rounds activations too where weights have 8 bits, so near ties of random weights fall the other way in time. */
    private static int[][] firstOf(int[][] ours, String type) {
        return type.equals("q8_0") ? new int[][] {ours[0], Arrays.copyOf(ours[1], Math.min(8, ours[1].length))} : ours;
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-f32", "llama-f16", "llama-bf16", "llama-q8_0", "llama-q4_0", "llama-q5_1"})
    void llamaCppContinuesItsOwnFilesAsWeDo(String name) throws Exception {
        Path file = GgufCommandTest.FILES.resolve(name + ".gguf");
        assertSame(ours(file), llamaCpp(file));
        Path again = folder.resolve("again.gguf");
        Outcome.of("export", file, "--format", "gguf", "--out", again).succeeds();
        assertSame(ours(file), llamaCpp(again));
    }
}

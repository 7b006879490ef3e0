package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadomor.files.SafeTensors;
import org.tornadomor.files.TensorSource;
import org.tornadomor.trainer.RunFolder;
import org.tornadomor.trainer.TinyRuns;

/** Every command that reads a checkpoint refuses a key that nobody understands, names it, and takes it when told to. */
class IgnoreKeyTest {
    @TempDir
    static Path temp;

    /** A model of bytes, whose configuration has a key of another one. */
    private static Path model;

    @BeforeEach
    void makeModel() throws IOException {
        if (model == null) {
            model = foreign(Folders.bytes(temp.resolve("model")), "\"logit_cap\": 30.0,");
            TinyRuns.text(temp);
            Files.writeString(temp.resolve("ids.json"), "[[1, 2, 3]]");
        }
    }

    private static Path foreign(Path folder, String keys) throws IOException {
        Path config = folder.resolve("config.json");
        Files.writeString(config, Files.readString(config).replaceFirst("\\{", "{" + keys));
        return folder;
    }

    static Stream<List<Object>> commands() {
        Path text = temp.resolve("text.txt");
        return Stream.of(
                List.of("info", "MODEL"),
                List.of("params", "MODEL"),
                List.of("params", "MODEL/config.json"),
                List.of("generate", "--model", "MODEL", "--prompt", "a", "--threads", 1, "--max-new-tokens", 2),
                List.of("evaluate", "--model", "MODEL", "--data", text, "--threads", 1, "--max-tokens", 64),
                List.of(
                        "logits",
                        "--model",
                        "MODEL",
                        "--mode",
                        "train",
                        "--input",
                        temp.resolve("ids.json"),
                        "--out",
                        temp.resolve("l.st"),
                        "--threads",
                        1),
                List.of(
                        "train",
                        "--init",
                        "MODEL",
                        "--data",
                        text,
                        "--context",
                        16,
                        "--batch",
                        1,
                        "--steps",
                        1,
                        "--samples",
                        0,
                        "--set",
                        "eval_samples=1",
                        "--threads",
                        1,
                        "--out",
                        "RUN"));
    }

    private static Object[] arguments(List<Object> command, Object... more) {
        List<Object> all = new ArrayList<>();
        for (Object argument : command) {
            all.add(argument.toString()
                    .replace("MODEL", model.toString())
                    .replace(
                            "RUN",
                            temp.resolve("run-" + command.getFirst() + more.length)
                                    .toString()));
        }
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void keysAreRefusedUnlessToldOtherwise(List<Object> command) {
        Outcome.of(arguments(command))
                .failsWith(1, model + "/config.json: logit_cap 30.0 is not supported", "--ignore-key logit_cap");
        Outcome.of(arguments(command, "--ignore-key", "logit_cao")).failsWith(1, "--ignore-key logit_cap");
        Outcome.of(arguments(command, "--ignore-key", "hidden_size"))
                .failsWith(1, "--ignore-key hidden_size makes no sense");
        Outcome taken =
                Outcome.of(arguments(command, "--ignore-key", "logit_cap")).succeeds();
        assertTrue(taken.err().contains("config.json: passed over logit_cap 30.0 as asked"), taken.err());
        assertFalse(taken.out().contains("logit_cap"), taken.out());
    }

    @Test
    void exportWritesAModelWithoutTheKey() throws IOException {
        Path vanilla = foreign(Folders.golden("vanilla", temp.resolve("vanilla"), "", ""), "\"logit_cap\": 30.0,");
        Path out = temp.resolve("exported");
        Outcome.of("export", vanilla, "--format", "hf", "--out", out).failsWith(1, "--ignore-key logit_cap");
        Outcome.of("export", vanilla, "--format", "hf", "--out", out, "--ignore-key", "logit_cap")
                .succeeds();
        assertFalse(Files.readString(out.resolve("config.json")).contains("logit_cap"));
    }

    /** What the run was begun with is in its settings, so it goes on without being told again. */
    @Test
    void aRunRemembersWhatItPassedOver() {
        Path run = temp.resolve("remembers");
        Outcome.of(
                        "train",
                        "--init",
                        model,
                        "--ignore-key",
                        "logit_cap",
                        "--data",
                        temp.resolve("text.txt"),
                        "--context",
                        16,
                        "--batch",
                        1,
                        "--steps",
                        2,
                        "--stop-after",
                        1,
                        "--samples",
                        0,
                        "--set",
                        "eval_samples=1",
                        "--threads",
                        1,
                        "--out",
                        run)
                .succeeds();
        assertEquals(List.of("logit_cap"), RunFolder.config(run).ignoreKeys());
        Outcome.of("train", "--resume", "--out", run).succeeds();
    }

    @Test
    void aKeyWithNothingInItIsTakenWithANote() throws IOException {
        Path folder = foreign(Folders.golden("vanilla", temp.resolve("empty"), "", ""), "\"qk_norm\": false,");
        Outcome outcome = Outcome.of("info", folder).succeeds();
        assertEquals(
                "Note: " + folder + "/config.json: passed over qk_norm false" + System.lineSeparator(), outcome.err());
    }

    /** --out may name what is read. */
    @Test
    void whatIsReadIsNotWrittenOver() throws IOException {
        Path vanilla = Folders.golden("vanilla", temp.resolve("kept"), "", "");
        byte[] weights = Files.readAllBytes(vanilla.resolve(TensorSource.MODEL_FILE));
        for (String name : List.of(TensorSource.MODEL_FILE, "config.json", "model.bin", "../kept/x")) {
            Outcome.of("export", vanilla, "--format", "llama2c", "--out", vanilla.resolve(name))
                    .failsWith(1, "--out", "choose another");
        }
        Outcome.of("export", vanilla, "--format", "hf", "--out", vanilla).failsWith(1, "--out", vanilla.toString());
        Path input = Files.copy(vanilla.resolve("expected.safetensors"), temp.resolve("in.safetensors"));
        byte[] tokens = Files.readAllBytes(input);
        Path link = Files.createSymbolicLink(temp.resolve("link.safetensors"), input);
        for (Path out : List.of(input, link, vanilla.resolve(TensorSource.MODEL_FILE))) {
            Outcome.of("logits", "--model", vanilla, "--mode", "train", "--input", input, "--out", out)
                    .failsWith(1, "--out " + out, "choose another");
        }
        assertArrayEquals(weights, Files.readAllBytes(vanilla.resolve(TensorSource.MODEL_FILE)));
        assertArrayEquals(tokens, Files.readAllBytes(input));
        SafeTensors.open(input).close();
        Outcome.of("train", "--init", vanilla, "--out", vanilla, "--tokenizer", "bytes")
                .failsWith(1, vanilla + " is not empty");
    }

    @Test
    void sizesOnTheCommandLineKeepTheRecursions() {
        Path run = temp.resolve("sizes");
        Outcome.of(
                        "train",
                        "--set",
                        "model.hidden_size=16",
                        "--set",
                        "model.intermediate_size=24",
                        "--set",
                        "model.num_hidden_layers=5",
                        "--set",
                        "model.num_attention_heads=2",
                        "--data",
                        temp.resolve("text.txt"),
                        "--context",
                        16,
                        "--batch",
                        1,
                        "--steps",
                        1,
                        "--samples",
                        0,
                        "--set",
                        "eval_samples=1",
                        "--threads",
                        1,
                        "--out",
                        run)
                .succeeds();
        assertTrue(RunFolder.config(run).model().get("mor") instanceof Map<?, ?> mor
                && mor.get("router").equals("expert_choice"));
    }

    @Test
    void theFileIsNamedForWhatDoesNotFitInIt() throws IOException {
        Path file = Files.writeString(temp.resolve("bad.yaml"), "{model: {num_key_value_heads: 5}, steps: 1}");
        Path run = temp.resolve("none");
        Outcome.of("train", "--config", file, "--out", run)
                .failsWith(1, file + ": model: num_key_value_heads 5 does not divide");
        Path good = Files.writeString(temp.resolve("good.yaml"), "{steps: 1}");
        Outcome.of("train", "--config", good, "--set", "model.num_key_value_heads=5", "--out", run)
                .failsWith(1, "tornado-mor: model: num_key_value_heads 5");
        Path grid = Files.writeString(
                temp.resolve("grid.yaml"),
                "{sizes: {s: null}, models: {m: {model: {num_key_value_heads: 5}}}, budgets: [1e12]}");
        Outcome.of("experiment", grid, "--dry-run").failsWith(1, grid + ": s m: model: num_key_value_heads 5");
    }
}

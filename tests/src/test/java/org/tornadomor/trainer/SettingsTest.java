package org.tornadomor.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.JsonMutations;
import org.tornadomor.JsonMutations.Mutant;
import org.tornadomor.UserError;
import org.tornadomor.experiment.Grid;
import org.tornadomor.experiment.Plan;
import org.tornadomor.files.StrictYaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Training configurations and grids that people get wrong: a line that names file and key, or settings that show all of it. */
class SettingsTest {
    private static final Path REFUSED = Path.of("src/test/resources/settings-refused");

    /** Every key, as JSON, which is YAML too. */
    private static final String SETTINGS = """
            {"preset": "tiny-mor2", "init": null, "ignore_keys": ["x"],
             "model": {"num_hidden_layers": 4, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 500.0,
              "tie_word_embeddings": false, "vocab_size": 257, "head_dim": 8,
              "mor": {"num_recursions": 2, "router": "expert_choice", "capacity": [1, 0.5], "gating": "additive"}},
             "data": {"sources": ["a.txt", "b"], "filter": "*.txt", "text_field": "text", "max_bytes": 1000,
              "hold_out": "5%", "jdk_fallback": "c.zip"},
             "tokenizer": "bytes", "context": 16, "batch": 4, "accumulate": 2, "order": "sequential",
             "document_attention": true, "seed": 3, "steps": 10, "lr": 0.001, "schedule": "cosine", "warmup": "5%",
             "lr_decay": 0.1, "min_lr_ratio": 0.2, "optimizer": {"beta1": 0.8, "beta2": 0.9, "eps": 1e-7, "decay": 0.0,
              "clip": 1.5}, "capacity_warmup": 3, "eval_every": 4, "eval_samples": 5, "samples": 1, "save_every": 2,
             "keep": 3, "keep_best": false, "recompute": true, "dtype": "bf16",
             "precision": "bfloat16", "threads": 2}""";

    private static final String GRID = """
            {"name": "x", "base": {"data": {"sources": ["jdk"]}, "context": 16, "batch": 4, "lr": 0.001,
             "model": {"max_position_embeddings": 64}},
             "sizes": {"small": {"model": {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 4,
              "num_attention_heads": 2}, "budgets": [1e9, 2e9], "seeds": [1, 2]}, "wide": {"batch": 8}},
             "models": {"vanilla": {"preset": "tiny-vanilla"}, "mor": {"preset": "tiny-mor2"}},
             "budgets": [1e11, "200G"], "seeds": [4], "warmup": 0.1, "decay": 0.3}""";

    private static final JsonMapper JSON = JsonMapper.shared();

    private static String refused(String yaml) {
        String message = assertThrows(UserError.class, () -> TrainingConfig.parse(yaml, "run.yaml"))
                .getMessage();
        requireLine(message);
        return message;
    }

    private static void requireLine(String message) {
        assertEquals(1, message.lines().count(), message);
        assertTrue(message.startsWith("run.yaml: "), message);
        assertTrue(message.length() <= 2000, message.length() + " letters");
    }

    @ParameterizedTest
    @CsvSource({"schedule-null.yaml,schedule is null", "source-nul.yaml,data.sources has a character"})
    void filesThatEndedAsDefects(String name, String expected) {
        Path file = REFUSED.resolve(name);
        String message =
                assertThrows(UserError.class, () -> TrainingConfig.read(file)).getMessage();
        assertTrue(message.startsWith(file + ": " + expected), message);
    }

    /** Each key at null: taken where null is the default, else refused by name. */
    @Test
    void nullIsForKeysThatHaveNone() {
        JsonNode defaults = JSON.readTree(JSON.writeValueAsString(ConfigTree.tree(TrainingConfig.DEFAULT)));
        int taken = 0;
        for (Map.Entry<String, JsonNode> key : defaults.properties()) {
            String yaml = key.getKey() + ": null";
            if (key.getValue().isNull()) {
                assertEquals(TrainingConfig.DEFAULT, TrainingConfig.parse(yaml, "run.yaml"));
                taken++;
            } else {
                assertTrue(refused(yaml).contains(key.getKey() + " is null"), yaml);
            }
            for (Map.Entry<String, JsonNode> inner : key.getValue().properties()) {
                String nested = key.getKey() + ": {" + inner.getKey() + ": null}";
                if (!inner.getValue().isNull()) {
                    assertTrue(refused(nested).contains(key.getKey() + "." + inner.getKey() + " is null"), nested);
                }
            }
        }
        assertEquals(9, taken);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            data: {sources: [null]}                    | data.sources holds null
            data: {filter: "a\\0b"}                     | data.filter has a character that no text can have, U+0000
            init: "\\uD800"                             | init has a character that no text can have, U+D800
            "ba\\0tch": 3                               | (a key) has a character
            {context: &c 8, batch: *c}                 | repeats another place
            preset: *x                                 | repeats another place
            seed: !java.lang.Object 3                  | has the type !
            {batch: 1, batch: 2}                       | comes twice
            <<: {batch: 1}                             | there is no key '<<'
            model: {hidden_size: '64'}                 | model.hidden_size is "64"; it must be a whole number
            model: {hidden_size: 6.5}                  | model.hidden_size is 6.5
            model: {tie_word_embeddings: 1}            | model.tie_word_embeddings is 1; it must be true or false
            model: {mor: {router: 3}}                  | model.mor.router is 3; it must be a text
            model: {rope_theta: [1]}                   | model.rope_theta is [1]; it must be a number
            dtype: 1                                   | dtype is 1
            dtype: "1"                                 | dtype is "1"
            order: 0                                   | order is 0
            keep_best: 2                               | keep_best is 2; it must be true or false
            recompute: ""                              | recompute is ""
            threads: ""                                | threads is ""
            threads: true                              | threads is true
            keep_best: 3.5                             | keep_best is 3.5; it must be true or false
            schedule: linear                           | no schedule is called 'linear'
            warmup: soon                               | warmup: warm-up
            warmup: 1e999                              | warmup: a warm-up
            lr: .inf                                   | lr is
            lr: 1e999                                  | lr is
            lr: .nan                                   | lr is
            batch: 3000000000                          | batch is 3000000000
            {batch: 2000000000, context: 16}           | batch: a batch of 2000000000 x 16 tokens is too large
            steps: 9223372036854775807                 | steps is 9223372036854775807
            samples: 2000000000                        | samples is 2000000000
            tokens: -1                                 | tokens is -1
            data: {hold_out: 500%}                     | data.hold_out
            data: {hold_out: every 99999999999}        | data.hold_out
            ignore_keys: [vocab_size]                  | --ignore-key vocab_size
            ignore_keys: [null]                        | ignore_keys holds null
            """)
    void whatMakesNoSenseIsNamed(String yaml, String expected) {
        String message = refused(yaml);
        assertTrue(message.contains(expected), message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"batch: 1\n---\nbatch: 2", "\tbatch: 1", "batch: 1\n\tcontext: 2", "a\0b", "batch: [", "%YAML 9"
            })
    void brokenTextsAreOneLine(String yaml) {
        refused(yaml);
    }

    @Test
    void deepAndLongTextsAreOneLine() {
        refused("[".repeat(100_000));
        refused("{a: ".repeat(20_000));
        refused("model: " + "[".repeat(300) + "]".repeat(300));
        refused("k".repeat(200_000) + ": 1");
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i < 40; i++) {
            bomb.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
        }
        assertTrue(refused(bomb.toString()).contains("another place"));
    }

    /** It once lost the ratio to another spelling of the name. */
    @Test
    void namesOfSchedulesMayBeginLarge() {
        TrainingConfig config = TrainingConfig.parse("{schedule: Cosine, min_lr_ratio: 0.5, steps: 10}", "run.yaml");
        assertEquals(0.5, RunLength.of(config).schedule(config).at(1), 1e-12);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {model: {num_key_value_heads: 5}}             | model: num_key_value_heads 5 does not divide
            {model: {hidden_size: -1}}                    | model: hidden_size is -1
            {context: 4096}                               | longer than the model's 512 positions
            {lr_decay: 0.9, warmup: 0.5}                  | do not fit into it
            {capacity_warmup: 5, preset: tiny-vanilla}    | capacity_warmup is for expert_choice
            {minutes: 1, warmup: 100}                     | give the warm-up as a share
            """)
    void whatDoesNotFitTogetherIsFoundWithoutText(String yaml, String expected) {
        TrainingConfig config = TrainingConfig.parse(yaml, "run.yaml");
        String message = assertThrows(UserError.class, config::requireSound).getMessage();
        assertTrue(message.contains(expected), message);
    }

    @Test
    void sizesGoOverThePresetThatIsMeant() {
        String[] sizes = {
            "model.hidden_size=32",
            "model.intermediate_size=48",
            "model.num_hidden_layers=8",
            "model.num_attention_heads=2"
        };
        TrainingConfig own = TinyRuns.with(TrainingConfig.DEFAULT, sizes);
        assertEquals(null, ModelChoice.resolve(own, 257).mor(), "a model that names its sizes stands for itself");
        TrainingConfig over = TinyRuns.with(TrainingConfig.DEFAULT.withPresetNamed(), sizes);
        assertEquals(3, ModelChoice.resolve(over, 257).recursions());
        assertEquals(32, ModelChoice.resolve(over, 257).hiddenSize());
        assertEquals(own, own.withPresetNamed());
    }

    @Test
    void someDamagedSettings() {
        damaged(SETTINGS, 0, 500, SettingsTest::config);
        damaged(GRID, 0, 250, SettingsTest::grid);
    }

    @Tag("slow")
    @Test
    void manyDamagedSettings() {
        damaged(SETTINGS, 10_000, 20_000, SettingsTest::config);
        damaged(GRID, 10_000, 20_000, SettingsTest::grid);
    }

    private static void damaged(String sound, long firstSeed, int count, Consumer<Mutant> reader) {
        reader.accept(new Mutant(sound, "as it is"));
        int[] taken = {0};
        JsonMutations.of(sound, firstSeed, count).forEach(mutant -> {
            try {
                reader.accept(mutant);
                taken[0]++;
            } catch (UserError e) {
                requireLine(e.getMessage());
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError(mutant.what(), e);
            }
        });
        assertTrue(taken[0] > count / 100 && taken[0] < count * 3 / 4, taken[0] + " of " + count + " were taken");
    }

    private static void config(Mutant mutant) {
        TrainingConfig config = TrainingConfig.parse(mutant.text(), "run.yaml");
        Map<String, String> settings = config.settings();
        shows(settings, "", StrictYaml.parse(mutant.text()), mutant);
        assertEquals(config, TrainingConfig.parse(config.toYaml(), "again"), mutant.what());
        try {
            config.requireSound();
        } catch (UserError e) {
            assertEquals(1, e.getMessage().lines().count(), mutant.what());
        }
    }

    /** Every value of a file is one of the settings that came out. */
    private static void shows(Map<String, String> settings, String path, JsonNode given, Mutant mutant) {
        if (given.isObject()) {
            given.properties()
                    .forEach(p -> shows(
                            settings, path.isEmpty() ? p.getKey() : path + "." + p.getKey(), p.getValue(), mutant));
            return;
        }
        String what = mutant + " was taken with " + path + " " + given + ", shown as " + settings.get(path);
        String shown = settings.get(path);
        if (given.isNull() || given.isMissingNode()) {
            assertTrue(shown == null || shown.equals("null"), what);
        } else if (given.isNumber() && !shown.startsWith("[")) {
            assertTrue(same(shown, given.toString()), what);
        } else {
            String text = given.isString() ? given.stringValue() : given.toString();
            assertTrue(shown.equalsIgnoreCase(text) || shown.contains(text) || same(shown, text), what);
        }
    }

    private static boolean same(String shown, String text) {
        try {
            return Double.parseDouble(shown) == Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return shown.replaceAll("[\"\\s]|\\.0\\b", "").equals(text.replaceAll("[\"\\s]|\\.0\\b", ""));
        }
    }

    private static void grid(Mutant mutant) {
        Grid grid = Grid.parse(mutant.text(), "run.yaml");
        try {
            Plan.of(grid);
        } catch (UserError e) {
            assertEquals(1, e.getMessage().lines().count(), mutant.what());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "name": "x"       | "name": null              | name is null
            "name": "x"       | "name": {"a": 1}          | name is
            "warmup": 0.1     | "warmup": null            | warmup is null
            "warmup": 0.1     | "warmup": 1e400           | warmup is
            "seeds": [4]      | "seeds": null             | seeds is null
            "seeds": [4]      | "seeds": [null]           | seed null
            "seeds": [4]      | "seeds": [99999999999999999999] | seed 99999999999999999999
            "budgets": [1e11, | "budgets": [null,         | budget null
            "budgets": [1e11, | "budgets": [-1,           | budget -1
            "budgets": [1e9,  | "budgets": null, "x": [1, | sizes.small.budgets is null
            "lr": 0.001       | "lr": null                | base: lr is null
            "lr": 0.001       | "lrr": 1                  | base: there is no key 'lrr'
            ["jdk"]           | ["\\u0000"]               | base.data.sources has a character
            """)
    void gridsNameTheKey(String sound, String damaged, String expected) {
        assertTrue(GRID.contains(sound), sound);
        String message = assertThrows(UserError.class, () -> Grid.parse(GRID.replace(sound, damaged), "run.yaml"))
                .getMessage();
        requireLine(message);
        assertTrue(message.contains(expected), message);
    }

    /** Without YAML's checks, as the options of the command line come. */
    @Test
    void textsThatAreNoPathsAreNamed() {
        for (String key : List.of("init", "tokenizer", "data.sources", "data.jdk_fallback")) {
            String message = assertThrows(UserError.class, () -> TrainingConfig.DEFAULT.with(key, "a\0b"))
                    .getMessage();
            assertTrue(message.startsWith(key + " has"), message);
        }
    }

    @Test
    void bytesThatAreNoText(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("run.yaml");
        Files.write(file, "tokenizer: \u00e9".getBytes(StandardCharsets.ISO_8859_1));
        for (Consumer<Path> reader : List.<Consumer<Path>>of(TrainingConfig::read, Grid::read)) {
            String message =
                    assertThrows(UserError.class, () -> reader.accept(file)).getMessage();
            assertTrue(message.contains(file + ": it is not valid UTF-8"), message);
        }
        byte[] noise = new byte[4096];
        new Random(1).nextBytes(noise);
        Files.write(file, noise);
        assertThrows(UserError.class, () -> TrainingConfig.read(file));
    }
}

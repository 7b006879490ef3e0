package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.files.SafeTensors;
import org.tornadomor.tokenizer.TinyTokenizers;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Checkpoints in the names and with the settings of the official code of Mixture-of-Recursions: logits and depths of a second
 * implementation that scripts/golden/official-fixtures.py has.
 */
class OfficialCommandTest {
    private static final Path CASES = Path.of("src/test/resources/official");
    private static final double TOLERANCE = 2e-5;

    @TempDir
    Path folder;

    private static Stream<Path> cases() throws IOException {
        List<Path> all;
        try (Stream<Path> folders = Files.list(CASES)) {
            all = folders.filter(Files::isDirectory).sorted().toList();
        }
        assertTrue(all.size() >= 11, "cases are missing: " + all);
        return all.stream();
    }

    private SafeTensors logits(Path model, Path input, String name) {
        Path out = folder.resolve(name + ".safetensors");
        Outcome.of("logits", "--model", model, "--input", input, "--mode", "train", "--engine", "cpu", "--out", out)
                .succeeds();
        return SafeTensors.open(out);
    }

    @TestFactory
    Stream<DynamicTest> logitsAndDepthsAreThoseOfTheOfficialCode() throws IOException {
        return cases().map(model -> DynamicTest.dynamicTest(name(model), () -> compare(model)));
    }

    private static String name(Path model) {
        return model.getFileName().toString();
    }

    /** Compares the model as it lies there, and imported. */
    private void compare(Path model) {
        Path file = model.resolve("expected.safetensors");
        Path imported = folder.resolve("imported-" + name(model));
        Outcome.of("import", model, "-o", imported).succeeds();
        try (SafeTensors expected = SafeTensors.open(file);
                SafeTensors direct = logits(model, file, name(model) + "-direct");
                SafeTensors copied = logits(imported, file, name(model) + "-copied")) {
            assertArrayEquals(expected.readInts("depth"), direct.readInts("depth"));
            GgufCommandTest.assertClose(expected.read("logits"), direct.read("logits"), TOLERANCE);
            assertArrayEquals(direct.read("logits"), copied.read("logits"));
        }
    }

    /** They bring no tokenizer; a tokenizer with fewer tokens than the model will do. */
    @ParameterizedTest
    @CsvSource({"recursive-cycle", "expert-linear", "expert-shared-keys", "token-softmax", "token-sigmoid-loss-free"})
    void theyAreTrainedOn(String name) throws IOException {
        Path words = Files.writeString(
                folder.resolve("tokenizer.json"), TinyTokenizers.unigram().toString());
        Path text = Files.writeString(folder.resolve("text.txt"), "old new time price Once ".repeat(200));
        Path run = folder.resolve("run");
        Object[] learn = {
            "train", "--init", CASES.resolve(name), "--tokenizer", words, "--data", text, "--context", 16, "--batch", 2
        };
        List<Object> all = new ArrayList<>(List.of(learn));
        all.addAll(List.of("--steps", 2, "--samples", 0, "--engine", "cpu", "--out", run));
        String before = Outcome.of("info", CASES.resolve(name)).succeeds().out();
        Outcome trained = Outcome.of(all.toArray()).succeeds();
        assertTrue(trained.err().contains("step 2") || trained.out().contains("2 steps"), trained.err());
        assertTrue(before.contains("recursions"), before);
        Outcome.of("generate", "--model", run, "--prompt-tokens", "3,4", "--max-new-tokens", 2)
                .succeeds();
    }

    /** A mean of no depths is no number. */
    @Test
    void anEndAtOnceHasNoMeanDepth() {
        Object[] words = {
            "generate",
            "--model",
            CASES.resolve("token-softmax"),
            "--prompt-tokens",
            "1,2,3,4",
            "--greedy",
            "--engine",
            "cpu"
        };
        List<Object> asJson = new ArrayList<>(List.of(words));
        asJson.add("--json");
        JsonNode generation = JsonMapper.shared()
                .readTree(Outcome.of(asJson.toArray()).succeeds().out())
                .get("generations")
                .get(0);
        assertEquals(0, generation.get("tokens").size());
        assertTrue(generation.get("mean_depth").isNull(), generation.toString());
        List<Object> shown = new ArrayList<>(List.of(words));
        shown.add("--show-depth");
        String out = Outcome.of(shown.toArray()).succeeds().out();
        assertTrue(out.contains("no new tokens") && !out.contains("NaN"), out);
    }

    /** Through the device kernels too. */
    @ParameterizedTest
    @CsvSource({"recursive-sequence", "expert-mlp-tanh", "token-softmax"})
    void deviceKernelsDecodeThemToTheSameTokens(String name) {
        String[] tokens = Stream.of("cpu", "simulator")
                .map(engine -> Outcome.of(
                                "generate",
                                "--model",
                                CASES.resolve(name),
                                "--prompt-tokens",
                                "5,6,7",
                                "--temperature",
                                0,
                                "--max-new-tokens",
                                4,
                                "--engine",
                                engine)
                        .succeeds()
                        .out())
                .toArray(String[]::new);
        assertEquals(tokens[0], tokens[1]);
    }

    /** The weights are there once for each set, the settings are those of the official ones, and the type stays. */
    @Test
    void anImportIsAFolderOfThisProgram() throws IOException {
        Path out = folder.resolve("imported");
        String err = Outcome.of("import", CASES.resolve("expert-linear"), "-o", out)
                .succeeds()
                .err();
        assertTrue(err.contains("as bfloat16"), err);
        JsonNode mor = JsonMapper.shared()
                .readTree(Files.readString(out.resolve("config.json")))
                .get("mor");
        assertEquals("expert_choice", mor.get("router").stringValue());
        assertEquals(3, mor.get("num_recursions").intValue());
        assertTrue(mor.get("capacity").isNull());
        try (SafeTensors tensors = SafeTensors.open(out.resolve("model.safetensors"))) {
            assertTrue(
                    tensors.contains("model.routers.2.weight"), tensors.names().toString());
            assertTrue(tensors.contains("model.layers.3.mlp.gate_proj.weight"));
            assertTrue(!tensors.contains("model.layers.4.mlp.gate_proj.weight"), "a set is there twice");
        }
        JsonNode auxiliary = config("expert-mlp-tanh").get("mor");
        assertTrue(auxiliary.get("aux_router").booleanValue());
        assertEquals("aux", auxiliary.get("causal_router").stringValue());
        assertEquals(0.4, auxiliary.get("capacity").get(1).doubleValue());
        JsonNode token = config("token-sigmoid-loss-free").get("mor");
        assertEquals("loss_free", token.get("balancing").stringValue());
        assertEquals(1e-5, token.get("z_loss_coef").doubleValue());
        assertEquals(0.002, token.get("bias_update_rate").doubleValue());
        assertEquals("shared", config("expert-shared-keys").get("mor").get("kv").stringValue());
    }

    private JsonNode config(String name) throws IOException {
        Path out = folder.resolve("imported-" + name);
        Outcome.of("import", CASES.resolve(name), "-o", out).succeeds();
        return JsonMapper.shared().readTree(Files.readString(out.resolve("config.json")));
    }

    private Path copy(String name) {
        Path copy = folder.resolve(name);
        try (Stream<Path> files = Files.walk(CASES.resolve(name))) {
            for (Path file : files.toList()) {
                Path target = copy.resolve(CASES.resolve(name).relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
            return copy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void change(Path file, UnaryOperator<String> change) throws IOException {
        String before = Files.readString(file);
        String after = change.apply(before);
        assertTrue(!before.equals(after), "nothing to change in " + file);
        Files.writeString(file, after);
    }

    /** Every setting that this program has no like of, by its name. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "expert-linear | rand_router: false | rand_router: true | mor.rand_router is true",
                "expert-linear | temp: 1.0 | temp: 2.0 | mor.temp is 2.0",
                "expert-linear | router_func: sigmoid | router_func: null | mor.expert.router_func",
                "expert-linear | router_func: sigmoid | router_func: relu | mor.expert.router_func is 'relu'",
                "expert-linear | sampling: aux_loss | sampling: null | mor.expert.sampling is missing",
                "expert-linear | capacity: null | capacity: '1.0;0.5' | mor.capacity",
                "expert-linear | capacity: null | capacity: '1.0,0.5' | mor.capacity has 2 entries for 3 recursions",
                "expert-linear | router_type: linear | router_type: conv | mor.router_type is 'conv'",
                "expert-linear | router_type: linear | router_type: mlp | model.routers.0.up.weight",
                "expert-linear | ln_share: true | ln_share: false | recursive.ln_share is false",
                "expert-linear | num_recursion: 3 | num_recursion: 2 | model.layers",
                "expert-linear | num_recursion: 3 | num_recursion: three | recursive.num_recursion is 'three'",
                "expert-linear | temp: 1.0 | warmth: 2.0 | mor.warmth is not a known key",
                "expert-linear | include_first: true | include_last: true | mor.expert.include_last is not a known key",
                "expert-linear | sharing: middle_cycle | sharing: sequence | sequence",
                "expert-linear | sharing: middle_cycle | sharing: [a] | recursive.sharing",
                "expert-linear | type: expert | type: both | mor.type is 'both'",
                "token-softmax | sharing: middle_cycle | sharing: cycle | mor.type is token with recursive.sharing cycle",
                "token-softmax | balancing: loss | balancing: luck | mor.token.balancing is 'luck'",
                "recursive-shared-keys | update_cache: false | update_keys: true | kv_sharing.update_keys is not a known key",
                "recursive-cycle | sharing: cycle | sharing: sequence | differ",
            })
    void whatCannotBeExpressedIsRefusedByName(String name, String from, String to, String message) throws IOException {
        Path model = copy(name);
        change(model.resolve("config.yaml"), text -> text.replaceFirst("(?m)(?<=  )\\Q" + from + "\\E$", to));
        Outcome.of("info", model).failsWith(1, message);
    }

    /** Type and range of every setting that is read, by the name and in the file that a person can look at. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "expert-linear | temp: 1.0 | temp: null | mor.temp is null; it must be a finite number",
                "expert-linear | cap_warmup_step: 0 | cap_warmup_step: x | mor.expert.cap_warmup_step is 'x'",
                "expert-linear | cap_warmup_step: 0 | cap_warmup_step: 0.5 | mor.expert.cap_warmup_step is 0.5",
                "expert-linear | z_coeff: 1e-5 | z_coeff: 1e999 | mor.z_coeff is",
                "token-sigmoid-loss-free | z_coeff: 1e-5 | z_coeff: 1e300 | mor.z_coeff is",
                "token-sigmoid-loss-free | z_coeff: 1e-5 | z_coeff: -1 | mor.z_coeff is -1",
                "expert-linear | base_depth: null | base_depth: -2 | recursive.base_depth is -2",
                "expert-linear | base_depth: null | base_depth: [4] | recursive.base_depth is [4]",
                "expert-linear | num_recursion: 3 | num_recursion: 0 | recursive.num_recursion is 0",
                "expert-linear | num_recursion: 3 | num_recursion: 4294967299 | recursive.num_recursion is 4294967299",
                "expert-linear | num_recursion: 3 | num_recursion: 4 | config.json's num_hidden_layers 8 does not divide",
                "expert-linear | sharing: middle_cycle | sharing: round | recursive.sharing is 'round'",
                "expert-linear | sharing: middle_cycle | sharing: sequence | mor.type expert does not work with recursive.sharing",
                "expert-linear | initialization: random | initialization: [a] | recursive.initialization",
                "expert-linear | alpha: 0.1 | alpha: 1d | mor.expert.alpha is '1d'",
                "expert-linear | alpha: 0.1 | alpha: .nan | mor.expert.alpha is",
                "expert-linear | coeff: 0.001 | coeff: -1 | mor.expert.coeff is -1",
                "expert-linear | include_first: true | include_first: 7 | mor.expert.include_first is 7",
                "expert-linear | capacity: null | capacity: '1.0,0.5,0.7' | mor.capacity increases",
                "expert-linear | capacity: null | capacity: '1.0,NaN,0.7' | mor.capacity is",
                "expert-linear | capacity: null | capacity: [1.0, 0.5, 0.2] | a text of shares with commas",
                "token-softmax | bal_warmup_step: 0 | bal_warmup_step: -1 | mor.token.bal_warmup_step is -1",
                "token-softmax | u: 0.001 | u: many | mor.token.u is 'many'",
            })
    void settingsAreCheckedUnderTheirOwnNames(String name, String from, String to, String message) throws IOException {
        Path model = copy(name);
        Path settings = model.resolve("config.yaml");
        if (!Files.exists(settings)) {
            Files.move(model.resolve(name + ".yaml"), settings);
        }
        change(settings, text -> text.replaceFirst("(?m)(?<=  )\\Q" + from + "\\E$", to));
        Outcome.of("info", model).failsWith(1, settings + ": ", message);
        Outcome.of("params", model).failsWith(1, settings + ": ", message);
    }

    @Test
    void keysAreSharedAsLayersAre() throws IOException {
        Path model = copy("recursive-shared-keys");
        Path settings = model.resolve("config.yaml");
        String sharing = "kv_sharing:\n  enable: true\n";
        change(settings, text -> text.replaceAll("(?s)(kv_sharing:.*?num_recursion: )null", "$17"));
        Outcome.of("info", model)
                .failsWith(1, settings + ": kv_sharing.num_recursion is 7 where recursive.num_recursion");
        change(
                settings,
                text -> text.replace("num_recursion: 7", "num_recursion: 2")
                        .replace("update_cache: false", "update_cache: true"));
        change(model.resolve("config.json"), text -> text.replace("\"update_cache\": false", "\"update_cache\": true"));
        Outcome.of("info", model).failsWith(1, settings + ": kv_sharing.update_cache true needs mor.type expert and");
        change(settings, text -> text.replace(sharing, "kv_sharing:\n  enabled: true\n"));
        Outcome.of("info", model).failsWith(1, settings + ": kv_sharing.enable is missing");
    }

    @Test
    void keysOfBothFilesAreSharedAlike() throws IOException {
        Path model = copy("recursive-shared-keys");
        change(model.resolve("config.json"), text -> text.replace("\"num_recursion\": 2", "\"num_recursion\": 4"));
        Outcome.of("info", model).failsWith(1, "recursive.num_recursion is 2, and kv_sharing of config.json says 4");
    }

    /** Two formats in one folder. */
    @Test
    void settingsBesideAModelOfAnotherFamily() throws IOException {
        Path model = copy("recursive-cycle");
        change(model.resolve("config.json"), text -> text.replace("\"llama\"", "\"qwen3\""));
        Outcome.of("info", model).failsWith(1, "config.yaml has settings of", "model_type llama", "says qwen3");
    }

    /** The small files are read from a temporary folder, which nobody needs to know. */
    @Test
    void aDamagedTokenizerIsNamedWhereItLies() throws IOException {
        Path model = copy("expert-linear");
        Path tokenizer = Files.writeString(model.resolve("tokenizer.json"), "{");
        Outcome.of("generate", "--model", model, "--prompt", "x")
                .failsWith(1, tokenizer.toRealPath() + " is not valid JSON");
    }

    @Test
    void theFileOfAFolderIsNotTakenForOneOfLlama2c() throws IOException {
        Path model = copy("expert-linear");
        Outcome.of("info", model.resolve("pytorch_model.bin")).failsWith(1, "torch.save", "give the folder");
    }

    /** What lies there instead of settings, and what is wrong with it. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "config.yaml | '' | config.yaml is empty",
                "config.yaml | '- recursive: 1' | config.yaml is no list of keys and sections",
                "config.yaml | 'recursiv: {enable: true}' | config.yaml has no section recursive, but recursiv: check",
                "config.yaml | 'recursive: []' | config.yaml says [] for recursive, which must be a section",
                "small.yaml | 'recursive: {enable: true}' | small.yaml has them, rename it to config.yaml",
            })
    void missingSettingsAreToldWithWhatLiesThere(String file, String text, String message) throws IOException {
        Path model = copy("expert-linear");
        Files.delete(model.resolve("config.yaml"));
        Files.writeString(model.resolve(file), text);
        Outcome.of("info", model).failsWith(1, message);
    }

    /** Of three recursions. */
    @Test
    void sharedTensorsAreThereForEachRecursionOrOnce() throws IOException {
        Path model = copy("recursive-cycle");
        Path file = model.resolve("model.safetensors");
        String third = "model.layers.5.mlp.up_proj.weight";
        // A name that checkpoints may have besides.
        rename(file, third, "model.layers.5.rotary_emb.inv_freq");
        Outcome.of("info", model)
                .failsWith(1, "tensor " + third + " is missing", "model.layers.1.mlp", "model.layers.3.mlp", "alone");
        rename(file, "model.layers.1.mlp.up_proj.weight", "model.layers.1.rotary_emb.inv_freq");
        Outcome.of("info", model).succeeds();
    }

    /** A byte of the weights that is another than the one that was saved. */
    @Test
    void aChangedByteOfPickledWeightsIsRefused() throws IOException {
        Path model = copy("expert-linear");
        Path file = model.resolve("pytorch_model.bin");
        byte[] bytes = Files.readAllBytes(file);
        byte[] weights;
        try (ZipFile zip = new ZipFile(file.toFile());
                InputStream in = zip.getInputStream(zip.getEntry("pytorch_model/data/0"))) {
            weights = in.readAllBytes();
        }
        int at = latin1(bytes).indexOf(latin1(weights));
        bytes[at + weights.length / 2] ^= 1;
        Files.write(file, bytes);
        for (Outcome outcome : List.of(
                Outcome.of("import", model, "-o", folder.resolve("imported")),
                Outcome.of("generate", "--model", model, "--prompt-tokens", "1,2", "--max-new-tokens", 1))) {
            outcome.failsWith(
                    1, file + " is damaged: its entry pytorch_model/data/0 has other bytes", "CRC-32", "again");
        }
    }

    private static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** Shared keys change every logit, and two files say whether there are any. */
    @Test
    void settingsAndConfigurationMustAgreeOnSharedKeys() throws IOException {
        Path model = copy("recursive-shared-keys");
        change(
                model.resolve("config.yaml"),
                text -> text.replace("kv_sharing:\n  enable: true", "kv_sharing:\n  enable: false"));
        Outcome.of("info", model)
                .failsWith(1, "config.yaml: kv_sharing.enable is false, and kv_sharing of config.json says true");
    }

    @Test
    void relaxedModelsAreRefused() throws IOException {
        Path model = copy("recursive-cycle");
        change(
                model.resolve("config.yaml"),
                text -> text.replace("relaxation:\n  enable: false", "relaxation:\n  enable: true"));
        Outcome.of("info", model).failsWith(1, "relaxation.enable is true (lora)");
    }

    @Test
    void aRoutedModelNeedsItsSettings() throws IOException {
        Path model = copy("expert-linear");
        Files.delete(model.resolve("config.yaml"));
        Outcome.of("info", model).failsWith(1, "settings of its run", "config.yaml");
    }

    @Test
    void settingsAndClassMustAgree() throws IOException {
        Path model = copy("expert-linear");
        change(model.resolve("config.yaml"), text -> text.replace("mor:\n  enable: true", "mor:\n  enable: false"));
        Outcome.of("info", model).failsWith(1, "MoRLlamaForCausalLM", "mor.enable is false");
    }

    /** The folders of a project: {@code results/pretrain/NAME/checkpoint-N}, with the settings in {@code conf/pretrain}. */
    @Test
    void settingsAreFoundInTheProject() throws IOException {
        Path model = folder.resolve("results/pretrain/run/checkpoint-200");
        Files.createDirectories(model.getParent());
        Files.move(copy("expert-linear"), model);
        Path conf = Files.createDirectories(folder.resolve("conf/pretrain"));
        Files.move(model.resolve("config.yaml"), conf.resolve("run.yaml"));
        String out = Outcome.of("info", model).succeeds().out();
        assertTrue(out.contains("expert"), out);
    }

    /** Of a recursive model, which is a Llama as well, all layers are there. */
    @Test
    void aRecursiveModelWithoutSettingsIsALlama() throws IOException {
        Path model = copy("recursive-cycle");
        Path input = model.resolve("expected.safetensors");
        Files.delete(model.resolve("config.yaml"));
        try (SafeTensors expected = SafeTensors.open(input);
                SafeTensors found = logits(model, input, "plain")) {
            GgufCommandTest.assertClose(expected.read("logits"), found.read("logits"), TOLERANCE);
        }
    }

    /** The first public release left attention untied. */
    @Test
    void untiedAttentionIsRefusedWithItsCause() throws IOException {
        Path model = copy("expert-mlp-tanh");
        nudge(model.resolve("model.safetensors"), "model.layers.1.block.1.self_attn.k_proj.weight");
        Outcome.of("info", model)
                .failsWith(
                        1,
                        "model.layers.0.block.1.self_attn.k_proj.weight",
                        "model.layers.1.block.1.self_attn.k_proj.weight",
                        "first public release",
                        "untied");
    }

    @Test
    void otherCopiesThatDifferAreRefused() throws IOException {
        Path model = copy("recursive-cycle");
        nudge(model.resolve("model.safetensors"), "model.layers.5.mlp.down_proj.weight");
        Outcome.of("info", model).failsWith(1, "model.layers.1.mlp", "model.layers.5.mlp", "recursions share weights");
        Path head = copy("expert-shared-keys");
        nudge(head.resolve("model.safetensors"), "lm_head.weight");
        Outcome.of("info", head).failsWith(1, "lm_head.weight", "differ");
    }

    /** Changes the last number of a tensor a little. */
    private static void nudge(Path file, String tensor) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int header = (int) data.getLong(0);
        JsonNode json = JsonMapper.shared().readTree(new String(bytes, 8, header, StandardCharsets.UTF_8));
        int last = 8 + header + json.get(tensor).get("data_offsets").get(1).intValue() - 4;
        data.putFloat(last, data.getFloat(last) + 0.5f);
        Files.write(file, bytes);
    }

    /** Names of tensors that nobody knows, or that are missing. */
    @Test
    void tensorsMustBeThoseOfTheSettings() throws IOException {
        Path more = copy("expert-shared-keys");
        rename(
                more.resolve("model.safetensors"),
                "model.layers.1.mor_router.router.weight",
                "model.layers.1.mor_gate.weight");
        Outcome.of("info", more).failsWith(1, "model.routers.0.weight", "missing");
        Path layer = copy("recursive-cycle");
        rename(layer.resolve("model.safetensors"), "lm_head.weight", "model.layers.5.mlp.more.weight");
        Outcome.of("info", layer).failsWith(1, "model.layers.5.mlp.more.weight", "not part of the model");
    }

    private static void rename(Path file, String from, String to) throws IOException {
        rewrite(file, json -> json.set(to, json.remove(from)));
    }

    /** Changes the header of a safetensors file. */
    private static void rewrite(Path file, Consumer<ObjectNode> change) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int header = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        ObjectNode json =
                (ObjectNode) JsonMapper.shared().readTree(new String(bytes, 8, header, StandardCharsets.UTF_8));
        change.accept(json);
        byte[] text = json.toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer all =
                ByteBuffer.allocate(8 + text.length + bytes.length - 8 - header).order(ByteOrder.LITTLE_ENDIAN);
        all.putLong(text.length).put(text).put(bytes, 8 + header, bytes.length - 8 - header);
        Files.write(file, all.array());
    }

    /** A few tokens, decoded as generation decides; and what {@code info} and {@code params} say. */
    @Test
    void itRunsInOtherCommands() {
        for (String name : List.of("expert-linear", "expert-mlp-tanh", "token-softmax", "recursive-shared-keys")) {
            Path model = CASES.resolve(name);
            Outcome.of(
                            "generate",
                            "--model",
                            model,
                            "--prompt-tokens",
                            "1,2,3",
                            "--max-new-tokens",
                            4,
                            "--temperature",
                            0,
                            "--engine",
                            "cpu")
                    .succeeds();
            Outcome.of("params", model).succeeds();
        }
    }
}

package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.tornadomor.JsonMutations;
import org.tornadomor.JsonMutations.Mutant;
import org.tornadomor.UserError;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Damaged and foreign {@code config.json} files. One is refused in a line, or it is taken; and then every key in it shows in the
 * configuration that came out, or is one that cannot change a model. So nothing is passed over that could matter.
 */
class ConfigMutationsTest {
    private static final JsonMapper JSON = JsonMapper.shared();

    private static final String HUGGING_FACE = """
            {"architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 1,
             "eos_token_id": 2, "head_dim": 16, "hidden_act": "silu", "hidden_size": 64, "initializer_range": 0.02,
             "intermediate_size": 96, "max_position_embeddings": 128, "mlp_bias": false, "model_type": "llama",
             "num_attention_heads": 4, "num_hidden_layers": 3, "num_key_value_heads": 2, "pretraining_tp": 1,
             "rms_norm_eps": 1e-05, "rope_parameters": {"rope_theta": 500000.0, "rope_type": "default"},
             "rope_scaling": null, "sliding_window": null, "layer_types": ["full_attention"],
             "tie_word_embeddings": true, "torch_dtype": "float32", "transformers_version": "5.18.0",
             "use_cache": true, "use_sliding_window": false, "vocab_size": 128}""";

    private static final String MISTRAL = HUGGING_FACE
            .replace("\"llama\"", "\"mistral\"")
            .replace("LlamaFor", "MistralFor")
            .replace("\"sliding_window\": null", "\"sliding_window\": 128");

    private static final String SCALED =
            HUGGING_FACE.replace("\"rope_type\": \"default\"", "\"rope_type\": \"linear\", \"factor\": 2.0");

    private static final String QWEN = SCALED.replace("\"llama\"", "\"qwen2\"")
            .replace("LlamaFor", "Qwen2For")
            .replace("\"attention_bias\": false, ", "")
            .replace("\"layer_types\": [\"full_attention\"]", "\"max_window_layers\": 1")
            .replace("\"sliding_window\": null", "\"sliding_window\": 24")
            .replace("\"use_sliding_window\": false", "\"use_sliding_window\": true");

    private static final String MOR = """
            {"model_type": "mor", "vocab_size": 64, "hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 4,
             "num_key_value_heads": 2, "head_dim": 8, "rms_norm_eps": 1e-05, "rope_theta": 10000.0,
             "max_position_embeddings": 64, "tie_word_embeddings": true, "num_hidden_layers": 8, "mor": {
             "num_recursions": 3, "sharing": "middle_cycle", "router": "expert_choice", "router_arch": "mlp",
             "router_activation": "tanh", "router_alpha": 0.2, "gating": "additive", "capacity": [1.0, 0.6, 0.29],
             "kv": "shared", "causal_router": "aux", "aux_loss_coef": 0.002, "balance_loss_coef": 0.2,
             "z_loss_coef": 0.1, "balancing": "none", "bias_update_rate": 0.002, "aux_router": true}}""";

    /** Keys of other models. */
    private static final String[] FOREIGN = {
        "alibi",
        "rope_ratio",
        "rope_scaling",
        "rope_parameters",
        "sliding_window",
        "use_sliding_window",
        "layer_types",
        "qkv_bias",
        "bias",
        "clip_qkv",
        "logit_scale",
        "logits_scaling",
        "embedding_multiplier",
        "num_experts",
        "hidden_activation",
        "hidden_act",
        "partial_rotary_factor",
        "no_rope_layers",
        "query_pre_attn_scalar",
        "attn_logit_softcapping",
        "quantization_config",
        "quantization",
        "auto_map",
        "layer_norm_eps",
        "n_layer",
        "use_qk_norm",
        "pretraining_tp",
        "is_encoder_decoder",
        "mor",
        "attention_bias",
        "mlp_bias",
        "dtype",
        "Hidden_Size"
    };

    private static final String[] VALUES = {
        "true",
        "false",
        "null",
        "0",
        "1",
        "2.0",
        "12",
        "\"\"",
        "\"x\"",
        "\"gelu\"",
        "\"silu\"",
        "[]",
        "[1, 0]",
        "{}",
        "{\"factor\": 2.0}",
        "{\"type\": \"default\"}",
        "{\"type\": \"yarn\", \"factor\": 4}",
        "{\"rope_theta\": 77}",
        "[\"full_attention\"]",
        "[\"sliding_attention\"]",
        "4096",
        "64",
        "1e30"
    };

    /** Keys that cannot change a model, listed here independently of the program. */
    private static final Set<String> DESCRIBING = Set.of(
            "attention_dropout",
            "bos_token_id",
            "eos_token_id",
            "pretraining_tp",
            "torch_dtype",
            "dtype",
            "transformers_version",
            "use_cache");

    private static final Map<String, Set<String>> HARMLESS = Map.of(
            "hidden_act", Set.of("\"silu\"", "\"swish\""),
            "hidden_activation", Set.of("\"silu\"", "\"swish\""),
            "partial_rotary_factor", Set.of("1"),
            "embedding_multiplier", Set.of("1"),
            "logits_scaling", Set.of("1"),
            "rope_type", Set.of("\"default\""),
            "type", Set.of("\"default\""));

    private static final Set<String> READ = Set.of(
            "vocab_size",
            "hidden_size",
            "intermediate_size",
            "num_hidden_layers",
            "num_attention_heads",
            "num_key_value_heads",
            "head_dim",
            "rms_norm_eps",
            "max_position_embeddings",
            "tie_word_embeddings",
            "initializer_range");

    @Test
    void someAreRefusedAndTheOthersShowWhatTheySay() {
        run(0, 1200);
    }

    @Tag("slow")
    @Test
    void manyAreRefusedAndTheOthersShowWhatTheySay() {
        run(3000, 20_000);
    }

    private static void run(long firstSeed, int count) {
        int taken = 0;
        List<String> sound = List.of(HUGGING_FACE, MISTRAL, SCALED, QWEN, MOR);
        for (long seed = firstSeed; seed < firstSeed + count; seed++) {
            String base = sound.get((int) (seed % sound.size()));
            Mutant mutant = seed % 3 == 0 ? foreign(base, seed) : JsonMutations.one(base, seed);
            taken += isTaken(mutant) ? 1 : 0;
        }
        // Neither all nor none: the property says something.
        assertTrue(taken > count / 20 && taken < count * 3 / 4, taken + " of " + count + " were taken");
    }

    private static Mutant foreign(String base, long seed) {
        Random random = new Random(seed);
        String key = FOREIGN[random.nextInt(FOREIGN.length)];
        String value = VALUES[random.nextInt(VALUES.length)];
        ObjectNode tree = (ObjectNode) JSON.readTree(base);
        if (random.nextInt(4) == 0) {
            tree.remove(tree.propertyNames().stream()
                    .skip(random.nextInt(tree.size()))
                    .findFirst()
                    .orElseThrow());
        }
        tree.set(key, JSON.readTree(value));
        return new Mutant(tree.toString(), "seed " + seed + ": " + key + " = " + value);
    }

    private static boolean isTaken(Mutant mutant) {
        ModelConfig config;
        try {
            config = ConfigJson.parse(mutant.text(), "config.json", UnknownKeys.REFUSED, true);
        } catch (UserError e) {
            assertEquals(1, e.getMessage().lines().count(), mutant.what());
            assertTrue(e.getMessage().startsWith("config.json: "), mutant + ": " + e.getMessage());
            assertTrue(e.getMessage().length() <= 2000, mutant.what());
            return false;
        }
        JsonNode given = JSON.readTree(mutant.text());
        JsonNode shown = JSON.readTree(config.toJson());
        for (Map.Entry<String, JsonNode> entry : given.properties()) {
            check(mutant, config, shown, given, entry.getKey(), entry.getValue());
        }
        checkAbsent(mutant, config, given);
        return true;
    }

    private static void check(
            Mutant mutant, ModelConfig config, JsonNode shown, JsonNode given, String key, JsonNode value) {
        String what = mutant + " was taken with " + key + " " + value;
        if (isNothing(value) && !READ.contains(key) || DESCRIBING.contains(key)) {
            return;
        }
        switch (key) {
            case "model_type" ->
                assertTrue(Set.of("llama", "mistral", "mor", "qwen2").contains(value.asString()), what);
            case "architectures" ->
                value.forEach(name ->
                        assertTrue(name.asString().matches("(Llama|LLaMA|Mistral|MoR|Qwen2)ForCausalLM"), what));
            case "layer_types" ->
                value.forEach(type -> assertTrue(
                        type.asString().equals("full_attention")
                                || config.architecture().window() > 0
                                || isWide(given, config),
                        what));
            case "attention_bias" -> assertTrue(config.architecture().qkvBias(), what);
            case "mlp_bias" -> assertTrue(config.architecture().mlpBias(), what);
            case "no_rope_layers" ->
                assertTrue(
                        value.size() >= config.numLayers()
                                && config.architecture().kind(1).rotary()
                                        == (value.get(1).doubleValue() == 1),
                        what);
            case "max_window_layers" -> assertEquals("qwen2", family(given), what);
            case "use_sliding_window" ->
                assertTrue(
                        isAbsent(given, "sliding_window")
                                || config.architecture().window() > 0
                                || isWide(given, config),
                        what);
            case "rope_theta" -> assertEquals(value.doubleValue(), config.ropeTheta(), what);
            case "rope_scaling", "rope_parameters" ->
                value.properties().forEach(inner -> {
                    if (inner.getKey().equals("rope_theta") && !inner.getValue().isNull()) {
                        assertEquals(inner.getValue().doubleValue(), config.ropeTheta(), what);
                    } else if (!isNothing(inner.getValue()) && !isHarmless(inner.getKey(), inner.getValue())) {
                        String name = inner.getKey().equals("type") ? "rope_type" : inner.getKey();
                        assertShows(shown.path("rope_scaling"), Map.entry(name, inner.getValue()), what);
                    }
                });
            case "sliding_window" ->
                assertTrue(
                        isWide(given, config)
                                || config.architecture().window() == value.intValue()
                                || !given.path("model_type").asString("llama").equals("mistral")
                                        && !given.path("use_sliding_window").booleanValue(false)
                                || fullByName(given),
                        what);
            case "mor" -> value.properties().forEach(inner -> assertShows(shown.get("mor"), inner, what));
            default -> {
                if (READ.contains(key)) {
                    assertShows(shown, Map.entry(key, value), what);
                } else {
                    assertTrue(isHarmless(key, value), what);
                }
            }
        }
    }

    private static String family(JsonNode given) {
        String named = given.path("architectures").path(0).asString("").replace("ForCausalLM", "");
        return given.path("model_type").asString(named.toLowerCase(java.util.Locale.ROOT));
    }

    /** Whether a window hides nothing, or begins behind the last layer. */
    private static boolean isWide(JsonNode given, ModelConfig config) {
        boolean late = family(given).equals("qwen2");
        return !isAbsent(given, "max_position_embeddings")
                        && given.path("sliding_window").intValue(0) >= config.maxPositions()
                || late && given.path("max_window_layers").intValue(28) >= config.numLayers();
    }

    private static boolean fullByName(JsonNode given) {
        return given.path("layer_types").isArray()
                && !given.get("layer_types").toString().contains("sliding");
    }

    private static void assertShows(JsonNode shown, Map.Entry<String, JsonNode> entry, String what) {
        JsonNode value = entry.getValue();
        JsonNode there = shown.get(entry.getKey());
        if (value.isNull()) {
            return;
        }
        assertTrue(there != null, what);
        if (value.isNumber()) {
            assertEquals(value.doubleValue(), there.doubleValue(), what);
        } else if (value.isArray()) {
            assertEquals(value.size(), there.size(), what);
            for (int i = 0; i < value.size(); i++) {
                assertEquals(value.get(i).doubleValue(), there.get(i).doubleValue(), what);
            }
        } else {
            assertEquals(value, there, what);
        }
    }

    /** What a file leaves out has the default of the family, as Hugging Face's library has it. */
    private static void checkAbsent(Mutant mutant, ModelConfig config, JsonNode given) {
        String family = family(given);
        boolean mistral = family.equals("mistral");
        boolean qwen = family.equals("qwen2");
        String what = mutant.what();
        boolean absent = given.get("num_key_value_heads") == null;
        if (absent || given.get("num_key_value_heads").isNull()) {
            int byDefault = mistral ? 8 : qwen ? 32 : config.numHeads();
            assertEquals(absent ? byDefault : config.numHeads(), config.numKvHeads(), what);
        }
        if (isAbsent(given, "head_dim")) {
            assertEquals(config.hiddenSize() / config.numHeads(), config.headDim(), what);
        }
        if (isAbsent(given, "rms_norm_eps")) {
            assertEquals(1e-6, config.rmsNormEps(), what);
        }
        if (isAbsent(given, "tie_word_embeddings")) {
            assertEquals(false, config.tieEmbeddings(), what);
        }
        if (isAbsent(given, "max_position_embeddings")) {
            assertEquals(mistral ? 131_072 : qwen ? 32_768 : 2048, config.maxPositions(), what);
        }
        if (isAbsent(given, "rope_theta")
                && isAbsent(given.path("rope_parameters"), "rope_theta")
                && isAbsent(given.path("rope_scaling"), "rope_theta")) {
            assertEquals(10000, config.ropeTheta(), what);
        }
        assertEquals(isAbsent(given, "mor"), config.mor() == null, what);
        if (mistral && given.get("sliding_window") == null) {
            assertEquals(
                    config.maxPositions() <= 4096 ? 0 : 4096,
                    config.architecture().window(),
                    what);
        }
    }

    private static boolean isAbsent(JsonNode json, String key) {
        return json.path(key).isMissingNode() || json.path(key).isNull();
    }

    private static boolean isHarmless(String key, JsonNode value) {
        String text = value.isNumber() && value.doubleValue() == 1 ? "1" : value.toString();
        return HARMLESS.getOrDefault(key, Set.of()).contains(text);
    }

    private static boolean isNothing(JsonNode value) {
        return value.isNull()
                || value.isBoolean() && !value.booleanValue()
                || (value.isContainer() || value.isString()) && value.toString().length() == 2;
    }

    @Test
    void soundOnesAreTaken() throws IOException {
        for (String text : List.of(HUGGING_FACE, MISTRAL, SCALED, QWEN, MOR)) {
            assertTrue(isTaken(new Mutant(text, "as it is")));
        }
        List<String> golden = new ArrayList<>();
        try (var folders = Files.list(Path.of("src/test/resources/golden"))) {
            for (Path config : folders.map(folder -> folder.resolve("config.json"))
                    .filter(Files::exists)
                    .toList()) {
                assertTrue(isTaken(new Mutant(Files.readString(config), config.toString())));
                golden.add(config.toString());
            }
        }
        assertTrue(golden.size() >= 6, golden.toString());
    }
}

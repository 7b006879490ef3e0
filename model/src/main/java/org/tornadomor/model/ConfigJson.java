package org.tornadomor.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.tornadomor.UserError;
import org.tornadomor.model.io.InputFile;
import org.tornadomor.model.io.StrictJson;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Hugging Face {@code config.json} to and from {@link ModelConfig}: Llama's keys and the {@code mor} object. */
final class ConfigJson {
    /**
     * Families whose layers are Llama's to the letter; others differ in norms, biases or scales that no key announces.
     */
    private static final Set<String> MODEL_TYPES = Set.of("llama", "mistral", "mor");

    private static final List<String> MOR_KEYS = List.of(
            "num_recursions",
            "sharing",
            "router",
            "router_arch",
            "router_activation",
            "router_alpha",
            "gating",
            "capacity",
            "kv",
            "causal_router",
            "aux_loss_coef",
            "balance_loss_coef",
            "z_loss_coef",
            "balancing",
            "bias_update_rate",
            "aux_router");

    private ConfigJson() {}

    static ModelConfig read(Path file) {
        String text;
        try {
            text = InputFile.text(file);
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
        return parse(text, file.toString());
    }

    static ModelConfig parse(String text, String source) {
        try {
            JsonNode root = StrictJson.parse(text);
            if (!(root instanceof ObjectNode)) {
                throw new UserError("the file is not a JSON object; expected the keys of a Hugging Face config.json");
            }
            return model(new JsonFields(root, ""));
        } catch (JacksonException e) {
            throw new UserError(source + ": not valid JSON (" + e.getOriginalMessage() + "); restore the file", e);
        } catch (UserError e) {
            throw new UserError(source + ": " + e.getMessage(), e);
        }
    }

    private static ModelConfig model(JsonFields json) {
        refuseUnsupported(json);
        int hidden = json.requiredInt("hidden_size");
        int heads = json.requiredInt("num_attention_heads");
        return new ModelConfig(
                json.requiredInt("vocab_size"),
                hidden,
                json.requiredInt("intermediate_size"),
                json.requiredInt("num_hidden_layers"),
                heads,
                json.integer("num_key_value_heads", heads),
                json.has("head_dim") ? json.requiredInt("head_dim") : headDim(hidden, heads),
                json.number("rms_norm_eps", 1e-6),
                ropeTheta(json),
                json.integer("max_position_embeddings", 2048),
                json.flag("tie_word_embeddings", false),
                json.number("initializer_range", 0.02),
                json.has("mor") ? mor(json.object("mor")) : null);
    }

    private static int headDim(int hidden, int heads) {
        Checks.positive("num_attention_heads", heads);
        if (hidden % heads != 0) {
            throw new UserError("num_attention_heads " + heads + " does not divide hidden_size " + hidden
                    + "; choose heads that do, or give head_dim");
        }
        return hidden / heads;
    }

    private static void refuseUnsupported(JsonFields json) {
        String type = json.text("model_type", "llama");
        if (!MODEL_TYPES.contains(type)) {
            throw new UserError("model_type '" + type + "' is not supported; use a checkpoint of the Llama family ("
                    + String.join(", ", MODEL_TYPES.stream().sorted().toList()) + ")");
        }
        refuse(json.has("rope_scaling"), "rope_scaling", "use a checkpoint with unscaled rotary embedding");
        refuse(json.flag("attention_bias", false), "attention_bias", "use a checkpoint without attention biases");
        refuse(json.flag("mlp_bias", false), "mlp_bias", "use a checkpoint without feed-forward biases");
        refuse(json.has("sliding_window"), "sliding_window", "use a checkpoint with full causal attention");
        refuse(json.has("quantization_config"), "quantization_config", "use the unquantised checkpoint");
        String activation = json.text("hidden_act", "silu");
        if (!activation.equals("silu")) {
            throw new UserError(
                    "hidden_act '" + activation + "' is not supported; use a checkpoint with silu (SwiGLU)");
        }
    }

    private static void refuse(boolean present, String key, String fix) {
        if (present) {
            throw new UserError(key + " is set, which is not supported; " + fix);
        }
    }

    /** Newer files keep the base in a {@code rope_parameters} object, beside the kind of scaling. */
    private static double ropeTheta(JsonFields json) {
        if (!json.has("rope_parameters")) {
            return json.number("rope_theta", 10000);
        }
        JsonFields rope = json.object("rope_parameters");
        String type = rope.text("rope_type", "default");
        if (!type.equals("default")) {
            throw new UserError("rope_parameters.rope_type '" + type
                    + "' is not supported; use a checkpoint with unscaled rotary embedding (default)");
        }
        return rope.number("rope_theta", json.number("rope_theta", 10000));
    }

    private static MorConfig mor(JsonFields json) {
        json.allowOnly(MOR_KEYS);
        RouterKind router = json.requiredRouter("router");
        MorConfig defaults = new MorConfigBuilder(1, router).build();
        return new MorConfigBuilder(json.requiredInt("num_recursions"), router)
                .sharing(json.choice("sharing", defaults.sharing()))
                .routerArch(json.choice("router_arch", defaults.routerArch()))
                .routerActivation(json.choice("router_activation", defaults.routerActivation()))
                .routerAlpha(json.number("router_alpha", defaults.routerAlpha()))
                .gating(json.choice("gating", defaults.gating()))
                .capacity(json.numbers("capacity"))
                .kv(json.choice("kv", defaults.kv()))
                .causalRouter(json.choice("causal_router", defaults.causalRouter()))
                .auxLossCoef(json.number("aux_loss_coef", defaults.auxLossCoef()))
                .balanceLossCoef(json.number("balance_loss_coef", defaults.balanceLossCoef()))
                .zLossCoef(json.number("z_loss_coef", defaults.zLossCoef()))
                .balancing(json.choice("balancing", defaults.balancing()))
                .biasUpdateRate(json.number("bias_update_rate", defaults.biasUpdateRate()))
                .auxRouter(json.flag("aux_router", defaults.auxRouter()))
                .build();
    }

    static String write(ModelConfig config) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.putArray("architectures").add(config.mor() == null ? "LlamaForCausalLM" : "MoRForCausalLM");
        json.put("model_type", config.mor() == null ? "llama" : "mor");
        json.put("vocab_size", config.vocabSize());
        json.put("hidden_size", config.hiddenSize());
        json.put("intermediate_size", config.intermediateSize());
        json.put("num_hidden_layers", config.numLayers());
        json.put("num_attention_heads", config.numHeads());
        json.put("num_key_value_heads", config.numKvHeads());
        json.put("head_dim", config.headDim());
        json.put("hidden_act", "silu");
        json.put("rms_norm_eps", config.rmsNormEps());
        json.put("rope_theta", config.ropeTheta());
        json.put("max_position_embeddings", config.maxPositions());
        json.put("tie_word_embeddings", config.tieEmbeddings());
        json.put("initializer_range", config.initializerRange());
        json.put("attention_bias", false);
        json.put("mlp_bias", false);
        if (config.mor() != null) {
            writeMor(config.mor(), json.putObject("mor"));
        }
        return JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
    }

    private static void writeMor(MorConfig mor, ObjectNode json) {
        json.put("num_recursions", mor.numRecursions());
        json.put("sharing", mor.sharing().spelling());
        json.put("router", mor.router().spelling());
        json.put("router_arch", mor.routerArch().spelling());
        json.put("router_activation", mor.routerActivation().spelling());
        json.put("router_alpha", mor.routerAlpha());
        json.put("gating", mor.gating().spelling());
        if (mor.capacity() == null) {
            json.putNull("capacity");
        } else {
            ArrayNode capacity = json.putArray("capacity");
            mor.capacity().forEach(capacity::add);
        }
        json.put("kv", mor.kv().spelling());
        json.put("causal_router", mor.causalRouter().spelling());
        json.put("aux_loss_coef", mor.auxLossCoef());
        json.put("balance_loss_coef", mor.balanceLossCoef());
        json.put("z_loss_coef", mor.zLossCoef());
        json.put("balancing", mor.balancing().spelling());
        json.put("bias_update_rate", mor.biasUpdateRate());
        json.put("aux_router", mor.auxRouter());
    }

    /** The keys of one JSON object, read with their types checked; {@code null} counts as absent. */
    private record JsonFields(JsonNode json, String prefix) {
        boolean has(String key) {
            JsonNode value = json.get(key);
            return value != null && !value.isNull();
        }

        JsonFields object(String key) {
            if (!(json.get(key) instanceof ObjectNode object)) {
                throw wrongType(key, "an object");
            }
            return new JsonFields(object, prefix + key + ".");
        }

        int requiredInt(String key) {
            if (!has(key)) {
                throw new UserError(prefix + key + " is missing; add it");
            }
            return integer(key, 0);
        }

        int integer(String key, int otherwise) {
            if (!has(key)) {
                return otherwise;
            }
            JsonNode value = json.get(key);
            if (!value.isIntegralNumber() || !value.canConvertToInt()) {
                throw wrongType(key, "an integer");
            }
            return value.intValue();
        }

        double number(String key, double otherwise) {
            if (!has(key)) {
                return otherwise;
            }
            return number(key, json.get(key));
        }

        private double number(String key, JsonNode value) {
            if (!value.isNumber()) {
                throw wrongType(key, "a number");
            }
            return value.doubleValue(Double.NaN);
        }

        List<Double> numbers(String key) {
            if (!has(key)) {
                return null;
            }
            if (!(json.get(key) instanceof ArrayNode array)) {
                throw wrongType(key, "an array of numbers");
            }
            List<Double> values = new ArrayList<>();
            for (JsonNode value : array) {
                values.add(number(key, value));
            }
            return values;
        }

        boolean flag(String key, boolean otherwise) {
            if (!has(key)) {
                return otherwise;
            }
            if (!json.get(key).isBoolean()) {
                throw wrongType(key, "true or false");
            }
            return json.get(key).booleanValue();
        }

        String text(String key, String otherwise) {
            if (!has(key)) {
                return otherwise;
            }
            if (!json.get(key).isString()) {
                throw wrongType(key, "a string");
            }
            return json.get(key).stringValue();
        }

        <E extends Enum<E> & Spelled> E choice(String key, E otherwise) {
            return has(key) ? Spelled.parse(otherwise.getDeclaringClass(), prefix + key, text(key, "")) : otherwise;
        }

        RouterKind requiredRouter(String key) {
            // Without a default: a routed model must not turn into another one by omission.
            if (!has(key)) {
                throw new UserError(
                        prefix + key + " is missing; set it to one of " + RouterKind.spellings(kind -> true));
            }
            return RouterKind.parse(prefix + key, text(key, ""));
        }

        void allowOnly(List<String> keys) {
            for (String key : json.propertyNames()) {
                if (!keys.contains(key)) {
                    throw new UserError(prefix + key + " is not a known key; use " + String.join(", ", keys));
                }
            }
        }

        private UserError wrongType(String key, String expected) {
            return new UserError(prefix + key + " is " + json.get(key) + "; it must be " + expected);
        }
    }
}

package org.tornadomor.formats.gguf;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import org.tornadomor.UserError;
import org.tornadomor.model.UnknownKeys;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the metadata of a GGUF file says of the model, as the keys of a Hugging Face {@code config.json}: from there on a model from
 * GGUF is one like any other.
 */
final class GgufConfig {
    /**
     * An architecture: what Hugging Face calls it, and what its files have that others do not.
     *
     * @param name as {@code general.architecture} has it
     * @param modelType Hugging Face's
     * @param turned whether rows of queries and keys are in llama.cpp's order
     */
    private record Architecture(String name, String modelType, String className, boolean turned) {}

    private static final List<Architecture> ARCHITECTURES = List.of(
            new Architecture("llama", "llama", "LlamaForCausalLM", true),
            new Architecture("qwen2", "qwen2", "Qwen2ForCausalLM", false),
            new Architecture("qwen3", "qwen3", "Qwen3ForCausalLM", false),
            new Architecture("smollm3", "smollm3", "SmolLM3ForCausalLM", true));

    /** Every fourth layer of SmolLM 3 has no rotary positions; its files do not say so. */
    static final int SMOLLM3_INTERVAL = 4;

    /** Keys below the architecture's name that every model is computed from. */
    private static final Set<String> NEEDED = Set.of(
            "context_length",
            "embedding_length",
            "block_count",
            "feed_forward_length",
            "vocab_size",
            "attention.head_count",
            "attention.head_count_kv",
            "attention.layer_norm_rms_epsilon",
            "attention.key_length",
            "rope.freq_base");

    /** Further such keys, which are read if they are there, or change nothing. */
    private static final Set<String> DECIDED = Set.of(
            "attention.value_length",
            "attention.sliding_window",
            "rope.dimension_count",
            "rope.scale_linear",
            "rope.scaling.type",
            "rope.scaling.factor",
            "rope.scaling.original_context_length",
            "rope.scaling.attn_factor",
            "rope.scaling.yarn_beta_fast",
            "rope.scaling.yarn_beta_slow",
            "rope.scaling.finetuned",
            "tensor_data_layout");

    private final GgufFile file;
    private final GgufMetadata metadata;
    private final Architecture architecture;

    private GgufConfig(GgufFile file) {
        this.file = file;
        this.metadata = file.metadata();
        String name = metadata.string("general.architecture");
        this.architecture = ARCHITECTURES.stream()
                .filter(known -> known.name.equals(name))
                .findFirst()
                .orElseThrow(() -> new UserError(file.path() + ": general.architecture is "
                        + GgufReader.quoted(name) + ", and those that are read are "
                        + String.join(
                                ", ",
                                ARCHITECTURES.stream().map(Architecture::name).toList())
                        + "; take a model of one of these families"));
    }

    /** Whether rows of queries and keys are in llama.cpp's order. */
    static boolean turned(GgufFile file) {
        return new GgufConfig(file).architecture.turned;
    }

    /** The same for a name. */
    static boolean turned(String name) {
        return ARCHITECTURES.stream().anyMatch(known -> known.name.equals(name) && known.turned);
    }

    /**
     * The text of a {@code config.json}.
     *
     * @param unknown keys of the file to pass over
     * @throws UserError naming file and key that is missing, wrong or not understood
     */
    static ObjectNode read(GgufFile file, UnknownKeys unknown) {
        GgufConfig config = new GgufConfig(file);
        config.refuseUnknown(unknown);
        return config.json();
    }

    /** Takes out the keys that the person wants passed over, and refuses any other that is not understood. */
    private void refuseUnknown(UnknownKeys unknown) {
        String prefix = architecture.name + ".";
        for (String key : unknown.passedOver()) {
            boolean own = key.startsWith(prefix) && NEEDED.contains(key.substring(prefix.length()));
            if (metadata.has(key) && (own || key.startsWith("general.") || key.startsWith("tokenizer."))) {
                throw new UserError(UnknownKeys.OPTION + " " + key + " makes no sense: " + key
                        + " is understood; name a key that is not");
            }
            if (metadata.remove(key)) {
                unknown.notes().accept(file.path() + ": passed over " + key + " as asked");
            }
        }
        if (metadata.integer("split.count", 1) > 1) {
            throw new UserError(file.path() + " is one of " + metadata.integer("split.count")
                    + " parts of a model; join them with llama-gguf-split --merge");
        }
        for (String key : metadata.keys()) {
            String name = key.startsWith(prefix) ? key.substring(prefix.length()) : null;
            if (name != null && !NEEDED.contains(name) && !DECIDED.contains(name) && !isNothing(key)) {
                throw new UserError(file.path() + ": key " + GgufReader.quoted(key)
                        + " is not understood, and may change what the model computes; take another model, or add "
                        + UnknownKeys.OPTION + " " + GgufReader.quoted(key) + " if you know that it changes nothing");
            }
        }
    }

    /** Zero and false switch something off. */
    private boolean isNothing(String key) {
        try {
            return metadata.number(key) == 0;
        } catch (UserError e) {
            try {
                return !metadata.flag(key, false);
            } catch (UserError other) {
                return false;
            }
        }
    }

    private ObjectNode json() {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.putArray("architectures").add(architecture.className);
        json.put("model_type", architecture.modelType);
        GgufTensor embedding = file.tensors().get(GgufNames.EMBEDDING);
        if (embedding == null || embedding.shape().length != 2) {
            throw new UserError(file.path() + ": tensor " + GgufNames.EMBEDDING
                    + (embedding == null ? " is missing" : " is no matrix") + "; convert the model anew");
        }
        int hidden = size("embedding_length");
        int heads = same("attention.head_count", "heads");
        json.put("vocab_size", embedding.shape()[0]);
        json.put("hidden_size", hidden);
        json.put("intermediate_size", same("feed_forward_length", "widths"));
        int layers = size("block_count");
        json.put("num_hidden_layers", layers);
        json.put("num_attention_heads", heads);
        json.put(
                "num_key_value_heads",
                has("attention.head_count_kv") ? same("attention.head_count_kv", "heads") : heads);
        int headSize = headSize(hidden, heads);
        json.put("head_dim", headSize);
        json.put("hidden_act", "silu");
        json.put("rms_norm_eps", metadata.number(key("attention.layer_norm_rms_epsilon")));
        json.put("max_position_embeddings", size("context_length"));
        json.put("tie_word_embeddings", !file.tensors().containsKey(GgufNames.HEAD));
        rotary(json, headSize, layers);
        biases(json);
        window(json);
        return json;
    }

    private int headSize(int hidden, int heads) {
        if (heads < 1 || !has("attention.key_length") && hidden % heads != 0) {
            throw new UserError(file.path() + ": " + key("attention.head_count") + " " + heads + " does not divide "
                    + key("embedding_length") + " " + hidden + "; convert the model anew");
        }
        int size = has("attention.key_length") ? size("attention.key_length") : hidden / heads;
        int values = has("attention.value_length") ? size("attention.value_length") : size;
        if (values != size) {
            throw new UserError(file.path() + ": " + key("attention.value_length") + " is " + values + " where "
                    + key("attention.key_length") + " is " + size + ", and heads of two sizes are not supported; take"
                    + " another model");
        }
        int turning = has("rope.dimension_count") ? size("rope.dimension_count") : size;
        if (turning != size) {
            throw new UserError(file.path() + ": " + key("rope.dimension_count") + " is " + turning
                    + " of heads of " + size + " elements, and rotary positions on a part of a head are not supported;"
                    + " take another model");
        }
        return size;
    }

    private void rotary(ObjectNode json, int headSize, int layers) {
        json.put("rope_theta", metadata.number(key("rope.freq_base"), 10000));
        ObjectNode scaling = RotaryScalings.read(file, architecture.name + ".", headSize);
        if (scaling != null) {
            json.set("rope_scaling", scaling);
        }
        if (architecture.name.equals("smollm3")) {
            ArrayNode turning = json.putArray("no_rope_layers");
            for (int l = 0; l < layers; l++) {
                turning.add((l + 1) % SMOLLM3_INTERVAL == 0 ? 0 : 1);
            }
            json.put("no_rope_layer_interval", SMOLLM3_INTERVAL);
        }
    }

    /**
     * Which biases there are: Qwen 2 always has those of queries, keys and values; for the others the tensors in the file say
     * it.
     */
    private void biases(ObjectNode json) {
        if (!architecture.name.equals("qwen2")) {
            json.put("attention_bias", file.tensors().containsKey("blk.0.attn_q.bias"));
        }
        if (Map.of("llama", true, "smollm3", true).containsKey(architecture.name)) {
            json.put("mlp_bias", file.tensors().containsKey("blk.0.ffn_gate.bias"));
        }
    }

    /** A window in a Llama file is one on all layers, which makes the model a Mistral. */
    private void window(ObjectNode json) {
        long window = metadata.integer(key("attention.sliding_window"), 0);
        if (window == 0) {
            return;
        }
        if (!architecture.name.equals("llama")) {
            throw new UserError(file.path() + ": " + key("attention.sliding_window") + " is " + window
                    + ", and the file does not say on which layers; take the Hugging Face folder of the model");
        }
        json.putArray("architectures").add("MistralForCausalLM");
        json.put("model_type", "mistral");
        json.remove(List.of("attention_bias", "mlp_bias"));
        json.put("sliding_window", window);
    }

    private boolean has(String name) {
        return metadata.has(key(name));
    }

    private String key(String name) {
        return architecture.name + "." + name;
    }

    private int size(String name) {
        return checked(name, metadata.integer(key(name)));
    }

    /** A number that some files give once for each layer; all layers must agree. */
    private int same(String name, String what) {
        if (!metadata.isList(key(name))) {
            return size(name);
        }
        int[] each = metadata.integers(key(name));
        IntFunction<String> shown = i -> Integer.toString(each[i]);
        for (int i = 1; i < each.length; i++) {
            if (each[i] != each[0]) {
                throw new UserError(file.path() + ": key " + key(name) + " has " + shown.apply(0) + " and "
                        + shown.apply(i) + ", and layers of different " + what + " are not supported; take another"
                        + " model");
            }
        }
        if (each.length == 0) {
            throw new UserError(file.path() + ": key " + key(name) + " is empty; convert the model anew");
        }
        return checked(name, each[0]);
    }

    private int checked(String name, long value) {
        if (value < 1 || value > Integer.MAX_VALUE) {
            throw new UserError(file.path() + ": key " + key(name) + " is " + value
                    + ", where a positive number is expected; convert the model anew");
        }
        return (int) value;
    }
}

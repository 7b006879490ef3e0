package org.tornadomor.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tornadomor.UserError;
import org.tornadomor.model.Family.Keys;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Decides about every key of a {@code config.json}. A key is read, or it describes and changes nothing, or its value says that
 * something is switched off; any other may change what the model computes, and is refused by name.
 */
final class ConfigKeys {
    static final String MODEL_TYPE = "model_type";
    static final String MOR = "mor";

    private static final String ARCHITECTURES = "architectures";
    private static final Set<String> ROPE_KEYS = Set.of(RotaryJson.KIND, RotaryJson.OLD_KIND, RotaryJson.THETA);
    /** Keys that every model is computed from. */
    private static final Set<String> READ = Set.of(
            "vocab_size",
            "hidden_size",
            "intermediate_size",
            "num_hidden_layers",
            "num_attention_heads",
            "num_key_value_heads",
            "head_dim",
            "rms_norm_eps",
            ArchitectureJson.POSITIONS,
            "tie_word_embeddings",
            "initializer_range",
            RotaryJson.THETA,
            RotaryJson.PARAMETERS,
            MOR);

    /** Keys that are read too, each with a check of its own. */
    private static final Set<String> DECIDED =
            Set.of(MODEL_TYPE, ARCHITECTURES, RotaryJson.SCALING, Keys.WINDOW, Keys.LAYER_TYPES);

    /**
     * Keys that do not change the logits of a model: names, versions, ids of tokens, marks that other programs left, the number
     * of slices that products were cut into, and settings of token search or of training elsewhere.
     */
    private static final Set<String> DESCRIBING = words("""
            _attn_implementation _attn_implementation_autoset _commit_hash _flash_attn_2_enabled _from_model_config
            _name_or_path attention_dropout attention_probs_dropout_prob attn_implementation bad_words_ids
            begin_suppress_tokens bos_token bos_token_id chunk_size_feed_forward classifier_dropout cls_token_id
            decoder_start_token_id diversity_penalty do_sample dtype early_stopping embd_pdrop
            encoder_no_repeat_ngram_size eos_token eos_token_id exponential_decay_length_penalty finetuning_task
            forced_bos_token_id forced_eos_token_id hidden_dropout hidden_dropout_prob id2label is_decoder
            is_llama_config label2id length_penalty mask_token_id max_length max_new_tokens max_sequence_length
            max_window_layers min_length model_max_length name_or_path neftune_noise_alpha no_repeat_ngram_size
            num_beam_groups num_beams num_labels num_return_sequences output_attentions output_hidden_states
            output_scores pad_token pad_token_id prefix pretraining_tp problem_type remove_invalid_values repetition_penalty resid_pdrop
            return_dict return_dict_in_generate sep_token_id suppress_tokens task_specific_params temperature
            tf_legacy_loss tokenizer_class top_k top_p torch_dtype torchscript transformers.js_config
            transformers_version typical_p unk_token unk_token_id unsloth_fixed unsloth_version use_bfloat16 use_cache""");

    /** Values, as JSON writes them, with which a key changes nothing. Null, false and empty values always are such values. */
    private static final Map<String, Set<String>> SWITCHED_OFF = Map.ofEntries(
            Map.entry("attention_bias", Set.of("false")),
            Map.entry("mlp_bias", Set.of("false")),
            Map.entry("hidden_act", Set.of("\"silu\"", "\"swish\"")),
            Map.entry("hidden_activation", Set.of("\"silu\"", "\"swish\"")),
            Map.entry("partial_rotary_factor", Set.of("1", "1.0")),
            Map.entry("embedding_multiplier", Set.of("1", "1.0")),
            Map.entry("residual_multiplier", Set.of("1", "1.0")),
            Map.entry("logits_scaling", Set.of("1", "1.0")),
            Map.entry("rope_interleaved", Set.of("false")),
            Map.entry(Keys.USE_WINDOW, Set.of("false")),
            Map.entry("quantization_config", Set.of()),
            // Code in the checkpoint's folder, which may compute anything.
            Map.entry(Keys.AUTO_MAP, Set.of()),
            Map.entry("add_cross_attention", Set.of("false")),
            Map.entry("cross_attention_hidden_size", Set.of()),
            Map.entry("is_encoder_decoder", Set.of("false")),
            Map.entry("tie_encoder_decoder", Set.of("false")),
            Map.entry("pruned_heads", Set.of()));

    /** What to do instead, for the keys that are met most often. */
    private static final Map<String, String> FIXES = Map.of(
            RotaryJson.SCALING,
            "use a checkpoint whose rotary scaling is default, linear, dynamic, llama3 or yarn",
            RotaryJson.PARAMETERS,
            "use a checkpoint whose rotary scaling is default, linear, dynamic, llama3 or yarn",
            Keys.ATTENTION_BIAS,
            "use a checkpoint of a family that has attention biases, such as llama or qwen2",
            Keys.MLP_BIAS,
            "use a checkpoint of a family that has feed-forward biases, such as llama",
            Keys.WINDOW,
            "use a checkpoint of a family that has windows, such as mistral or qwen2",
            Keys.LAYER_TYPES,
            "use a checkpoint of a family that has windows, such as mistral or qwen2",
            "quantization_config",
            "use the unquantised checkpoint",
            "hidden_act",
            "use a checkpoint with silu (SwiGLU)",
            "hidden_activation",
            "use a checkpoint with silu (SwiGLU)");

    private static final int NAMED = 4;

    private final ObjectNode json;
    private final ConfigFields fields;
    private final UnknownKeys unknown;
    private final List<String> notes = new ArrayList<>();
    private Family family;
    /** Keys that are refused, with the text of their values. */
    private final Map<String, String> refused = new LinkedHashMap<>();

    /**
     * @param json loses the keys that are passed over
     * @param unknown says which those are
     */
    ConfigKeys(ObjectNode json, UnknownKeys unknown) {
        this.json = json;
        this.unknown = unknown;
        fields = new ConfigFields(json, "");
    }

    private static Set<String> words(String text) {
        return Set.copyOf(Arrays.asList(text.strip().split("\\s+")));
    }

    /** Whether a key, with dots between the levels, must not be passed over. */
    static boolean isNeeded(String path) {
        return READ.contains(path)
                || path.equals(Keys.LOOPS)
                || path.startsWith(MOR + ".") && MorJson.isKey(path.substring(MOR.length() + 1))
                || path.equals(RotaryJson.PARAMETERS + "." + RotaryJson.THETA)
                || path.equals(RotaryJson.SCALING + "." + RotaryJson.THETA);
    }

    /**
     * Looks at every key, and passes over what the person asked for.
     *
     * @param mustName whether the file has to say what family it is of
     * @return the family
     * @throws UserError naming what is not understood
     */
    Family check(boolean mustName) {
        unknown.passedOver().forEach(path -> remove(json, path, path));
        if (unknown.passedOver().contains(Keys.WINDOW)) {
            // If the key were missing, the family's own window would count.
            json.putNull(Keys.WINDOW);
        }
        family = family(mustName);
        for (Map.Entry<String, JsonNode> entry : json.properties()) {
            check(entry.getKey(), entry.getValue());
        }
        rope(RotaryJson.PARAMETERS);
        rope(RotaryJson.SCALING);
        layerTypes();
        window();
        if (!refused.isEmpty()) {
            throw refusal();
        }
        return family;
    }

    /** Reports what was passed over. Called once everything else was found to be right. */
    void tell() {
        if (!notes.isEmpty()) {
            String more = notes.size() <= NAMED ? "" : " and " + (notes.size() - NAMED) + " more keys";
            unknown.notes()
                    .accept("passed over " + notes.stream().limit(NAMED).collect(Collectors.joining(", ")) + more);
        }
    }

    /** Takes out what stands at a path; the names of keys may have dots themselves. */
    private void remove(ObjectNode object, String path, String whole) {
        for (String key : List.copyOf(object.propertyNames())) {
            if (key.equals(path)) {
                requireNoTheta(key, object.get(key));
                notes.add(whole + " " + shown(object.get(key)) + " as asked");
                object.remove(key);
            } else if (path.startsWith(key + ".") && object.get(key) instanceof ObjectNode nested) {
                remove(nested, path.substring(key.length() + 1), whole);
            }
        }
    }

    private static void requireNoTheta(String key, JsonNode value) {
        if (value.has(RotaryJson.THETA)) {
            throw new UserError(UnknownKeys.OPTION + " " + key + " would pass over " + key + "." + RotaryJson.THETA
                    + " as well, which is understood; name the keys in it that are not, such as " + key + ".factor");
        }
    }

    private Family family(boolean mustName) {
        List<String> architectures = fields.texts(ARCHITECTURES);
        String type = fields.text(MODEL_TYPE, null);
        Family named = null;
        if (type != null) {
            named = Family.ofModelType(type)
                    .orElseThrow(() -> unknownFamily(MODEL_TYPE + " " + shown(json.get(MODEL_TYPE)), MODEL_TYPE));
        }
        for (String architecture : architectures) {
            String shownName = ARCHITECTURES + " '" + ConfigFields.shortened(architecture) + "'";
            Family here = Family.ofClass(architecture).orElseThrow(() -> unknownFamily(shownName, ARCHITECTURES));
            boolean recursive = named == Family.MOR || here == Family.MOR;
            if (named != null && named != here && !recursive) {
                throw new UserError(shownName + " is not of " + (type == null ? "the family " : MODEL_TYPE + " ")
                        + named.modelType() + "; keep the one that the weights are of"
                        + orIgnore(List.of(ARCHITECTURES)));
            }
            named = recursive ? Family.MOR : here;
        }
        boolean asked = unknown.passedOver().contains(MODEL_TYPE)
                || unknown.passedOver().contains(ARCHITECTURES);
        if (named == null && mustName && !asked) {
            throw new UserError(MODEL_TYPE + " is missing, and so is " + ARCHITECTURES
                    + "; other families have the same keys, so add \"model_type\": \"llama\" if it is one");
        }
        return named == null ? Family.LLAMA : named;
    }

    private static UserError unknownFamily(String what, String key) {
        return new UserError(what + " is not supported; use a checkpoint of one of the families " + Family.modelTypes()
                + orIgnore(List.of(key)));
    }

    /** Whether a key beyond a plain Llama's is read: by the family, or, where layers recur, as recursive models have it. */
    private boolean reads(String key) {
        return family.reads(key) || fields.has(MOR) && Family.MOR.reads(key);
    }

    private void check(String key, JsonNode value) {
        if (READ.contains(key) || DECIDED.contains(key) || DESCRIBING.contains(key) || reads(key)) {
            return;
        }
        if (key.equals(Keys.AUTO_MAP) && isOwnCode(value)) {
            return;
        }
        Set<String> off = SWITCHED_OFF.get(key);
        if (off == null ? nothing(value) : value.isNull() || off.isEmpty() && nothing(value)) {
            if (off == null) {
                notes.add(ConfigFields.shortened(key) + " " + shown(value));
            }
            return;
        }
        if (off == null || !off.contains(value.toString())) {
            if (off != null && off.contains("\"silu\"")) {
                fields.text(key, "");
            }
            refused.put(key, shown(value));
        }
    }

    private boolean isOwnCode(JsonNode map) {
        return map.isObject()
                && map.properties().stream()
                        .allMatch(entry -> entry.getValue().isString()
                                && family.isOwnCode(entry.getValue().stringValue()));
    }

    /**
     * Whether a value is null, false or empty. A 0 is none of these: under an unknown key it may be the number of something.
     */
    private static boolean nothing(JsonNode value) {
        return value.isMissingNode()
                || value.isNull()
                || value.isBoolean() && !value.booleanValue()
                || value.isContainer() && value.isEmpty()
                || value.isString() && value.stringValue().isEmpty();
    }

    private void rope(String key) {
        if (!fields.has(key)) {
            return;
        }
        ConfigFields rope = fields.object(key);
        // The kind of scaling is looked at first, since it says most.
        Set<String> known = RotaryJson.keys(rope).orElse(null);
        String kind = rope.has(RotaryJson.KIND) ? RotaryJson.KIND : RotaryJson.OLD_KIND;
        if (known == null) {
            refused.put(key + "." + kind, shown(rope.json().get(kind)));
            known = Set.of();
        }
        if (!rope.text(RotaryJson.OLD_KIND, "").equals(rope.text(kind, "")) && rope.has(RotaryJson.OLD_KIND)) {
            refused.put(key + "." + RotaryJson.OLD_KIND, shown(rope.json().get(RotaryJson.OLD_KIND)));
        }
        for (Map.Entry<String, JsonNode> entry : rope.json().properties()) {
            String name = entry.getKey();
            JsonNode value = entry.getValue();
            boolean decided = ROPE_KEYS.contains(name) || known.contains(name);
            boolean off = SWITCHED_OFF.getOrDefault(name, Set.of()).contains(value.toString());
            if (!decided && !off && !nothing(value)) {
                refused.put(key + "." + ConfigFields.shortened(name), shown(value));
            }
        }
    }

    private void layerTypes() {
        if (reads(Keys.LAYER_TYPES)) {
            return;
        }
        for (String type : fields.texts(Keys.LAYER_TYPES)) {
            if (!type.equals(ArchitectureJson.FULL)) {
                refused.put(Keys.LAYER_TYPES, "'" + ConfigFields.shortened(type) + "'");
            }
        }
    }

    /** A window in a family without windows. It hides nothing if it is as long as the positions that the file gives. */
    private void window() {
        if (reads(Keys.WINDOW) || !fields.has(Keys.WINDOW)) {
            return;
        }
        int window = fields.integer(Keys.WINDOW, 0);
        boolean off = json.path(Keys.USE_WINDOW).isBoolean() && !fields.flag(Keys.USE_WINDOW, true);
        boolean wide =
                fields.has(ArchitectureJson.POSITIONS) && window >= fields.integer(ArchitectureJson.POSITIONS, 0);
        if (!off && !wide) {
            refused.put(Keys.WINDOW, "" + window);
        }
    }

    private UserError refusal() {
        List<String> keys = List.copyOf(refused.keySet());
        String named = keys.stream()
                .limit(NAMED)
                .map(key -> ConfigFields.shortened(key) + " " + refused.get(key))
                .collect(Collectors.joining(", "));
        String more = keys.size() <= NAMED ? "" : " and " + (keys.size() - NAMED) + " more";
        String fix = keys.stream()
                .flatMap(key ->
                        Stream.ofNullable(FIXES.get(key.contains(".") ? key.substring(0, key.indexOf('.')) : key)))
                .findFirst()
                .orElse("use a checkpoint of the Llama family without it");
        return new UserError(named + more + (keys.size() == 1 ? " is" : " are")
                + " not supported, and may change what the model computes; " + fix + orIgnore(keys));
    }

    private static String orIgnore(List<String> keys) {
        String options = keys.size() > NAMED
                ? UnknownKeys.OPTION + " NAME for each"
                : keys.stream()
                        .map(key -> UnknownKeys.OPTION + " " + ConfigFields.shortened(key))
                        .collect(Collectors.joining(" "));
        return ", or add " + options + " if you know that it changes nothing";
    }

    private static String shown(JsonNode value) {
        return value.isString()
                ? "'" + ConfigFields.shortened(value.stringValue()) + "'"
                : ConfigFields.shortened(value.toString());
    }
}

package org.tornadomor.trainer;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.tornadomor.UserError;
import org.tornadomor.formats.CheckpointSource;
import org.tornadomor.model.LoraConfig;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.Presets;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Finds the model that a configuration means: the keys under {@code model} over those of a preset or a checkpoint. */
final class ModelChoice {
    /** What is trained where nothing else is asked for. */
    static final String DEFAULT_PRESET = "tiny";

    /** A model that names these needs no preset. */
    private static final List<String> SIZES =
            List.of("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads");

    /** Keys of {@code config.json} that have one value each here and say nothing about a model. */
    private static final List<String> CONSTANTS =
            List.of("architectures", "model_type", "hidden_act", "attention_bias", "mlp_bias");

    private static final String MOR = "mor";
    private static final String VOCABULARY = "vocab_size";
    private static final ObjectNode SCHEMA = schema();

    private ModelChoice() {}

    /**
     * The value of a key, with dots between the levels from {@code model} on, in a model that has every key; null if there is
     * no such key.
     */
    static JsonNode schema(String key) {
        JsonNode node = SCHEMA;
        String[] path = key.split("\\.");
        for (int i = 1; i < path.length && node != null; i++) {
            node = node.get(path[i]);
        }
        return node;
    }

    /** Every key that some model has. */
    private static ObjectNode schema() {
        ModelConfig model = Presets.get("tiny-mor3");
        return keys(model.withMor(model.mor().withLora(new LoraConfig(1, LoraConfig.ALL))));
    }

    private static ObjectNode keys(ModelConfig config) {
        ObjectNode tree = (ObjectNode) JsonMapper.shared().readTree(config.toJson());
        tree.remove(CONSTANTS);
        if (!tree.has(MOR)) {
            tree.putNull(MOR);
        }
        return tree;
    }

    /** A model as the value of {@link TrainingConfig#model}, complete. */
    static Map<String, Object> toMap(ModelConfig config) {
        return ConfigTree.map(keys(config));
    }

    /** The name of the preset that is meant, or null. */
    static String preset(TrainingConfig config) {
        boolean sizes = config.model().keySet().containsAll(SIZES);
        return config.preset() != null || config.init() != null || sizes ? config.preset() : DEFAULT_PRESET;
    }

    /**
     * The model.
     *
     * @throws UserError if keys are missing or do not fit together, or the vocabulary is too small for the tokenizer
     */
    static ModelConfig resolve(TrainingConfig config, Tokenizer tokenizer) {
        ModelConfig model = resolve(config, tokenizer.vocabSize());
        Tokenizers.requireFits(tokenizer, model.vocabSize());
        return model;
    }

    /** As {@link #resolve(TrainingConfig, Tokenizer)}, with a vocabulary for where none is given. */
    static ModelConfig resolve(TrainingConfig config, int vocabulary) {
        ObjectNode given = ConfigTree.tree(config.model());
        boolean complete = SCHEMA.propertyNames().stream().allMatch(given::has);
        ObjectNode tree = complete ? JsonMapper.shared().createObjectNode() : base(config);
        dropWhatFollows(tree, given);
        merge(tree, given);
        if (tree.path(VOCABULARY).isNull() || !tree.has(VOCABULARY)) {
            tree.put(VOCABULARY, vocabulary);
        }
        return ModelConfig.parse(tree.toString(), ConfigTree.MODEL);
    }

    /**
     * As {@link TrainingConfig#model}, complete: the keys of a configuration over those of a model that it begins with.
     */
    static Map<String, Object> over(ModelConfig begin, TrainingConfig config) {
        ObjectNode tree = keys(begin);
        ObjectNode given = ConfigTree.tree(config.model());
        dropWhatFollows(tree, given);
        merge(tree, given);
        return toMap(ModelConfig.parse(tree.toString(), ConfigTree.MODEL));
    }

    private static ObjectNode base(TrainingConfig config) {
        String preset = preset(config);
        if (preset != null) {
            ObjectNode tree = keys(Presets.get(preset));
            tree.remove(VOCABULARY);
            return tree;
        }
        if (config.init() != null) {
            Path folder = CheckpointSource.folder(RunFolder.latest(Path.of(config.init())), config.unknownKeys());
            return keys(ModelConfig.read(folder.resolve(CheckpointFolder.CONFIG_FILE), config.unknownKeys()));
        }
        return JsonMapper.shared().createObjectNode();
    }

    /**
     * Takes out values of the base that are only defaults and follow from keys that are given anew, so that they follow from
     * the new ones.
     */
    private static void dropWhatFollows(ObjectNode base, ObjectNode given) {
        if (given.has("hidden_size") || given.has("num_attention_heads")) {
            base.remove("head_dim");
        }
        if (base.get(MOR) instanceof ObjectNode mor && given.path(MOR).has("router")) {
            if (!given.path(MOR).get("router").equals(mor.get("router"))) {
                mor.remove(List.of("router_activation", "router_alpha", "capacity", "aux_router", "causal_router"));
            }
        }
        if (base.get(MOR) instanceof ObjectNode mor && given.path(MOR).has("num_recursions")) {
            mor.remove("capacity");
        }
    }

    private static void merge(ObjectNode into, ObjectNode given) {
        given.properties().forEach(entry -> {
            if (entry.getValue() instanceof ObjectNode object
                    && into.get(entry.getKey()) instanceof ObjectNode nested) {
                merge(nested, object);
            } else {
                into.set(entry.getKey(), entry.getValue());
            }
        });
    }
}

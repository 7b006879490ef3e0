package org.tornadomor.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;
import org.tornadomor.files.JsonFault;
import org.tornadomor.files.StrictJson;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Hugging Face {@code config.json} to and from {@link ModelConfig}: Llama's keys and the {@code mor} object. */
final class ConfigJson {
    private ConfigJson() {}

    static ModelConfig read(Path file, UnknownKeys unknown) {
        String text;
        try {
            text = InputFile.text(file);
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
        return parse(text, file.toString(), unknown, true);
    }

    /** Reads keys that a person gave; they need not say which family they are of. */
    static ModelConfig parse(String text, String source) {
        return parse(text, source, UnknownKeys.REFUSED, false);
    }

    static ModelConfig parse(String text, String source, UnknownKeys unknown, boolean mustName) {
        try {
            if (!(StrictJson.parse(text) instanceof ObjectNode root)) {
                throw new UserError("the file is not a JSON object; expected the keys of a Hugging Face config.json");
            }
            ConfigKeys keys = new ConfigKeys(
                    root, unknown.withNotes(note -> unknown.notes().accept(source + ": " + note)));
            ModelConfig config = model(new ConfigFields(root, ""), keys.check(mustName));
            keys.tell();
            return config;
        } catch (JacksonException e) {
            throw new UserError(source + ": not valid JSON (" + JsonFault.of(e) + "); restore the file", e);
        } catch (UserError e) {
            throw new UserError(source + ": " + e.getMessage(), e);
        }
    }

    private static ModelConfig model(ConfigFields json, Family family) {
        int hidden = json.requiredInt("hidden_size");
        int heads = json.requiredInt("num_attention_heads");
        if (family == Family.MOR && !json.has(ConfigKeys.MOR)) {
            throw new UserError(
                    "mor is missing, which says how layers recur; restore it, or set model_type to llama for a"
                            + " plain model");
        }
        int vocabulary = json.requiredInt("vocab_size");
        int feedForward = json.requiredInt("intermediate_size");
        int layers = json.requiredInt("num_hidden_layers");
        Checks.atMost("num_hidden_layers", layers, ModelConfig.MAX_LAYERS);
        Family.Defaults defaults = family.defaults();
        int positions = json.integer(ArchitectureJson.POSITIONS, defaults.positions());
        MorConfig mor = json.has(ConfigKeys.MOR) ? MorJson.read(json.object(ConfigKeys.MOR)) : null;
        Architecture architecture = ArchitectureJson.read(json, family, layers, positions);
        if (family.loops() != null) {
            mor = loops(json, family, layers);
            architecture = architecture.repeated(mor.numRecursions());
            layers *= mor.numRecursions();
        }
        return new ModelConfig(
                vocabulary,
                hidden,
                feedForward,
                layers,
                heads,
                kvHeads(json, heads, family),
                headDim(json, hidden, heads, defaults),
                json.number("rms_norm_eps", 1e-6),
                ropeTheta(json, defaults.theta()),
                positions,
                json.flag("tie_word_embeddings", defaults.tied()),
                json.number("initializer_range", 0.02),
                architecture,
                mor);
    }

    /** The recursion of a family whose layers run several times. */
    private static MorConfig loops(ConfigFields json, Family family, int layers) {
        if (json.has(ConfigKeys.MOR)) {
            throw new UserError("mor does not go with model_type " + family.modelType() + ", whose layers recur by "
                    + Family.Keys.LOOPS + "; remove it, or set model_type to mor");
        }
        int loops = json.integer(Family.Keys.LOOPS, family.loops().steps());
        Checks.positive(Family.Keys.LOOPS, loops);
        Checks.atMost(Family.Keys.LOOPS, loops, ModelConfig.MAX_LAYERS / layers);
        double threshold =
                json.number(Family.Keys.EXIT_THRESHOLD, family.loops().threshold());
        Checks.share(Family.Keys.EXIT_THRESHOLD, threshold);
        return family.loops().mor(loops, threshold);
    }

    /** Null means as many as there are heads; the family says what a missing key means. */
    private static int kvHeads(ConfigFields json, int heads, Family family) {
        String key = "num_key_value_heads";
        int otherwise = family.defaults().kvHeads();
        if (json.json().get(key) != null || otherwise == 0) {
            return json.integer(key, heads);
        }
        if (heads % otherwise != 0) {
            throw new UserError(key + " is missing, which means " + otherwise + " for model_type " + family.modelType()
                    + ", and that does not divide num_attention_heads " + heads + "; add the number of the model");
        }
        return otherwise;
    }

    private static int headDim(ConfigFields json, int hidden, int heads, Family.Defaults defaults) {
        String key = "head_dim";
        if (json.has(key) || defaults.headDim() > 0) {
            return json.integer(key, defaults.headDim());
        }
        Checks.positive("hidden_size", hidden);
        Checks.positive("num_attention_heads", heads);
        if (hidden % heads != 0) {
            throw new UserError("num_attention_heads " + heads + " does not divide hidden_size " + hidden
                    + "; choose heads that do, or give head_dim");
        }
        return hidden / heads;
    }

    /** Newer files keep the base in an object, beside the kind of scaling. If it stands in both places, the two must agree. */
    private static double ropeTheta(ConfigFields json, double otherwise) {
        Double theta = null;
        for (String key : List.of(RotaryJson.PARAMETERS, RotaryJson.SCALING, "")) {
            boolean nested = !key.isEmpty();
            if (nested && !json.has(key)) {
                continue;
            }
            ConfigFields fields = nested ? json.object(key) : json;
            if (!fields.has(RotaryJson.THETA)) {
                continue;
            }
            double here = fields.number(RotaryJson.THETA, 0);
            if (theta != null && theta != here) {
                throw new UserError(fields.prefix() + RotaryJson.THETA + " is " + here + " where another rope_theta is "
                        + theta + "; keep the one that the model was trained with");
            }
            theta = here;
        }
        return theta == null ? otherwise : theta;
    }

    static String write(ModelConfig config) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.putArray("architectures").add(config.architecture().family().className());
        json.put("model_type", config.architecture().family().modelType());
        json.put("vocab_size", config.vocabSize());
        json.put("hidden_size", config.hiddenSize());
        json.put("intermediate_size", config.intermediateSize());
        json.put("num_hidden_layers", ArchitectureJson.layersOf(config));
        json.put("num_attention_heads", config.numHeads());
        json.put("num_key_value_heads", config.numKvHeads());
        json.put("head_dim", config.headDim());
        json.put("hidden_act", "silu");
        json.put("rms_norm_eps", config.rmsNormEps());
        json.put("rope_theta", config.ropeTheta());
        json.put("max_position_embeddings", config.maxPositions());
        json.put("tie_word_embeddings", config.tieEmbeddings());
        json.put("initializer_range", config.initializerRange());
        ArchitectureJson.write(config, json);
        if (config.mor() != null && config.architecture().family().loops() == null) {
            MorJson.write(config.mor(), json.putObject(ConfigKeys.MOR));
        }
        return JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
    }
}

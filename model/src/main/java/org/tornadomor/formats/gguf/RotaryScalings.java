package org.tornadomor.formats.gguf;

import java.util.Arrays;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.model.RotaryScaling;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * How a GGUF file says that rotary frequencies are scaled: by keys, or by a tensor with what each frequency is divided by. Of
 * such tensors, that of Llama 3 is known, and its parameters are recovered from it.
 */
final class RotaryScalings {
    /** Original context lengths of models with Llama 3's scaling; the first is that of all of Meta's. */
    private static final int[] LENGTHS = {8192, 4096, 2048, 16384, 32768, 1024, 512, 256, 128, 64};

    private static final double[] LOW_FACTORS = {1, 2};
    private static final double[] HIGH_FACTORS = {4, 2, 8, 16, 32};
    private static final float CLOSE = 1e-4f;

    private RotaryScalings() {}

    /** The object {@code rope_scaling} of a {@code config.json}, or null if nothing is scaled. */
    static ObjectNode read(GgufFile file, String prefix, int headSize) {
        GgufMetadata metadata = file.metadata();
        String type = metadata.string(prefix + "rope.scaling.type", "");
        double factor = metadata.number(prefix + "rope.scaling.factor", 1);
        ObjectNode json = JsonMapper.shared().createObjectNode();
        if (file.tensors().containsKey(GgufNames.ROTARY_FACTORS)) {
            if (!type.isEmpty() && !type.equals("none")) {
                throw new UserError(file.path() + ": has both " + GgufNames.ROTARY_FACTORS + " and "
                        + prefix + "rope.scaling.type " + GgufReader.quoted(type)
                        + ", which is not supported; take the Hugging Face folder of the model");
            }
            return llama3(file, metadata.number(prefix + "rope.freq_base", 10000), headSize, json);
        }
        switch (type) {
            case "", "none" -> {
                double older = metadata.number(prefix + "rope.scale_linear", 1);
                if (older == 1) {
                    return null;
                }
                json.put("rope_type", "linear").put("factor", older);
            }
            case "linear" -> json.put("rope_type", "linear").put("factor", factor);
            case "yarn" -> yarn(metadata, prefix, json.put("rope_type", "yarn").put("factor", factor));
            default ->
                throw new UserError(file.path() + ": key " + prefix + "rope.scaling.type is " + GgufReader.quoted(type)
                        + ", and none, linear and yarn are supported; take the Hugging Face folder of the model");
        }
        return json;
    }

    private static void yarn(GgufMetadata metadata, String prefix, ObjectNode json) {
        String length = prefix + "rope.scaling.original_context_length";
        if (metadata.has(length)) {
            json.put("original_max_position_embeddings", metadata.integer(length));
        }
        for (String name : List.of("beta_fast", "beta_slow")) {
            String key = prefix + "rope.scaling.yarn_" + name;
            if (metadata.has(key)) {
                json.put(name, metadata.number(key));
            }
        }
        String attention = prefix + "rope.scaling.attn_factor";
        double factor = metadata.number(prefix + "rope.scaling.factor", 1);
        if (metadata.has(attention) && factor > 1) {
            // llama.cpp multiplies its own factor with this value, while Hugging Face's key replaces the factor.
            json.put("attention_factor", metadata.number(attention) * attention(factor));
        }
    }

    /** What llama.cpp multiplies cosines and sines with where a file says nothing, as Hugging Face does. */
    static double attention(double factor) {
        return factor <= 1 ? 1 : 1 + 0.1 * Math.log(factor);
    }

    /** Tries the parameters that models use; any that fit all frequencies compute the same. */
    private static ObjectNode llama3(GgufFile file, double theta, int headSize, ObjectNode json) {
        GgufTensor tensor = file.tensors().get(GgufNames.ROTARY_FACTORS);
        float[] factors = new float[headSize / 2];
        if (tensor.elements() != factors.length) {
            throw new UserError(file.path() + ": tensor " + GgufNames.ROTARY_FACTORS + " has " + tensor.elements()
                    + " elements where half a head has " + factors.length + "; convert the model anew");
        }
        tensor.type().read(file.data(), tensor.at(), 0, factors, 0, factors.length);
        double factor = 1;
        for (float each : factors) {
            factor = Math.max(factor, each);
        }
        for (int length : LENGTHS) {
            for (double low : LOW_FACTORS) {
                for (double high : HIGH_FACTORS) {
                    if (high > low
                            && fits(
                                    factors,
                                    factors(
                                            new RotaryScaling.Llama3(factor, low, high, length),
                                            theta,
                                            headSize,
                                            length))) {
                        return json.put("rope_type", "llama3")
                                .put("factor", factor)
                                .put("low_freq_factor", low)
                                .put("high_freq_factor", high)
                                .put("original_max_position_embeddings", length);
                    }
                }
            }
        }
        throw new UserError(file.path() + ": tensor " + GgufNames.ROTARY_FACTORS
                + " has factors that Llama 3's rule does not give, and others are not supported; take the Hugging Face"
                + " folder of the model");
    }

    private static boolean fits(float[] factors, double[] expected) {
        for (int i = 0; i < factors.length; i++) {
            if (!(Math.abs(factors[i] - expected[i]) <= CLOSE * expected[i])) {
                return false;
            }
        }
        return true;
    }

    /** What a scaling divides each frequency by. */
    static double[] factors(RotaryScaling scaling, double theta, int headSize, int positions) {
        double[] plain = RotaryScaling.plain(theta, headSize);
        double[] scaled = scaling.frequencies(theta, headSize, positions, positions);
        Arrays.setAll(plain, j -> plain[j] / scaled[j]);
        return plain;
    }
}

package org.tornadomor.model;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tornadomor.UserError;
import tools.jackson.databind.node.ObjectNode;

/**
 * Rotary scaling in {@code config.json}: an object {@code rope_scaling}, or {@code rope_parameters} in newer files, whose kind stands
 * under {@code rope_type}, or {@code type} in older ones.
 */
final class RotaryJson {
    static final String PARAMETERS = "rope_parameters";
    static final String SCALING = "rope_scaling";
    static final String THETA = "rope_theta";
    static final String KIND = "rope_type";
    static final String OLD_KIND = "type";
    static final String UNSCALED = "default";

    private static final String FACTOR = "factor";
    private static final String ORIGINAL = "original_max_position_embeddings";
    private static final String LOW = "low_freq_factor";
    private static final String HIGH = "high_freq_factor";
    private static final String ATTENTION = "attention_factor";
    private static final String BETA_FAST = "beta_fast";
    private static final String BETA_SLOW = "beta_slow";
    private static final String MSCALE = "mscale";
    private static final String MSCALE_ALL = "mscale_all_dim";
    private static final String TRUNCATE = "truncate";

    /** The kinds that are computed, and the keys that each is computed from. */
    private static final Map<String, Set<String>> KINDS = Map.of(
            UNSCALED,
            Set.of(),
            "linear",
            Set.of(FACTOR),
            "dynamic",
            Set.of(FACTOR),
            "llama3",
            Set.of(FACTOR, LOW, HIGH, ORIGINAL),
            "yarn",
            Set.of(FACTOR, ORIGINAL, ATTENTION, BETA_FAST, BETA_SLOW, MSCALE, MSCALE_ALL, TRUNCATE));

    private RotaryJson() {}

    /** The keys of the kind that an object names; none if the kind is not known. */
    static Optional<Set<String>> keys(ConfigFields rope) {
        return Optional.ofNullable(KINDS.get(kind(rope)));
    }

    private static String kind(ConfigFields rope) {
        return rope.text(KIND, rope.text(OLD_KIND, UNSCALED));
    }

    /**
     * The scaling that a file asks for.
     *
     * @param positions what it says in {@code max_position_embeddings}
     * @throws UserError naming the key that is missing or has an impossible value
     */
    static RotaryScaling read(ConfigFields json, int positions) {
        RotaryScaling found = null;
        for (String key : List.of(PARAMETERS, SCALING)) {
            if (!json.has(key)) {
                continue;
            }
            RotaryScaling here = scaling(json.object(key), positions);
            boolean both = found != null && found != RotaryScaling.NONE && here != RotaryScaling.NONE;
            if (both && !found.equals(here)) {
                throw new UserError(PARAMETERS + " and " + SCALING
                        + " ask for different scaling of positions; keep the one that the model was trained with");
            }
            found = here == RotaryScaling.NONE && found != null ? found : here;
        }
        return found == null ? RotaryScaling.NONE : found;
    }

    private static RotaryScaling scaling(ConfigFields rope, int positions) {
        try {
            return switch (kind(rope)) {
                case "linear" -> new RotaryScaling.Linear(required(rope, FACTOR));
                case "dynamic" -> new RotaryScaling.Dynamic(required(rope, FACTOR));
                case "llama3" ->
                    new RotaryScaling.Llama3(
                            required(rope, FACTOR),
                            required(rope, LOW),
                            required(rope, HIGH),
                            rope.integer(ORIGINAL, positions));
                case "yarn" -> yarn(rope, positions);
                default -> RotaryScaling.NONE;
            };
        } catch (UserError e) {
            throw e.getMessage().startsWith(rope.prefix()) ? e : new UserError(rope.prefix() + e.getMessage(), e);
        }
    }

    private static RotaryScaling yarn(ConfigFields rope, int positions) {
        int original = rope.integer(ORIGINAL, positions);
        Checks.positive(ORIGINAL, original);
        // A factor of null means the ratio of the lengths.
        boolean ratio = rope.json().has(FACTOR) && !rope.has(FACTOR);
        return new RotaryScaling.Yarn(
                ratio ? (double) positions / original : required(rope, FACTOR),
                original,
                rope.number(ATTENTION, Double.NaN),
                orElse(rope.number(BETA_FAST, 0), RotaryScaling.Yarn.BETA_FAST),
                orElse(rope.number(BETA_SLOW, 0), RotaryScaling.Yarn.BETA_SLOW),
                rope.number(MSCALE, 0),
                rope.number(MSCALE_ALL, 0),
                rope.flag(TRUNCATE, true));
    }

    /** Zero means the default, as in Hugging Face's library. */
    private static double orElse(double value, double otherwise) {
        return value == 0 ? otherwise : value;
    }

    private static double required(ConfigFields rope, String key) {
        if (!rope.has(key)) {
            throw new UserError(rope.prefix() + key + " is missing, which " + KIND + " " + kind(rope)
                    + " is computed from; add it");
        }
        return rope.number(key, 0);
    }

    /** Writes {@code rope_scaling}, which older and newer readers know; nothing for unscaled positions. */
    static void write(RotaryScaling scaling, ObjectNode json) {
        if (scaling == RotaryScaling.NONE) {
            return;
        }
        ObjectNode rope = json.putObject(SCALING);
        rope.put(KIND, scaling.spelling());
        switch (scaling) {
            case RotaryScaling.None none -> {}
            case RotaryScaling.Linear linear -> rope.put(FACTOR, linear.factor());
            case RotaryScaling.Dynamic dynamic -> rope.put(FACTOR, dynamic.factor());
            case RotaryScaling.Llama3 llama -> {
                rope.put(FACTOR, llama.factor());
                rope.put(LOW, llama.lowFactor());
                rope.put(HIGH, llama.highFactor());
                rope.put(ORIGINAL, llama.originalPositions());
            }
            case RotaryScaling.Yarn yarn -> writeYarn(yarn, rope);
        }
    }

    private static void writeYarn(RotaryScaling.Yarn yarn, ObjectNode rope) {
        rope.put(FACTOR, yarn.factor());
        rope.put(ORIGINAL, yarn.originalPositions());
        if (!Double.isNaN(yarn.givenAttentionFactor())) {
            rope.put(ATTENTION, yarn.givenAttentionFactor());
        }
        rope.put(BETA_FAST, yarn.betaFast());
        rope.put(BETA_SLOW, yarn.betaSlow());
        if (yarn.mscale() != 0) {
            rope.put(MSCALE, yarn.mscale());
        }
        if (yarn.mscaleAllDim() != 0) {
            rope.put(MSCALE_ALL, yarn.mscaleAllDim());
        }
        if (!yarn.truncate()) {
            rope.put(TRUNCATE, false);
        }
    }
}

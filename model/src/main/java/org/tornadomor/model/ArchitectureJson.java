package org.tornadomor.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.model.Family.Biases;
import org.tornadomor.model.Family.Keys;
import org.tornadomor.model.Family.Windows;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@link Architecture} to and from the keys of {@code config.json}, by the description of the {@link Family}. */
final class ArchitectureJson {
    static final String POSITIONS = "max_position_embeddings";
    static final String FULL = "full_attention";
    static final String SLIDING = "sliding_attention";

    private static final int LATE_LAYERS = 28;
    private static final int INTERVAL = 4;

    private final ConfigFields json;
    private final Family family;
    /** Whether the keys of recursive models count too. */
    private final boolean recursive;

    private ArchitectureJson(ConfigFields json, Family family) {
        this.json = json;
        this.family = family;
        this.recursive = json.has(ConfigKeys.MOR);
    }

    /**
     * Reads what is beyond a plain Llama; which keys there may be was checked by {@link ConfigKeys}.
     *
     * @param layers L; of a family whose layers run several times, those of one time
     * @param positions what {@code max_position_embeddings} says or means
     */
    static Architecture read(ConfigFields json, Family family, int layers, int positions) {
        Checks.positive("num_hidden_layers", layers);
        return new ArchitectureJson(json, family).read(layers, positions);
    }

    private boolean reads(String key) {
        return family.reads(key) || recursive && Family.MOR.reads(key);
    }

    private Architecture read(int layers, int positions) {
        boolean always = family.biases() == Biases.QUERIES_KEYS_VALUES;
        boolean qkv = reads(Keys.ATTENTION_BIAS) ? json.flag(Keys.ATTENTION_BIAS, always) : always;
        boolean output = qkv && !always;
        return new Architecture(
                family,
                qkv,
                reads(Keys.OUTPUT_BIAS) ? json.flag(Keys.OUTPUT_BIAS, output) : output,
                reads(Keys.MLP_BIAS) && json.flag(Keys.MLP_BIAS, false),
                family.alwaysNormsHeads() || reads(Keys.HEAD_NORMS) && json.flag(Keys.HEAD_NORMS, false),
                family.loops() != null || reads(Keys.SANDWICH_NORMS) && json.flag(Keys.SANDWICH_NORMS, false),
                family.loops() != null || reads(Keys.LOOP_NORM) && json.flag(Keys.LOOP_NORM, false),
                RotaryJson.read(json, positions),
                kinds(layers));
    }

    private List<AttentionKind> kinds(int layers) {
        boolean[] rotary = rotary(layers);
        boolean[] windowed = windowed(layers, rotary);
        int window = window();
        List<AttentionKind> kinds = new ArrayList<>();
        for (int l = 0; l < layers; l++) {
            kinds.add(new AttentionKind(windowed[l] ? window : 0, rotary[l]));
        }
        return kinds;
    }

    private boolean[] rotary(int layers) {
        boolean[] rotary = new boolean[layers];
        Arrays.fill(rotary, true);
        if (reads(Keys.NO_ROPE_LAYERS) && json.has(Keys.NO_ROPE_LAYERS)) {
            List<Double> given = json.numbers(Keys.NO_ROPE_LAYERS);
            if (given.size() < layers || given.stream().anyMatch(x -> x != 0 && x != 1)) {
                throw new UserError(Keys.NO_ROPE_LAYERS + " is "
                        + ConfigFields.shortened(given.toString()) + "; it must have a 1 for each of the " + layers
                        + " layers with rotary positions and a 0 for each without");
            }
            for (int l = 0; l < layers; l++) {
                rotary[l] = given.get(l) == 1;
            }
            return rotary;
        }
        boolean byDefault = family.reads(Keys.NO_ROPE_INTERVAL) && family != Family.MOR;
        if (byDefault || reads(Keys.NO_ROPE_INTERVAL) && json.has(Keys.NO_ROPE_INTERVAL)) {
            int interval = json.integer(Keys.NO_ROPE_INTERVAL, INTERVAL);
            Checks.positive(Keys.NO_ROPE_INTERVAL, interval);
            for (int l = interval - 1; l < layers; l += interval) {
                rotary[l] = false;
            }
        }
        return rotary;
    }

    /** The window that the file asks for; 0 if there is none, or none that hides anything. */
    private int window() {
        if (!reads(Keys.WINDOW)) {
            return 0;
        }
        int otherwise = json.json().get(Keys.WINDOW) == null ? family.defaults().window() : 0;
        boolean given = json.has(Keys.WINDOW);
        int window = json.integer(Keys.WINDOW, otherwise);
        // Mistral's class has no switch; where there is one, the window is off unless the file says otherwise.
        boolean switched = family.reads(Keys.USE_WINDOW) && family != Family.MOR;
        boolean on = !reads(Keys.USE_WINDOW) || json.flag(Keys.USE_WINDOW, !switched);
        if (!on) {
            return 0;
        }
        if (given) {
            Checks.positive(Keys.WINDOW, window);
        }
        // A window that is as long as the positions that the file gives hides nothing.
        return json.has(POSITIONS) && window >= json.integer(POSITIONS, 0) ? 0 : window;
    }

    private boolean[] windowed(int layers, boolean[] rotary) {
        boolean[] windowed = new boolean[layers];
        List<String> types = reads(Keys.LAYER_TYPES) ? json.texts(Keys.LAYER_TYPES) : List.of();
        if (!types.isEmpty()) {
            byName(types, windowed);
            return windowed;
        }
        int late = family.reads(Keys.MAX_WINDOW_LAYERS) ? json.integer(Keys.MAX_WINDOW_LAYERS, LATE_LAYERS) : 0;
        for (int l = 0; l < layers; l++) {
            windowed[l] = switch (family.windows()) {
                case NONE -> recursive;
                case ALL_LAYERS, NAMED_LAYERS -> true;
                case LATE_LAYERS -> l >= late;
                case LAYERS_WITHOUT_ROTARY -> !rotary[l];
            };
        }
        return windowed;
    }

    private void byName(List<String> types, boolean[] windowed) {
        boolean any = false;
        for (String type : types) {
            if (!type.equals(FULL) && !type.equals(SLIDING)) {
                throw new UserError(Keys.LAYER_TYPES + " '" + ConfigFields.shortened(type)
                        + "' is not supported; use a checkpoint whose layers have " + FULL + " or " + SLIDING);
            }
            any |= type.equals(SLIDING);
        }
        if (types.size() != windowed.length) {
            throw new UserError(Keys.LAYER_TYPES + " names " + types.size() + " layers where num_hidden_layers is "
                    + windowed.length + "; give one for each layer");
        }
        if (!any) {
            return;
        }
        boolean off = reads(Keys.USE_WINDOW) && json.has(Keys.USE_WINDOW) && !json.flag(Keys.USE_WINDOW, true);
        if (off || !json.has(Keys.WINDOW) && family.defaults().window() == 0) {
            throw new UserError(Keys.LAYER_TYPES + " has " + SLIDING + " but " + (off ? Keys.USE_WINDOW : Keys.WINDOW)
                    + " says that there is no window; give " + Keys.WINDOW + ", with " + Keys.USE_WINDOW + " true");
        }
        for (int l = 0; l < windowed.length; l++) {
            windowed[l] = types.get(l).equals(SLIDING);
        }
    }

    /** Writes the keys of the architecture's family. @throws UserError if no class of others computes the model */
    static void write(ModelConfig config, ObjectNode json) {
        Architecture a = config.architecture();
        Family family = a.family();
        if (config.mor() == null) {
            a.requireClass();
        }
        boolean own = family == Family.MOR;
        if (family.defaults().padding()) {
            // Without the key the class takes a padding token that smaller vocabularies do not have.
            json.putNull("pad_token_id");
        }
        put(json, family, Keys.ATTENTION_BIAS, a.qkvBias());
        if (own && a.outputBias() != a.qkvBias()) {
            json.put(Keys.OUTPUT_BIAS, a.outputBias());
        }
        put(json, family, Keys.MLP_BIAS, a.mlpBias());
        if (own && a.headNorms()) {
            json.put(Keys.HEAD_NORMS, true);
        }
        if (own && a.sandwichNorms()) {
            json.put(Keys.SANDWICH_NORMS, true);
        }
        if (own && a.loopNorm()) {
            json.put(Keys.LOOP_NORM, true);
        }
        if (family.loops() != null) {
            json.put(Keys.LOOPS, config.recursions());
            json.put(Keys.EXIT_THRESHOLD, config.mor().exitThreshold());
        }
        RotaryJson.write(a.scaling(), json);
        if (family.reads(Keys.NO_ROPE_LAYERS) && (!own || a.layers().stream().anyMatch(kind -> !kind.rotary()))) {
            ArrayNode array = json.putArray(Keys.NO_ROPE_LAYERS);
            for (int l = 0; l < config.numLayers(); l++) {
                array.add(a.kind(l).rotary() ? 1 : 0);
            }
        }
        writeWindows(config, family, json);
    }

    /** What {@code num_hidden_layers} counts in the family's files. */
    static int layersOf(ModelConfig config) {
        boolean loops = config.architecture().family().loops() != null;
        return loops ? config.numLayers() / config.recursions() : config.numLayers();
    }

    private static void put(ObjectNode json, Family family, String key, boolean value) {
        if (family.reads(key)) {
            json.put(key, value);
        }
    }

    private static void writeWindows(ModelConfig config, Family family, ObjectNode json) {
        Architecture a = config.architecture();
        int window = a.window();
        if (family.windows() == Windows.NONE || family == Family.MOR && window == 0) {
            return;
        }
        if (family.reads(Keys.USE_WINDOW) && family != Family.MOR) {
            json.put(Keys.USE_WINDOW, window > 0);
        }
        if (window == 0) {
            json.putNull(Keys.WINDOW);
        } else {
            json.put(Keys.WINDOW, window);
        }
        if (family.reads(Keys.MAX_WINDOW_LAYERS)) {
            json.put(Keys.MAX_WINDOW_LAYERS, firstWindow(config));
        }
        if (family.reads(Keys.LAYER_TYPES)) {
            ArrayNode types = json.putArray(Keys.LAYER_TYPES);
            for (int l = 0; l < layersOf(config); l++) {
                types.add(a.kind(l).window() > 0 ? SLIDING : FULL);
            }
        }
    }

    /** The first layer with a window, for readers that do not know {@code layer_types}. */
    private static int firstWindow(ModelConfig config) {
        int l = 0;
        while (l < layersOf(config) && config.architecture().kind(l).window() == 0) {
            l++;
        }
        return l;
    }
}

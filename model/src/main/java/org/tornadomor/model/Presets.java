package org.tornadomor.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.tornadomor.Nearest;
import org.tornadomor.UserError;

/**
 * Models by name: a size, with a variant after a dash. Sizes are {@code tiny} and {@code small} for a laptop (bytes as
 * vocabulary) and the paper's {@code 135m}, {@code 360m}, {@code 730m} and {@code 1.7b} (table 6). Variants are
 * {@code vanilla}, {@code recN} (recursive), {@code morN} (expert-choice) and {@code tokN} (token-choice) with N = 2,
 * 3, 4 recursions, all middle_cycle. A size alone is the vanilla model, but {@code tiny} is {@code tiny-mor3}.
 *
 * <p>Where the layers of a size do not divide into the recursions, the next number that does is taken, as the paper does
 * (appendix D).
 */
public final class Presets {
    /** Byte values and one id for the end of text. */
    private static final int BYTES_VOCABULARY = 257;

    private static final int PAPER_VOCABULARY = 49_152;
    private static final int PAPER_CONTEXT = 2048;

    /** The value released with the paper's token-choice model; {@code config.json} has 0 as its default. */
    private static final double TOKEN_CHOICE_Z_LOSS = 1e-5;

    private static final int NEAREST = 3;

    private static final List<String> SIZES = List.of("tiny", "small", "135m", "360m", "730m", "1.7b");
    private static final Map<String, ModelConfig> ALL = all();

    private Presets() {}

    /** Every name, smallest size first. */
    public static List<String> names() {
        List<String> names = new ArrayList<>(ALL.keySet());
        names.sort(Comparator.comparingInt(name -> SIZES.indexOf(name.split("-")[0])));
        return List.copyOf(names);
    }

    /**
     * The model of that name.
     *
     * @throws UserError naming the nearest names if there is none
     */
    public static ModelConfig get(String name) {
        ModelConfig config = ALL.get(name);
        if (config == null) {
            List<String> near = Nearest.close(name, ALL.keySet(), NEAREST);
            throw new UserError("There is no preset '" + name + "'; "
                    + (near.isEmpty()
                            ? "there are the sizes " + String.join(", ", SIZES)
                                    + ", each also with -vanilla, -rec2 to -rec4, -mor2 to -mor4 or -tok2 to -tok4 behind it"
                            : "the nearest are " + String.join(", ", near)));
        }
        return config;
    }

    private static Map<String, ModelConfig> all() {
        Map<String, ModelConfig> all = new TreeMap<>();
        for (String size : SIZES) {
            ModelConfig base = base(size);
            all.put(size, base);
            all.put(size + "-vanilla", base);
            for (int n = 2; n <= 4; n++) {
                all.put(size + "-rec" + n, recurring(base, MorConfig.recursive(n)));
                all.put(size + "-mor" + n, recurring(base, MorConfig.expertChoice(n)));
                MorConfig token = MorConfig.tokenChoice(n).toBuilder()
                        .zLossCoef(TOKEN_CHOICE_Z_LOSS)
                        .build();
                all.put(size + "-tok" + n, recurring(base, token));
            }
        }
        all.put("tiny", all.get("tiny-mor3"));
        return all;
    }

    private static ModelConfig recurring(ModelConfig base, MorConfig mor) {
        long layers = ModelConfig.nextDividingLayers(base.numLayers(), mor.sharing(), mor.numRecursions());
        return base.withNumLayers(Math.toIntExact(layers)).withMor(mor);
    }

    private static ModelConfig base(String size) {
        return switch (size) {
            case "tiny" -> llama(BYTES_VOCABULARY, 192, 512, 8, 6, 2, 32, 512);
            case "small" -> llama(BYTES_VOCABULARY, 512, 1408, 14, 8, 4, 64, 1024);
            case "135m" -> llama(PAPER_VOCABULARY, 576, 1536, 30, 9, 3, 64, PAPER_CONTEXT);
            case "360m" -> llama(PAPER_VOCABULARY, 960, 2560, 32, 15, 5, 64, PAPER_CONTEXT);
            case "730m" -> llama(PAPER_VOCABULARY, 1536, 4096, 26, 24, 8, 64, PAPER_CONTEXT);
            case "1.7b" -> llama(PAPER_VOCABULARY, 2048, 8192, 24, 32, 32, 64, PAPER_CONTEXT);
            default -> throw new IllegalArgumentException(size);
        };
    }

    private static ModelConfig llama(
            int vocabulary, int d, int ffn, int layers, int heads, int kvHeads, int headDim, int context) {
        return new ModelConfig(
                vocabulary, d, ffn, layers, heads, kvHeads, headDim, 1e-5, 10000, context, true, 0.02, null);
    }
}

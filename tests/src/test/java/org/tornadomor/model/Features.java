package org.tornadomor.model;

import java.util.List;
import java.util.stream.IntStream;

/** Gives models what is beyond a plain Llama, each feature by a bit. */
final class Features {
    static final int QKV_BIAS = 1;
    static final int OUTPUT_BIAS = 2;
    static final int MLP_BIAS = 4;
    static final int HEAD_NORMS = 8;
    static final int WINDOWS = 16;
    static final int WINDOWS_EVERYWHERE = 32;
    static final int NO_POSITIONS = 64;
    static final int SANDWICH_NORMS = 1 << 12;
    /** Of recursive models with cycle and no router. */
    static final int LOOP_NORM = 1 << 13;

    static final int ALL = QKV_BIAS | OUTPUT_BIAS | MLP_BIAS | HEAD_NORMS | WINDOWS | NO_POSITIONS;

    private static final List<RotaryScaling> SCALINGS = List.of(
            RotaryScaling.NONE,
            new RotaryScaling.Linear(2),
            new RotaryScaling.Dynamic(2),
            new RotaryScaling.Llama3(4, 1, 3, 16),
            new RotaryScaling.Yarn(4, 8));

    private Features() {}

    /**
     * The same model with features.
     *
     * @param bits which; further ones choose the scaling of positions
     * @param window of the layers that have one: every second weight set, or all
     */
    static ModelConfig with(ModelConfig config, int bits, int window) {
        LayerMap map = new LayerMap(config);
        List<AttentionKind> kinds = IntStream.range(0, config.numLayers())
                .mapToObj(l -> {
                    int set = map.weightSet(l);
                    boolean narrow = has(bits, WINDOWS_EVERYWHERE) || has(bits, WINDOWS) && set % 2 == 0;
                    return new AttentionKind(narrow ? window : 0, !has(bits, NO_POSITIONS) || set % 3 != 1);
                })
                .toList();
        return config.withArchitecture(Architecture.LLAMA
                .withBiases(has(bits, QKV_BIAS), has(bits, OUTPUT_BIAS), has(bits, MLP_BIAS))
                // Norms of two values are too steep for differences.
                .withHeadNorms(has(bits, HEAD_NORMS) && config.headDim() >= 4)
                .withNorms(has(bits, SANDWICH_NORMS), has(bits, LOOP_NORM))
                .withScaling(SCALINGS.get(bits % SANDWICH_NORMS / 128 % SCALINGS.size()))
                .withLayers(kinds));
    }

    private static boolean has(int bits, int bit) {
        return (bits & bit) != 0;
    }
}

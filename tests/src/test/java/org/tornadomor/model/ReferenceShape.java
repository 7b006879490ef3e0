package org.tornadomor.model;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;

/** Which layers there are and how many tokens take them, from the tables of the method. */
final class ReferenceShape {
    private ReferenceShape() {}

    /**
     * One unrolled layer.
     *
     * @param number of the layer, from 0
     * @param set its weights, by number in the file
     * @param recursion from 1; 0 outside
     */
    record Layer(int number, int set, int recursion) {}

    /** The unrolled layers in the order in which they run. */
    static List<Layer> unroll(ModelConfig config) {
        List<Layer> layers = new ArrayList<>();
        MorConfig mor = config.mor();
        int total = config.numLayers();
        if (mor == null) {
            for (int l = 0; l < total; l++) {
                layers.add(new Layer(l, l, 0));
            }
            return layers;
        }
        int n = mor.numRecursions();
        switch (mor.sharing()) {
            case CYCLE -> cycle(layers, 0, total / n, n);
            case SEQUENCE -> sequence(layers, 0, total / n, n);
            case MIDDLE_CYCLE -> {
                layers.add(new Layer(0, 0, 0));
                cycle(layers, 1, (total - 2) / n, n);
                layers.add(new Layer(total - 1, (total - 2) / n + 1, 0));
            }
            case MIDDLE_SEQUENCE -> {
                layers.add(new Layer(0, 0, 0));
                sequence(layers, 1, (total - 2) / n, n);
                layers.add(new Layer(total - 1, (total - 2) / n + 1, 0));
            }
        }
        return layers;
    }

    /** 012 012 012. */
    private static void cycle(List<Layer> layers, int first, int sets, int n) {
        for (int r = 1; r <= n; r++) {
            for (int j = 0; j < sets; j++) {
                layers.add(new Layer(layers.size(), first + j, r));
            }
        }
    }

    /** 000 111 222. */
    private static void sequence(List<Layer> layers, int first, int sets, int n) {
        for (int j = 0; j < sets; j++) {
            for (int r = 1; r <= n; r++) {
                layers.add(new Layer(layers.size(), first + j, r));
            }
        }
    }

    /** k of each recursion for sequences of that length, in decimal arithmetic; {@code length} without expert-choice. */
    static int[] limits(ModelConfig config, int length) {
        MorConfig mor = config.mor();
        int[] k = new int[config.recursions()];
        for (int r = 1; r <= k.length; r++) {
            if (config.router() != RouterKind.EXPERT_CHOICE) {
                k[r - 1] = length;
                continue;
            }
            BigDecimal rows = BigDecimal.valueOf(length);
            BigDecimal taken = mor.capacity() == null
                    ? rows.multiply(BigDecimal.valueOf(k.length - r + 1L))
                            .divide(BigDecimal.valueOf(k.length), 0, RoundingMode.FLOOR)
                    : rows.multiply(BigDecimal.valueOf(mor.capacity().get(r - 1)))
                            .setScale(0, RoundingMode.FLOOR);
            k[r - 1] = Math.max(1, taken.intValue());
        }
        return k;
    }
}

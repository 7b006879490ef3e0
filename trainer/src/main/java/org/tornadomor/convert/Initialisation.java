package org.tornadomor.convert;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.tornadomor.model.LayerMap;
import org.tornadomor.model.Spelled;

/**
 * Which of the original layers the shared ones begin with (arXiv 2410.20672, section 3.2, and the MoR paper's table 12). With
 * the middle sharings, the first and the last layer keep their own weights and the rule applies to the layers between them.
 */
public enum Initialisation implements Spelled {
    /** Evenly spaced layers, first and last among them: {@code round(linspace(first, last, K))}, halves to the even. */
    STEPWISE,
    /** Each shared layer is the mean of the layers that it stands for. */
    AVERAGE,
    /** The first layers. */
    LOWER,
    /** The last layers. */
    UPPER,
    /** Layers by chance, in their order. */
    RANDOM;

    /**
     * The layers that each weight set is made of.
     *
     * @param map of the converted model, which has as many layers as the original
     * @param seed for {@link #RANDOM}
     * @return by weight set the original layers whose mean it is: one, except for {@link #AVERAGE}
     */
    public List<List<Integer>> sources(LayerMap map, long seed) {
        int first = map.prefix();
        int last = map.numLayers() - map.suffix() - 1;
        List<List<Integer>> sources = new ArrayList<>();
        for (int l = 0; l < first; l++) {
            sources.add(List.of(l));
        }
        if (this == AVERAGE) {
            for (int set = first; set < first + map.blockSize(); set++) {
                sources.add(tied(map, set));
            }
        } else {
            picked(map.blockSize(), first, last, seed).forEach(l -> sources.add(List.of(l)));
        }
        for (int l = last + 1; l < map.numLayers(); l++) {
            sources.add(List.of(l));
        }
        return List.copyOf(sources);
    }

    private static List<Integer> tied(LayerMap map, int set) {
        return IntStream.range(0, map.numLayers())
                .filter(l -> map.weightSet(l) == set)
                .boxed()
                .toList();
    }

    private List<Integer> picked(int count, int first, int last, long seed) {
        return switch (this) {
            case STEPWISE -> evenly(count, first, last);
            case LOWER -> IntStream.range(first, first + count).boxed().toList();
            case UPPER -> IntStream.rangeClosed(last - count + 1, last).boxed().toList();
            case RANDOM -> random(count, first, last, seed);
            case AVERAGE -> throw new IllegalStateException("a mean picks no layers");
        };
    }

    /** {@code round(linspace(first, last, count))} as NumPy has it: halves go to the even number. */
    static List<Integer> evenly(int count, int first, int last) {
        if (count == 1) {
            return List.of(first);
        }
        double step = (double) (last - first) / (count - 1);
        return IntStream.range(0, count)
                .map(i -> i == count - 1 ? last : (int) Math.rint(first + i * step))
                .boxed()
                .toList();
    }

    private static List<Integer> random(int count, int first, int last, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        List<Integer> all =
                new ArrayList<>(IntStream.rangeClosed(first, last).boxed().toList());
        Collections.shuffle(all, random);
        return all.subList(0, count).stream().sorted().toList();
    }
}

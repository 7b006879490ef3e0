package org.tornadomor.model;

import java.util.stream.IntStream;

/**
 * The unique parameters of a model: a weight set that several layers share counts once (paper tables 5 and 6).
 *
 * @param embedding the embedding matrix, and the head where it is a matrix of its own
 * @param nonEmbedding layers, their low-rank factors and the final norm: the size by which the papers name models
 * @param routers routers and auxiliary routers, with the loss-free bias
 */
public record ParameterCount(long embedding, long nonEmbedding, long routers) {

    /** Counts the parameters of a model. */
    public static ParameterCount of(ModelConfig config) {
        long d = config.hiddenSize();
        long table = config.vocabSize() * d;
        LayerMap map = new LayerMap(config);
        long layers = IntStream.range(0, map.numWeightSets())
                .mapToLong(u -> projections(config, true) + vectors(config, config.sharedArchitecture(map, u), true))
                .sum();
        return new ParameterCount(
                config.tieEmbeddings() ? table : 2 * table, layers + lowRank(config) + d, routers(config));
    }

    /** The elements of all low-rank factors, with the biases and norms of heads that layers have beside them. */
    public static long lowRank(ModelConfig config) {
        LayerMap map = new LayerMap(config);
        return IntStream.range(0, config.numLayers())
                .filter(l -> config.lora() != null && map.recursion(l) > 0)
                .mapToLong(l -> LoraConfig.elements(config, map, l)
                        + vectors(config, config.architecture(), LoraConfig.projectsKeys(config, map, l))
                        - (config.architecture().sandwichNorms() ? 4L : 2L) * config.hiddenSize())
                .sum();
    }

    /** Everything. */
    public long total() {
        return embedding + nonEmbedding + routers;
    }

    /** The elements of a layer's matrices, with or without the key and value projections. */
    static long projections(ModelConfig config, boolean keysAndValues) {
        long d = config.hiddenSize();
        long attention = 2 * d * config.queryWidth() + (keysAndValues ? 2 * d * config.kvWidth() : 0);
        return attention + 3 * d * config.intermediateSize();
    }

    /** The elements of a layer's norms and biases, with or without those of keys and values. */
    static long vectors(ModelConfig config, boolean keysAndValues) {
        return vectors(config, config.architecture(), keysAndValues);
    }

    private static long vectors(ModelConfig config, Architecture has, boolean keysAndValues) {
        long d = config.hiddenSize();
        long norms =
                (has.sandwichNorms() ? 4 : 2) * d + (has.headNorms() ? (keysAndValues ? 2 : 1) * config.headDim() : 0);
        long keys = keysAndValues ? 2L * config.kvWidth() : 0;
        return norms
                + (has.qkvBias() ? config.queryWidth() + keys : 0)
                + (has.outputBias() ? d : 0)
                + (has.mlpBias() ? 2L * config.intermediateSize() + d : 0);
    }

    /** The elements of one router with that many outputs. */
    static long router(ModelConfig config, int outputs) {
        long d = config.hiddenSize();
        long width = config.mor().routerArch().width(config.hiddenSize());
        return width == 0 ? outputs * d : width * (d + outputs);
    }

    private static long routers(ModelConfig config) {
        return config.router().parameters(config).stream()
                .mapToLong(parameter -> parameter.elements(config))
                .sum();
    }
}

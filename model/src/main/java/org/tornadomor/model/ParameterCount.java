package org.tornadomor.model;

/**
 * The unique parameters of a model: a weight set that several layers share counts once (paper tables 5 and 6).
 *
 * @param embedding the embedding matrix, and the head where it is a matrix of its own
 * @param nonEmbedding layers and the final norm: the size by which the paper names models
 * @param routers routers and auxiliary routers, with the loss-free bias
 */
public record ParameterCount(long embedding, long nonEmbedding, long routers) {

    /** Counts the parameters of a model. */
    public static ParameterCount of(ModelConfig config) {
        long d = config.hiddenSize();
        long table = config.vocabSize() * d;
        long layers = new LayerMap(config).numWeightSets() * (projections(config, true) + vectors(config, true));
        return new ParameterCount(config.tieEmbeddings() ? table : 2 * table, layers + d, routers(config));
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
        Architecture has = config.architecture();
        long d = config.hiddenSize();
        long norms = 2 * d + (has.headNorms() ? (keysAndValues ? 2 : 1) * config.headDim() : 0);
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

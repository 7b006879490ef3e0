package org.tornadomor.model.io;

import java.util.stream.IntStream;
import org.tornadomor.UserError;
import org.tornadomor.model.LayerMap;
import org.tornadomor.model.ModelConfig;

/**
 * A checkpoint read as the plain model (of the Llama family) that computes the same: a vanilla one as it is, a recursive one unrolled, each of its
 * L layers with the tensors of its weight set. Tensors are read from the checkpoint when asked for; nothing is held.
 */
public final class PlainLlama {
    private final CheckpointFolder checkpoint;
    private final ModelConfig config;
    private final LayerMap map;

    /**
     * Looks at a checkpoint, which stays the caller's.
     *
     * @throws UserError if no plain Llama computes the same
     */
    public PlainLlama(CheckpointFolder checkpoint) {
        this.checkpoint = checkpoint;
        ModelConfig source = checkpoint.config();
        map = new LayerMap(source);
        if (source.router().routes()) {
            throw new UserError(checkpoint.path() + " is a Mixture-of-Recursions model with "
                    + source.mor().router().spelling()
                    + " routing: its tokens take different numbers of layers, which a"
                    + " plain Llama cannot express; --format hf copies the checkpoint as it is, or export a vanilla or"
                    + " recursive model");
        }
        for (int l = 0; l < source.numLayers(); l++) {
            if (map.kvSource(l) != l) {
                throw new UserError(checkpoint.path() + " shares keys and values between recursions (mor.kv "
                        + source.kv().spelling() + "), which a plain Llama cannot express; --format hf copies the"
                        + " checkpoint as it is, or export a model with kv recursion_wise");
            }
        }
        config = source.withMor(null);
    }

    /** Whether a plain model computes the same as one of this configuration. */
    public static boolean computes(ModelConfig config) {
        if (config.router().routes()) {
            return false;
        }
        LayerMap map = new LayerMap(config);
        return IntStream.range(0, config.numLayers()).allMatch(l -> map.kvSource(l) == l);
    }

    /** The configuration without recursion. */
    public ModelConfig config() {
        return config;
    }

    /** The tensor of the checkpoint that stands for a tensor of the plain model. */
    private String source(String name) {
        for (int l = 0; l < config.numLayers() && map.numWeightSets() < config.numLayers(); l++) {
            String prefix = ParameterNames.layer(l);
            if (name.startsWith(prefix)) {
                return ParameterNames.layer(map.weightSet(l)) + name.substring(prefix.length());
            }
        }
        return name;
    }

    /**
     * Reads elements {@code from .. from + count - 1} of a tensor of the plain model, named by {@link ParameterNames} with
     * {@code u} a layer.
     *
     * @throws UserError naming file and tensor if a value is not finite
     */
    public void read(String name, long from, float[] dst, int count) {
        checkpoint.read(source(name), from, dst, 0, count);
    }

    /** The type that holds every tensor of the checkpoint without loss. */
    public DType dtype() {
        return checkpoint.dtype();
    }
}

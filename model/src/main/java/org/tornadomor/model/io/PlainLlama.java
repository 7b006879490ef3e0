package org.tornadomor.model.io;

import java.util.stream.IntStream;
import org.tornadomor.UserError;
import org.tornadomor.files.DType;
import org.tornadomor.model.Architecture;
import org.tornadomor.model.LayerMap;
import org.tornadomor.model.LoraConfig;
import org.tornadomor.model.LoraTarget;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterNames;

/**
 * A checkpoint read as the plain model (of the Llama family) that computes the same: a vanilla one as it is, a recursive one
 * unrolled, each of its L layers with the tensors of its weight set and, if asked for, its low-rank factors multiplied into them.
 * Tensors are read from the checkpoint when asked for; at most one matrix is held.
 */
public final class PlainLlama {
    private final CheckpointFolder checkpoint;
    private final ModelConfig config;
    private final LayerMap map;
    /** The matrix with factors that was read last, whole. */
    private String mergedName;

    private float[] merged;

    /**
     * Looks at a checkpoint, which stays the caller's.
     *
     * @param merge multiply low-rank factors into the matrices; without it a model that has some is refused
     * @throws UserError if no plain Llama computes the same
     */
    public PlainLlama(CheckpointFolder checkpoint, boolean merge) {
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
        if (source.architecture().sandwichNorms() || source.architecture().loopNorm()) {
            throw new UserError(checkpoint.path() + " has norms that no plain Llama has ("
                    + source.architecture().described() + "); --format hf copies the checkpoint as it is");
        }
        for (int l = 0; l < source.numLayers(); l++) {
            if (map.kvSource(l) != l) {
                throw new UserError(checkpoint.path() + " shares keys and values between recursions (mor.kv "
                        + source.kv().spelling() + "), which a plain Llama cannot express; --format hf copies the"
                        + " checkpoint as it is, or export a model with kv recursion_wise");
            }
        }
        if (source.lora() != null && !merge) {
            throw new UserError(checkpoint.path() + " has low-rank factors of rank "
                    + source.lora().rank() + ", which a plain Llama cannot express; --merge multiplies them into the"
                    + " matrices of each layer");
        }
        config = source.withMor(null);
    }

    /** Whether a plain model computes the same as one of this configuration. */
    public static boolean computes(ModelConfig config) {
        Architecture has = config.architecture();
        if (config.router().routes() || has.sandwichNorms() || has.loopNorm()) {
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
        for (int l = 0; l < config.numLayers(); l++) {
            String prefix = ParameterNames.layer(l);
            if (name.startsWith(prefix)) {
                String own = ParameterNames.LORA + l + "." + name.substring(prefix.length());
                if (checkpoint.tensors().contains(own)) {
                    return own;
                }
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
        for (int l = 0; l < config.numLayers(); l++) {
            for (LoraTarget target : LoraConfig.targets(checkpoint.config(), map, l)) {
                if (name.equals(ParameterNames.layer(l) + target.module() + ".weight")) {
                    System.arraycopy(merged(name, l, target), Math.toIntExact(from), dst, 0, count);
                    return;
                }
            }
        }
        checkpoint.read(source(name), from, dst, 0, count);
    }

    /** W + B A of a map, summed in double. */
    private float[] merged(String name, int layer, LoraTarget target) {
        if (name.equals(mergedName)) {
            return merged;
        }
        int inputs = target.inputs(config);
        int outputs = target.outputs(config);
        int rank = checkpoint.config().lora().rank(config, target);
        float[] values = new float[Math.multiplyExact(outputs, inputs)];
        float[] down = new float[rank * inputs];
        float[] up = new float[rank * outputs];
        checkpoint.read(source(name), values, 0);
        checkpoint.read(ParameterNames.loraDown(layer, target), down, 0);
        checkpoint.read(ParameterNames.loraUp(layer, target), up, 0);
        double[] row = new double[inputs];
        for (int o = 0; o < outputs; o++) {
            for (int i = 0; i < inputs; i++) {
                row[i] = values[o * inputs + i];
            }
            for (int r = 0; r < rank; r++) {
                double factor = up[r * outputs + o];
                for (int i = 0; i < inputs; i++) {
                    row[i] += factor * down[r * inputs + i];
                }
            }
            for (int i = 0; i < inputs; i++) {
                values[o * inputs + i] = (float) row[i];
            }
        }
        mergedName = name;
        merged = values;
        return values;
    }

    /** The type that holds every tensor of the checkpoint without loss: F32 where matrices differ, or are merged. */
    public DType dtype() {
        if (checkpoint.config().lora() != null) {
            return DType.F32;
        }
        return checkpoint.dtype();
    }
}

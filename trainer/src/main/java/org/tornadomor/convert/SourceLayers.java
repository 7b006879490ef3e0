package org.tornadomor.convert;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.model.LoraSite;
import org.tornadomor.model.LoraTarget;
import org.tornadomor.model.ParameterNames;
import org.tornadomor.model.io.CheckpointFolder;

/** The tensors of the original's layers, read when they are asked for. */
final class SourceLayers {
    private static final String INPUT_NORM =
            ParameterNames.inputNorm(0).substring(ParameterNames.layer(0).length());
    private static final String POST_NORM = ParameterNames.postAttentionNorm(0)
            .substring(ParameterNames.layer(0).length());

    private final CheckpointFolder checkpoint;
    private final Map<String, float[]> norms = new HashMap<>();
    private double[] sums = {};
    private float[] values = {};

    SourceLayers(CheckpointFolder checkpoint) {
        this.checkpoint = checkpoint;
    }

    /** Reads elements of a tensor that belongs to no layer. */
    void read(String name, long from, float[] dst, int count) {
        checkpoint.read(name, from, dst, 0, count);
    }

    /**
     * Reads elements {@code from .. from + count - 1} of the mean of some layers' tensors, summed in double.
     *
     * @param part the name behind that of the layer, such as {@code mlp.up_proj.weight}
     */
    void mean(List<Integer> layers, String part, long from, float[] dst, int count) {
        mean(layers, part, null, from, dst, count);
    }

    /**
     * The same with norms folded into what they feed: a matrix has the columns times the weights of the norm before it, and the
     * norm itself has ones.
     */
    void folded(List<Integer> layers, String part, long from, float[] dst, int count) {
        if (part.equals(INPUT_NORM) || part.equals(POST_NORM)) {
            Arrays.fill(dst, 0, count, 1);
            return;
        }
        mean(layers, part, normBefore(part), from, dst, count);
    }

    /** The norm whose result a matrix reads, or null. */
    private static String normBefore(String part) {
        for (LoraTarget target : LoraTarget.values()) {
            if (part.equals(target.module() + ".weight")) {
                return target.site() == LoraSite.ATTENTION
                        ? INPUT_NORM
                        : target.site() == LoraSite.FEED_FORWARD ? POST_NORM : null;
            }
        }
        return null;
    }

    private void mean(List<Integer> layers, String part, String norm, long from, float[] dst, int count) {
        reserve(count);
        Arrays.fill(sums, 0, count, 0);
        for (int layer : layers) {
            read(ParameterNames.layer(layer) + part, from, values, count);
            float[] weights = norm == null ? null : norm(ParameterNames.layer(layer) + norm);
            for (int i = 0; i < count; i++) {
                double weight = weights == null ? 1 : weights[(int) ((from + i) % weights.length)];
                sums[i] += weight * values[i];
            }
        }
        for (int i = 0; i < count; i++) {
            dst[i] = (float) (sums[i] / layers.size());
        }
    }

    private float[] norm(String name) {
        return norms.computeIfAbsent(name, n -> {
            float[] weights = new float[checkpoint.config().hiddenSize()];
            read(n, 0, weights, weights.length);
            return weights;
        });
    }

    private void reserve(int count) {
        if (sums.length < count) {
            sums = new double[count];
            values = new float[count];
        }
    }
}

package org.tornadomor.convert;

import java.util.Arrays;
import java.util.List;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.ParameterNames;

/** The tensors of the original's layers, read when they are asked for. */
final class SourceLayers {
    private final CheckpointFolder checkpoint;
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
        if (layers.size() == 1) {
            read(ParameterNames.layer(layers.getFirst()) + part, from, dst, count);
            return;
        }
        reserve(count);
        Arrays.fill(sums, 0, count, 0);
        for (int layer : layers) {
            read(ParameterNames.layer(layer) + part, from, values, count);
            for (int i = 0; i < count; i++) {
                sums[i] += values[i];
            }
        }
        for (int i = 0; i < count; i++) {
            dst[i] = (float) (sums[i] / layers.size());
        }
    }

    private void reserve(int count) {
        if (sums.length < count) {
            sums = new double[count];
            values = new float[count];
        }
    }
}

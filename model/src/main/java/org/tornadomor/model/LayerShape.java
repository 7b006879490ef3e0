package org.tornadomor.model;

import org.tornadomor.engine.AttentionOp.Heads;
import org.tornadomor.engine.Extent;

/**
 * What a layer program is recorded for.
 *
 * @param rows the rows it computes
 * @param keyRows the rows of the keys that it attends to
 * @param segments the rows belong to, within which attention stays
 * @param positions rows of the rotary table
 * @param mode where keys come from
 * @param copies further caches that get this layer's keys and values too (hybrid decoding), else 0
 */
record LayerShape(
        ModelConfig config, Extent rows, Extent keyRows, Segments segments, int positions, KeyMode mode, int copies) {
    int d() {
        return config.hiddenSize();
    }

    int f() {
        return config.intermediateSize();
    }

    /** Columns of all query heads. */
    int queryWidth() {
        return config.queryWidth();
    }

    /** Columns of all key heads, or of all value heads. */
    int keyWidth() {
        return config.kvWidth();
    }

    /** Columns of the fused projection: queries, and keys and values where the layer has its own. */
    int qkvWidth() {
        return mode.projectsKeys() ? queryWidth() + 2 * keyWidth() : queryWidth();
    }

    Heads heads() {
        return new Heads(
                config.numHeads(), config.numKvHeads(), config.headDim(), (float) (1 / Math.sqrt(config.headDim())));
    }

    float eps() {
        return (float) config.rmsNormEps();
    }
}

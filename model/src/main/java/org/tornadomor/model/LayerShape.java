package org.tornadomor.model;

import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.AttentionOp.Heads;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Extent;

/**
 * What a layer program is recorded for.
 *
 * @param rows the rows it computes
 * @param keyRows the rows of the keys that it attends to
 * @param segments those that the rows belong to; attention stays within each
 * @param positions rows of the rotary table
 * @param mode where keys come from
 * @param kind what attention does in these layers
 * @param cache how the layer reads and fills a cache, or null without one
 */
record LayerShape(
        ModelConfig config,
        Extent rows,
        Extent keyRows,
        Segments segments,
        int positions,
        KeyMode mode,
        AttentionKind kind,
        CacheUse cache) {
    /**
     * How a layer uses a cache.
     *
     * @param writers the first of its rows, whose keys and values go there; null if none do
     * @param copied the first of its rows, whose keys and values go to further places too (hybrid keys)
     * @param copies how many such places
     * @param pages that a segment can have
     * @param pageRows keys of a page
     * @param type of the cache
     */
    record CacheUse(Extent writers, Extent copied, int copies, int pages, int pageRows, ElementType type) {}

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
        return projectsKeys() ? queryWidth() + 2 * keyWidth() : queryWidth();
    }

    /** Whether the layer projects keys and values of its rows, or of some of them. */
    boolean projectsKeys() {
        return mode == KeyMode.CACHED ? cache.writers() != null : mode != KeyMode.SHARED;
    }

    /** Whether some rows project keys and others do not. */
    boolean splitsKeys() {
        return mode == KeyMode.CACHED && cache.writers() != null && cache.writers() != rows;
    }

    Heads heads() {
        return new Heads(
                config.numHeads(), config.numKvHeads(), config.headDim(), (float) (1 / Math.sqrt(config.headDim())));
    }

    /** Keys that a row sees at most. */
    int window() {
        return kind.window() == 0 ? AttentionOp.Rows.UNWINDOWED : Math.min(kind.window(), AttentionOp.Rows.UNWINDOWED);
    }

    float eps() {
        return (float) config.rmsNormEps();
    }
}

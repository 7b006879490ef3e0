package org.tornadomor.model;

import java.util.Map;
import java.util.function.Function;
import org.tornadomor.engine.AttentionOp.Rope;
import org.tornadomor.engine.DenseOp.AddBias;
import org.tornadomor.engine.DenseOp.Copy;
import org.tornadomor.engine.DenseOp.RmsNorm;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;

/**
 * What an architecture does to projected queries and keys before attention reads them: biases, norms of heads and rotary
 * positions, as far as it has them. All work in place on columns of a layer's {@code qkv}: queries, then keys, then values.
 */
final class QueryKeySteps {
    private final ModelConfig config;
    private final int queryWidth;
    private final int keyWidth;
    /** Queries and keys, as far as they are among the projected columns. */
    private final Slot turned;

    private Slot bias, raw, rawQueries, rawKeys, queries, keys, queryNorm, keyNorm, position, table;

    /**
     * Records the steps.
     *
     * @param projected what the projection left
     * @param rows the rows that were projected
     * @param withQueries whether queries were projected
     * @param withKeys whether keys and values were
     * @param byDepth where biases and norms differ from row to row, else null
     */
    QueryKeySteps(
            Ops ops,
            LayerShape shape,
            Slot projected,
            Extent rows,
            boolean withQueries,
            boolean withKeys,
            VectorsByDepth byDepth) {
        config = shape.config();
        queryWidth = withQueries ? shape.queryWidth() : 0;
        keyWidth = withKeys ? shape.keyWidth() : 0;
        Architecture architecture = config.architecture();
        if (architecture.qkvBias() && byDepth != null) {
            byDepth.addBias(projected, LayerWeights::qkvBias);
        } else if (architecture.qkvBias()) {
            bias = ops.f32("b_qkv", projected.columns(), 1);
            ops.add(new AddBias(projected, bias));
        }
        boolean rotary = shape.kind().rotary();
        turned = rotary || architecture.headNorms() ? ops.f32("turned", rows, queryWidth + keyWidth) : null;
        if (architecture.headNorms()) {
            raw = ops.f32("raw", rows, queryWidth + keyWidth);
            ops.add(new Copy(raw, turned));
            norms(ops, rows, shape.eps(), byDepth);
        }
        if (rotary) {
            position = ops.i32("position", rows);
            table = ops.f32("table", shape.positions(), config.headDim());
            ops.add(new Rope(turned, position, table, false));
        }
    }

    private void norms(Ops ops, Extent rows, float eps, VectorsByDepth byDepth) {
        if (queryWidth > 0) {
            queries = ops.f32("queries", rows, queryWidth);
            rawQueries = ops.f32("raw_queries", rows, queryWidth);
            queryNorm = norm(ops, queries, rawQueries, eps, byDepth, LayerWeights::queryNorm);
        }
        if (keyWidth > 0) {
            keys = ops.f32("keys", rows, keyWidth);
            rawKeys = ops.f32("raw_keys", rows, keyWidth);
            keyNorm = norm(ops, keys, rawKeys, eps, byDepth, LayerWeights::keyNorm);
        }
    }

    /** The slot of the norm's weights, or null if there is one for each depth. */
    private Slot norm(
            Ops ops, Slot out, Slot in, float eps, VectorsByDepth byDepth, Function<LayerWeights, Tensor> which) {
        if (byDepth != null) {
            byDepth.norm(out, in, config.headDim(), which);
            return null;
        }
        Slot weight = ops.f32("head_norm", config.headDim(), 1);
        ops.add(new RmsNorm(out, in, weight, eps));
        return weight;
    }

    /**
     * Puts tensors into the slots.
     *
     * @param qkv [R, (heads + 2 kvHeads) h] of the layer; queries alone where nothing else is projected
     * @param rawRows [R, (heads + kvHeads) h] where queries and keys are kept as they are before their norms, or null
     */
    void bind(Map<Slot, Tensor> map, LayerWeights weights, Tensor qkv, Tensor rawRows, LayerKeys bound) {
        int from = queryWidth > 0 ? 0 : config.queryWidth();
        if (bias != null) {
            map.put(bias, weights.qkvBias().rows(from, bias.rows().max()));
        }
        if (turned != null) {
            map.put(turned, qkv.columns(from, turned.columns()));
        }
        if (raw != null) {
            map.put(raw, rawRows.columns(from, raw.columns()));
        }
        if (queries != null) {
            map.put(queries, qkv.columns(0, queryWidth));
            map.put(rawQueries, rawRows.columns(0, queryWidth));
            put(map, queryNorm, weights.queryNorm());
        }
        if (keys != null) {
            map.put(keys, qkv.columns(config.queryWidth(), keyWidth));
            map.put(rawKeys, rawRows.columns(config.queryWidth(), keyWidth));
            put(map, keyNorm, weights.keyNorm());
        }
        if (position != null) {
            map.put(position, bound.position());
            map.put(table, bound.table());
        }
    }

    private static void put(Map<Slot, Tensor> map, Slot slot, Tensor tensor) {
        if (slot != null) {
            map.put(slot, tensor);
        }
    }
}

package org.tornadomor.model;

import java.util.Map;
import org.tornadomor.engine.AttentionOp.Rope;
import org.tornadomor.engine.DenseOp.AddBiasBackward;
import org.tornadomor.engine.DenseOp.Clear;
import org.tornadomor.engine.DenseOp.Copy;
import org.tornadomor.engine.DenseOp.RmsNormBackward;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;

/** The backward of {@link QueryKeySteps}: the gradient of what attention read becomes that of the projection, in place. */
final class QueryKeyGradient {
    private final ModelConfig config;
    private final int queryWidth;
    private final int keyWidth;
    private final Slot dTurned;
    private Slot position, table, gBias, dNormed;
    private Slot dQueries, rawQueries, dNormedQueries, queryNorm, gQueryNorm;
    private Slot dKeys, rawKeys, dNormedKeys, keyNorm, gKeyNorm;

    /** Records the steps. @param dQkv gradient of all that was projected */
    QueryKeyGradient(Ops ops, LayerShape shape, Slot dQkv) {
        config = shape.config();
        queryWidth = shape.queryWidth();
        keyWidth = shape.projectsKeys() ? shape.keyWidth() : 0;
        Architecture architecture = config.architecture();
        Extent rows = shape.rows();
        boolean rotary = shape.kind().rotary();
        dTurned = rotary || architecture.headNorms() ? ops.f32("d_turned", rows, queryWidth + keyWidth) : null;
        if (rotary) {
            position = ops.i32("position", rows);
            table = ops.f32("table", shape.positions(), config.headDim());
            ops.add(new Rope(dTurned, position, table, true));
        }
        if (architecture.headNorms()) {
            dNormed = ops.f32("d_normed_heads", rows, queryWidth + keyWidth);
            ops.add(new Copy(dNormed, dTurned));
            ops.add(new Clear(dTurned));
            queryNorm(ops, rows, shape.eps());
            if (keyWidth > 0) {
                keyNorm(ops, rows, shape.eps());
            }
        }
        if (architecture.qkvBias()) {
            gBias = ops.f32("g_b_qkv", dQkv.columns(), 1);
            ops.add(new AddBiasBackward(gBias, dQkv));
        }
    }

    private void queryNorm(Ops ops, Extent rows, float eps) {
        dQueries = ops.f32("d_queries", rows, queryWidth);
        dNormedQueries = ops.f32("d_normed_queries", rows, queryWidth);
        rawQueries = ops.f32("raw_queries", rows, queryWidth);
        queryNorm = ops.f32("query_norm", config.headDim(), 1);
        gQueryNorm = ops.f32("g_query_norm", config.headDim(), 1);
        ops.add(new RmsNormBackward(dQueries, gQueryNorm, dNormedQueries, rawQueries, queryNorm, eps));
    }

    private void keyNorm(Ops ops, Extent rows, float eps) {
        dKeys = ops.f32("d_keys", rows, keyWidth);
        dNormedKeys = ops.f32("d_normed_keys", rows, keyWidth);
        rawKeys = ops.f32("raw_keys", rows, keyWidth);
        keyNorm = ops.f32("key_norm", config.headDim(), 1);
        gKeyNorm = ops.f32("g_key_norm", config.headDim(), 1);
        ops.add(new RmsNormBackward(dKeys, gKeyNorm, dNormedKeys, rawKeys, keyNorm, eps));
    }

    /**
     * Puts tensors into the slots.
     *
     * @param dQkv [R, (heads + 2 kvHeads) h], or queries alone
     * @param raw [R, (heads + kvHeads) h] queries and keys before their norms, or null
     * @param dHeads [R, (heads + kvHeads) h] scratch, or null
     */
    void bind(
            Map<Slot, Tensor> map,
            LayerWeights weights,
            LayerWeights gradients,
            Tensor dQkv,
            Tensor raw,
            Tensor dHeads,
            LayerKeys bound) {
        if (dTurned != null) {
            map.put(dTurned, dQkv.columns(0, dTurned.columns()));
        }
        if (position != null) {
            map.put(position, bound.position());
            map.put(table, bound.table());
        }
        if (dNormed != null) {
            map.put(dNormed, dHeads.columns(0, dNormed.columns()));
            map.put(dQueries, dQkv.columns(0, queryWidth));
            map.put(dNormedQueries, dHeads.columns(0, queryWidth));
            map.put(rawQueries, raw.columns(0, queryWidth));
            map.put(queryNorm, weights.queryNorm());
            map.put(gQueryNorm, gradients.queryNorm());
        }
        if (dKeys != null) {
            map.put(dKeys, dQkv.columns(queryWidth, keyWidth));
            map.put(dNormedKeys, dHeads.columns(queryWidth, keyWidth));
            map.put(rawKeys, raw.columns(queryWidth, keyWidth));
            map.put(keyNorm, weights.keyNorm());
            map.put(gKeyNorm, gradients.keyNorm());
        }
        if (gBias != null) {
            map.put(gBias, gradients.qkvBias().rows(0, gBias.rows().max()));
        }
    }
}

package org.tornadomor.model;

import java.util.List;
import org.tornadomor.engine.Tensor;

/**
 * What a layer's attention is bound to.
 *
 * @param position [R] for the rotary embedding
 * @param table [positions, h] cosines and sines
 * @param start [S + 1] query rows of each segment
 * @param keyStart [S] first key row of each segment, or [S, pages] of each of its pages
 * @param visible [R] how many keys each row sees
 * @param base [K, 2 kvHeads h] keys and values outside the layer: the cache, the source layer's, null for OWN
 * @param place [R] where this layer's keys and values go: cache rows for CACHED, rows among all for HYBRID, else null
 * @param mixed [K, 2 kvHeads h] scratch that holds the hybrid keys and values, else null
 * @param copies [R] further places in the cache
 */
record LayerKeys(
        Tensor position,
        Tensor table,
        Tensor start,
        Tensor keyStart,
        Tensor visible,
        Tensor base,
        Tensor place,
        Tensor mixed,
        List<Tensor> copies) {}

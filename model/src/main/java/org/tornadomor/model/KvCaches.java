package org.tornadomor.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Tensor;

/**
 * Keys and values of earlier tokens, per unrolled layer that computes them and per sequence; with recursion-wise caching each
 * depth has a length of its own for each sequence, since not every token goes there (paper 2.2.1).
 */
final class KvCaches implements AutoCloseable {
    private final Engine engine;
    private final int sequences;
    private final int capacity;
    private final Arena floats;
    private final Tensor[] layers;
    private final Tensor keyStart;
    private final Tensor lengths;
    private final List<Tensor> lengthByDepth = new ArrayList<>();
    private final Extent rows;

    KvCaches(Engine engine, ModelConfig config, ForwardSpec spec, LayerMap map, Arena indices) {
        this.engine = engine;
        this.sequences = spec.sequences();
        this.capacity = spec.context();
        this.floats = engine.arena("caches", ElementType.F32);
        this.rows = Extent.fixed(Math.multiplyExact(sequences, capacity));
        layers = new Tensor[map.numLayers()];
        for (int l = 0; l < layers.length; l++) {
            if (map.kvSource(l) == l || config.kv() == KvMode.HYBRID) {
                layers[l] = floats.allocate("cache." + l, rows.max(), 2 * config.kvWidth());
            }
        }
        keyStart = indices.allocate("cache.start", sequences);
        // One vector for each depth, and one (the first) for layers that see every token.
        lengths = indices.allocate("cache.lengths", config.recursions() + 1, sequences);
        for (int depth = 0; depth <= config.recursions(); depth++) {
            lengthByDepth.add(lengths.rows(depth, 1).named("cache.length." + depth, sequences));
        }
    }

    /** Uploads where the sequences' rows begin. */
    void fill() {
        int[] starts = new int[sequences];
        Arrays.setAll(starts, b -> b * capacity);
        engine.upload(keyStart, starts, 0);
    }

    /** [B capacity, 2 kvHeads h]: the cache that layer l fills. */
    Tensor layer(int l) {
        return layers[l];
    }

    /** [B] first cache row of each sequence. */
    Tensor keyStart() {
        return keyStart;
    }

    /** [B] rows in use for each sequence at a depth; depth 0 counts all tokens. */
    Tensor length(int depth) {
        return lengthByDepth.get(depth);
    }

    Extent rows() {
        return rows;
    }

    int capacity() {
        return capacity;
    }

    /** Forgets a sequence, so that its place can be used for another. */
    void clear(int sequence) {
        int depths = lengthByDepth.size();
        int[] values = new int[depths * sequences];
        engine.download(lengths, values, 0);
        for (int depth = 0; depth < depths; depth++) {
            values[depth * sequences + sequence] = 0;
        }
        engine.upload(lengths, values, 0);
    }

    /** Bytes of keys and values. */
    long bytes() {
        return floats.bytes();
    }

    @Override
    public void close() {
        floats.close();
    }
}

package org.tornadomor.model;

/**
 * Which weights, which recursion and which keys and values each unrolled layer uses (paper table 5). Layers, weight
 * sets and positions count from 0; recursions count from 1.
 *
 * <p>With L = 9 and N_r = 3 the weight sets are 012 012 012 for {@code CYCLE} and 000 111 222 for {@code SEQUENCE}; the
 * middle variants keep a layer of their own on either side. A plain model is one block of L layers outside any
 * recursion.
 */
public final class LayerMap {
    private final int numLayers;
    private final int recursions;
    private final int prefix;
    private final int blockSize;
    private final boolean plain;
    private final boolean cycle;
    private final boolean sharesKv;

    /** The map of a model. */
    public LayerMap(ModelConfig config) {
        MorConfig mor = config.mor();
        numLayers = config.numLayers();
        recursions = config.recursions();
        plain = mor == null;
        cycle = plain || mor.sharing().cycle();
        prefix = !plain && mor.sharing().middle() ? 1 : 0;
        blockSize = (numLayers - 2 * prefix) / recursions;
        sharesKv = !plain && mor.kv() != KvMode.RECURSION_WISE;
    }

    /** L, the number of unrolled layers. */
    public int numLayers() {
        return numLayers;
    }

    /** The number of unique layers before the recursions: 0 or 1. */
    public int prefix() {
        return prefix;
    }

    /** b, the number of weight sets in the shared block; L for a plain model. */
    public int blockSize() {
        return blockSize;
    }

    /** The number of unique layers after the recursions: 0 or 1. */
    public int suffix() {
        return prefix;
    }

    /** The number of distinct weight sets. */
    public int numWeightSets() {
        return prefix + blockSize + suffix();
    }

    /** The weight set of layer {@code l}, numbered in the order of first use. */
    public int weightSet(int l) {
        if (l < prefix) {
            return l;
        }
        if (l >= numLayers - suffix()) {
            return prefix + blockSize;
        }
        int shared = l - prefix;
        return prefix + (cycle ? shared % blockSize : shared / recursions);
    }

    /** Whether layers of recursions use a weight set. */
    public boolean isShared(int weightSet) {
        return !plain && weightSet >= prefix && weightSet < prefix + blockSize;
    }

    /** The recursion that layer {@code l} belongs to, from 1; 0 for unique layers and for all of a plain model. */
    public int recursion(int l) {
        if (plain || l < prefix || l >= numLayers - suffix()) {
            return 0;
        }
        int shared = l - prefix;
        return 1 + (cycle ? shared / blockSize : shared % recursions);
    }

    /**
     * The unrolled layer that recursion {@code r} (from 1) runs with weight set {@code position} (from 0) of the block.
     */
    public int layer(int r, int position) {
        return prefix + (cycle ? (r - 1) * blockSize + position : position * recursions + r - 1);
    }

    /**
     * The layer whose keys and values layer {@code l} reads: itself, or the first layer with the same weight set where
     * keys and values are shared. In hybrid mode that is where inactive positions read; the active ones read their own.
     */
    public int kvSource(int l) {
        return sharesKv && recursion(l) > 1 ? layer(1, weightSet(l) - prefix) : l;
    }
}

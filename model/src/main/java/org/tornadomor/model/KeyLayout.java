package org.tornadomor.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which keys and values decoding keeps. Layers of a block that recursions share have one cache for all depths: a token takes
 * room in it once for each depth that it reaches. All other layers see every token once.
 */
final class KeyLayout {
    private final ModelConfig config;
    private final LayerMap map;

    KeyLayout(ModelConfig config) {
        this.config = config;
        this.map = new LayerMap(config);
    }

    /** Whether the recursions are runs of one block, so that rows of any depth can go through it together. */
    boolean looped() {
        return config.mor() != null && config.mor().sharing().cycle();
    }

    /** Unrolled layers outside of such a block that keep keys, in order; their number in this list is their cache. */
    List<Integer> outerLayers() {
        List<Integer> layers = new ArrayList<>();
        for (int l = 0; l < map.numLayers(); l++) {
            boolean outer = !looped() || map.recursion(l) == 0;
            if (outer && map.kvSource(l) == l) {
                layers.add(l);
            }
        }
        return layers;
    }

    /** Layers of the block; 0 without one. */
    int blockLayers() {
        return looped() ? map.blockSize() : 0;
    }

    /** The depths at which a token of the block keeps keys of its own. */
    int planes() {
        if (!looped()) {
            return 0;
        }
        return config.kv() == KvMode.SHARED ? 1 : config.recursions();
    }

    /** Whether a token keeps keys at every depth, however deep it goes. */
    boolean fullPlanes() {
        return config.kv() == KvMode.HYBRID || lastExited();
    }

    /**
     * Whether keys of the recursion at which a token leaves stand for those of the deeper ones that its sequence may run. This
     * is so in models without a router, where a token that goes deeper expects a key of every token before it.
     */
    boolean lastExited() {
        return planes() > 1 && !config.router().routes();
    }

    /** The plane that a row at a depth reads. */
    int plane(int depth) {
        return Math.min(depth, planes());
    }

    /** Rows of the block's cache that a token takes on average, if routing is as balanced as in training. */
    double expectedPlanes() {
        if (!looped() || config.kv() != KvMode.RECURSION_WISE) {
            return planes();
        }
        return Arrays.stream(config.router().plannedShare(config.mor())).sum();
    }

    /** Elements of a row of one layer's cache. */
    int width() {
        return 2 * config.kvWidth();
    }
}

package org.tornadomor.model;

/** Where the keys and values that a layer attends to come from. */
enum KeyMode {
    /** From its own rows: recursion-wise caching without a cache, the rows of this depth being all there is. */
    OWN,
    /** From a cache to which its own rows, or some of them, are added first: decoding. */
    CACHED,
    /** From the first layer with the same weights: no key or value of its own is computed. */
    SHARED,
    /** From the first layer with the same weights, but from its own rows where those are active. */
    HYBRID
}

package org.tornadomor.model;

import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Tensor;

/**
 * The stretches of rows within which attention stays: the sequences of a run, or the documents that lie in them. Documents
 * need no kernels of their own: to attention they are sequences, more and shorter ones.
 *
 * @param count how many
 * @param bounds one more than that: where each begins, and the end
 * @param first [B + 1] the first segment of each sequence, and the number of segments; null if the sequences are the segments
 */
record Segments(Extent count, Extent bounds, Tensor first) {
    /** Segments of rows that belong to no batch of sequences: at most so many, one a row at the most. */
    static Segments of(String name, int most) {
        return new Segments(Extent.of(name + " segments", most), Extent.of(name + " segment bounds", most + 1), null);
    }

    /** Segments that change from run to run, at most one a row. */
    static Segments changing(Arena indices, int sequences, int rows) {
        return new Segments(
                Extent.of("segments", rows),
                Extent.of("segment bounds", rows + 1),
                indices.allocate("segments.first", sequences + 1));
    }

    boolean areSequences() {
        return first == null;
    }

    /** Sets how many there are now. */
    void set(int now) {
        count.set(now);
        bounds.set(now + 1);
    }
}

package org.tornadomor.model;

import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Tensor;

/**
 * The compact rows of one recursion depth, or all rows: how many there are now, where they belong, and what they see.
 *
 * @param extent how many
 * @param index [max] place among all rows
 * @param position [max] place in the segment, for the rotary embedding
 * @param start [S + 1] first row of each segment
 * @param sequenceStart [B + 1] first row of each sequence, which is {@code start} where the segments are the sequences
 * @param ordinal [max] number within the segment among these rows, from 1: how many of its own kind a row sees
 * @param parent [max] which candidate a row was
 */
record ActiveRows(
        Extent extent,
        Tensor index,
        Tensor position,
        Tensor start,
        Tensor sequenceStart,
        Tensor ordinal,
        Tensor parent) {
    static ActiveRows allocate(Arena indices, String name, int max, int sequences, Segments segments) {
        Tensor start = indices.allocate(name + ".start", segments.bounds().max());
        return new ActiveRows(
                Extent.of(name, max),
                indices.allocate(name + ".index", max),
                indices.allocate(name + ".position", max),
                start,
                segments.areSequences() ? start : indices.allocate(name + ".sequence_start", sequences + 1),
                indices.allocate(name + ".ordinal", max),
                indices.allocate(name + ".parent", max));
    }

    /** Where each segment's own keys begin: its first row. */
    Tensor keyStart() {
        return start.rows(0, start.rows() - 1);
    }

    int max() {
        return extent.max();
    }
}

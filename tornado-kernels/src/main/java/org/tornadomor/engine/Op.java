package org.tornadomor.engine;

import java.util.List;

/**
 * One operation of the model's vocabulary, as data: an engine decides how to run it. The families stand in files of their
 * own; each record's comment gives the formula, forward above backward.
 *
 * <p>Shapes are checked when an op is made. {@code [R, d]} means R rows of d columns, R being the extent that the op works
 * on; {@code x += ...} says that an op adds to what is there, everything else is overwritten.
 */
public sealed interface Op
        permits DenseOp, AttentionOp, RowOp, ExpertRouterOp, TokenRouterOp, LossOp, OptimizerOp, SampleOp {
    /** The rows that the op works on. */
    Extent rows();

    /** Slots that are only read. */
    List<Slot> reads();

    /** Slots that are written, whether or not they are read before. */
    List<Slot> writes();

    /** Written slots for which the op itself decides how many rows it uses, up to the maximum. */
    default List<Slot> finds() {
        return List.of();
    }

    /** Refuses arguments that a caller got wrong when recording. */
    static void check(boolean condition, Object op, Object... culprits) {
        if (!condition) {
            throw new IllegalArgumentException(op + " does not take " + List.of(culprits));
        }
    }

    /** Refuses slots that do not all work on the same rows. */
    static void sameRows(Object op, Slot... slots) {
        for (Slot slot : slots) {
            check(
                    slot.rows() == slots[0].rows()
                            || slot.rows().max() == slots[0].rows().max()
                                    && slot.rows().isFixed()
                                    && slots[0].rows().isFixed(),
                    op,
                    slot,
                    slots[0]);
        }
    }

    /** Refuses slots of different widths. */
    static void sameColumns(Object op, Slot... slots) {
        for (Slot slot : slots) {
            check(slot.columns() == slots[0].columns(), op, slot, slots[0]);
        }
    }
}

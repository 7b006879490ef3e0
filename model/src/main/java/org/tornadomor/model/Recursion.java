package org.tornadomor.model;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.Tensor;

/**
 * One recursion depth of a routed model: which rows are active and the programs that run it. {@link Forward} fills it in; {@link
 * Routing} and {@link Backward} read it.
 */
final class Recursion {
    /** 1 to N_r. */
    final int depth;
    /** The rows that compete: those active at the depth before. */
    final ActiveRows candidates;
    /** The rows that run. */
    final ActiveRows rows;
    /** [R, d] input and output of the block. */
    Tensor x, f;
    /** [R] how many keys of the first recursion a row sees (shared and hybrid keys). */
    Tensor visibleShared;
    /** Collects the active rows. */
    Binding enter;
    /** The block. */
    final List<Binding> layers = new ArrayList<>();
    /** What its backward needs. */
    final List<PlainLayer> block = new ArrayList<>();

    private final Tensor rowsNow;

    Recursion(int depth, ActiveRows candidates, ActiveRows rows) {
        this.depth = depth;
        this.candidates = candidates;
        this.rows = rows;
        this.rowsNow = rows.sequenceStart().rows(rows.sequenceStart().rows() - 1, 1);
    }

    /** [1] how many rows were selected: the end of the last sequence. */
    Tensor rowsNow() {
        return rowsNow;
    }
}

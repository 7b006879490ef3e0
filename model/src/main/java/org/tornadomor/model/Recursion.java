package org.tornadomor.model;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.Tensor;

/**
 * One recursion depth of a routed model: which rows are active, what was decided, and the programs that run it. {@link Forward}
 * and {@link Routing} fill it in; {@link Backward} reads it.
 */
final class Recursion {
    /** 1 to N_r. */
    final int depth;
    /** The rows that compete: those active at the depth before. */
    final ActiveRows candidates;
    /** The rows that run. */
    final ActiveRows rows;
    /** [C] router logits of the candidates and their gradient (expert-choice). */
    Tensor logits, dLogits;
    /** [C] the same of the auxiliary router, or null. */
    Tensor auxLogits, dAuxLogits;
    /** [C] 1 for candidates that go on to this depth. */
    Tensor selected;
    /** [1] k of a sequence. */
    Tensor limit;
    /** [R] the number of this recursion in every row (token-choice). */
    Tensor number;
    /** [R, d] input and output of the block. */
    Tensor x, f;
    /** [R] how many keys of the first recursion a row sees (shared and hybrid keys). */
    Tensor visibleShared;
    /** The decision: of the top k, and causal. */
    Binding selectTopK, selectCausal;
    /** Collects the active rows; adds the block's output to the state. */
    Binding enter, leave;
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

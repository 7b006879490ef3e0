package org.tornadomor.engine;

import static org.tornadomor.engine.Op.check;
import static org.tornadomor.engine.Op.sameColumns;
import static org.tornadomor.engine.Op.sameRows;

import java.util.List;

/**
 * Moving between all rows and the active ones. The rows of a recursion depth are compact: {@code index[i]} is the row's
 * place among all rows, {@code position[i]} its place in its sequence, {@code start} [B+1] where each sequence begins.
 * Order is kept, so causal order among compact rows is causal order among tokens.
 */
public sealed interface RowOp extends Op {

    /** {@code out[i] = in[index[i]]}: out [R, d], in [N, d], index [R]. */
    record Gather(Slot out, Slot in, Slot index) implements RowOp {
        public Gather {
            sameRows("Gather", out, index);
            sameColumns("Gather", out, in);
        }

        @Override
        public Extent rows() {
            return out.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(in, index);
        }

        @Override
        public List<Slot> writes() {
            return List.of(out);
        }
    }

    /** {@code out[i] = in[index[i]]}, and zeros are left behind in those rows of in. */
    record Take(Slot out, Slot in, Slot index) implements RowOp {
        public Take {
            sameRows("Take", out, index);
            sameColumns("Take", out, in);
        }

        @Override
        public Extent rows() {
            return out.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(index);
        }

        @Override
        public List<Slot> writes() {
            return List.of(out, in);
        }
    }

    /** {@code out[index[i]] = in[i]}: out [N, d], in [R, d], indices distinct. */
    record Scatter(Slot out, Slot in, Slot index) implements RowOp {
        public Scatter {
            sameRows("Scatter", in, index);
            sameColumns("Scatter", out, in);
        }

        @Override
        public Extent rows() {
            return in.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(in, index);
        }

        @Override
        public List<Slot> writes() {
            return List.of(out);
        }
    }

    /** {@code out[index[i]] += in[i]}: out [N, d], in [R, d], indices distinct. The backward of {@link Gather}. */
    record ScatterAdd(Slot out, Slot in, Slot index) implements RowOp {
        public ScatterAdd {
            sameRows("ScatterAdd", in, index);
            sameColumns("ScatterAdd", out, in);
        }

        @Override
        public Extent rows() {
            return in.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(in, index);
        }

        @Override
        public List<Slot> writes() {
            return List.of(out);
        }
    }

    /**
     * Expert choice: {@code selected[i] = 1} for the {@code limit[0]} rows of each sequence with the largest logits, ties
     * to the earlier row, else 0. selected, logits [C], start [B+1], limit [1].
     */
    record SelectTopK(Slot selected, Slot logits, Slot start, Slot limit) implements RowOp {
        public SelectTopK {
            sameRows("SelectTopK", selected, logits);
        }

        @Override
        public Extent rows() {
            return logits.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(logits, start, limit);
        }

        @Override
        public List<Slot> writes() {
            return List.of(selected);
        }
    }

    /** The causal decision: {@code selected[i] = logits[i] > threshold[0]}. selected, logits [C], threshold [1]. */
    record SelectAbove(Slot selected, Slot logits, Slot threshold) implements RowOp {
        public SelectAbove {
            sameRows("SelectAbove", selected, logits);
        }

        @Override
        public Extent rows() {
            return logits.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(logits, threshold);
        }

        @Override
        public List<Slot> writes() {
            return List.of(selected);
        }
    }

    /** Token choice: {@code selected[i] = depth[index[i]] >= recursion}. selected, index [C], depth [N]. */
    record SelectDeeper(Slot selected, Slot depth, Slot index, int recursion) implements RowOp {
        public SelectDeeper {
            sameRows("SelectDeeper", selected, index);
        }

        @Override
        public Extent rows() {
            return index.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(depth, index);
        }

        @Override
        public List<Slot> writes() {
            return List.of(selected);
        }
    }

    /** A compact row set, as slots: index [R], position [R], start [B+1]. */
    record RowSet(Slot index, Slot position, Slot start) {}

    /**
     * The selected candidates as a compact row set of their own, in order: {@code parent[j]} is the candidate row of
     * selected row j, whose index and position are copied; {@code to.start} counts them by sequence, so that
     * {@code to.start[B]} is how many there are, and {@code visible[j]} is row j's number within its sequence, from 1. Works
     * on the candidates [C]; the caller sets the extent of the selected rows afterwards.
     */
    record Compact(RowSet to, Slot parent, Slot visible, Slot selected, RowSet from) implements RowOp {
        public Compact {
            sameRows("Compact", selected, from.index, from.position);
            sameRows("Compact", to.index, to.position, parent, visible);
            check(to.start.rows().max() == from.start.rows().max(), "Compact", to.start, from.start);
        }

        @Override
        public Extent rows() {
            return selected.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(selected, from.index, from.position, from.start);
        }

        @Override
        public List<Slot> writes() {
            return List.of(to.index, to.position, to.start, parent, visible);
        }

        @Override
        public List<Slot> finds() {
            return List.of(to.index, to.position, parent, visible);
        }
    }

    /** {@code depth[index[i]] = recursion}: depth [N], index [R]. */
    record MarkDepth(Slot depth, Slot index, int recursion) implements RowOp {
        @Override
        public Extent rows() {
            return index.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(index);
        }

        @Override
        public List<Slot> writes() {
            return List.of(depth);
        }
    }
}

package org.tornadomor.engine.cpu;

import org.tornadomor.engine.RowOp;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/** The indices of compact row sets. A row has only a few, so one thread computes them. */
final class CompactRows {
    private CompactRows() {}

    /** How many sequences {@code start} describes. Checks that their rows are among the {@code rows} in use. */
    static int sequences(Slot slot, IntRows start, int rows) {
        int sequences = slot.rows().count() - 1;
        if (sequences > 0 && (start.get(0) < 0 || start.get(sequences) > rows)) {
            throw new IllegalArgumentException(slot + " describes the rows " + start.get(0) + " to "
                    + start.get(sequences) + ", but " + rows + " are in use");
        }
        return Math.max(0, sequences);
    }

    /** The selected candidates as a row set of their own. */
    static final class Compact extends SlotOp {
        private final RowOp.Compact op;
        private final IntRows toIndex;
        private final IntRows toPosition;
        private final IntRows toStart;
        private final IntRows parent;
        private final IntRows visible;
        private final IntRows selected;
        private final IntRows fromIndex;
        private final IntRows fromPosition;
        private final IntRows fromStart;

        Compact(RowOp.Compact op) {
            this.op = op;
            toIndex = ints(op.to().index());
            toPosition = ints(op.to().position());
            toStart = ints(op.to().start());
            parent = ints(op.parent());
            visible = ints(op.visible());
            selected = ints(op.selected());
            fromIndex = ints(op.from().index());
            fromPosition = ints(op.from().position());
            fromStart = ints(op.from().start());
        }

        @Override
        void run(WorkerTeam team) {
            int sequences = CompactRows.sequences(
                    op.from().start(), fromStart, op.rows().count());
            int room = op.parent().rows().max();
            int count = 0;
            toStart.set(0, 0);
            for (int b = 0; b < sequences; b++) {
                int first = count;
                int end = fromStart.get(b + 1);
                for (int i = fromStart.get(b); i < end; i++) {
                    if (selected.get(i) == 0) {
                        continue;
                    }
                    if (count == room) {
                        throw new IllegalStateException("more than " + room + " rows selected for " + op.parent());
                    }
                    toIndex.set(count, fromIndex.get(i));
                    toPosition.set(count, fromPosition.get(i));
                    parent.set(count, i);
                    count++;
                    visible.set(count - 1, count - first);
                }
                toStart.set(b + 1, count);
            }
        }
    }

    /** {@code depth[index[i]] = recursion}. */
    static final class MarkDepth extends RowwiseOp {
        private final int recursion;
        private final IntRows depth;
        private final IntRows index;

        MarkDepth(RowOp.MarkDepth op) {
            super(op.rows(), 1);
            recursion = op.recursion();
            depth = ints(op.depth());
            index = ints(op.index());
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int i = from; i < to; i++) {
                depth.values[depth.checkedRow(index.get(i))] = recursion;
            }
        }
    }
}

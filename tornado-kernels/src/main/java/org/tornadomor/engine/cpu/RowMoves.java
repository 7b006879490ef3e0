package org.tornadomor.engine.cpu;

import org.tornadomor.engine.RowOp;

/** Rows to and from the places that an index names. */
final class RowMoves {
    private RowMoves() {}

    /** {@code out[i] = in[index[i]]}. */
    static final class Gather extends RowwiseOp {
        private final int columns;
        private final Rows out;
        private final Rows in;
        private final IntRows index;

        Gather(RowOp.Gather op) {
            super(op.rows(), op.out().columns());
            columns = op.out().columns();
            out = rows(op.out());
            in = rows(op.in());
            index = ints(op.index());
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int i = from; i < to; i++) {
                out.copy(out.row(i), in, in.checkedRow(index.get(i)), columns);
            }
        }
    }

    /** {@code out[i] = in[index[i]]}, leaving zeros behind. */
    static final class Take extends RowwiseOp {
        private final int columns;
        private final Rows out;
        private final Rows in;
        private final IntRows index;

        Take(RowOp.Take op) {
            super(op.rows(), op.out().columns());
            columns = op.out().columns();
            out = rows(op.out());
            in = rows(op.in());
            index = ints(op.index());
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int i = from; i < to; i++) {
                int source = in.checkedRow(index.get(i));
                out.copy(out.row(i), in, source, columns);
                in.clear(source, columns);
            }
        }
    }

    /** {@code out[index[i]] = in[i]}; indices are distinct, so tiles do not meet. */
    static final class Scatter extends RowwiseOp {
        private final int columns;
        private final Rows out;
        private final Rows in;
        private final IntRows index;

        Scatter(RowOp.Scatter op) {
            super(op.rows(), op.in().columns());
            columns = op.in().columns();
            out = rows(op.out());
            in = rows(op.in());
            index = ints(op.index());
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int i = from; i < to; i++) {
                out.copy(out.checkedRow(index.get(i)), in, in.row(i), columns);
            }
        }
    }

    /** {@code out[index[i]] += in[i]}; indices are distinct, so tiles do not meet. */
    static final class ScatterAdd extends RowwiseOp {
        private final int columns;
        private final Rows out;
        private final Rows in;
        private final IntRows index;

        ScatterAdd(RowOp.ScatterAdd op) {
            super(op.rows(), op.in().columns());
            columns = op.in().columns();
            out = rows(op.out());
            in = rows(op.in());
            index = ints(op.index());
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int i = from; i < to; i++) {
                out.add(out.checkedRow(index.get(i)), in, in.row(i), columns);
            }
        }
    }
}

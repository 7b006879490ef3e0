package org.tornadomor.engine.cpu;

import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.cpu.basics.Tiles;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/** Copying, adding and clearing rows of either element type. */
final class Elementwise {
    private Elementwise() {}

    /** {@code out = in}. */
    static final class Copy extends Blocks {
        Copy(DenseOp.Copy op) {
            super(op.rows(), op.out(), op.in());
        }

        @Override
        void block(int outAt, int inAt, int count) {
            out.copy(outAt, in, inAt, count);
        }
    }

    /** {@code out += in}. */
    static final class Add extends Blocks {
        Add(DenseOp.Add op) {
            super(op.rows(), op.out(), op.in());
        }

        @Override
        void block(int outAt, int inAt, int count) {
            out.add(outAt, in, inAt, count);
        }
    }

    /** {@code out = 0}. */
    static final class Clear extends Blocks {
        Clear(DenseOp.Clear op) {
            super(op.rows(), op.out(), op.out());
        }

        @Override
        void block(int outAt, int inAt, int count) {
            out.clear(outAt, count);
        }
    }

    /**
     * Work on elements that lie in the same order in two places: in one stretch where no rows have gaps, else row by
     * row.
     */
    private abstract static class Blocks extends SlotOp implements WorkerTeam.TileTask {
        final Rows out;
        final Rows in;
        private final Extent extent;
        private final int columns;
        private boolean stretch;
        private int count;
        private int perTile;

        Blocks(Extent extent, Slot outSlot, Slot inSlot) {
            this.extent = extent;
            columns = outSlot.columns();
            out = rows(outSlot);
            in = rows(inSlot);
        }

        @Override
        final void run(WorkerTeam team) {
            stretch = out.isContiguous() && in.isContiguous();
            count = stretch ? extent.count() * columns : extent.count();
            perTile = stretch ? Tiles.ELEMENTS : Tiles.rows(columns);
            team.run(this, Tiles.count(count, perTile));
        }

        @Override
        public final void tile(int tile, int worker) {
            int from = tile * perTile;
            int to = Tiles.end(tile, perTile, count);
            if (stretch) {
                block(out.at + from, in.at + from, to - from);
                return;
            }
            for (int i = from; i < to; i++) {
                block(out.row(i), in.row(i), columns);
            }
        }

        abstract void block(int outAt, int inAt, int count);
    }
}

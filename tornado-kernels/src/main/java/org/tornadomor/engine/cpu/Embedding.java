package org.tornadomor.engine.cpu;

import java.util.Objects;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.cpu.basics.Matrix;
import org.tornadomor.engine.cpu.basics.Tiles;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/** Rows of the embedding table for token ids. */
final class Embedding {
    /** Columns that one tile of the table's gradient sums up, in row order. */
    private static final int TILE_COLUMNS = 128;

    private Embedding() {}

    /** {@code out[i] = table[ids[i]]}. */
    static final class Forward extends RowwiseOp {
        private final int columns;
        private final int vocabulary;
        private final FloatRows out;
        private final Matrix table;
        private final IntRows ids;

        Forward(DenseOp.Embed op) {
            super(op.rows(), op.out().columns());
            columns = op.out().columns();
            vocabulary = op.table().rows().max();
            out = floats(op.out());
            table = matrix(op.table());
            ids = ints(op.ids());
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int i = from; i < to; i++) {
                int id = Objects.checkIndex(ids.get(i), vocabulary);
                table.copy(id, 0, 1, columns, out.values, out.row(i), 0);
            }
        }
    }

    /** {@code dTable[ids[i]] += dOut[i]}: an id may come twice, so tiles are slices of columns, not rows. */
    static final class Backward extends SlotOp implements WorkerTeam.TileTask {
        private final DenseOp.EmbedBackward op;
        private final int columns;
        private final FloatRows dTable;
        private final FloatRows dOut;
        private final IntRows ids;

        Backward(DenseOp.EmbedBackward op) {
            this.op = op;
            columns = op.dOut().columns();
            dTable = floats(op.dTable());
            dOut = floats(op.dOut());
            ids = ints(op.ids());
        }

        @Override
        void run(WorkerTeam team) {
            team.run(this, Tiles.count(columns, TILE_COLUMNS));
        }

        @Override
        public void tile(int tile, int worker) {
            int from = tile * TILE_COLUMNS;
            int count = Tiles.end(tile, TILE_COLUMNS, columns) - from;
            int rows = op.rows().count();
            for (int i = 0; i < rows; i++) {
                dTable.add(dTable.checkedRow(ids.get(i)) + from, dOut, dOut.row(i) + from, count);
            }
        }
    }
}

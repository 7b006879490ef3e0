package org.tornadomor.engine.cpu;

import java.util.Arrays;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.cpu.basics.RowMath;
import org.tornadomor.engine.cpu.basics.Scratch;
import org.tornadomor.engine.cpu.basics.Tiles;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/** The bias of a linear map. */
final class Bias {
    private Bias() {}

    /** {@code x[i] += bias}. */
    static final class Forward extends RowwiseOp {
        private final int columns;
        private final FloatRows x;
        private final FloatRows bias;

        Forward(DenseOp.AddBias op) {
            super(op.rows(), op.x().columns());
            columns = op.x().columns();
            x = floats(op.x());
            bias = floats(op.bias());
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int i = from; i < to; i++) {
                RowMath.add(x.values, x.row(i), bias.values, bias.at, columns);
            }
        }
    }

    /** {@code dBias += sum of dOut}: tiles are slices of columns, which are summed up in row order. */
    static final class Backward extends SlotOp implements WorkerTeam.TileTask {
        private static final int TILE_COLUMNS = 64;

        private final DenseOp.AddBiasBackward op;
        private final int columns;
        private final FloatRows dBias;
        private final FloatRows dOut;
        private Scratch scratch;

        Backward(DenseOp.AddBiasBackward op) {
            this.op = op;
            columns = op.dOut().columns();
            dBias = floats(op.dBias());
            dOut = floats(op.dOut());
        }

        @Override
        void run(WorkerTeam team) {
            scratch = team.scratch();
            scratch.reserve(0, TILE_COLUMNS);
            team.run(this, Tiles.count(columns, TILE_COLUMNS));
        }

        @Override
        public void tile(int tile, int worker) {
            int from = tile * TILE_COLUMNS;
            int count = Tiles.end(tile, TILE_COLUMNS, columns) - from;
            int rows = op.rows().count();
            float[] sums = scratch.of(worker);
            Arrays.fill(sums, 0, count, 0f);
            for (int i = 0; i < rows; i++) {
                RowMath.add(sums, 0, dOut.values, dOut.row(i) + from, count);
            }
            RowMath.add(dBias.values, dBias.at + from, sums, 0, count);
        }
    }
}

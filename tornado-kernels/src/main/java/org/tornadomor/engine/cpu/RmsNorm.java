package org.tornadomor.engine.cpu;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.cpu.basics.ColdStart;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.RowMath;
import org.tornadomor.engine.cpu.basics.Scratch;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/** Root-mean-square normalisation of rows, or of each head of a row. */
final class RmsNorm {
    /** Rows of a tile: fixed, so that tiles do not depend on the number of threads. */
    private static final int TILE_ROWS = 16;
    /** Columns of a tile in which the weight gradients of all tiles of rows are added up. */
    private static final int TILE_COLUMNS = 64;

    private RmsNorm() {}

    /** {@code out = x s w} with {@code s = 1 / sqrt(mean(x^2) + eps)}. */
    static final class Forward implements CpuOp, WorkerTeam.TileTask {
        private final DenseOp.RmsNorm op;
        private final int heads;
        /** Columns of a head. */
        private final int columns;

        private int rows;
        private float[] out, x, w;
        private int outAt, outStride, xAt, xStride, wAt;

        Forward(DenseOp.RmsNorm op) {
            this.op = op;
            this.heads = op.heads();
            this.columns = op.x().columns() / heads;
        }

        @Override
        public void run(CpuBinding b, WorkerTeam team) {
            rows = op.rows().count();
            out = b.floats(op.out());
            outAt = b.offset(op.out());
            outStride = b.stride(op.out());
            x = b.floats(op.x());
            xAt = b.offset(op.x());
            xStride = b.stride(op.x());
            w = b.floats(op.w());
            wAt = b.offset(op.w());
            team.run(this, (rows + TILE_ROWS - 1) / TILE_ROWS);
        }

        @Override
        public void tile(int tile, int worker) {
            int end = Math.min(rows, (tile + 1) * TILE_ROWS);
            for (int row = tile * TILE_ROWS; row < end; row++) {
                for (int head = 0; head < heads; head++) {
                    int xRow = xAt + row * xStride + head * columns;
                    float scale = inverseRms(x, xRow, columns, op.eps());
                    scaleRow(out, outAt + row * outStride + head * columns, x, xRow, w, wAt, columns, scale);
                }
            }
        }
    }

    /**
     * {@code dx += s (g - x s^2 mean(g x))} with {@code g = dOut w}; {@code dw += sum of dOut x s}. Each tile of rows sums up
     * its part of dw while its rows are in the cache.
     */
    static final class Backward implements CpuOp {
        private final DenseOp.RmsNormBackward op;
        private final int heads;
        /** Columns of a head. */
        private final int columns;

        private final WorkerTeam.TileTask inputTiles = this::inputTile;
        private final WorkerTeam.TileTask weightTiles = this::weightTile;
        private int rows, tiles;
        private Scratch scratch;
        private float[] dx, dw, dOut, x, w;
        private int dxAt, dxStride, dwAt, dOutAt, dOutStride, xAt, xStride, wAt;

        Backward(DenseOp.RmsNormBackward op) {
            this.op = op;
            this.heads = op.heads();
            this.columns = op.x().columns() / heads;
        }

        @Override
        public void run(CpuBinding b, WorkerTeam team) {
            rows = op.rows().count();
            dx = b.floats(op.dx());
            dxAt = b.offset(op.dx());
            dxStride = b.stride(op.dx());
            dw = b.floats(op.dw());
            dwAt = b.offset(op.dw());
            dOut = b.floats(op.dOut());
            dOutAt = b.offset(op.dOut());
            dOutStride = b.stride(op.dOut());
            x = b.floats(op.x());
            xAt = b.offset(op.x());
            xStride = b.stride(op.x());
            w = b.floats(op.w());
            wAt = b.offset(op.w());
            tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
            scratch = team.scratch();
            scratch.reserve(tiles * columns, 0);
            team.run(inputTiles, tiles);
            team.run(weightTiles, (columns + TILE_COLUMNS - 1) / TILE_COLUMNS);
        }

        private void inputTile(int tile, int worker) {
            float[] sums = scratch.shared();
            int sumsAt = tile * columns;
            Arrays.fill(sums, sumsAt, sumsAt + columns, 0f);
            int end = Math.min(rows, (tile + 1) * TILE_ROWS);
            for (int row = tile * TILE_ROWS; row < end; row++) {
                for (int head = 0; head < heads; head++) {
                    int xRow = xAt + row * xStride + head * columns;
                    int dRow = dOutAt + row * dOutStride + head * columns;
                    float scale = inverseRms(x, xRow, columns, op.eps());
                    inputRow(dx, dxAt + row * dxStride + head * columns, dOut, dRow, x, xRow, w, wAt, columns, scale);
                    addProducts(sums, sumsAt, dOut, dRow, x, xRow, columns, scale);
                }
            }
        }

        private void weightTile(int tile, int worker) {
            int from = tile * TILE_COLUMNS;
            int count = Math.min(columns, from + TILE_COLUMNS) - from;
            for (int part = 0; part < tiles; part++) {
                RowMath.add(dw, dwAt + from, scratch.shared(), part * columns + from, count);
            }
        }
    }

    private static float inverseRms(float[] x, int at, int columns, float eps) {
        float sum =
                ColdStart.isPlain(columns) ? Lanes.plainDot(x, at, x, at, columns) : Lanes.dot(x, at, x, at, columns);
        return (float) (1.0 / Math.sqrt((double) sum / columns + eps));
    }

    /** {@code sums += a b factor}. */
    private static void addProducts(
            float[] sums, int sumsAt, float[] a, int aAt, float[] b, int bAt, int columns, float factor) {
        for (int c = 0; c < columns; c++) {
            sums[sumsAt + c] += a[aAt + c] * b[bAt + c] * factor;
        }
    }

    private static void scaleRow(
            float[] out, int outAt, float[] x, int xAt, float[] w, int wAt, int columns, float scale) {
        for (int c = 0; c < columns; c++) {
            out[outAt + c] = x[xAt + c] * scale * w[wAt + c];
        }
    }

    private static void inputRow(
            float[] dx,
            int dxAt,
            float[] dOut,
            int dOutAt,
            float[] x,
            int xAt,
            float[] w,
            int wAt,
            int columns,
            float scale) {
        FloatVector dots = FloatVector.zero(Lanes.SPECIES);
        int whole = Lanes.whole(columns);
        for (int c = 0; c < whole; c += Lanes.LENGTH) {
            FloatVector g = FloatVector.fromArray(Lanes.SPECIES, dOut, dOutAt + c)
                    .mul(FloatVector.fromArray(Lanes.SPECIES, w, wAt + c));
            dots = g.fma(FloatVector.fromArray(Lanes.SPECIES, x, xAt + c), dots);
        }
        float dot = Lanes.sum(dots);
        for (int c = whole; c < columns; c++) {
            dot = Math.fma(dOut[dOutAt + c] * w[wAt + c], x[xAt + c], dot);
        }
        float shrink = dot * scale * scale / columns;
        for (int c = 0; c < columns; c++) {
            dx[dxAt + c] += scale * (dOut[dOutAt + c] * w[wAt + c] - x[xAt + c] * shrink);
        }
    }
}

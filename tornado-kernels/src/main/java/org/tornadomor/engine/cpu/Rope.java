package org.tornadomor.engine.cpu;

import jdk.incubator.vector.FloatVector;
import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/** Rotary position embedding in place, and its inverse, which is its backward. */
final class Rope implements CpuOp, WorkerTeam.TileTask {
    /** Rows of a tile. */
    private static final int TILE_ROWS = 32;

    private final AttentionOp.Rope op;
    private final int heads;
    private final int half;
    private int rows;
    private float[] x, table;
    private int[] position;
    private int xAt, xStride, positionAt, positionStride, tableAt, tableStride;

    Rope(AttentionOp.Rope op) {
        this.op = op;
        this.heads = op.x().columns() / op.table().columns();
        this.half = op.table().columns() / 2;
    }

    @Override
    public void run(CpuBinding b, WorkerTeam team) {
        rows = op.rows().count();
        x = b.floats(op.x());
        xAt = b.offset(op.x());
        xStride = b.stride(op.x());
        position = b.ints(op.position());
        positionAt = b.offset(op.position());
        positionStride = b.stride(op.position());
        table = b.floats(op.table());
        tableAt = b.offset(op.table());
        tableStride = b.stride(op.table());
        team.run(this, (rows + TILE_ROWS - 1) / TILE_ROWS);
    }

    @Override
    public void tile(int tile, int worker) {
        int end = Math.min(rows, (tile + 1) * TILE_ROWS);
        for (int row = tile * TILE_ROWS; row < end; row++) {
            int angles = tableAt + position[positionAt + row * positionStride] * tableStride;
            for (int head = 0; head < heads; head++) {
                rotate(x, xAt + row * xStride + head * 2 * half, table, angles, half, op.inverse());
            }
        }
    }

    /** One head: (low, high) becomes (low c - high s, high c + low s), with -s for s in the inverse. */
    private static void rotate(float[] x, int at, float[] table, int angles, int half, boolean inverse) {
        int whole = Lanes.inVectors(half);
        for (int j = 0; j < whole; j += Lanes.LENGTH) {
            FloatVector c = FloatVector.fromArray(Lanes.SPECIES, table, angles + j);
            FloatVector s = FloatVector.fromArray(Lanes.SPECIES, table, angles + half + j);
            s = inverse ? s.neg() : s;
            FloatVector low = FloatVector.fromArray(Lanes.SPECIES, x, at + j);
            FloatVector high = FloatVector.fromArray(Lanes.SPECIES, x, at + half + j);
            low.mul(c).sub(high.mul(s)).intoArray(x, at + j);
            high.mul(c).add(low.mul(s)).intoArray(x, at + half + j);
        }
        for (int j = whole; j < half; j++) {
            float c = table[angles + j];
            float s = inverse ? -table[angles + half + j] : table[angles + half + j];
            float low = x[at + j];
            float high = x[at + half + j];
            x[at + j] = low * c - high * s;
            x[at + half + j] = high * c + low * s;
        }
    }
}

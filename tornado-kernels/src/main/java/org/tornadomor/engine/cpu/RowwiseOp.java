package org.tornadomor.engine.cpu;

import org.tornadomor.engine.Extent;
import org.tornadomor.engine.cpu.basics.Tiles;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/** An op that does the same to each of its rows, in tiles of consecutive rows. */
abstract class RowwiseOp extends SlotOp implements WorkerTeam.TileTask {
    private final Extent extent;
    private final int tileRows;
    private int count;

    /** @param rowWork how much work a row is, in elements moved: what sizes the tiles */
    RowwiseOp(Extent extent, int rowWork) {
        this.extent = extent;
        this.tileRows = Tiles.rows(rowWork);
    }

    @Override
    void run(WorkerTeam team) {
        count = extent.count();
        team.run(this, Tiles.count(count, tileRows));
    }

    @Override
    public final void tile(int tile, int worker) {
        rows(tile * tileRows, Tiles.end(tile, tileRows, count), worker);
    }

    /** Handles the rows {@code from} to {@code to - 1}. */
    abstract void rows(int from, int to, int worker);
}

package org.tornadomor.engine.tornado;

import org.tornadomor.engine.Extent;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.WorkerGrid2D;

/**
 * How a task is cut into work-groups, as a function of the current rows. There is always at least one group, since a task graph
 * cannot leave a task out: kernels compare with the row count themselves.
 *
 * @param x groups along x
 * @param y groups along y, or null for one dimension
 * @param localX work-items of a group along x
 * @param localY work-items of a group along y
 * @param localBytes local memory that the kernel allocates for a group
 */
record Grid(Groups x, Groups y, int localX, int localY, int localBytes) {

    /**
     * A number of groups: {@code rows * perRow / perGroup}, rounded up.
     *
     * @param rows the rows that are cut
     * @param perRow work-items, or whatever is counted, for each row
     * @param perGroup how many of those one group deals with
     */
    record Groups(Extent rows, int perRow, int perGroup) {
        int count() {
            long items = (long) rows.count() * perRow;
            return (int) Math.max(1, (items + perGroup - 1) / perGroup);
        }

        int max() {
            long items = (long) rows.max() * perRow;
            return (int) Math.max(1, (items + perGroup - 1) / perGroup);
        }

        static Groups fixed(int count) {
            return new Groups(Extent.fixed(count), 1, 1);
        }
    }

    /** {@code perRow} independent work-items for each row, in groups of {@code local}. */
    static Grid items(Extent rows, int perRow, int local) {
        return new Grid(new Groups(rows, perRow, local), null, local, 1, 0);
    }

    /** One group of {@code local} work-items for each row. */
    static Grid groupPerRow(Extent rows, int local, int localBytes) {
        return new Grid(new Groups(rows, 1, 1), null, local, 1, localBytes);
    }

    /** A worker of the right kind; {@link #resize} gives it its size. */
    WorkerGrid worker() {
        WorkerGrid worker = y == null ? new WorkerGrid1D(localX) : new WorkerGrid2D(localX, localY);
        resize(worker);
        return worker;
    }

    /** Sets the sizes for the current rows. */
    void resize(WorkerGrid worker) {
        long globalX = (long) x.count() * localX;
        long globalY = y == null ? 1 : (long) y.count() * localY;
        worker.setGlobalWork(globalX, globalY, 1);
        // Comes last, since this call computes the number of groups from the global work set before it.
        worker.setLocalWork(localX, localY, 1);
    }

    /** What is wrong with launching this on a device, or null. */
    String problem(DeviceProfile device) {
        long globalX = (long) x.max() * localX;
        long globalY = y == null ? 1 : (long) y.max() * localY;
        if (localX < 1 || localY < 1) {
            return "a work-group of " + localX + " x " + localY;
        }
        if ((long) localX * localY > device.maxGroup()) {
            return "a work-group of " + localX + " x " + localY + " where the device allows " + device.maxGroup();
        }
        if (localBytes > 0 && localBytes > device.localRoom()) {
            return localBytes + " bytes of local memory where the device has " + device.localBytes()
                    + " and the runtime leaves " + Math.max(0, device.localRoom());
        }
        if (globalX > Integer.MAX_VALUE || globalY > Integer.MAX_VALUE) {
            return globalX + " x " + globalY + " work-items, more than indices can count";
        }
        return null;
    }
}

package uk.ac.manchester.tornado.api;

/** The state that grids of one, two and three dimensions share. */
public abstract class AbstractWorkerGrid implements WorkerGrid {

    /** Work-items in x, y and z. */
    protected long[] globalWork;

    /** Work-items of a group in x, y and z, or null. */
    protected long[] localWork;

    /** Work-groups in x, y and z, or null. */
    protected long[] numOfWorkgroups;

    /** Added to the global ids in x, y and z. */
    protected long[] globalOffset;

    /** A grid of that many work-items, without a work-group size. */
    protected AbstractWorkerGrid(long x, long y, long z) {
        globalWork = new long[] {x, y, z};
        globalOffset = new long[] {0, 0, 0};
    }

    @Override
    public long[] getGlobalWork() {
        return globalWork;
    }

    @Override
    public long[] getLocalWork() {
        return localWork;
    }

    @Override
    public long[] getNumberOfWorkgroups() {
        return numOfWorkgroups;
    }

    @Override
    public long[] getGlobalOffset() {
        return globalOffset;
    }

    @Override
    public void setGlobalWork(long x, long y, long z) {
        globalWork = new long[] {x, y, z};
    }

    @Override
    public void setLocalWork(long x, long y, long z) {
        localWork = new long[] {x, y, z};
        numOfWorkgroups = new long[] {globalWork[0] / x, globalWork[1] / y, globalWork[2] / z};
    }

    @Override
    public void setGlobalOffset(long x, long y, long z) {
        globalOffset = new long[] {x, y, z};
    }

    @Override
    public void setLocalWorkToNull() {
        localWork = null;
    }

    @Override
    public void setNumberOfWorkgroupsToNull() {
        numOfWorkgroups = null;
    }
}

import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * The numbers of x that are greater than 0, in their order: out[0] is the first of them, out[1] the second. There is one group, and
 * each of its work-items has a part of x.
 *
 * <p>Check it with: tornado-mor lesson check 6 Exercise6.java
 */
class Exercise6 {
    /** The work-items of the group. */
    static final int GROUP = 32;

    static void keep(KernelContext c, FloatArray x, FloatArray out, int count) {
        int[] counts = c.allocateIntLocalArray(GROUP);
        int lane = c.localIdx;
        int each = (count + GROUP - 1) / GROUP;
        int from = Math.min(count, lane * each);
        int to = Math.min(count, from + each);
        int own = 0;
        for (int i = from; i < to; i++) {
            own += x.get(i) > 0f ? 1 : 0;
        }
        counts[lane] = own;
        // Your turn: wait for the others, find out where this part begins in out, and write it there.
    }

    static TornadoExecutionPlan plan(FloatArray x, FloatArray out, int count) {
        TaskGraph graph = new TaskGraph("exercise")
                .transferToDevice(DataTransferMode.EVERY_EXECUTION, x)
                .task("keep", Exercise6::keep, new KernelContext(), x, out, count)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        WorkerGrid1D grid = new WorkerGrid1D(GROUP);
        grid.setLocalWork(GROUP, 1, 1);
        return new TornadoExecutionPlan(graph.snapshot())
                .withGridScheduler(new GridScheduler("exercise.keep", grid));
    }
}

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
 * <p>One way to do it.
 */
class Solution6 {
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
        c.localBarrier();
        int place = 0;
        for (int l = 0; l < lane; l++) {
            place += counts[l];
        }
        for (int i = from; i < to; i++) {
            if (x.get(i) > 0f) {
                out.set(place, x.get(i));
                place++;
            }
        }
    }

    static TornadoExecutionPlan plan(FloatArray x, FloatArray out, int count) {
        TaskGraph graph = new TaskGraph("exercise")
                .transferToDevice(DataTransferMode.EVERY_EXECUTION, x)
                .task("keep", Solution6::keep, new KernelContext(), x, out, count)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        WorkerGrid1D grid = new WorkerGrid1D(GROUP);
        grid.setLocalWork(GROUP, 1, 1);
        return new TornadoExecutionPlan(graph.snapshot())
                .withGridScheduler(new GridScheduler("exercise.keep", grid));
    }
}

import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * The sums of rows: out[row] = x[row][0] + x[row][1] + ...
 *
 * <p>One way to do it.
 */
class Solution3 {
    /** Work-items of a group, a power of two. */
    static final int GROUP = 32;

    /** A group for each row. */
    static void sumRows(KernelContext c, FloatArray x, FloatArray out, int columns) {
        float[] sums = c.allocateFloatLocalArray(GROUP);
        int lane = c.localIdx;
        int row = c.groupIdx;
        float sum = 0f;
        for (int column = lane; column < columns; column += GROUP) {
            sum += x.get(row * columns + column);
        }
        sums[lane] = sum;
        for (int width = GROUP / 2; width > 0; width /= 2) {
            c.localBarrier();
            if (lane < width) {
                sums[lane] += sums[lane + width];
            }
        }
        if (lane == 0) {
            out.set(row, sums[0]);
        }
    }

    static TornadoExecutionPlan plan(FloatArray x, FloatArray out, int rows, int columns) {
        TaskGraph graph = new TaskGraph("exercise")
                .transferToDevice(DataTransferMode.EVERY_EXECUTION, x)
                .task("sumRows", Solution3::sumRows, new KernelContext(), x, out, columns)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        WorkerGrid1D grid = new WorkerGrid1D(rows * GROUP);
        grid.setLocalWork(GROUP, 1, 1);
        return new TornadoExecutionPlan(graph.snapshot())
                .withGridScheduler(new GridScheduler("exercise.sumRows", grid));
    }
}

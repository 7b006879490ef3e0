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
 * <p>Check it with: tornado-mor lesson check 3 Exercise3.java
 */
class Exercise3 {
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
        // Your turn: add up sums, and let one work-item write out[row].
    }

    static TornadoExecutionPlan plan(FloatArray x, FloatArray out, int rows, int columns) {
        TaskGraph graph = new TaskGraph("exercise")
                .transferToDevice(DataTransferMode.EVERY_EXECUTION, x)
                .task("sumRows", Exercise3::sumRows, new KernelContext(), x, out, columns)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        WorkerGrid1D grid = new WorkerGrid1D(rows * GROUP);
        grid.setLocalWork(GROUP, 1, 1);
        return new TornadoExecutionPlan(graph.snapshot())
                .withGridScheduler(new GridScheduler("exercise.sumRows", grid));
    }
}

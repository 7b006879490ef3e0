import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * A matrix turned over: out[column][row] = x[row][column].
 *
 * <p>Check it with: tornado-mor lesson check 2 Exercise2.java
 */
class Exercise2 {
    /** x has rows of so many columns, out has columns of so many rows. There are 32 work-items in a group. */
    static void transpose(KernelContext c, FloatArray x, FloatArray out, int rows, int columns) {
        // Your turn: this work-item's element. There may be more work-items than elements.
    }

    static TornadoExecutionPlan plan(FloatArray x, FloatArray out, int rows, int columns) {
        TaskGraph graph = new TaskGraph("exercise")
                .transferToDevice(DataTransferMode.EVERY_EXECUTION, x)
                .task("transpose", Exercise2::transpose, new KernelContext(), x, out, rows, columns)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        int group = 32;
        WorkerGrid1D grid = new WorkerGrid1D((rows * columns + group - 1) / group * group);
        grid.setLocalWork(group, 1, 1);
        return new TornadoExecutionPlan(graph.snapshot())
                .withGridScheduler(new GridScheduler("exercise.transpose", grid));
    }
}

import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * The logarithm of a sum of exponentials, in one pass: out[row] = log(exp(x[row][0]) + exp(x[row][1]) + ...). The numbers may be
 * too large for exp.
 *
 * <p>Check it with: tornado-mor lesson check 5 Exercise5.java
 */
class Exercise5 {
    /** A work-item for each row. There may be more work-items than rows. */
    static void logSumExp(KernelContext c, FloatArray x, FloatArray out, int rows, int columns) {
        int row = c.globalIdx;
        if (row < rows) {
            // Your turn: keep the largest number so far, and the sum relative to it.
        }
    }

    static TornadoExecutionPlan plan(FloatArray x, FloatArray out, int rows, int columns) {
        TaskGraph graph = new TaskGraph("exercise")
                .transferToDevice(DataTransferMode.EVERY_EXECUTION, x)
                .task("logSumExp", Exercise5::logSumExp, new KernelContext(), x, out, rows, columns)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        int group = 32;
        WorkerGrid1D grid = new WorkerGrid1D((rows + group - 1) / group * group);
        grid.setLocalWork(group, 1, 1);
        return new TornadoExecutionPlan(graph.snapshot())
                .withGridScheduler(new GridScheduler("exercise.logSumExp", grid));
    }
}

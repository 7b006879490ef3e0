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
 * <p>One way to do it.
 */
class Solution5 {
    /** A work-item for each row. There may be more work-items than rows. */
    static void logSumExp(KernelContext c, FloatArray x, FloatArray out, int rows, int columns) {
        int row = c.globalIdx;
        if (row < rows) {
            float most = x.get(row * columns);
            float total = 1f;
            for (int column = 1; column < columns; column++) {
                float value = x.get(row * columns + column);
                float next = TornadoMath.max(most, value);
                total = total * TornadoMath.exp(most - next) + TornadoMath.exp(value - next);
                most = next;
            }
            out.set(row, most + TornadoMath.log(total));
        }
    }

    static TornadoExecutionPlan plan(FloatArray x, FloatArray out, int rows, int columns) {
        TaskGraph graph = new TaskGraph("exercise")
                .transferToDevice(DataTransferMode.EVERY_EXECUTION, x)
                .task("logSumExp", Solution5::logSumExp, new KernelContext(), x, out, rows, columns)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        int group = 32;
        WorkerGrid1D grid = new WorkerGrid1D((rows + group - 1) / group * group);
        grid.setLocalWork(group, 1, 1);
        return new TornadoExecutionPlan(graph.snapshot())
                .withGridScheduler(new GridScheduler("exercise.logSumExp", grid));
    }
}

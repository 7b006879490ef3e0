import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * The backward of a softmax. Each row of p is the softmax of a row of scores, dp is the gradient of p, and out is the gradient of
 * the scores: out[j] = p[j] (dp[j] - (p[0] dp[0] + p[1] dp[1] + ...)). The check compares with finite differences.
 *
 * <p>Check it with: tornado-mor lesson check 7 Exercise7.java
 */
class Exercise7 {
    /** A work-item for each row. There may be more work-items than rows. */
    static void backward(KernelContext c, FloatArray p, FloatArray dp, FloatArray out, int rows, int columns) {
        int row = c.globalIdx;
        if (row < rows) {
            // Your turn: add up what all columns share, then go over the columns once more.
        }
    }

    static TornadoExecutionPlan plan(FloatArray p, FloatArray dp, FloatArray out, int rows, int columns) {
        TaskGraph graph = new TaskGraph("exercise")
                .transferToDevice(DataTransferMode.EVERY_EXECUTION, p, dp)
                .task("backward", Exercise7::backward, new KernelContext(), p, dp, out, rows, columns)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        int group = 32;
        WorkerGrid1D grid = new WorkerGrid1D((rows + group - 1) / group * group);
        grid.setLocalWork(group, 1, 1);
        return new TornadoExecutionPlan(graph.snapshot())
                .withGridScheduler(new GridScheduler("exercise.backward", grid));
    }
}

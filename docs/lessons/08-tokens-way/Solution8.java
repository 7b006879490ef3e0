import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * The last step of a token's way: the likeliest next token. out[row] is the column of the largest logit of the row; of equal ones the
 * smaller column. There is a group for each row.
 *
 * <p>One way to do it.
 */
class Solution8 {
    /** The work-items of a group. */
    static final int GROUP = 32;

    static void likeliest(KernelContext c, FloatArray logits, FloatArray out, int columns) {
        float[] largest = c.allocateFloatLocalArray(GROUP);
        int[] places = c.allocateIntLocalArray(GROUP);
        int row = c.groupIdx;
        int lane = c.localIdx;
        float most = -1e30f;
        int place = columns;
        for (int column = lane; column < columns; column += GROUP) {
            float logit = logits.get(row * columns + column);
            if (logit > most) {
                most = logit;
                place = column;
            }
        }
        largest[lane] = most;
        places[lane] = place;
        c.localBarrier();
        if (lane == 0) {
            for (int l = 1; l < GROUP; l++) {
                float other = largest[l];
                int ahead = (other > most ? 1 : 0) + (other == most ? 1 : 0) * (places[l] < place ? 1 : 0);
                if (ahead > 0) {
                    most = other;
                    place = places[l];
                }
            }
            out.set(row, place);
        }
    }

    static TornadoExecutionPlan plan(FloatArray logits, FloatArray out, int rows, int columns) {
        TaskGraph graph = new TaskGraph("exercise")
                .transferToDevice(DataTransferMode.EVERY_EXECUTION, logits)
                .task("likeliest", Solution8::likeliest, new KernelContext(), logits, out, columns)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        WorkerGrid1D grid = new WorkerGrid1D(rows * GROUP);
        grid.setLocalWork(GROUP, 1, 1);
        return new TornadoExecutionPlan(graph.snapshot())
                .withGridScheduler(new GridScheduler("exercise.likeliest", grid));
    }
}

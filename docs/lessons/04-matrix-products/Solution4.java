import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid2D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * A product by tiles: out[i][j] = sum over k of a[i][k] w[j][k]. All sizes are multiples of 8.
 *
 * <p>One way to do it.
 */
class Solution4 {
    /** The side of a tile, and the work-items of a group in each direction. */
    static final int SIDE = 8;

    static void product(KernelContext c, FloatArray a, FloatArray w, FloatArray out, int columns, int depth) {
        float[] aTile = c.allocateFloatLocalArray(SIDE * SIDE);
        float[] wTile = c.allocateFloatLocalArray(SIDE * SIDE);
        int x = c.localIdx;
        int y = c.localIdy;
        int i = c.globalIdy;
        int j = c.globalIdx;
        int j0 = c.groupIdx * SIDE;
        float sum = 0f;
        for (int k0 = 0; k0 < depth; k0 += SIDE) {
            aTile[y * SIDE + x] = a.get(i * depth + k0 + x);
            wTile[y * SIDE + x] = w.get((j0 + y) * depth + k0 + x);
            c.localBarrier();
            for (int k = 0; k < SIDE; k++) {
                sum += aTile[y * SIDE + k] * wTile[x * SIDE + k];
            }
            c.localBarrier();
        }
        out.set(i * columns + j, sum);
    }

    static TornadoExecutionPlan plan(FloatArray a, FloatArray w, FloatArray out, int rows, int columns, int depth) {
        TaskGraph graph = new TaskGraph("exercise")
                .transferToDevice(DataTransferMode.EVERY_EXECUTION, a, w)
                .task("product", Solution4::product, new KernelContext(), a, w, out, columns, depth)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        WorkerGrid2D grid = new WorkerGrid2D(columns, rows);
        grid.setLocalWork(SIDE, SIDE, 1);
        return new TornadoExecutionPlan(graph.snapshot())
                .withGridScheduler(new GridScheduler("exercise.product", grid));
    }
}

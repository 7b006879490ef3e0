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
 * <p>Check it with: tornado-mor lesson check 4 Exercise4.java
 */
class Exercise4 {
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
            // Your turn: fetch a tile of a and one of w, and add the products of a row of one and a row of the other.
        }
        out.set(i * columns + j, sum);
    }

    static TornadoExecutionPlan plan(FloatArray a, FloatArray w, FloatArray out, int rows, int columns, int depth) {
        TaskGraph graph = new TaskGraph("exercise")
                .transferToDevice(DataTransferMode.EVERY_EXECUTION, a, w)
                .task("product", Exercise4::product, new KernelContext(), a, w, out, columns, depth)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        WorkerGrid2D grid = new WorkerGrid2D(columns, rows);
        grid.setLocalWork(SIDE, SIDE, 1);
        return new TornadoExecutionPlan(graph.snapshot())
                .withGridScheduler(new GridScheduler("exercise.product", grid));
    }
}

import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.annotations.Parallel;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * The bias of a linear map: out[row][column] = x[row][column] + bias[column].
 *
 * <p>One way to do it.
 */
class Solution1 {
    /** x and out have rows of so many columns, one behind the other. */
    static void addBias(FloatArray x, FloatArray bias, FloatArray out, int columns) {
        for (@Parallel int i = 0; i < out.getSize(); i++) {
            out.set(i, x.get(i) + bias.get(i % columns));
        }
    }

    static TornadoExecutionPlan plan(FloatArray x, FloatArray bias, FloatArray out, int columns) {
        TaskGraph graph = new TaskGraph("exercise")
                .transferToDevice(DataTransferMode.EVERY_EXECUTION, x, bias)
                .task("addBias", Solution1::addBias, x, bias, out, columns)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        return new TornadoExecutionPlan(graph.snapshot());
    }
}

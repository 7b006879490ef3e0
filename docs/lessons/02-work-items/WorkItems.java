package org.tornadomor.lessons.lesson2;

import java.util.List;
import java.util.Random;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.lessons.Exercise;
import org.tornadomor.lessons.Lesson;
import org.tornadomor.lessons.Recipe;
import org.tornadomor.lessons.Trial;
import org.tornadomor.lessons.Version;
import org.tornadomor.lessons.Workload;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.annotations.Parallel;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** Lesson 2: SwiGLU, {@code out = gate / (1 + exp(-gate)) * up}. A row of gateUp holds all gates, then all ups. */
public final class WorkItems implements Lesson {
    private static final int GROUP = 64;

    /** Version 0: plain Java. */
    static void swiGlu(float[] gateUp, float[] out, int columns) {
        for (int i = 0; i < out.length; i++) {
            int row = i / columns;
            int at = row * 2 * columns + i % columns;
            out[i] = gateUp[at] / (1f + (float) Math.exp(-gateUp[at])) * gateUp[at + columns];
        }
    }

    /** Version 1: a parallel loop; the runtime chooses the work-items. */
    static void loop(FloatArray gateUp, FloatArray out, int columns) {
        for (@Parallel int i = 0; i < out.getSize(); i++) {
            int at = i / columns * 2 * columns + i % columns;
            float gate = gateUp.get(at);
            out.set(i, gate / (1f + TornadoMath.exp(-gate)) * gateUp.get(at + columns));
        }
    }

    /** Version 2: a work-item for each row. Neighbours are a whole row apart. */
    static void itemPerRow(KernelContext c, FloatArray gateUp, FloatArray out, int rows, int columns) {
        int row = c.globalIdx;
        if (row < rows) {
            for (int column = 0; column < columns; column++) {
                int at = row * 2 * columns + column;
                float gate = gateUp.get(at);
                out.set(row * columns + column, gate / (1f + TornadoMath.exp(-gate)) * gateUp.get(at + columns));
            }
        }
    }

    /** Version 3: a work-item for each element. Neighbours are neighbours in memory. */
    static void itemPerElement(KernelContext c, FloatArray gateUp, FloatArray out, int columns) {
        int i = c.globalIdx;
        if (i < out.getSize()) {
            int at = i / columns * 2 * columns + i % columns;
            float gate = gateUp.get(at);
            out.set(i, gate / (1f + TornadoMath.exp(-gate)) * gateUp.get(at + columns));
        }
    }

    private static TaskGraph with(FloatArray gateUp) {
        return new TaskGraph("lesson").transferToDevice(DataTransferMode.FIRST_EXECUTION, gateUp);
    }

    private static TornadoExecutionPlan plan(TaskGraph graph, FloatArray out) {
        return new TornadoExecutionPlan(
                graph.transferToHost(DataTransferMode.EVERY_EXECUTION, out).snapshot());
    }

    /** As many work-items as are needed, rounded up to whole groups: that is why the kernel compares. */
    private static GridScheduler grid(int items) {
        WorkerGrid1D grid = new WorkerGrid1D((items + GROUP - 1) / GROUP * GROUP);
        grid.setLocalWork(GROUP, 1, 1);
        return new GridScheduler("lesson.swiGlu", grid);
    }

    static TornadoExecutionPlan rows(FloatArray gateUp, FloatArray out, int rows, int columns) {
        TaskGraph graph =
                with(gateUp).task("swiGlu", WorkItems::itemPerRow, new KernelContext(), gateUp, out, rows, columns);
        return plan(graph, out).withGridScheduler(grid(rows));
    }

    static TornadoExecutionPlan elements(FloatArray gateUp, FloatArray out, int columns) {
        TaskGraph graph =
                with(gateUp).task("swiGlu", WorkItems::itemPerElement, new KernelContext(), gateUp, out, columns);
        return plan(graph, out).withGridScheduler(grid(out.getSize()));
    }

    /** Version 4: what models run; the kernel is {@code SwiGlu.forward}. */
    static void production(Recipe recipe, float[] gateUp, int rows, int columns) {
        var in = recipe.input("gateUp", rows, 2 * columns, gateUp);
        recipe.add(new DenseOp.SwiGlu(recipe.result("out", rows, columns), in));
    }

    @Override
    public int number() {
        return 2;
    }

    @Override
    public String title() {
        return "Work-items and groups";
    }

    @Override
    public String idea() {
        return "a kernel sees its own number; memory is fast when neighbours ask for neighbours";
    }

    @Override
    public String folder() {
        return "02-work-items";
    }

    @Override
    public Workload workload(boolean small) {
        int rows = small ? 64 : 2048;
        int columns = small ? 40 : 1536;
        Random random = new Random(2);
        float[] gateUp = new float[rows * 2 * columns];
        for (int i = 0; i < gateUp.length; i++) {
            gateUp[i] = 4 * random.nextFloat() - 2;
        }
        FloatArray in = FloatArray.fromArray(gateUp);
        FloatArray out = new FloatArray(rows * columns);
        return new Workload(
                rows + " rows of " + columns + " gates and " + columns + " ups",
                List.of(
                        Version.plain("plain Java", () -> {
                            float[] result = new float[rows * columns];
                            swiGlu(gateUp, result, columns);
                            return result;
                        }),
                        Version.graph(
                                "a parallel loop",
                                () -> plan(with(in).task("swiGlu", WorkItems::loop, in, out, columns), out),
                                out),
                        Version.graph("an item a row", () -> rows(in, out, rows, columns), out),
                        Version.graph("an item an element", () -> elements(in, out, columns), out),
                        Version.production("as models run it", recipe -> production(recipe, gateUp, rows, columns))),
                5L * rows * columns,
                3L * Float.BYTES * rows * columns,
                1e-5);
    }

    @Override
    public Exercise exercise() {
        return new Exercise(
                "out[column][row] = x[row][column], a work-item for each element",
                List.of(FloatArray.class, FloatArray.class, int.class, int.class),
                List.of(trial(8, 8), trial(40, 3), trial(5, 33)));
    }

    private static Trial trial(int rows, int columns) {
        FloatArray x = new FloatArray(rows * columns);
        FloatArray out = new FloatArray(rows * columns);
        float[] expected = new float[rows * columns];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                x.set(row * columns + column, 1 + row * columns + column);
                expected[column * rows + row] = 1 + row * columns + column;
            }
        }
        return new Trial(
                rows + " rows of " + columns + " columns",
                List.of(x, out, rows, columns),
                List.of("x", "out", "rows", "columns"),
                out,
                "out",
                expected,
                0);
    }
}

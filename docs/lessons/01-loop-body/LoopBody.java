package org.tornadomor.lessons.lesson1;

import java.util.List;
import java.util.Random;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.lessons.Exercise;
import org.tornadomor.lessons.Lesson;
import org.tornadomor.lessons.Recipe;
import org.tornadomor.lessons.Trial;
import org.tornadomor.lessons.Version;
import org.tornadomor.lessons.Workload;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.annotations.Parallel;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Lesson 1: the embedding, which takes a row out of a table for each token. */
public final class LoopBody implements Lesson {
    /** Version 0: plain Java. {@code out[row] = table[ids[row]]}, rows of so many columns. */
    static void embed(float[] table, int[] ids, float[] out, int columns) {
        for (int row = 0; row < ids.length; row++) {
            for (int column = 0; column < columns; column++) {
                out[row * columns + column] = table[ids[row] * columns + column];
            }
        }
    }

    /** Version 1: the rows at the same time. */
    static void embedRows(FloatArray table, IntArray ids, FloatArray out, int columns) {
        for (@Parallel int row = 0; row < ids.getSize(); row++) {
            for (int column = 0; column < columns; column++) {
                out.set(row * columns + column, table.get(ids.get(row) * columns + column));
            }
        }
    }

    /** Versions 2 and 3: all elements at the same time. */
    static void embedElements(FloatArray table, IntArray ids, FloatArray out, int columns) {
        for (@Parallel int row = 0; row < ids.getSize(); row++) {
            for (@Parallel int column = 0; column < columns; column++) {
                out.set(row * columns + column, table.get(ids.get(row) * columns + column));
            }
        }
    }

    /** Versions 1 and 2: table and ids go to the device each time, the result comes back each time. */
    static TornadoExecutionPlan rows(FloatArray table, IntArray ids, FloatArray out, int columns) {
        TaskGraph graph = new TaskGraph("lesson")
                .transferToDevice(DataTransferMode.EVERY_EXECUTION, table, ids)
                .task("embed", LoopBody::embedRows, table, ids, out, columns)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        return new TornadoExecutionPlan(graph.snapshot());
    }

    static TornadoExecutionPlan elements(FloatArray table, IntArray ids, FloatArray out, int columns) {
        TaskGraph graph = new TaskGraph("lesson")
                .transferToDevice(DataTransferMode.EVERY_EXECUTION, table, ids)
                .task("embed", LoopBody::embedElements, table, ids, out, columns)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        return new TornadoExecutionPlan(graph.snapshot());
    }

    /** Version 3: the table goes once and stays. */
    static TornadoExecutionPlan tableStays(FloatArray table, IntArray ids, FloatArray out, int columns) {
        TaskGraph graph = new TaskGraph("lesson")
                .transferToDevice(DataTransferMode.FIRST_EXECUTION, table)
                .transferToDevice(DataTransferMode.EVERY_EXECUTION, ids)
                .task("embed", LoopBody::embedElements, table, ids, out, columns)
                .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
        return new TornadoExecutionPlan(graph.snapshot());
    }

    /** Version 4: what models run; the kernel is {@code RowMoves.gather}. */
    static void production(Recipe recipe, float[] table, int[] ids, int columns) {
        var in = recipe.input("table", table.length / columns, columns, table);
        var index = recipe.input("ids", ids);
        recipe.add(new DenseOp.Embed(recipe.result("out", ids.length, columns), in, index));
    }

    @Override
    public int number() {
        return 1;
    }

    @Override
    public String title() {
        return "A kernel is a loop body";
    }

    @Override
    public String idea() {
        return "what a loop does once for each element, a device does for many at a time; data has to get there first";
    }

    @Override
    public String folder() {
        return "01-loop-body";
    }

    @Override
    public Workload workload(boolean small) {
        int tokens = small ? 40 : 4096;
        int words = small ? 100 : 32_000;
        int columns = small ? 48 : 512;
        Random random = new Random(1);
        float[] table = new float[words * columns];
        for (int i = 0; i < table.length; i++) {
            table[i] = random.nextFloat();
        }
        int[] ids = random.ints(tokens, 0, words).toArray();
        FloatArray tableArray = FloatArray.fromArray(table);
        IntArray idsArray = IntArray.fromArray(ids);
        FloatArray out = new FloatArray(tokens * columns);
        return new Workload(
                tokens + " tokens, rows of " + columns + " floats out of a table of " + words,
                List.of(
                        Version.plain("plain Java", () -> {
                            float[] result = new float[tokens * columns];
                            embed(table, ids, result, columns);
                            return result;
                        }),
                        Version.graph("a work-item a row", () -> rows(tableArray, idsArray, out, columns), out),
                        Version.graph("an item an element", () -> elements(tableArray, idsArray, out, columns), out),
                        Version.graph("the table stays", () -> tableStays(tableArray, idsArray, out, columns), out),
                        Version.production("as models run it", recipe -> production(recipe, table, ids, columns))),
                0,
                2L * Float.BYTES * tokens * columns + Integer.BYTES * tokens,
                0);
    }

    @Override
    public Exercise exercise() {
        return new Exercise(
                "out[row][column] = x[row][column] + bias[column]",
                List.of(FloatArray.class, FloatArray.class, FloatArray.class, int.class),
                List.of(trial(8, 4), trial(5, 33), trial(1, 1)));
    }

    private static Trial trial(int rows, int columns) {
        FloatArray x = new FloatArray(rows * columns);
        FloatArray bias = new FloatArray(columns);
        FloatArray out = new FloatArray(rows * columns);
        float[] expected = new float[rows * columns];
        for (int i = 0; i < columns; i++) {
            bias.set(i, 0.5f * i + 1);
        }
        for (int i = 0; i < rows * columns; i++) {
            x.set(i, i);
            expected[i] = i + bias.get(i % columns);
        }
        return new Trial(
                rows + " rows of " + columns + " columns",
                List.of(x, bias, out, columns),
                List.of("x", "bias", "out", "columns"),
                out,
                "out",
                expected,
                1e-6);
    }
}

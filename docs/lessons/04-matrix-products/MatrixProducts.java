package org.tornadomor.lessons.lesson4;

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
import uk.ac.manchester.tornado.api.WorkerGrid2D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * Lesson 4: a linear map, {@code out[i][j] = sum over k of a[i][k] w[j][k]}: rows of a and rows of w have the same length,
 * depth. Sizes are multiples of 64 here; the kernel that models run takes any.
 */
public final class MatrixProducts implements Lesson {
    /** Rows that a work-item of version 2 has. */
    private static final int ROWS = 4;
    /** Items of a group in each direction, and the side of version 3's tiles. */
    private static final int SIDE = 16;
    /** Results of an item in each direction in version 4. */
    private static final int BLOCK = 4;
    /** The side of version 4's tiles. */
    private static final int TILE = SIDE * BLOCK;
    /** Floats from one line of version 4's tiles to the next: one more, so that columns lie in different banks. */
    private static final int LINE = TILE + 1;

    /** Version 0: plain Java. */
    static void product(float[] a, float[] w, float[] out, int rows, int columns, int depth) {
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                float sum = 0f;
                for (int k = 0; k < depth; k++) {
                    sum += a[i * depth + k] * w[j * depth + k];
                }
                out[i * columns + j] = sum;
            }
        }
    }

    /** Version 1: a work-item for each result. */
    static void itemPerElement(KernelContext c, FloatArray a, FloatArray w, FloatArray out, int columns, int depth) {
        int i = c.globalIdy;
        int j = c.globalIdx;
        float sum = 0f;
        for (int k = 0; k < depth; k++) {
            sum += a.get(i * depth + k) * w.get(j * depth + k);
        }
        out.set(i * columns + j, sum);
    }

    /** Version 2: a work-item has four rows, so that each element of w that it reads is used four times. */
    static void fourRows(KernelContext c, FloatArray a, FloatArray w, FloatArray out, int columns, int depth) {
        int i = c.globalIdy * ROWS;
        int j = c.globalIdx;
        float s0 = 0f;
        float s1 = 0f;
        float s2 = 0f;
        float s3 = 0f;
        for (int k = 0; k < depth; k++) {
            float right = w.get(j * depth + k);
            s0 += a.get(i * depth + k) * right;
            s1 += a.get((i + 1) * depth + k) * right;
            s2 += a.get((i + 2) * depth + k) * right;
            s3 += a.get((i + 3) * depth + k) * right;
        }
        out.set(i * columns + j, s0);
        out.set((i + 1) * columns + j, s1);
        out.set((i + 2) * columns + j, s2);
        out.set((i + 3) * columns + j, s3);
    }

    /** Version 3: a group fetches 16 x 16 of a and of w into local memory, and all its items use them. */
    static void localTiles(KernelContext c, FloatArray a, FloatArray w, FloatArray out, int columns, int depth) {
        float[] aTile = c.allocateFloatLocalArray(SIDE * SIDE);
        float[] wTile = c.allocateFloatLocalArray(SIDE * (SIDE + 1));
        int x = c.localIdx;
        int y = c.localIdy;
        int i = c.globalIdy;
        int j0 = c.groupIdx * SIDE;
        float sum = 0f;
        for (int k0 = 0; k0 < depth; k0 += SIDE) {
            aTile[y * SIDE + x] = a.get(i * depth + k0 + x);
            wTile[x * (SIDE + 1) + y] = w.get((j0 + y) * depth + k0 + x);
            c.localBarrier();
            for (int k = 0; k < SIDE; k++) {
                sum += aTile[y * SIDE + k] * wTile[k * (SIDE + 1) + x];
            }
            c.localBarrier();
        }
        out.set(i * columns + j0 + x, sum);
    }

    /** Version 4: tiles of 64 x 64 results; an item has 4 x 4 of them in registers. */
    static void registerTiles(KernelContext c, FloatArray a, FloatArray w, FloatArray out, int columns, int depth) {
        float[] aTile = c.allocateFloatLocalArray(SIDE * LINE);
        float[] wTile = c.allocateFloatLocalArray(SIDE * LINE);
        float[] sums = new float[BLOCK * BLOCK];
        float[] left = new float[BLOCK];
        float[] right = new float[BLOCK];
        int x = c.localIdx;
        int y = c.localIdy;
        int i0 = c.groupIdy * TILE;
        int j0 = c.groupIdx * TILE;
        for (int e = 0; e < BLOCK * BLOCK; e++) {
            sums[e] = 0f;
        }
        for (int k0 = 0; k0 < depth; k0 += SIDE) {
            for (int p = 0; p < BLOCK; p++) {
                aTile[x * LINE + y + p * SIDE] = a.get((i0 + y + p * SIDE) * depth + k0 + x);
                wTile[x * LINE + y + p * SIDE] = w.get((j0 + y + p * SIDE) * depth + k0 + x);
            }
            c.localBarrier();
            for (int k = 0; k < SIDE; k++) {
                for (int p = 0; p < BLOCK; p++) {
                    left[p] = aTile[k * LINE + y + p * SIDE];
                    right[p] = wTile[k * LINE + x + p * SIDE];
                }
                for (int p = 0; p < BLOCK; p++) {
                    for (int q = 0; q < BLOCK; q++) {
                        sums[p * BLOCK + q] += left[p] * right[q];
                    }
                }
            }
            c.localBarrier();
        }
        for (int p = 0; p < BLOCK; p++) {
            for (int q = 0; q < BLOCK; q++) {
                out.set((i0 + y + p * SIDE) * columns + j0 + x + q * SIDE, sums[p * BLOCK + q]);
            }
        }
    }

    private static TaskGraph with(FloatArray a, FloatArray w) {
        return new TaskGraph("lesson").transferToDevice(DataTransferMode.FIRST_EXECUTION, a, w);
    }

    /** A plan with so many work-items along the columns and along the rows, in groups of 16 x 16. */
    private static TornadoExecutionPlan plan(TaskGraph graph, FloatArray out, int x, int y) {
        WorkerGrid2D grid = new WorkerGrid2D(x, y);
        grid.setLocalWork(SIDE, SIDE, 1);
        return new TornadoExecutionPlan(graph.transferToHost(DataTransferMode.EVERY_EXECUTION, out)
                        .snapshot())
                .withGridScheduler(new GridScheduler("lesson.product", grid));
    }

    /** Version 5: what models run; the kernel is {@code Matmul.tiles}, and on a CPU {@code Matmul.panels}. */
    static void production(Recipe recipe, float[] a, float[] w, int rows, int columns, int depth) {
        var left = recipe.input("a", rows, depth, a);
        var right = recipe.input("w", columns, depth, w);
        recipe.add(new DenseOp.MatmulNT(recipe.result("out", rows, columns), left, right));
    }

    @Override
    public int number() {
        return 4;
    }

    @Override
    public String title() {
        return "Matrix products";
    }

    @Override
    public String idea() {
        return "arithmetic is cheap and fetching is not: what was fetched once should be used often";
    }

    @Override
    public String folder() {
        return "04-matrix-products";
    }

    @Override
    public Workload workload(boolean small) {
        int rows = small ? 64 : 512;
        int columns = small ? 64 : 512;
        int depth = small ? 32 : 512;
        Random random = new Random(4);
        float[] a = new float[rows * depth];
        float[] w = new float[columns * depth];
        for (int i = 0; i < a.length; i++) {
            a[i] = random.nextFloat() - 0.5f;
        }
        for (int i = 0; i < w.length; i++) {
            w[i] = random.nextFloat() - 0.5f;
        }
        FloatArray left = FloatArray.fromArray(a);
        FloatArray right = FloatArray.fromArray(w);
        FloatArray out = new FloatArray(rows * columns);
        KernelContext c = new KernelContext();
        TaskGraphs graphs = new TaskGraphs(left, right, out, c, columns, depth);
        return new Workload(
                rows + " x " + depth + " times " + depth + " x " + columns,
                List.of(
                        Version.plain("plain Java", () -> {
                            float[] result = new float[rows * columns];
                            product(a, w, result, rows, columns, depth);
                            return result;
                        }),
                        Version.graph("an item an element", () -> plan(graphs.first(), out, columns, rows), out),
                        Version.graph("four rows an item", () -> plan(graphs.second(), out, columns, rows / ROWS), out),
                        Version.graph("local tiles", () -> plan(graphs.third(), out, columns, rows), out),
                        Version.graph(
                                "register tiles", () -> plan(graphs.fourth(), out, columns / BLOCK, rows / BLOCK), out),
                        Version.production(
                                "as models run it", recipe -> production(recipe, a, w, rows, columns, depth))),
                2L * rows * columns * depth,
                (long) Float.BYTES * (rows * depth + columns * depth + rows * columns),
                1e-4);
    }

    /** The graphs of the versions. */
    private record TaskGraphs(FloatArray a, FloatArray w, FloatArray out, KernelContext c, int columns, int depth) {
        TaskGraph first() {
            return with(a, w).task("product", MatrixProducts::itemPerElement, c, a, w, out, columns, depth);
        }

        TaskGraph second() {
            return with(a, w).task("product", MatrixProducts::fourRows, c, a, w, out, columns, depth);
        }

        TaskGraph third() {
            return with(a, w).task("product", MatrixProducts::localTiles, c, a, w, out, columns, depth);
        }

        TaskGraph fourth() {
            return with(a, w).task("product", MatrixProducts::registerTiles, c, a, w, out, columns, depth);
        }
    }

    @Override
    public Exercise exercise() {
        return new Exercise(
                "out[i][j] = sum over k of a[i][k] w[j][k], by tiles of 8 x 8 in local memory",
                List.of(FloatArray.class, FloatArray.class, FloatArray.class, int.class, int.class, int.class),
                List.of(trial(8, 8, 8), trial(16, 8, 24), trial(8, 24, 16)));
    }

    private static Trial trial(int rows, int columns, int depth) {
        FloatArray a = new FloatArray(rows * depth);
        FloatArray w = new FloatArray(columns * depth);
        FloatArray out = new FloatArray(rows * columns);
        for (int i = 0; i < rows * depth; i++) {
            a.set(i, 1 + i % 5);
        }
        for (int i = 0; i < columns * depth; i++) {
            w.set(i, 1 + i % 11);
        }
        float[] expected = new float[rows * columns];
        product(a.toHeapArray(), w.toHeapArray(), expected, rows, columns, depth);
        return new Trial(
                rows + " x " + depth + " times " + depth + " x " + columns,
                List.of(a, w, out, rows, columns, depth),
                List.of("a", "w", "out", "rows", "columns", "depth"),
                out,
                "out",
                expected,
                1e-5);
    }
}

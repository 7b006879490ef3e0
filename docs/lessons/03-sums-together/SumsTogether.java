package org.tornadomor.lessons.lesson3;

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
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** Lesson 3: RMSNorm, {@code out = x / sqrt(mean(x^2) + eps) * w}, the mean over a row. */
public final class SumsTogether implements Lesson {
    private static final float EPS = 1e-5f;
    /** Work-items that sum up a row together: a power of two. */
    private static final int GROUP = 64;

    /** Version 0: plain Java. */
    static void rmsNorm(float[] x, float[] w, float[] out, int columns) {
        for (int row = 0; row < out.length / columns; row++) {
            double sum = 0;
            for (int i = 0; i < columns; i++) {
                sum += (double) x[row * columns + i] * x[row * columns + i];
            }
            float scale = (float) (1 / Math.sqrt(sum / columns + EPS));
            for (int i = 0; i < columns; i++) {
                out[row * columns + i] = x[row * columns + i] * scale * w[i];
            }
        }
    }

    /** Version 1: nothing is shared. A work-item has a row for itself. */
    static void itemPerRow(KernelContext c, FloatArray x, FloatArray w, FloatArray out, int rows, int columns) {
        int row = c.globalIdx;
        if (row < rows) {
            int at = row * columns;
            float sum = 0f;
            for (int i = 0; i < columns; i++) {
                sum += x.get(at + i) * x.get(at + i);
            }
            float scale = 1f / TornadoMath.sqrt(sum / columns + EPS);
            for (int i = 0; i < columns; i++) {
                out.set(at + i, x.get(at + i) * scale * w.get(i));
            }
        }
    }

    /** Version 2: a group has a row. Each item puts its sum on the table, and every item adds up what lies there. */
    static void everybodyAdds(KernelContext c, FloatArray x, FloatArray w, FloatArray out, int columns) {
        float[] sums = c.allocateFloatLocalArray(GROUP);
        int lane = c.localIdx;
        int at = c.groupIdx * columns;
        float sum = 0f;
        for (int i = lane; i < columns; i += GROUP) {
            sum += x.get(at + i) * x.get(at + i);
        }
        sums[lane] = sum;
        c.localBarrier();
        float total = 0f;
        for (int other = 0; other < GROUP; other++) {
            total += sums[other];
        }
        float scale = 1f / TornadoMath.sqrt(total / columns + EPS);
        for (int i = lane; i < columns; i += GROUP) {
            out.set(at + i, x.get(at + i) * scale * w.get(i));
        }
    }

    /** Version 3: a tree of neighbours: 0 + 1, 2 + 3, ...; then 0 + 2, 4 + 6, ... */
    static void neighbours(KernelContext c, FloatArray x, FloatArray w, FloatArray out, int columns) {
        float[] sums = c.allocateFloatLocalArray(GROUP);
        int lane = c.localIdx;
        int at = c.groupIdx * columns;
        float sum = 0f;
        for (int i = lane; i < columns; i += GROUP) {
            sum += x.get(at + i) * x.get(at + i);
        }
        sums[lane] = sum;
        for (int apart = 1; apart < GROUP; apart *= 2) {
            c.localBarrier();
            int place = 2 * apart * lane;
            if (place < GROUP) {
                sums[place] += sums[place + apart];
            }
        }
        c.localBarrier();
        float scale = 1f / TornadoMath.sqrt(sums[0] / columns + EPS);
        for (int i = lane; i < columns; i += GROUP) {
            out.set(at + i, x.get(at + i) * scale * w.get(i));
        }
    }

    /** Version 4: a tree of halves: the lower half adds the upper half to itself. */
    static void halves(KernelContext c, FloatArray x, FloatArray w, FloatArray out, int columns) {
        float[] sums = c.allocateFloatLocalArray(GROUP);
        int lane = c.localIdx;
        int at = c.groupIdx * columns;
        float sum = 0f;
        for (int i = lane; i < columns; i += GROUP) {
            sum += x.get(at + i) * x.get(at + i);
        }
        sums[lane] = sum;
        for (int width = GROUP / 2; width > 0; width /= 2) {
            c.localBarrier();
            if (lane < width) {
                sums[lane] += sums[lane + width];
            }
        }
        c.localBarrier();
        float scale = 1f / TornadoMath.sqrt(sums[0] / columns + EPS);
        for (int i = lane; i < columns; i += GROUP) {
            out.set(at + i, x.get(at + i) * scale * w.get(i));
        }
    }

    private static TaskGraph with(FloatArray x, FloatArray w) {
        return new TaskGraph("lesson").transferToDevice(DataTransferMode.FIRST_EXECUTION, x, w);
    }

    private static TornadoExecutionPlan plan(TaskGraph graph, FloatArray out, int items) {
        WorkerGrid1D grid = new WorkerGrid1D((items + GROUP - 1) / GROUP * GROUP);
        grid.setLocalWork(GROUP, 1, 1);
        return new TornadoExecutionPlan(graph.transferToHost(DataTransferMode.EVERY_EXECUTION, out)
                        .snapshot())
                .withGridScheduler(new GridScheduler("lesson.rmsNorm", grid));
    }

    /** Version 5: what models run; the kernel is {@code RmsNorm.forward}. */
    static void production(Recipe recipe, float[] x, float[] w, int rows) {
        var in = recipe.input("x", rows, w.length, x);
        var weight = recipe.input("w", w.length, 1, w);
        recipe.add(new DenseOp.RmsNorm(recipe.result("out", rows, w.length), in, weight, EPS));
    }

    @Override
    public int number() {
        return 3;
    }

    @Override
    public String title() {
        return "Sums together";
    }

    @Override
    public String idea() {
        return "a group shares local memory and waits at barriers; the order of a sum is fixed, so its bits are too";
    }

    @Override
    public String folder() {
        return "03-sums-together";
    }

    @Override
    public Workload workload(boolean small) {
        int rows = small ? 64 : 4096;
        int columns = small ? 192 : 1024;
        Random random = new Random(3);
        float[] x = new float[rows * columns];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        float[] w = new float[columns];
        for (int i = 0; i < columns; i++) {
            w[i] = 0.5f + random.nextFloat();
        }
        return new Workload(
                rows + " rows of " + columns,
                versions(x, w, rows, columns),
                4L * rows * columns,
                2L * Float.BYTES * rows * columns,
                1e-5);
    }

    private static List<Version> versions(float[] x, float[] w, int rows, int columns) {
        FloatArray in = FloatArray.fromArray(x);
        FloatArray weight = FloatArray.fromArray(w);
        FloatArray out = new FloatArray(rows * columns);
        KernelContext c = new KernelContext();
        int items = rows * GROUP;
        return List.of(
                Version.plain("plain Java", () -> {
                    float[] result = new float[x.length];
                    rmsNorm(x, w, result, columns);
                    return result;
                }),
                Version.graph(
                        "an item a row",
                        () -> plan(
                                with(in, weight)
                                        .task(
                                                "rmsNorm",
                                                SumsTogether::itemPerRow,
                                                c,
                                                in,
                                                weight,
                                                out,
                                                rows,
                                                columns),
                                out,
                                rows),
                        out),
                Version.graph(
                        "everybody adds",
                        () -> plan(
                                with(in, weight)
                                        .task(
                                                "rmsNorm",
                                                SumsTogether::everybodyAdds,
                                                c,
                                                in,
                                                weight,
                                                out,
                                                columns),
                                out,
                                items),
                        out),
                Version.graph(
                        "a tree of neighbours",
                        () -> plan(
                                with(in, weight)
                                        .task("rmsNorm", SumsTogether::neighbours, c, in, weight, out, columns),
                                out,
                                items),
                        out),
                Version.graph(
                        "a tree of halves",
                        () -> plan(
                                with(in, weight)
                                        .task("rmsNorm", SumsTogether::halves, c, in, weight, out, columns),
                                out,
                                items),
                        out),
                Version.production("as models run it", recipe -> production(recipe, x, w, rows)));
    }

    @Override
    public Exercise exercise() {
        return new Exercise(
                "out[row] = the sum of the row, by a group for each row",
                List.of(FloatArray.class, FloatArray.class, int.class, int.class),
                List.of(trial(3, 32), trial(2, 100), trial(4, 5)));
    }

    private static Trial trial(int rows, int columns) {
        FloatArray x = new FloatArray(rows * columns);
        FloatArray out = new FloatArray(rows);
        float[] expected = new float[rows];
        for (int i = 0; i < rows * columns; i++) {
            x.set(i, 1 + i % 7);
            expected[i / columns] += 1 + i % 7;
        }
        return new Trial(
                rows + " rows of " + columns + " columns",
                List.of(x, out, rows, columns),
                List.of("x", "out", "rows", "columns"),
                out,
                "out",
                expected,
                1e-5);
    }
}

package org.tornadomor.lessons.lesson6;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.ExpertRouterOp;
import org.tornadomor.engine.RowOp;
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
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.WorkerGrid2D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Lesson 6: of each sequence, the k rows with the largest logits go through a linear map, and what comes out is added to them:
 * {@code out[t] = h[t] + sigmoid(logits[t]) (h[t] W)} for those, {@code out[t] = h[t]} for the others. Sequences have the same
 * length, and sizes are multiples of 32 here; the kernels that models run take any.
 */
public final class ActiveRows implements Lesson {
    /** Work-items of a group. */
    private static final int GROUP = 32;

    /**
     * Sizes.
     *
     * @param sequences how many
     * @param length rows of a sequence
     * @param k active rows of a sequence
     * @param columns of a row
     */
    private record Sizes(int sequences, int length, int k, int columns) {
        int rows() {
            return sequences * length;
        }

        int active() {
            return sequences * k;
        }
    }

    /** Version 0: plain Java. */
    static void route(float[] h, float[] logits, float[] w, float[] out, Sizes s) {
        System.arraycopy(h, 0, out, 0, h.length);
        for (int t = 0; t < s.rows(); t++) {
            int first = t / s.length() * s.length();
            int before = 0;
            for (int i = first; i < first + s.length(); i++) {
                before += logits[i] > logits[t] || logits[i] == logits[t] && i < t ? 1 : 0;
            }
            if (before < s.k()) {
                double gate = 1 / (1 + Math.exp(-logits[t]));
                for (int j = 0; j < s.columns(); j++) {
                    double sum = 0;
                    for (int d = 0; d < s.columns(); d++) {
                        sum += (double) h[t * s.columns() + d] * w[j * s.columns() + d];
                    }
                    out[t * s.columns() + j] += (float) (gate * sum);
                }
            }
        }
    }

    /** 1 for the k rows of each sequence with the largest logits, of equal ones the earlier. */
    static void topK(KernelContext c, FloatArray logits, IntArray selected, int length, int k) {
        int t = c.globalIdx;
        int first = t / length * length;
        float own = logits.get(t);
        int before = 0;
        for (int i = first; i < first + length; i++) {
            float other = logits.get(i);
            before += (other > own ? 1 : 0) + (other == own ? 1 : 0) * (i < t ? 1 : 0);
        }
        selected.set(t, before < k ? 1 : 0);
    }

    /** f = rows of x times W. */
    static void map(KernelContext c, FloatArray x, FloatArray w, FloatArray f, int columns) {
        int i = c.globalIdy;
        int j = c.globalIdx;
        float sum = 0f;
        for (int d = 0; d < columns; d++) {
            sum += x.get(i * columns + d) * w.get(j * columns + d);
        }
        f.set(i * columns + j, sum);
    }

    /** Version 1: adds what was computed for all rows to those that are selected. */
    static void mask(
            KernelContext c,
            FloatArray h,
            FloatArray f,
            FloatArray logits,
            IntArray selected,
            FloatArray out,
            int columns) {
        int t = c.globalIdy;
        int j = c.globalIdx;
        float gate = selected.get(t) / (1f + TornadoMath.exp(-logits.get(t)));
        out.set(t * columns + j, h.get(t * columns + j) + gate * f.get(t * columns + j));
    }

    /** Version 2: index[j] = the j-th selected row, found by one work-item. */
    static void compactAlone(KernelContext c, IntArray selected, IntArray index, int rows) {
        if (c.globalIdx == 0) {
            int place = 0;
            for (int t = 0; t < rows; t++) {
                if (selected.get(t) == 1) {
                    index.set(place, t);
                    place++;
                }
            }
        }
    }

    /** Version 3: the same by a group. Each item counts its part, then knows where its part begins. */
    static void compactTogether(KernelContext c, IntArray selected, IntArray index, int rows) {
        int[] counts = c.allocateIntLocalArray(GROUP);
        int lane = c.localIdx;
        int each = rows / GROUP;
        int from = lane * each;
        int count = 0;
        for (int t = from; t < from + each; t++) {
            count += selected.get(t);
        }
        counts[lane] = count;
        c.localBarrier();
        int place = 0;
        for (int l = 0; l < lane; l++) {
            place += counts[l];
        }
        for (int t = from; t < from + each; t++) {
            if (selected.get(t) == 1) {
                index.set(place, t);
                place++;
            }
        }
    }

    /** x[i] = h[index[i]]. */
    static void gather(KernelContext c, FloatArray h, IntArray index, FloatArray x, int columns) {
        int i = c.globalIdy;
        int j = c.globalIdx;
        x.set(i * columns + j, h.get(index.get(i) * columns + j));
    }

    /** out = h, row by row. */
    static void copy(KernelContext c, FloatArray h, FloatArray out) {
        int i = c.globalIdx;
        out.set(i, h.get(i));
    }

    /** out[index[i]] += gate f[i]. Indices are distinct, so no two work-items meet. */
    static void scatter(
            KernelContext c, FloatArray f, FloatArray logits, IntArray index, FloatArray out, int columns) {
        int i = c.globalIdy;
        int j = c.globalIdx;
        int t = index.get(i);
        float gate = 1f / (1f + TornadoMath.exp(-logits.get(t)));
        int place = t * columns + j;
        out.set(place, out.get(place) + gate * f.get(i * columns + j));
    }

    /** Version 4: gather, map and scatter in one. */
    static void mapActive(
            KernelContext c,
            FloatArray h,
            FloatArray w,
            FloatArray logits,
            IntArray index,
            FloatArray out,
            int columns) {
        int j = c.globalIdx;
        int t = index.get(c.globalIdy);
        float sum = 0f;
        for (int d = 0; d < columns; d++) {
            sum += h.get(t * columns + d) * w.get(j * columns + d);
        }
        float gate = 1f / (1f + TornadoMath.exp(-logits.get(t)));
        out.set(t * columns + j, h.get(t * columns + j) + gate * sum);
    }

    private static WorkerGrid line(int items) {
        WorkerGrid grid = new WorkerGrid1D(items);
        grid.setLocalWork(GROUP, 1, 1);
        return grid;
    }

    private static WorkerGrid plane(int x, int y) {
        WorkerGrid grid = new WorkerGrid2D(x, y);
        grid.setLocalWork(GROUP, 1, 1);
        return grid;
    }

    /** The graphs of the versions. */
    private record Graphs(FloatArray h, FloatArray logits, FloatArray w, FloatArray out, Sizes s) {
        private TaskGraph selecting(IntArray selected) {
            return new TaskGraph("lesson")
                    .transferToDevice(DataTransferMode.FIRST_EXECUTION, h, logits, w)
                    .task("topK", ActiveRows::topK, new KernelContext(), logits, selected, s.length(), s.k());
        }

        private TornadoExecutionPlan plan(TaskGraph graph, GridScheduler grids) {
            grids.addWorkerGrid("lesson.topK", line(s.rows()));
            return new TornadoExecutionPlan(graph.transferToHost(DataTransferMode.EVERY_EXECUTION, out)
                            .snapshot())
                    .withGridScheduler(grids);
        }

        TornadoExecutionPlan masked() {
            IntArray selected = new IntArray(s.rows());
            FloatArray f = new FloatArray(s.rows() * s.columns());
            KernelContext c = new KernelContext();
            TaskGraph graph = selecting(selected)
                    .task("map", ActiveRows::map, c, h, w, f, s.columns())
                    .task("mask", ActiveRows::mask, c, h, f, logits, selected, out, s.columns());
            GridScheduler grids = new GridScheduler("lesson.map", plane(s.columns(), s.rows()));
            grids.addWorkerGrid("lesson.mask", plane(s.columns(), s.rows()));
            return plan(graph, grids);
        }

        TornadoExecutionPlan compacted(boolean together) {
            IntArray selected = new IntArray(s.rows());
            IntArray index = new IntArray(s.active());
            FloatArray x = new FloatArray(s.active() * s.columns());
            FloatArray f = new FloatArray(s.active() * s.columns());
            KernelContext c = new KernelContext();
            TaskGraph graph = selecting(selected);
            graph = together
                    ? graph.task("compact", ActiveRows::compactTogether, c, selected, index, s.rows())
                    : graph.task("compact", ActiveRows::compactAlone, c, selected, index, s.rows());
            graph = graph.task("gather", ActiveRows::gather, c, h, index, x, s.columns())
                    .task("map", ActiveRows::map, c, x, w, f, s.columns())
                    .task("copy", ActiveRows::copy, c, h, out)
                    .task("scatter", ActiveRows::scatter, c, f, logits, index, out, s.columns());
            GridScheduler grids = new GridScheduler("lesson.compact", line(GROUP));
            grids.addWorkerGrid("lesson.gather", plane(s.columns(), s.active()));
            grids.addWorkerGrid("lesson.map", plane(s.columns(), s.active()));
            grids.addWorkerGrid("lesson.copy", line(s.rows() * s.columns()));
            grids.addWorkerGrid("lesson.scatter", plane(s.columns(), s.active()));
            return plan(graph, grids);
        }

        TornadoExecutionPlan inOne() {
            IntArray selected = new IntArray(s.rows());
            IntArray index = new IntArray(s.active());
            KernelContext c = new KernelContext();
            TaskGraph graph = selecting(selected)
                    .task("compact", ActiveRows::compactTogether, c, selected, index, s.rows())
                    .task("copy", ActiveRows::copy, c, h, out)
                    .task("mapActive", ActiveRows::mapActive, c, h, w, logits, index, out, s.columns());
            GridScheduler grids = new GridScheduler("lesson.compact", line(GROUP));
            grids.addWorkerGrid("lesson.copy", line(s.rows() * s.columns()));
            grids.addWorkerGrid("lesson.mapActive", plane(s.columns(), s.active()));
            return plan(graph, grids);
        }
    }

    /**
     * Version 5: what models run; the kernels are {@code Selection.topK}, {@code CompactRows}, {@code RowMoves.gather},
     * {@code Matmul} and {@code ExpertGate.forward}.
     */
    static void production(Recipe recipe, float[] h, float[] logits, float[] w, Sizes s) {
        int[] start = new int[s.sequences() + 1];
        int[] position = new int[s.rows()];
        int[] all = new int[s.rows()];
        for (int t = 0; t < s.rows(); t++) {
            all[t] = t;
            position[t] = t % s.length();
        }
        Arrays.setAll(start, b -> b * s.length());
        var hidden = recipe.input("h", s.rows(), s.columns(), h);
        var weights = recipe.input("w", s.columns(), s.columns(), w);
        var score = recipe.input("logits", s.rows(), 1, logits);
        var from = new RowOp.RowSet(
                recipe.input("index", all), recipe.input("position", position), recipe.input("start", start));
        var to = new RowOp.RowSet(
                recipe.indices("active", s.active()),
                recipe.indices("activePosition", s.active()),
                recipe.indices("activeStart", s.sequences() + 1));
        var selected = recipe.indices("selected", s.rows());
        var parent = recipe.indices("parent", s.active());
        var visible = recipe.indices("visible", s.active());
        var x = recipe.between("x", s.active(), s.columns());
        var f = recipe.between("f", s.active(), s.columns());
        var out = recipe.result("out", s.rows(), s.columns());
        recipe.add(new RowOp.SelectTopK(selected, score, from.start(), recipe.input("limit", new int[] {s.k()})))
                .add(new RowOp.Compact(to, parent, visible, selected, from))
                .add(new RowOp.Gather(x, hidden, to.index()))
                .add(new DenseOp.MatmulNT(f, x, weights))
                .add(new DenseOp.Copy(out, hidden))
                .add(new ExpertRouterOp.GatedScatter(
                        out, f, score, to.index(), parent, ExpertRouterOp.Gate.SIGMOID, 1f));
    }

    @Override
    public int number() {
        return 6;
    }

    @Override
    public String title() {
        return "Routing";
    }

    @Override
    public String idea() {
        return "rows that need no work should cost none: put the active ones together, compute, put them back";
    }

    @Override
    public String folder() {
        return "06-routing";
    }

    @Override
    public Workload workload(boolean small) {
        Sizes s = small ? new Sizes(2, 48, 16, 32) : new Sizes(4, 768, 256, 256);
        Random random = new Random(6);
        float[] h = gaussian(random, s.rows() * s.columns(), 1f);
        float[] w = gaussian(random, s.columns() * s.columns(), 0.1f);
        float[] logits = gaussian(random, s.rows(), 1f);
        FloatArray out = new FloatArray(s.rows() * s.columns());
        Graphs graphs = new Graphs(
                FloatArray.fromArray(h), FloatArray.fromArray(logits), FloatArray.fromArray(w), out, s);
        return new Workload(
                s.k() + " of " + s.length() + " rows of " + s.columns() + ", " + s.sequences() + " sequences",
                List.of(
                        Version.plain("plain Java", () -> {
                            float[] result = new float[h.length];
                            route(h, logits, w, result, s);
                            return result;
                        }),
                        Version.graph("all rows, then a mask", graphs::masked, out),
                        Version.graph("active rows, listed by one", () -> graphs.compacted(false), out),
                        Version.graph("active rows, listed together", () -> graphs.compacted(true), out),
                        Version.graph("moved by the product itself", graphs::inOne, out),
                        Version.production("as models run it", recipe -> production(recipe, h, logits, w, s))),
                2L * s.active() * s.columns() * s.columns(),
                (long) Float.BYTES * (2 * h.length + w.length + logits.length),
                1e-4);
    }

    private static float[] gaussian(Random random, int count, float spread) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = spread * (float) random.nextGaussian();
        }
        return values;
    }

    @Override
    public Exercise exercise() {
        return new Exercise(
                "out = the numbers of x that are greater than 0, in their order, by one group",
                List.of(FloatArray.class, FloatArray.class, int.class),
                List.of(trial(64, 2), trial(200, 3), trial(20, 5)));
    }

    /** Every so many numbers are greater than 0, and the last one is. */
    private static Trial trial(int count, int every) {
        FloatArray x = new FloatArray(count);
        float[] kept = new float[count];
        int size = 0;
        for (int i = 0; i < count; i++) {
            boolean positive = (count - 1 - i) % every == 0;
            x.set(i, positive ? i + 1 : -i);
            if (positive) {
                kept[size++] = i + 1;
            }
        }
        FloatArray out = new FloatArray(size);
        return new Trial(
                count + " numbers, " + size + " of them greater than 0",
                List.of(x, out, count),
                List.of("x", "out", "count"),
                out,
                "out",
                Arrays.copyOf(kept, size),
                1e-6);
    }
}

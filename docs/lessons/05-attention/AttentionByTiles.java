package org.tornadomor.lessons.lesson5;

import java.util.List;
import java.util.Random;
import org.tornadomor.engine.AttentionOp;
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

/**
 * Lesson 5: attention of one head, {@code out[i] = sum over j <= i of p[i][j] v[j]}, where p[i] is the softmax of the scores
 * {@code scale q[i] k[j]}. Numbers of rows are multiples of 32 here.
 */
public final class AttentionByTiles implements Lesson {
    /** Columns of q, k, v and out. */
    private static final int DIM = 32;

    private static final float SCALE = 0.17677669f;
    /** Work-items of a group; query rows of a group in version 3. */
    private static final int GROUP = 32;
    /** Keys in local memory at a time. */
    private static final int KEYS = 16;
    /** Less than any score. */
    private static final float LEAST = -1e30f;

    /** Version 0: plain Java. */
    static void attention(float[] q, float[] k, float[] v, float[] out, int rows) {
        double[] scores = new double[rows];
        for (int i = 0; i < rows; i++) {
            double most = Double.NEGATIVE_INFINITY;
            for (int j = 0; j <= i; j++) {
                scores[j] = 0;
                for (int d = 0; d < DIM; d++) {
                    scores[j] += (double) SCALE * q[i * DIM + d] * k[j * DIM + d];
                }
                most = Math.max(most, scores[j]);
            }
            double total = 0;
            for (int j = 0; j <= i; j++) {
                scores[j] = Math.exp(scores[j] - most);
                total += scores[j];
            }
            for (int d = 0; d < DIM; d++) {
                double sum = 0;
                for (int j = 0; j <= i; j++) {
                    sum += scores[j] * v[j * DIM + d];
                }
                out[i * DIM + d] = (float) (sum / total);
            }
        }
    }

    /** Version 1, first task: all scores, rows x rows of them. */
    static void scores(KernelContext c, FloatArray q, FloatArray k, FloatArray scores, int rows) {
        int i = c.globalIdy;
        int j = c.globalIdx;
        float sum = 0f;
        for (int d = 0; d < DIM; d++) {
            sum += q.get(i * DIM + d) * k.get(j * DIM + d);
        }
        scores.set(i * rows + j, j <= i ? sum * SCALE : LEAST);
    }

    /** Version 1, second task: the softmax of each row of scores. */
    static void softmax(KernelContext c, FloatArray scores, FloatArray shares, int rows) {
        int at = c.globalIdx * rows;
        float most = LEAST;
        for (int j = 0; j < rows; j++) {
            most = TornadoMath.max(most, scores.get(at + j));
        }
        float total = 0f;
        for (int j = 0; j < rows; j++) {
            total += TornadoMath.exp(scores.get(at + j) - most);
        }
        for (int j = 0; j < rows; j++) {
            shares.set(at + j, TornadoMath.exp(scores.get(at + j) - most) / total);
        }
    }

    /** Version 1, third task: the weighted sum of values. */
    static void weigh(KernelContext c, FloatArray shares, FloatArray v, FloatArray out, int rows) {
        int i = c.globalIdy;
        int d = c.globalIdx;
        float sum = 0f;
        for (int j = 0; j < rows; j++) {
            sum += shares.get(i * rows + j) * v.get(j * DIM + d);
        }
        out.set(i * DIM + d, sum);
    }

    /** Version 2: a work-item has a query row and goes over the keys once; no score is stored. */
    static void online(KernelContext c, FloatArray q, FloatArray k, FloatArray v, FloatArray out) {
        int i = c.globalIdx;
        float[] query = new float[DIM];
        float[] sum = new float[DIM];
        for (int d = 0; d < DIM; d++) {
            query[d] = q.get(i * DIM + d);
            sum[d] = 0f;
        }
        float most = LEAST;
        float total = 0f;
        for (int j = 0; j <= i; j++) {
            float score = 0f;
            for (int d = 0; d < DIM; d++) {
                score += query[d] * k.get(j * DIM + d);
            }
            score = score * SCALE;
            float next = TornadoMath.max(most, score);
            float shrink = TornadoMath.exp(most - next);
            float p = TornadoMath.exp(score - next);
            total = total * shrink + p;
            for (int d = 0; d < DIM; d++) {
                sum[d] = sum[d] * shrink + p * v.get(j * DIM + d);
            }
            most = next;
        }
        for (int d = 0; d < DIM; d++) {
            out.set(i * DIM + d, sum[d] / total);
        }
    }

    /** Version 3: the 32 rows of a group share tiles of keys and values in local memory. */
    static void tiles(KernelContext c, FloatArray q, FloatArray k, FloatArray v, FloatArray out) {
        float[] kTile = c.allocateFloatLocalArray(KEYS * DIM);
        float[] vTile = c.allocateFloatLocalArray(KEYS * DIM);
        float[] query = new float[DIM];
        float[] sum = new float[DIM];
        int i = c.globalIdx;
        int lane = c.localIdx;
        for (int d = 0; d < DIM; d++) {
            query[d] = q.get(i * DIM + d);
            sum[d] = 0f;
        }
        float most = LEAST;
        float total = 0f;
        int end = (c.groupIdx + 1) * GROUP;
        for (int j0 = 0; j0 < end; j0 += KEYS) {
            for (int e = lane; e < KEYS * DIM; e += GROUP) {
                kTile[e] = k.get(j0 * DIM + e);
                vTile[e] = v.get(j0 * DIM + e);
            }
            c.localBarrier();
            int seen = Math.min(KEYS, i + 1 - j0);
            for (int j = 0; j < seen; j++) {
                float score = 0f;
                for (int d = 0; d < DIM; d++) {
                    score += query[d] * kTile[j * DIM + d];
                }
                score = score * SCALE;
                float next = TornadoMath.max(most, score);
                float shrink = TornadoMath.exp(most - next);
                float p = TornadoMath.exp(score - next);
                total = total * shrink + p;
                for (int d = 0; d < DIM; d++) {
                    sum[d] = sum[d] * shrink + p * vTile[j * DIM + d];
                }
                most = next;
            }
            c.localBarrier();
        }
        for (int d = 0; d < DIM; d++) {
            out.set(i * DIM + d, sum[d] / total);
        }
    }

    /** Version 4: a group has a query row, its items share the keys and put their parts together: for one query and a cache. */
    static void groupPerRow(KernelContext c, FloatArray q, FloatArray k, FloatArray v, FloatArray out) {
        float[] maxima = c.allocateFloatLocalArray(GROUP);
        float[] totals = c.allocateFloatLocalArray(GROUP);
        float[] parts = c.allocateFloatLocalArray(GROUP * (DIM + 1));
        float[] sum = new float[DIM];
        int i = c.groupIdx;
        int lane = c.localIdx;
        for (int d = 0; d < DIM; d++) {
            sum[d] = 0f;
        }
        float most = LEAST;
        float total = 0f;
        for (int j = lane; j <= i; j += GROUP) {
            float score = 0f;
            for (int d = 0; d < DIM; d++) {
                score += q.get(i * DIM + d) * k.get(j * DIM + d);
            }
            score = score * SCALE;
            float next = TornadoMath.max(most, score);
            float shrink = TornadoMath.exp(most - next);
            float p = TornadoMath.exp(score - next);
            total = total * shrink + p;
            for (int d = 0; d < DIM; d++) {
                sum[d] = sum[d] * shrink + p * v.get(j * DIM + d);
            }
            most = next;
        }
        maxima[lane] = most;
        c.localBarrier();
        float largest = LEAST;
        for (int l = 0; l < GROUP; l++) {
            largest = TornadoMath.max(largest, maxima[l]);
        }
        float weight = TornadoMath.exp(most - largest);
        totals[lane] = total * weight;
        for (int d = 0; d < DIM; d++) {
            parts[lane * (DIM + 1) + d] = sum[d] * weight;
        }
        c.localBarrier();
        float all = 0f;
        float value = 0f;
        for (int l = 0; l < GROUP; l++) {
            all += totals[l];
            value += parts[l * (DIM + 1) + lane];
        }
        out.set(i * DIM + lane, value / all);
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

    private static TaskGraph with(FloatArray q, FloatArray k, FloatArray v) {
        return new TaskGraph("lesson").transferToDevice(DataTransferMode.FIRST_EXECUTION, q, k, v);
    }

    private static TornadoExecutionPlan plan(TaskGraph graph, FloatArray out, GridScheduler grids) {
        return new TornadoExecutionPlan(graph.transferToHost(DataTransferMode.EVERY_EXECUTION, out)
                        .snapshot())
                .withGridScheduler(grids);
    }

    static TornadoExecutionPlan inMemory(FloatArray q, FloatArray k, FloatArray v, FloatArray out, int rows) {
        FloatArray scores = new FloatArray(rows * rows);
        FloatArray shares = new FloatArray(rows * rows);
        KernelContext c = new KernelContext();
        TaskGraph graph = with(q, k, v)
                .task("scores", AttentionByTiles::scores, c, q, k, scores, rows)
                .task("softmax", AttentionByTiles::softmax, c, scores, shares, rows)
                .task("weigh", AttentionByTiles::weigh, c, shares, v, out, rows);
        GridScheduler grids = new GridScheduler("lesson.scores", plane(rows, rows));
        grids.addWorkerGrid("lesson.softmax", line(rows));
        grids.addWorkerGrid("lesson.weigh", plane(DIM, rows));
        return plan(graph, out, grids);
    }

    /** Version 5: what models run; the kernels are {@code Attention.tiles} and {@code Attention.byRow}. */
    static void production(Recipe recipe, float[] q, float[] k, float[] v, int rows) {
        int[] visible = new int[rows];
        for (int i = 0; i < rows; i++) {
            visible[i] = i + 1;
        }
        var queries = recipe.input("q", rows, DIM, q);
        var keys = recipe.input("k", rows, DIM, k);
        var values = recipe.input("v", rows, DIM, v);
        var which = new AttentionOp.Rows(
                recipe.input("start", new int[] {0, rows}),
                recipe.input("keyStart", new int[] {0}),
                recipe.input("visible", visible));
        var lse = recipe.between("lse", rows, 1);
        recipe.add(new AttentionOp.Attention(
                recipe.result("out", rows, DIM),
                lse,
                queries,
                keys,
                values,
                which,
                new AttentionOp.Heads(1, 1, DIM, SCALE)));
    }

    @Override
    public int number() {
        return 5;
    }

    @Override
    public String title() {
        return "Attention";
    }

    @Override
    public String idea() {
        return "a softmax can be summed up on the way, so that no table of all scores is needed";
    }

    @Override
    public String folder() {
        return "05-attention";
    }

    @Override
    public Workload workload(boolean small) {
        int rows = small ? 64 : 1024;
        Random random = new Random(5);
        float[] q = gaussian(random, rows);
        float[] k = gaussian(random, rows);
        float[] v = gaussian(random, rows);
        FloatArray qs = FloatArray.fromArray(q);
        FloatArray ks = FloatArray.fromArray(k);
        FloatArray vs = FloatArray.fromArray(v);
        FloatArray out = new FloatArray(rows * DIM);
        KernelContext c = new KernelContext();
        return new Workload(
                rows + " rows of one head of " + DIM,
                List.of(
                        Version.plain("plain Java", () -> {
                            float[] result = new float[rows * DIM];
                            attention(q, k, v, result, rows);
                            return result;
                        }),
                        Version.graph("all scores in memory", () -> inMemory(qs, ks, vs, out, rows), out),
                        Version.graph(
                                "online softmax",
                                () -> plan(
                                        with(qs, ks, vs).task("online", AttentionByTiles::online, c, qs, ks, vs, out),
                                        out,
                                        new GridScheduler("lesson.online", line(rows))),
                                out),
                        Version.graph(
                                "by tiles",
                                () -> plan(
                                        with(qs, ks, vs).task("tiles", AttentionByTiles::tiles, c, qs, ks, vs, out),
                                        out,
                                        new GridScheduler("lesson.tiles", line(rows))),
                                out),
                        Version.graph(
                                "a group a row",
                                () -> plan(
                                        with(qs, ks, vs)
                                                .task("groups", AttentionByTiles::groupPerRow, c, qs, ks, vs, out),
                                        out,
                                        new GridScheduler("lesson.groups", line(rows * GROUP))),
                                out),
                        Version.production("as models run it", recipe -> production(recipe, q, k, v, rows))),
                2L * rows * (rows + 1) * DIM,
                4L * Float.BYTES * rows * DIM,
                1e-4);
    }

    private static float[] gaussian(Random random, int rows) {
        float[] values = new float[rows * DIM];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    @Override
    public Exercise exercise() {
        return new Exercise(
                "out[row] = log(exp(x[row][0]) + exp(x[row][1]) + ...), in one pass, with numbers too large for exp",
                List.of(FloatArray.class, FloatArray.class, int.class, int.class),
                List.of(trial(32, 4, 1), trial(5, 33, 40)));
    }

    private static Trial trial(int rows, int columns, int spread) {
        FloatArray x = new FloatArray(rows * columns);
        FloatArray out = new FloatArray(rows);
        float[] expected = new float[rows];
        for (int row = 0; row < rows; row++) {
            double most = 0;
            for (int column = 0; column < columns; column++) {
                x.set(row * columns + column, (row * 7 + column * 5) % 11 * spread);
                most = Math.max(most, x.get(row * columns + column));
            }
            double total = 0;
            for (int column = 0; column < columns; column++) {
                total += Math.exp(x.get(row * columns + column) - most);
            }
            expected[row] = (float) (most + Math.log(total));
        }
        return new Trial(
                rows + " rows of " + columns + " columns, numbers up to " + 10 * spread,
                List.of(x, out, rows, columns),
                List.of("x", "out", "rows", "columns"),
                out,
                "out",
                expected,
                1e-5);
    }
}

package org.tornadomor.lessons.lesson7;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.OptimizerOp;
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
 * Lesson 7: one step of training of a small network, {@code n = RMSNorm(x) w}, {@code y = attention(n, n, n)}, with the loss {@code sum
 * of dy y}. The result is the gradient of x, then that of w, then the weights w behind a step of AdamW. Numbers of rows are multiples
 * of 32 here.
 */
public final class Gradients implements Lesson {
    /** Columns of x and n. */
    private static final int DIM = 32;

    private static final float SCALE = 0.17677669f;
    private static final int GROUP = 32;
    private static final float EPS = 1e-5f;

    private static final float BETA1 = 0.9f;
    private static final float BETA2 = 0.95f;
    private static final float ADAM_EPS = 1e-8f;
    private static final float DECAY = 0.1f;
    private static final float MAX_NORM = 1f;
    private static final float RATE = 0.01f;
    /** 1 - beta^t for step t = 10, which this is. */
    private static final float CORRECTION1 = 1f - (float) Math.pow(BETA1, 10);

    private static final float CORRECTION2 = 1f - (float) Math.pow(BETA2, 10);

    /** How far finite differences move a number to each side. */
    private static final double NUDGE = 1e-4;

    /** What the network begins with: x and dy [rows DIM], w and AdamW's two means [DIM]. */
    private record Start(float[] x, float[] dy, float[] w, float[] mean, float[] square) {
        int rows() {
            return x.length / DIM;
        }

        /** Floats of the result. */
        int size() {
            return x.length + 2 * DIM;
        }
    }

    private static double[] doubles(float[] values) {
        double[] copy = new double[values.length];
        Arrays.setAll(copy, i -> values[i]);
        return copy;
    }

    /** 1 / sqrt(mean(x^2) + eps) of a row. */
    private static double scaleOf(double[] x, int row) {
        double sum = 0;
        for (int d = 0; d < DIM; d++) {
            sum += x[row * DIM + d] * x[row * DIM + d];
        }
        return 1 / Math.sqrt(sum / DIM + EPS);
    }

    private static double[] norm(double[] x, double[] w) {
        double[] n = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            n[i] = x[i] * scaleOf(x, i / DIM) * w[i % DIM];
        }
        return n;
    }

    private static double dot(double[] a, int i, double[] b, int j) {
        double sum = 0;
        for (int d = 0; d < DIM; d++) {
            sum += a[i * DIM + d] * b[j * DIM + d];
        }
        return sum;
    }

    /** The shares of the rows 0 to i for row i. */
    private static double[] shares(double[] n, int i) {
        double[] p = new double[i + 1];
        Arrays.setAll(p, j -> SCALE * dot(n, i, n, j));
        double most = Arrays.stream(p).max().orElseThrow();
        Arrays.setAll(p, j -> Math.exp(p[j] - most));
        double total = Arrays.stream(p).sum();
        Arrays.setAll(p, j -> p[j] / total);
        return p;
    }

    /** The network and its loss. */
    private static double loss(double[] x, double[] w, double[] dy) {
        double[] n = norm(x, w);
        double loss = 0;
        for (int i = 0; i < x.length / DIM; i++) {
            double[] p = shares(n, i);
            for (int j = 0; j <= i; j++) {
                loss += p[j] * dot(dy, i, n, j);
            }
        }
        return loss;
    }

    /** Version 0: plain Java, as derived on the page. */
    static float[] derived(Start start) {
        double[] x = doubles(start.x());
        double[] w = doubles(start.w());
        double[] dy = doubles(start.dy());
        double[] n = norm(x, w);
        double[] dn = new double[x.length];
        for (int i = 0; i < start.rows(); i++) {
            double[] p = shares(n, i);
            double shared = 0;
            for (int j = 0; j <= i; j++) {
                shared += p[j] * dot(dy, i, n, j);
            }
            for (int j = 0; j <= i; j++) {
                double slope = SCALE * p[j] * (dot(dy, i, n, j) - shared);
                for (int d = 0; d < DIM; d++) {
                    dn[i * DIM + d] += slope * n[j * DIM + d];
                    dn[j * DIM + d] += slope * n[i * DIM + d] + p[j] * dy[i * DIM + d];
                }
            }
        }
        double[] dx = new double[x.length];
        double[] dw = new double[DIM];
        for (int i = 0; i < start.rows(); i++) {
            double s = scaleOf(x, i);
            double mean = 0;
            for (int d = 0; d < DIM; d++) {
                mean += dn[i * DIM + d] * w[d] * x[i * DIM + d] / DIM;
            }
            for (int d = 0; d < DIM; d++) {
                int at = i * DIM + d;
                dx[at] = s * (dn[at] * w[d] - x[at] * s * s * mean);
                dw[d] += dn[at] * x[at] * s;
            }
        }
        return result(start, dx, dw);
    }

    /** Version 1: each number is moved a little to both sides, and the loss says what that does. */
    static float[] differences(Start start) {
        double[] x = doubles(start.x());
        double[] w = doubles(start.w());
        double[] dy = doubles(start.dy());
        double[][] gradients = {new double[x.length], new double[DIM]};
        for (double[] moved : List.of(x, w)) {
            for (int i = 0; i < moved.length; i++) {
                double value = moved[i];
                moved[i] = value + NUDGE;
                double above = loss(x, w, dy);
                moved[i] = value - NUDGE;
                double below = loss(x, w, dy);
                moved[i] = value;
                gradients[moved == x ? 0 : 1][i] = (above - below) / (2 * NUDGE);
            }
        }
        return result(start, gradients[0], gradients[1]);
    }

    /** Both gradients, and the weights behind a step of AdamW. */
    private static float[] result(Start start, double[] dx, double[] dw) {
        float[] result = new float[start.size()];
        for (int i = 0; i < dx.length; i++) {
            result[i] = (float) dx[i];
        }
        double norm = Math.sqrt(Arrays.stream(dw).map(g -> g * g).sum());
        double clip = Math.min(1, MAX_NORM / (norm + 1e-6));
        for (int d = 0; d < DIM; d++) {
            double g = clip * dw[d];
            double mean = BETA1 * start.mean()[d] + (1 - BETA1) * g;
            double square = BETA2 * start.square()[d] + (1 - BETA2) * g * g;
            double w = start.w()[d];
            result[dx.length + d] = (float) dw[d];
            result[dx.length + DIM + d] = (float)
                    (w - RATE * DECAY * w - RATE * mean / CORRECTION1 / (Math.sqrt(square / CORRECTION2) + ADAM_EPS));
        }
        return result;
    }

    /** n = RMSNorm(x) w, an item a row. Leaves 1 / sqrt(mean(x^2) + eps) of each row, which the backward needs too. */
    static void norm(KernelContext c, FloatArray x, FloatArray w, FloatArray n, FloatArray scales) {
        int row = c.globalIdx;
        float sum = 0f;
        for (int d = 0; d < DIM; d++) {
            float value = x.get(row * DIM + d);
            sum += value * value;
        }
        float scale = 1f / TornadoMath.sqrt(sum / DIM + EPS);
        scales.set(row, scale);
        for (int d = 0; d < DIM; d++) {
            n.set(row * DIM + d, x.get(row * DIM + d) * scale * w.get(d));
        }
    }

    /** Version 2: the shares of all pairs, rows x rows of them, kept for the backward. An item a row. */
    static void keepShares(KernelContext c, FloatArray n, FloatArray shares, int rows) {
        int i = c.globalIdx;
        float most = -1e30f;
        for (int j = 0; j <= i; j++) {
            float score = 0f;
            for (int d = 0; d < DIM; d++) {
                score += n.get(i * DIM + d) * n.get(j * DIM + d);
            }
            shares.set(i * rows + j, score * SCALE);
            most = TornadoMath.max(most, score * SCALE);
        }
        float total = 0f;
        for (int j = 0; j <= i; j++) {
            total += TornadoMath.exp(shares.get(i * rows + j) - most);
        }
        for (int j = 0; j < rows; j++) {
            float share = 0f;
            if (j <= i) {
                share = TornadoMath.exp(shares.get(i * rows + j) - most) / total;
            }
            shares.set(i * rows + j, share);
        }
    }

    /** Version 2: slope[i][j] = scale p (dp - sum of p dp), kept as well. An item a row. */
    static void keepSlopes(KernelContext c, FloatArray n, FloatArray dy, FloatArray shares, FloatArray slopes, int rows) {
        int i = c.globalIdx;
        float shared = 0f;
        for (int j = 0; j < rows; j++) {
            float dp = 0f;
            for (int d = 0; d < DIM; d++) {
                dp += dy.get(i * DIM + d) * n.get(j * DIM + d);
            }
            slopes.set(i * rows + j, dp);
            shared += shares.get(i * rows + j) * dp;
        }
        for (int j = 0; j < rows; j++) {
            int at = i * rows + j;
            slopes.set(at, SCALE * shares.get(at) * (slopes.get(at) - shared));
        }
    }

    /** Version 2: dn = slopes n + slopes^T n + shares^T dy, an item for each element. */
    static void collect(
            KernelContext c, FloatArray n, FloatArray dy, FloatArray shares, FloatArray slopes, FloatArray dn, int rows) {
        int i = c.globalIdy;
        int d = c.globalIdx;
        float sum = 0f;
        for (int j = 0; j < rows; j++) {
            sum += slopes.get(i * rows + j) * n.get(j * DIM + d);
            sum += slopes.get(j * rows + i) * n.get(j * DIM + d);
            sum += shares.get(j * rows + i) * dy.get(j * DIM + d);
        }
        dn.set(i * DIM + d, sum);
    }

    /** Version 3: of each row the logarithm of the sum of exponentials, and the sum of p dp. Nothing else is kept. */
    static void keepSums(KernelContext c, FloatArray n, FloatArray dy, FloatArray lse, FloatArray shared) {
        int i = c.globalIdx;
        float most = -1e30f;
        float total = 0f;
        float sum = 0f;
        for (int j = 0; j <= i; j++) {
            float score = 0f;
            float dp = 0f;
            for (int d = 0; d < DIM; d++) {
                float other = n.get(j * DIM + d);
                score += n.get(i * DIM + d) * other;
                dp += dy.get(i * DIM + d) * other;
            }
            float next = TornadoMath.max(most, score * SCALE);
            float shrink = TornadoMath.exp(most - next);
            float p = TornadoMath.exp(score * SCALE - next);
            total = total * shrink + p;
            sum = sum * shrink + p * dp;
            most = next;
        }
        lse.set(i, most + TornadoMath.log(total));
        shared.set(i, sum / total);
    }

    /** Version 3: dn with shares and slopes computed anew, an item a row: what it does as a query, then what it does as a key. */
    static void computeAnew(
            KernelContext c, FloatArray n, FloatArray dy, FloatArray lse, FloatArray shared, FloatArray dn, int rows) {
        float[] own = new float[DIM];
        float[] ownDy = new float[DIM];
        float[] sum = new float[DIM];
        int i = c.globalIdx;
        for (int d = 0; d < DIM; d++) {
            own[d] = n.get(i * DIM + d);
            ownDy[d] = dy.get(i * DIM + d);
            sum[d] = 0f;
        }
        for (int j = 0; j <= i; j++) {
            float score = 0f;
            float dp = 0f;
            for (int d = 0; d < DIM; d++) {
                float other = n.get(j * DIM + d);
                score += own[d] * other;
                dp += ownDy[d] * other;
            }
            float p = TornadoMath.exp(score * SCALE - lse.get(i));
            float slope = SCALE * p * (dp - shared.get(i));
            for (int d = 0; d < DIM; d++) {
                sum[d] += slope * n.get(j * DIM + d);
            }
        }
        for (int j = i; j < rows; j++) {
            float score = 0f;
            float dp = 0f;
            for (int d = 0; d < DIM; d++) {
                score += n.get(j * DIM + d) * own[d];
                dp += dy.get(j * DIM + d) * own[d];
            }
            float p = TornadoMath.exp(score * SCALE - lse.get(j));
            float slope = SCALE * p * (dp - shared.get(j));
            for (int d = 0; d < DIM; d++) {
                sum[d] += slope * n.get(j * DIM + d) + p * dy.get(j * DIM + d);
            }
        }
        for (int d = 0; d < DIM; d++) {
            dn.set(i * DIM + d, sum[d]);
        }
    }

    /** dx, an item a row. */
    static void normInput(
            KernelContext c, FloatArray x, FloatArray w, FloatArray scales, FloatArray dn, FloatArray out) {
        int row = c.globalIdx;
        float scale = scales.get(row);
        float mean = 0f;
        for (int d = 0; d < DIM; d++) {
            mean += dn.get(row * DIM + d) * w.get(d) * x.get(row * DIM + d) / DIM;
        }
        for (int d = 0; d < DIM; d++) {
            float g = dn.get(row * DIM + d) * w.get(d);
            out.set(row * DIM + d, scale * (g - x.get(row * DIM + d) * scale * scale * mean));
        }
    }

    /** dw, an item a column: it goes down the rows, always in the same order. */
    static void normWeight(KernelContext c, FloatArray x, FloatArray scales, FloatArray dn, FloatArray out, int rows) {
        int d = c.globalIdx;
        float sum = 0f;
        for (int row = 0; row < rows; row++) {
            sum += dn.get(row * DIM + d) * x.get(row * DIM + d) * scales.get(row);
        }
        out.set(rows * DIM + d, sum);
    }

    /** A step of AdamW, an item a weight; each adds up the squares of all for itself. */
    static void adam(
            KernelContext c, FloatArray w, FloatArray means, FloatArray squares, FloatArray out, int rows) {
        int d = c.globalIdx;
        float norm = 0f;
        for (int i = 0; i < DIM; i++) {
            float g = out.get(rows * DIM + i);
            norm += g * g;
        }
        float clip = TornadoMath.min(1f, MAX_NORM / (TornadoMath.sqrt(norm) + 1e-6f));
        float g = clip * out.get(rows * DIM + d);
        float mean = BETA1 * means.get(d) + (1f - BETA1) * g;
        float square = BETA2 * squares.get(d) + (1f - BETA2) * g * g;
        float step = mean / CORRECTION1 / (TornadoMath.sqrt(square / CORRECTION2) + ADAM_EPS);
        float weight = w.get(d);
        out.set(rows * DIM + DIM + d, weight - RATE * DECAY * weight - RATE * step);
    }

    private static WorkerGrid line(int items) {
        WorkerGrid grid = new WorkerGrid1D(items);
        grid.setLocalWork(GROUP, 1, 1);
        return grid;
    }

    /** The graphs of versions 2 and 3, which differ in the middle. */
    private record Graphs(
            FloatArray x, FloatArray dy, FloatArray w, FloatArray mean, FloatArray square, FloatArray out, int rows) {

        Graphs(Start start, FloatArray out) {
            this(
                    FloatArray.fromArray(start.x()),
                    FloatArray.fromArray(start.dy()),
                    FloatArray.fromArray(start.w()),
                    FloatArray.fromArray(start.mean()),
                    FloatArray.fromArray(start.square()),
                    out,
                    start.rows());
        }

        TornadoExecutionPlan kept() {
            FloatArray n = new FloatArray(rows * DIM);
            FloatArray dn = new FloatArray(rows * DIM);
            FloatArray scales = new FloatArray(rows);
            FloatArray shares = new FloatArray(rows * rows);
            FloatArray slopes = new FloatArray(rows * rows);
            KernelContext c = new KernelContext();
            TaskGraph graph = begin(n, scales)
                    .task("keepShares", Gradients::keepShares, c, n, shares, rows)
                    .task("keepSlopes", Gradients::keepSlopes, c, n, dy, shares, slopes, rows)
                    .task("collect", Gradients::collect, c, n, dy, shares, slopes, dn, rows);
            WorkerGrid plane = new WorkerGrid2D(DIM, rows);
            plane.setLocalWork(GROUP, 1, 1);
            GridScheduler grids = new GridScheduler("lesson.collect", plane);
            grids.addWorkerGrid("lesson.keepShares", line(rows));
            grids.addWorkerGrid("lesson.keepSlopes", line(rows));
            return end(graph, scales, dn, grids);
        }

        TornadoExecutionPlan computedAnew() {
            FloatArray n = new FloatArray(rows * DIM);
            FloatArray dn = new FloatArray(rows * DIM);
            FloatArray scales = new FloatArray(rows);
            FloatArray lse = new FloatArray(rows);
            FloatArray shared = new FloatArray(rows);
            KernelContext c = new KernelContext();
            TaskGraph graph = begin(n, scales)
                    .task("keepSums", Gradients::keepSums, c, n, dy, lse, shared)
                    .task("computeAnew", Gradients::computeAnew, c, n, dy, lse, shared, dn, rows);
            GridScheduler grids = new GridScheduler("lesson.keepSums", line(rows));
            grids.addWorkerGrid("lesson.computeAnew", line(rows));
            return end(graph, scales, dn, grids);
        }

        private TaskGraph begin(FloatArray n, FloatArray scales) {
            return new TaskGraph("lesson")
                    .transferToDevice(DataTransferMode.FIRST_EXECUTION, x, dy, w, mean, square)
                    .task("norm", Gradients::norm, new KernelContext(), x, w, n, scales);
        }

        private TornadoExecutionPlan end(TaskGraph graph, FloatArray scales, FloatArray dn, GridScheduler grids) {
            KernelContext c = new KernelContext();
            TaskGraph whole = graph.task("normInput", Gradients::normInput, c, x, w, scales, dn, out)
                    .task("normWeight", Gradients::normWeight, c, x, scales, dn, out, rows)
                    .task("adam", Gradients::adam, c, w, mean, square, out, rows)
                    .transferToHost(DataTransferMode.EVERY_EXECUTION, out);
            grids.addWorkerGrid("lesson.norm", line(rows));
            grids.addWorkerGrid("lesson.normInput", line(rows));
            grids.addWorkerGrid("lesson.normWeight", line(DIM));
            grids.addWorkerGrid("lesson.adam", line(DIM));
            return new TornadoExecutionPlan(whole.snapshot()).withGridScheduler(grids);
        }
    }

    /**
     * Version 4: what models run; the kernels are {@code RmsNorm}, {@code Attention}, {@code AttentionGradient} and {@code AdamW}. They
     * add to gradients and change weights in place, so each run begins with fresh ones.
     */
    static void production(Recipe recipe, Start start) {
        int rows = start.rows();
        int[] visible = new int[rows];
        Arrays.setAll(visible, i -> i + 1);
        var x = recipe.input("x", rows, DIM, start.x());
        var dy = recipe.input("dy", rows, DIM, start.dy());
        var w = recipe.input("w", DIM, 1, start.w());
        var mean = recipe.input("mean", DIM, 1, start.mean());
        var square = recipe.input("square", DIM, 1, start.square());
        var settings = recipe.input("settings", 3, 1, new float[] {RATE, CORRECTION1, CORRECTION2});
        var which = new AttentionOp.Rows(
                recipe.input("start", new int[] {0, rows}),
                recipe.input("keyStart", new int[] {0}),
                recipe.input("visible", visible));
        var heads = new AttentionOp.Heads(1, 1, DIM, SCALE);
        var dx = recipe.result("dx", rows, DIM);
        var dw = recipe.result("dw", DIM, 1);
        var weights = recipe.result("weights", DIM, 1);
        var m = recipe.between("m", DIM, 1);
        var v = recipe.between("v", DIM, 1);
        var norm = recipe.between("norm", 1, 1);
        recipe.add(new DenseOp.Clear(dx))
                .add(new DenseOp.Clear(dw))
                .add(new DenseOp.Clear(norm))
                .add(new DenseOp.Copy(weights, w))
                .add(new DenseOp.Copy(m, mean))
                .add(new DenseOp.Copy(v, square));
        var queries = recipe.between("queries", rows, DIM);
        var keys = recipe.between("keys", rows, DIM);
        var values = recipe.between("values", rows, DIM);
        var y = recipe.between("y", rows, DIM);
        var lse = recipe.between("lse", rows, 1);
        recipe.add(new DenseOp.RmsNorm(queries, x, w, EPS))
                .add(new DenseOp.Copy(keys, queries))
                .add(new DenseOp.Copy(values, queries))
                .add(new AttentionOp.Attention(y, lse, queries, keys, values, which, heads));
        var dn = recipe.between("dn", rows, DIM);
        var dk = recipe.between("dk", rows, DIM);
        var dv = recipe.between("dv", rows, DIM);
        recipe.add(new AttentionOp.AttentionBackward(
                        dn, dk, dv, dy, y, lse, queries, keys, values, which, heads, false))
                .add(new DenseOp.Add(dn, dk))
                .add(new DenseOp.Add(dn, dv))
                .add(new DenseOp.RmsNormBackward(dx, dw, dn, x, w, EPS))
                .add(new OptimizerOp.SquaredNorm(norm, dw))
                .add(new OptimizerOp.AdamW(
                        weights,
                        m,
                        v,
                        dw,
                        settings,
                        norm,
                        new OptimizerOp.Adam(BETA1, BETA2, ADAM_EPS, DECAY, MAX_NORM)));
    }

    @Override
    public int number() {
        return 7;
    }

    @Override
    public String title() {
        return "Backward";
    }

    @Override
    public String idea() {
        return "a gradient is a kernel like any other, and it is cheaper to compute shares again than to keep them";
    }

    @Override
    public String folder() {
        return "07-backward";
    }

    @Override
    public Workload workload(boolean small) {
        int rows = small ? 32 : 1024;
        Random random = new Random(7);
        Start start = new Start(
                numbers(random, rows * DIM, 0, 1),
                numbers(random, rows * DIM, 0, 1),
                numbers(random, DIM, 1, 0.2f),
                numbers(random, DIM, 0, 0.1f),
                new float[DIM]);
        for (int d = 0; d < DIM; d++) {
            start.square()[d] = 0.01f * (1 + d % 3);
        }
        FloatArray out = new FloatArray(start.size());
        Graphs graphs = new Graphs(start, out);
        List<Version> versions = new ArrayList<>();
        versions.add(Version.plain("plain Java", () -> derived(start)));
        versions.add(Version.check("finite differences", () -> differences(start)));
        versions.add(Version.graph("shares and slopes kept", graphs::kept, out));
        versions.add(Version.graph("computed again", graphs::computedAnew, out));
        versions.add(Version.production("as models run it", recipe -> production(recipe, start)));
        return new Workload(
                rows + " rows of one head of " + DIM + ", forward, backward and a step",
                versions,
                // Pairs of rows, times two products forward and five backward.
                7L * rows * (rows + 1) * DIM,
                (long) Float.BYTES * 3 * rows * DIM,
                1e-4);
    }

    private static float[] numbers(Random random, int count, float middle, float spread) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = middle + spread * (float) random.nextGaussian();
        }
        return values;
    }

    @Override
    public Exercise exercise() {
        return new Exercise(
                "out = the gradient of what a softmax p was computed from, from p and from the gradient dp of p, row by row",
                List.of(FloatArray.class, FloatArray.class, FloatArray.class, int.class, int.class),
                List.of(trial(32, 4), trial(5, 9)));
    }

    private static Trial trial(int rows, int columns) {
        FloatArray p = new FloatArray(rows * columns);
        FloatArray dp = new FloatArray(rows * columns);
        FloatArray out = new FloatArray(rows * columns);
        float[] expected = new float[rows * columns];
        for (int row = 0; row < rows; row++) {
            double[] x = new double[columns];
            for (int column = 0; column < columns; column++) {
                int at = row * columns + column;
                x[column] = (row * 3 + column * 5) % 7 / 3.0;
                dp.set(at, (row * 5 + column * 3) % 11 - 4);
            }
            double[] share = softmax(x);
            for (int column = 0; column < columns; column++) {
                int at = row * columns + column;
                p.set(at, (float) share[column]);
                double value = x[column];
                x[column] = value + NUDGE;
                double above = weighted(softmax(x), dp, row * columns);
                x[column] = value - NUDGE;
                double below = weighted(softmax(x), dp, row * columns);
                x[column] = value;
                expected[at] = (float) ((above - below) / (2 * NUDGE));
            }
        }
        return new Trial(
                rows + " rows of " + columns + " columns",
                List.of(p, dp, out, rows, columns),
                List.of("p", "dp", "out", "rows", "columns"),
                out,
                "out",
                expected,
                1e-5);
    }

    private static double[] softmax(double[] x) {
        double[] p = Arrays.stream(x).map(Math::exp).toArray();
        double total = Arrays.stream(p).sum();
        return Arrays.stream(p).map(value -> value / total).toArray();
    }

    private static double weighted(double[] p, FloatArray dp, int from) {
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            sum += p[i] * dp.get(from + i);
        }
        return sum;
    }
}

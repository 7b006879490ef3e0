package org.tornadomor.bench;

import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid2D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * Matrix products of the engine on a device beside two kernels that anyone would write first, in turn within one run: one
 * work-item for each element, and one for 8 rows of a column. Everything is square. Arguments: sizes, 512 and 1024 if none is
 * given; {@code tiles} first for the schedule of accelerators on any device. Prints medians in GFLOP/s as a table.
 */
public final class DeviceMatmulComparison {
    private static final int ROUNDS = 9;
    private static final int ROWS_AN_ITEM = 8;

    private DeviceMatmulComparison() {}

    /** Runs the comparison. */
    public static void main(String[] args) {
        boolean tiles = args.length > 0 && args[0].equals("tiles");
        int[] given = Arrays.stream(args)
                .skip(tiles ? 1 : 0)
                .mapToInt(Integer::parseInt)
                .toArray();
        int[] sizes = given.length == 0 ? new int[] {512, 1024} : given;
        EngineOptions options = EngineOptions.standard();
        try (TornadoEngine engine = new TornadoEngine(tiles ? options.withGroups() : options)) {
            System.out.println(engine.describe());
            System.out.println(
                    "| size | layout | engine | 8 rows an item | one item an element | largest difference |");
            System.out.println("|---|---|---|---|---|---|");
            for (int size : sizes) {
                compare(engine, size);
            }
        }
    }

    private static void compare(TornadoEngine engine, int size) {
        Random random = new Random(size);
        float[] a = values(random, size);
        float[] b = values(random, size);
        float[] transposed = new float[b.length];
        for (int i = 0; i < size; i++) {
            for (int j = 0; j < size; j++) {
                transposed[j * size + i] = b[i * size + j];
            }
        }
        try (DeviceProduct nn = new DeviceProduct(engine, size, "NN", a, b);
                DeviceProduct nt = new DeviceProduct(engine, size, "NT", a, transposed);
                DeviceProduct tn = new DeviceProduct(engine, size, "TN", a, b);
                Plain rows = new Plain(size, a, b, ROWS_AN_ITEM);
                Plain elements = new Plain(size, a, b, 1)) {
            double[][] seconds = new double[5][ROUNDS];
            for (int round = -1; round < ROUNDS; round++) {
                Runnable[] runs = {nn::run, nt::run, tn::run, rows::run, elements::run};
                for (int i = 0; i < runs.length; i++) {
                    long start = System.nanoTime();
                    runs[i].run();
                    if (round >= 0) {
                        seconds[i][round] = (System.nanoTime() - start) * 1e-9;
                    }
                }
            }
            double scale = 2e-9 * size * size * size;
            double plainRows = scale / median(seconds[3]);
            double plainElements = scale / median(seconds[4]);
            float[] expected = elements.result();
            String[] layouts = {"NN", "NT", "TN"};
            DeviceProduct[] products = {nn, nt, tn};
            for (int i = 0; i < layouts.length; i++) {
                // The gradient's A is read transposed: another product, so nothing to compare it with.
                String difference =
                        i == 2 ? "" : String.format(Locale.ROOT, "%.1e", difference(expected, products[i].result()));
                System.out.printf(
                        Locale.ROOT,
                        "| %d | %s | %.2f | %.2f | %.2f | %s |%n",
                        size,
                        layouts[i],
                        scale / median(seconds[i]),
                        plainRows,
                        plainElements,
                        difference);
            }
        }
    }

    private static float[] values(Random random, int size) {
        float[] values = new float[size * size];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        return values;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static double difference(float[] expected, float[] found) {
        double largest = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i] - found[i]));
        }
        return largest;
    }

    /** A product with one of the plain kernels. */
    private static final class Plain implements AutoCloseable {
        private final FloatArray c;
        private final TornadoExecutionPlan plan;
        private final FloatArray done = new FloatArray(1);

        Plain(int size, float[] a, float[] b, int rowsAnItem) {
            c = new FloatArray(size * size);
            FloatArray left = FloatArray.fromArray(a);
            FloatArray right = FloatArray.fromArray(b);
            String name = "plain" + rowsAnItem + "_" + size;
            TaskGraph graph = new TaskGraph(name).transferToDevice(DataTransferMode.FIRST_EXECUTION, left, right, done);
            KernelContext context = new KernelContext();
            if (rowsAnItem == 1) {
                graph.task("product", DeviceMatmulComparison::element, context, c, left, right, done, size);
            } else {
                graph.task("product", DeviceMatmulComparison::eightRows, context, c, left, right, done, size);
            }
            // One float comes back, so that a run ends when the kernel has; the product when it is asked for.
            graph.transferToHost(DataTransferMode.EVERY_EXECUTION, done);
            graph.transferToHost(DataTransferMode.UNDER_DEMAND, c);
            WorkerGrid2D grid = new WorkerGrid2D(size, size / rowsAnItem);
            grid.setLocalWork(Math.min(64, size), 1, 1);
            plan = new TornadoExecutionPlan(graph.snapshot());
            plan.withGridScheduler(new GridScheduler(name + ".product", grid));
        }

        void run() {
            plan.execute();
        }

        float[] result() {
            plan.execute().transferToHost(c);
            return c.toHeapArray();
        }

        @Override
        public void close() {
            try {
                plan.close();
            } catch (TornadoExecutionPlanException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** One work-item for each element. */
    static void element(KernelContext context, FloatArray c, FloatArray a, FloatArray b, FloatArray done, int size) {
        int j = context.globalIdx;
        int i = context.globalIdy;
        float sum = 0f;
        for (int k = 0; k < size; k++) {
            sum += a.get(i * size + k) * b.get(k * size + j);
        }
        c.set(i * size + j, sum);
        done.set(0, 1f);
    }

    /** One work-item for 8 rows of a column. */
    static void eightRows(KernelContext context, FloatArray c, FloatArray a, FloatArray b, FloatArray done, int size) {
        int j = context.globalIdx;
        int i = context.globalIdy * ROWS_AN_ITEM;
        float[] sums = new float[ROWS_AN_ITEM];
        for (int r = 0; r < ROWS_AN_ITEM; r++) {
            sums[r] = 0f;
        }
        for (int k = 0; k < size; k++) {
            float right = b.get(k * size + j);
            for (int r = 0; r < ROWS_AN_ITEM; r++) {
                sums[r] += a.get((i + r) * size + k) * right;
            }
        }
        for (int r = 0; r < ROWS_AN_ITEM; r++) {
            c.set((i + r) * size + j, sums[r]);
        }
        done.set(0, 1f);
    }
}

package org.tornadomor.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Matrix products of the engine beside OpenBLAS, in turn within one run, so that a busy machine slows both: medians in
 * GFLOP/s, their ratio, and the geometric mean of the ratios. Arguments: threads, seconds a shape, and if only some are wanted
 * a layout and shapes such as {@code 64x64x64,2048x512x512}.
 */
final class MatmulComparison {
    private static final int[][] SHAPES = {
        {64, 64, 64},
        {128, 128, 128},
        {256, 256, 256},
        {512, 512, 512},
        {1024, 1024, 1024},
        {2048, 2048, 2048},
        {4096, 4096, 4096},
        {2048, 1536, 512},
        {2048, 512, 512},
        {2048, 2816, 512},
        {2048, 512, 1408},
        {2048, 257, 512},
        {300, 1536, 512},
        {32, 1536, 512},
        {8, 1536, 512},
        {1, 1536, 512},
        {2048, 1, 512},
    };

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private MatmulComparison() {}

    public static void main(String[] args) {
        int threads = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        double seconds = args.length > 1 ? Double.parseDouble(args[1]) : 1;
        if (!OpenBlas.installed()) {
            Results.note("OpenBLAS is not installed: matrix products are left out.");
            return;
        }
        OpenBlas blas = new OpenBlas();
        blas.threads(threads);
        warmUp(threads, blas);
        Results results = new Results(
                "Matrix products, " + threads + (threads == 1 ? " thread" : " threads"),
                "layout",
                "m x n x k",
                "GFLOP/s",
                "OpenBLAS GFLOP/s",
                "ratio");
        for (Product.Layout layout : Product.Layout.values()) {
            if (args.length > 2 && layout != Product.Layout.valueOf(args[2])) {
                continue;
            }
            List<Double> ratios = new ArrayList<>();
            for (int[] s : SHAPES) {
                if (args.length > 3 && !Arrays.asList(args[3].split(",")).contains(s[0] + "x" + s[1] + "x" + s[2])) {
                    continue;
                }
                // In TN the training shapes are [R, n]^T [R, k]: the rows are the length of the sums.
                boolean turn = layout == Product.Layout.TN;
                boolean training = s[0] == 2048 || s[0] < 64;
                int m = turn && training ? s[1] : s[0];
                int n = turn && training ? s[2] : layout == Product.Layout.NN ? s[2] : s[1];
                int k = turn && training ? s[0] : layout == Product.Layout.NN ? s[1] : s[2];
                try (Product product = new Product(layout, m, n, k, threads, blas)) {
                    double[] rates = compare(product, seconds, threads);
                    results.row(layout.name(), m + " x " + n + " x " + k, rates[0], rates[1], rates[2]);
                    ratios.add(rates[2]);
                }
            }
            results.row(layout.name(), "geometric mean", null, null, Results.geometricMean(ratios));
        }
        Results.note(blas.describe() + ".");
    }

    /** All kernels are compiled before anything is measured. */
    private static void warmUp(int threads, OpenBlas blas) {
        for (Product.Layout layout : Product.Layout.values()) {
            for (int m : new int[] {1, 2, 300, 308}) {
                try (Product product = new Product(layout, m, 260, 300, threads, blas)) {
                    for (long end = System.nanoTime() + 1_500_000_000L; System.nanoTime() < end; ) {
                        product.runEngine();
                    }
                }
            }
        }
    }

    /** GFLOP/s of the engine and of OpenBLAS, and the median of the ratios of neighbouring runs. */
    private static double[] compare(Product product, double seconds, int threads) {
        int repeats = (int) Math.max(1, 1e7 / product.flops());
        long end = System.nanoTime() + (long) (seconds * 0.5e9);
        while (System.nanoTime() < end) {
            for (int i = 0; i < repeats; i++) {
                product.runEngine();
            }
        }
        double[] mine = new double[10_000];
        double[] theirs = new double[10_000];
        double[] ratios = new double[10_000];
        int rounds = 0;
        end = System.nanoTime() + (long) (seconds * 1e9);
        while (rounds < mine.length && (System.nanoTime() < end || rounds < 5)) {
            mine[rounds] = time(product::runEngine, repeats, threads);
            theirs[rounds] = time(product::runBlas, repeats, threads);
            ratios[rounds] = theirs[rounds] / mine[rounds];
            rounds++;
        }
        double scale = product.flops() * repeats * 1e-9;
        return new double[] {
            scale / median(mine, rounds), scale / median(theirs, rounds), median(ratios, rounds),
        };
    }

    /** One thread is timed by the processor time that it got, so that other programs on the machine count less. */
    private static double time(Runnable run, int repeats, int threads) {
        long start = threads == 1 ? THREADS.getCurrentThreadCpuTime() : System.nanoTime();
        for (int i = 0; i < repeats; i++) {
            run.run();
        }
        return ((threads == 1 ? THREADS.getCurrentThreadCpuTime() : System.nanoTime()) - start) * 1e-9;
    }

    private static double median(double[] values, int count) {
        return Results.median(Arrays.copyOf(values, count));
    }
}

package org.tornadomor.engine.cpu.products;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;
import org.tornadomor.engine.Precision;
import org.tornadomor.engine.cpu.basics.Matrix;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/** Which implementation of {@link Products} an engine gets. */
public final class ProductChoice {
    /** How many times as fast as Java a library has to be, for {@link ProductProvider#AUTO} to take it. */
    static final double GAIN = 1.3;

    /** How long the measurement takes at most: that code is compiled takes most of it. */
    private static final long TRIAL_NANOS = 1_500_000_000L;

    /** Runs of either that count, if there is time for them. */
    private static final int RUNS = 200;

    /** A product of the trial: m, n and k. */
    private static final int TRIAL = 512;

    private ProductChoice() {}

    /**
     * Opens what was asked for.
     *
     * @param notes hears in one line what was not to be expected: that the library is not there, or what was measured
     */
    public static Products open(
            ProductProvider provider, Precision precision, WorkerTeam team, Consumer<String> notes) {
        if (precision == Precision.BFLOAT16) {
            return rounding(provider, team, notes);
        }
        if (provider == ProductProvider.JAVA) {
            return new JavaProducts();
        }
        String problem = OneDnnProducts.problem(precision);
        if (problem != null) {
            notes.accept("products are computed in Java: " + problem);
            return new JavaProducts();
        }
        Products library = new OneDnnProducts(team.threads(), precision);
        if (provider == ProductProvider.ONEDNN) {
            return library;
        }
        Products java = new JavaProducts();
        double gain = gain(java, library, team);
        boolean taken = gain >= GAIN;
        notes.accept(String.format(
                Locale.ROOT,
                "products are computed by %s: oneDNN was measured at %.2f times the speed of Java, and is taken from %.1f on",
                taken ? "oneDNN" : "Java",
                gain,
                GAIN));
        (taken ? java : library).close();
        return taken ? library : java;
    }

    /** The library is there for its speed; what is rounded is the same. No measurement: it would compare other numbers. */
    private static Products rounding(ProductProvider provider, WorkerTeam team, Consumer<String> notes) {
        if (provider != ProductProvider.JAVA) {
            String problem = OneDnnProducts.problem(Precision.BFLOAT16);
            if (problem == null) {
                return new OneDnnProducts(team.threads(), Precision.BFLOAT16);
            }
            notes.accept("products in bfloat16 are computed in Java, which takes longer than float32: " + problem);
        }
        return new RoundedProducts();
    }

    /** How many times as fast the second one is: both in turn, the quickest run of each. */
    private static double gain(Products first, Products second, WorkerTeam team) {
        float[] values = new float[TRIAL * TRIAL];
        Arrays.fill(values, 1f);
        Matrix a = new Matrix().set(values, 0, TRIAL);
        Matrix c = new Matrix().set(new float[TRIAL * TRIAL], 0, TRIAL);
        Products.Product[] products = {first.product(false, true), second.product(false, true)};
        long[] least = {Long.MAX_VALUE, Long.MAX_VALUE};
        long end = System.nanoTime() + TRIAL_NANOS;
        for (int run = 0; run < RUNS && System.nanoTime() < end; run++) {
            for (int i = 0; i < products.length; i++) {
                long start = System.nanoTime();
                products[i].run(team, TRIAL, TRIAL, TRIAL, a, a, c, null);
                least[i] = Math.min(least[i], System.nanoTime() - start);
            }
        }
        return (double) least[0] / least[1];
    }
}

package org.tornadomor.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/**
 * Runs a single op on any engine: declares slots with values, lays them out with random gaps, runs, and checks that
 * nothing else was touched.
 *
 * <pre>{@code
 * OpHarness.check(20, h -> {
 *     Extent rows = h.rows(50);
 *     Values x = h.floats("x", rows, 8), out = h.floats("out", rows, 8);
 *     h.run(new DenseOp.Copy(out.slot(), x.slot()));
 *     assertEquals(x.before(0, 3), out.get(0, 3));
 * });
 * }</pre>
 */
public final class OpHarness {
    private final Engine engine;
    private final Random random;
    private final Ops ops = new Ops("test");
    private final Arena floats;
    private final Arena ints;
    private final List<Values> all = new ArrayList<>();

    private OpHarness(Engine engine, long seed) {
        this.engine = engine;
        this.random = new Random(seed);
        this.floats = engine.arena("floats", ElementType.F32);
        this.ints = engine.arena("ints", ElementType.I32);
    }

    /** Runs a scenario for the seeds 0 to {@code cases - 1} on all engines; within a group the bits must agree. */
    public static void check(int cases, Consumer<OpHarness> scenario) {
        for (List<Engine> group : TestEngines.groups()) {
            try {
                for (int seed = 0; seed < cases; seed++) {
                    checkGroup(group, seed, scenario);
                }
            } finally {
                group.forEach(Engine::close);
            }
        }
    }

    private static void checkGroup(List<Engine> group, int seed, Consumer<OpHarness> scenario) {
        List<double[]> first = null;
        for (Engine engine : group) {
            OpHarness harness = new OpHarness(engine, seed);
            try {
                scenario.accept(harness);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ", " + engine.describe() + ": " + e.getMessage(), e);
            } finally {
                harness.floats.close();
                harness.ints.close();
            }
            List<double[]> results =
                    harness.all.stream().map(Values::everything).toList();
            if (first == null) {
                first = results;
            }
            for (int i = 0; i < results.size(); i++) {
                assertArrayEquals(
                        first.get(i),
                        results.get(i),
                        "seed " + seed + ": " + harness.all.get(i).slot() + " on " + engine.describe() + " and on "
                                + group.get(0).describe());
            }
        }
    }

    public Random random() {
        return random;
    }

    /** A number from {@code least} to {@code most}. */
    public int between(int least, int most) {
        return least + random.nextInt(most - least + 1);
    }

    /** An extent of at most {@code max} rows with a random count of at least 1. */
    public Extent rows(int max) {
        Extent extent = Extent.of("rows", max);
        extent.set(between(1, max));
        return extent;
    }

    /** A slot of floats with standard normal values in the rows in use. */
    public Values floats(String name, Extent rows, int columns) {
        Values values = place(ops.f32(name, rows, columns), floats);
        for (int i = 0; i < rows.count() * columns; i++) {
            values.set(i / columns, i % columns, random.nextGaussian());
        }
        return values;
    }

    public Values floats(String name, int rows, int columns) {
        return floats(name, Extent.fixed(rows), columns);
    }

    /** A slot of indices from 0 to {@code bound - 1}. */
    public Values ints(String name, Extent rows, int columns, int bound) {
        Values values = place(ops.slot(name, ElementType.I32, rows, columns), ints);
        for (int i = 0; i < rows.count() * columns; i++) {
            values.set(i / columns, i % columns, random.nextInt(bound));
        }
        return values;
    }

    public Values ints(String name, Extent rows, int bound) {
        return ints(name, rows, 1, bound);
    }

    public Values ints(String name, int rows, int bound) {
        return ints(name, Extent.fixed(rows), 1, bound);
    }

    /** Distinct indices below {@code bound} in random order. */
    public Values distinct(String name, Extent rows, int bound) {
        Values values = ints(name, rows, bound);
        int[] shuffled = new int[bound];
        for (int i = 0; i < bound; i++) {
            int j = random.nextInt(i + 1);
            shuffled[i] = shuffled[j];
            shuffled[j] = i;
        }
        for (int i = 0; i < rows.count(); i++) {
            values.set(i, shuffled[i]);
        }
        return values;
    }

    /** Where {@code sequences} sequences of random lengths, possibly empty, start among so many rows. */
    public Values starts(String name, int sequences, int rows) {
        Values values = ints(name, sequences + 1, 1);
        int[] cuts = new int[sequences + 1];
        cuts[sequences] = rows;
        for (int b = 1; b < sequences; b++) {
            cuts[b] = random.nextInt(rows + 1);
        }
        Arrays.sort(cuts, 1, sequences);
        for (int b = 0; b <= sequences; b++) {
            values.set(b, cuts[b]);
        }
        return values;
    }

    private Values place(Slot slot, Arena arena) {
        boolean gaps = random.nextBoolean();
        int left = gaps ? random.nextInt(4) : 0;
        int right = gaps ? random.nextInt(4) : 0;
        int above = random.nextInt(3);
        Tensor whole = arena.allocate(
                slot.name(), above + slot.rows().max() + random.nextInt(3), left + slot.columns() + right);
        Values values = new Values(slot, whole, above, left);
        all.add(values);
        return values;
    }

    /** Runs the op once on the values set so far. */
    public void run(Op op) {
        ops.add(op);
        Map<Slot, Tensor> tensors = new HashMap<>();
        for (Values values : all) {
            tensors.put(values.slot(), values.view());
        }
        Binding binding = engine.compile(ops).bind(tensors);
        for (Values values : all) {
            values.upload(engine);
        }
        binding.run();
        for (Values values : all) {
            values.download(engine);
            values.checkUntouched(op.writes().contains(values.slot()));
        }
    }

    /** Holds a value to {@code tolerance (1 + |expected|)}. */
    public static void assertClose(double expected, double actual, double tolerance, Object... where) {
        if (Double.isNaN(expected)) {
            assertTrue(Double.isNaN(actual), () -> List.of(where) + " should be NaN, not " + actual);
            return;
        }
        assertEquals(
                expected,
                actual,
                tolerance * (1 + Math.abs(expected)),
                () -> List.of(where).toString());
    }

    /**
     * Holds the gradient that an op computed to central differences of {@code loss}, at no more than 15 places.
     *
     * @param before what the gradient was before the op added to it; null if it overwrites
     */
    public void assertGradient(
            ToDoubleFunction<double[]> loss, double[] at, double[] gradient, double[] before, double tolerance) {
        double step = 1e-5;
        double[] x = at.clone();
        int probes = Math.min(15, x.length);
        for (int probe = 0; probe < probes; probe++) {
            int i = probes == x.length ? probe : random.nextInt(x.length);
            x[i] = at[i] + step;
            double up = loss.applyAsDouble(x);
            x[i] = at[i] - step;
            double down = loss.applyAsDouble(x);
            x[i] = at[i];
            double expected = (up - down) / (2 * step) + (before == null ? 0 : before[i]);
            assertClose(expected, gradient[i], tolerance, "gradient", i);
        }
    }
}

package org.tornadomor.engine.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.IntFunction;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Op;
import org.tornadomor.engine.Ops;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.cpu.CpuEngine;

/**
 * One op on a device and on the CPU engine with the same values. Float slots are column views of wider tensors, spread
 * over several arenas; afterwards everything is compared: results, what was only read, and the margins.
 */
final class OpTwin implements AutoCloseable {
    private static final float MARGIN = 12345f;
    private static final int ARENAS = 3;

    private final TornadoEngine device;
    private final CpuEngine cpu = new CpuEngine(1);
    private final Random random;
    private final Ops ops = new Ops("twin");
    private final List<Given> given = new ArrayList<>();

    /** A slot, its wide tensor's values, and the arena that it goes to. */
    private record Given(Slot slot, int margin, float[] floats, int[] ints, int arena, IntFunction<int[]> ofCount) {}

    /** The op on one engine. */
    private record Side(Engine engine, List<Arena> arenas, Map<Slot, Tensor> wide, Binding binding) {}

    OpTwin(TornadoEngine device, Random random) {
        this.device = device;
        this.random = random;
    }

    /** A slot of normally distributed values with a margin of 0 to 3 columns on both sides. */
    Slot f32(String name, Extent rows, int columns) {
        float[] values = new float[rows.max() * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return f32(name, rows, columns, values);
    }

    /** A slot of these values; without margins if it is a vector. */
    Slot f32(String name, Extent rows, int columns, float[] values) {
        int margin = columns == 1 ? 0 : random.nextInt(4);
        int width = columns + 2 * margin;
        float[] filled = new float[rows.max() * width];
        Arrays.fill(filled, MARGIN);
        for (int i = 0; i < rows.max(); i++) {
            System.arraycopy(values, i * columns, filled, i * width + margin, columns);
        }
        Slot slot = ops.f32(name, rows, columns);
        given.add(new Given(slot, margin, filled, null, random.nextInt(ARENAS), null));
        return slot;
    }

    /** A slot of these indices. */
    Slot i32(String name, Extent rows, int[] values) {
        Slot slot = ops.i32(name, rows);
        given.add(new Given(slot, 0, null, Arrays.copyOf(values, rows.max()), 0, null));
        return slot;
    }

    /** A slot of indices that depend on how many rows the op works on. */
    Slot i32(String name, Extent rows, IntFunction<int[]> ofCount) {
        Slot slot = ops.i32(name, rows);
        given.add(new Given(slot, 0, null, new int[rows.max()], 0, ofCount));
        return slot;
    }

    /** A slot that says where each of some sequences begins, some of them empty, which together are all rows in use. */
    Slot starts(String name, int sequences) {
        long seed = random.nextLong();
        return i32(name, Extent.fixed(sequences + 1), count -> starts(new Random(seed), sequences, count));
    }

    static int[] starts(Random random, int sequences, int rows) {
        int[] cuts = random.ints(sequences + 1, 0, rows + 1).sorted().toArray();
        cuts[0] = 0;
        cuts[sequences] = rows;
        return cuts;
    }

    /** A slot of indices from 0 to {@code bound - 1}. */
    Slot i32(String name, Extent rows, int bound) {
        return i32(name, rows, random.ints(rows.max(), 0, bound).toArray());
    }

    /** A slot of rows of indices from 0 to {@code bound - 1}. */
    Slot i32(String name, Extent rows, int columns, int bound) {
        Slot slot = ops.slot(name, ElementType.I32, rows, columns);
        int[] values = random.ints(rows.max() * columns, 0, bound).toArray();
        given.add(new Given(slot, 0, null, values, 0, null));
        return slot;
    }

    /** A slot of rows of these indices. */
    Slot i32(String name, Extent rows, int columns, int[] values) {
        Slot slot = ops.slot(name, ElementType.I32, rows, columns);
        given.add(new Given(slot, 0, null, values.clone(), 0, null));
        return slot;
    }

    /** A slot of distinct indices from 0 to {@code bound - 1}, in order. */
    Slot distinct(String name, Extent rows, int bound) {
        TreeSet<Integer> chosen = new TreeSet<>();
        while (chosen.size() < rows.max()) {
            chosen.add(random.nextInt(bound));
        }
        return i32(name, rows, chosen.stream().mapToInt(i -> i).toArray());
    }

    /** Runs the op, after others if any are given, with all rows, one, none and some, on fresh values, and compares. */
    void compare(Op op, double tolerance, Op... before) {
        List.of(before).forEach(ops::add);
        ops.add(op);
        Side onDevice = side(device);
        Side onCpu = side(cpu);
        Extent rows = op.rows();
        int max = rows.max();
        TreeSet<Integer> counts = rows.isFixed() ? new TreeSet<>(List.of(max)) : new TreeSet<>(List.of(0, max));
        if (!rows.isFixed() && max > 1) {
            counts.addAll(List.of(1, 1 + random.nextInt(max - 1)));
        }
        for (int count : counts.descendingSet()) {
            rows.set(count);
            for (Given g : given) {
                if (g.ofCount != null) {
                    int[] values = g.ofCount.apply(count);
                    System.arraycopy(values, 0, g.ints, 0, values.length);
                }
            }
            upload(onDevice);
            upload(onCpu);
            onDevice.binding.run();
            onCpu.binding.run();
            for (Given g : given) {
                compare(op + " with " + count + " rows, " + g.slot, g, onDevice, onCpu, tolerance);
            }
        }
        onDevice.arenas.forEach(Arena::close);
    }

    private Side side(Engine engine) {
        List<Arena> arenas = new ArrayList<>();
        for (int i = 0; i < ARENAS; i++) {
            arenas.add(engine.arena("floats" + i, ElementType.F32));
        }
        Arena ints = engine.arena("ints", ElementType.I32);
        List<Arena> all = new ArrayList<>(arenas);
        all.add(ints);
        Map<Slot, Tensor> wide = new HashMap<>();
        Map<Slot, Tensor> tensors = new HashMap<>();
        for (Given g : given) {
            int max = g.slot.rows().max();
            Arena arena = g.ints != null ? ints : arenas.get(g.arena);
            Tensor tensor = g.slot.columns() == 1
                    ? arena.allocate(g.slot.name(), max)
                    : arena.allocate(g.slot.name(), max, g.slot.columns() + 2 * g.margin);
            wide.put(g.slot, tensor);
            tensors.put(g.slot, g.margin == 0 ? tensor : tensor.columns(g.margin, g.slot.columns()));
        }
        return new Side(engine, all, wide, engine.compile(ops).bind(tensors));
    }

    private void upload(Side side) {
        for (Given g : given) {
            if (g.ints != null) {
                side.engine.upload(side.wide.get(g.slot), g.ints, 0);
            } else {
                side.engine.upload(side.wide.get(g.slot), g.floats, 0);
            }
        }
    }

    private static void compare(String what, Given g, Side onDevice, Side onCpu, double tolerance) {
        Tensor deviceTensor = onDevice.wide.get(g.slot);
        Tensor cpuTensor = onCpu.wide.get(g.slot);
        if (g.ints != null) {
            int[] found = new int[g.ints.length];
            int[] expected = new int[g.ints.length];
            onDevice.engine.download(deviceTensor, found, 0);
            onCpu.engine.download(cpuTensor, expected, 0);
            assertEquals(Arrays.toString(expected), Arrays.toString(found), what);
            return;
        }
        float[] found = new float[g.floats.length];
        float[] expected = new float[g.floats.length];
        onDevice.engine.download(deviceTensor, found, 0);
        onCpu.engine.download(cpuTensor, expected, 0);
        for (int i = 0; i < found.length; i++) {
            if (Float.compare(expected[i], found[i]) != 0) {
                double allowed = tolerance * Math.max(1, Math.abs(expected[i]));
                assertEquals(expected[i], found[i], allowed, what + ", element " + i);
            }
        }
    }

    @Override
    public void close() {
        cpu.close();
    }
}

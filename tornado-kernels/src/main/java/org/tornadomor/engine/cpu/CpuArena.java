package org.tornadomor.engine.cpu;

import org.tornadomor.UserError;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.ElementType;

/** Segments are Java arrays, made when first touched. */
final class CpuArena extends Arena {
    private float[][] floats = new float[0][];
    private int[][] ints = new int[0][];
    private final CpuEngine engine;

    CpuArena(CpuEngine engine, String name, ElementType type) {
        super(name, type, Integer.MAX_VALUE);
        this.engine = engine;
    }

    float[] floats(int segment) {
        materialise();
        return floats[segment];
    }

    int[] ints(int segment) {
        materialise();
        return ints[segment];
    }

    private void materialise() {
        int have = type() == ElementType.F32 ? floats.length : ints.length;
        if (have == segments()) {
            return;
        }
        seal();
        try {
            if (type() == ElementType.F32) {
                floats = java.util.Arrays.copyOf(floats, segments());
                for (int i = have; i < floats.length; i++) {
                    floats[i] = new float[segmentElements(i)];
                }
            } else {
                ints = java.util.Arrays.copyOf(ints, segments());
                for (int i = have; i < ints.length; i++) {
                    ints[i] = new int[segmentElements(i)];
                }
            }
        } catch (OutOfMemoryError e) {
            throw new UserError(
                    "not enough memory: " + name() + " needs " + (bytes() >> 20) + " MiB and the Java heap is at most "
                            + (Runtime.getRuntime().maxMemory() >> 20)
                            + " MiB; use a smaller batch, context or model, or a larger heap (-Xmx)",
                    e);
        }
    }

    @Override
    public void close() {
        floats = new float[0][];
        ints = new int[0][];
        engine.forget(this);
    }
}

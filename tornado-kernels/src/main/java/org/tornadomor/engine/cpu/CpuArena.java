package org.tornadomor.engine.cpu;

import java.util.Arrays;
import org.tornadomor.UserError;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.cpu.basics.Changes;
import org.tornadomor.engine.cpu.basics.Lanes;

/** Segments are Java arrays, made when first touched. */
final class CpuArena extends Arena {
    private Object[] arrays = {};
    private final CpuEngine engine;
    private final Changes changes = new Changes();

    CpuArena(CpuEngine engine, String name, ElementType type) {
        super(name, type, Integer.MAX_VALUE);
        this.engine = engine;
    }

    /** The array behind a segment: {@code float[]}, {@code int[]}, {@code short[]} or {@code byte[]} as the type has it. */
    Object array(int segment) {
        if (arrays.length < segments()) {
            materialise();
        }
        return arrays[segment];
    }

    /** How often something here may have been written. */
    Changes changes() {
        return changes;
    }

    private void materialise() {
        int have = arrays.length;
        seal();
        try {
            arrays = Arrays.copyOf(arrays, segments());
            for (int i = have; i < arrays.length; i++) {
                int elements = segmentElements(i);
                arrays[i] = switch (type()) {
                    case F32 -> new float[elements];
                    case I32 -> new int[elements];
                    case BF16 -> new short[elements];
                    case I8, Q8 -> new byte[elements];
                };
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
    protected int firstElement() {
        return Lanes.ALIGNED * Float.BYTES / type().bytes();
    }

    @Override
    public void close() {
        arrays = new Object[0];
        engine.forget(this);
    }
}

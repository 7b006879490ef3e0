package org.tornadomor.engine.cpu;

import java.util.Arrays;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.cpu.basics.NarrowRows;

/** Rows of bfloat16: keys and values in caches. Floats are rounded when they are copied in. */
final class HalfRows extends Rows {
    private short[] values;

    HalfRows(Slot slot) {
        super(slot, ElementType.BF16);
    }

    @Override
    void bind(CpuBinding binding) {
        super.bind(binding);
        values = binding.shorts(slot);
    }

    @Override
    void copy(int to, Rows source, int from, int count) {
        if (source instanceof HalfRows halves) {
            System.arraycopy(halves.values, from, values, to, count);
        } else {
            NarrowRows.store(((FloatRows) source).values, from, values, to, count);
        }
    }

    @Override
    void add(int to, Rows source, int from, int count) {
        throw new UnsupportedOperationException("nothing is added to bfloat16");
    }

    @Override
    void clear(int to, int count) {
        Arrays.fill(values, to, to + count, (short) 0);
    }
}

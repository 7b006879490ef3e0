package org.tornadomor.engine.cpu;

import java.util.Arrays;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.cpu.basics.RowMath;

/** Rows of numbers. */
final class FloatRows extends Rows {
    float[] values;

    FloatRows(Slot slot) {
        super(slot, ElementType.F32);
    }

    @Override
    void bind(CpuBinding binding) {
        super.bind(binding);
        values = binding.floats(slot);
    }

    /** The first column of row {@code i}. */
    float get(int i) {
        return values[at + i * stride];
    }

    void set(int i, float value) {
        values[at + i * stride] = value;
    }

    void add(int i, double value) {
        values[at + i * stride] += (float) value;
    }

    @Override
    void copy(int to, Rows source, int from, int count) {
        System.arraycopy(((FloatRows) source).values, from, values, to, count);
    }

    @Override
    void add(int to, Rows source, int from, int count) {
        RowMath.add(values, to, ((FloatRows) source).values, from, count);
    }

    @Override
    void clear(int to, int count) {
        Arrays.fill(values, to, to + count, 0f);
    }
}

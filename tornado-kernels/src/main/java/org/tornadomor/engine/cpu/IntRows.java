package org.tornadomor.engine.cpu;

import java.util.Arrays;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Slot;

/** Rows of indices. */
final class IntRows extends Rows {
    int[] values;

    IntRows(Slot slot) {
        super(slot, ElementType.I32);
    }

    @Override
    void bind(CpuBinding binding) {
        super.bind(binding);
        values = binding.ints(slot);
    }

    /** The first column of row {@code i}. */
    int get(int i) {
        return values[at + i * stride];
    }

    void set(int i, int value) {
        values[at + i * stride] = value;
    }

    @Override
    void copy(int to, Rows source, int from, int count) {
        System.arraycopy(((IntRows) source).values, from, values, to, count);
    }

    @Override
    void add(int to, Rows source, int from, int count) {
        int[] added = ((IntRows) source).values;
        for (int c = 0; c < count; c++) {
            values[to + c] += added[from + c];
        }
    }

    @Override
    void clear(int to, int count) {
        Arrays.fill(values, to, to + count, 0);
    }
}

package org.tornadomor.engine.cpu;

import org.tornadomor.engine.Slot;

/** Where the values of one slot are in the current run. */
final class Matrix {
    float[] values;
    int at;
    int stride;

    /** Points to what the binding has in the slot. */
    Matrix bind(CpuBinding binding, Slot slot) {
        values = binding.floats(slot);
        at = binding.offset(slot);
        stride = binding.stride(slot);
        return this;
    }

    /** Where a row's element of this column is. */
    int at(int row, int column) {
        return at + row * stride + column;
    }
}

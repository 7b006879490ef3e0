package org.tornadomor.engine.cpu;

import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Slot;

/** Where the values of one slot are in the current run. */
final class Matrix {
    /** Null if the slot's type is narrow: then {@link #copy} gives its values. */
    float[] values;

    int at;
    int stride;
    private int columns;
    /** The values of type BF16, or null. */
    short[] halves;
    /** The values of type I8 or Q8, or null. */
    byte[] bytes;
    /** Whether the values are of type Q8: each block has a scale. */
    boolean blocks;

    /** Of the arena where the values are, or null. */
    Changes changes;

    /** Points to what the binding has in the slot. */
    Matrix bind(CpuBinding binding, Slot slot) {
        switch (slot.type()) {
            case F32 -> values = binding.floats(slot);
            case BF16 -> halves = binding.shorts(slot);
            case I8, Q8 -> bytes = binding.bytes(slot);
            case I32 -> throw new IllegalArgumentException(slot + " holds indices");
        }
        at = binding.offset(slot);
        stride = binding.stride(slot);
        columns = slot.columns();
        changes = binding.changes(slot);
        blocks = slot.type() == ElementType.Q8;
        return this;
    }

    /** Points to floats elsewhere. */
    Matrix set(float[] array, int first, int rowStride) {
        values = array;
        at = first;
        stride = rowStride;
        return this;
    }

    boolean isNarrow() {
        return values == null;
    }

    /** Where a row's element of this column is. */
    int at(int row, int column) {
        return at + row * stride + column;
    }

    /** What the bytes of a row of type I8 are multiplied with. */
    float scale(int row) {
        return NarrowRows.scale(bytes, at(row, columns));
    }

    /** Copies {@code count} elements of each of {@code rows} rows as floats, {@code toStride} apart. */
    void copy(int row, int column, int rows, int count, float[] to, int toAt, int toStride) {
        for (int i = 0; i < rows; i++) {
            int from = at(row + i, column);
            int target = toAt + i * toStride;
            if (values != null) {
                System.arraycopy(values, from, to, target, count);
            } else if (halves != null) {
                NarrowRows.load(halves, from, to, target, count);
            } else if (blocks) {
                BlockRows.load(bytes, from - column, columns, column, to, target, count);
            } else {
                NarrowRows.load(bytes, from, to, target, count, scale(row + i));
            }
        }
    }
}

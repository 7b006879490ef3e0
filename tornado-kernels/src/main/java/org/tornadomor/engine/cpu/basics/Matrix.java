package org.tornadomor.engine.cpu.basics;

import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Slot;

/** Where the values of one slot are in the current run. */
public final class Matrix {
    /** Null if the slot's type is narrow: then {@link #copy} gives its values. */
    public float[] values;

    public int at;
    public int stride;
    private int columns;
    /** The values of type BF16, or null. */
    public short[] halves;
    /** The values of type I8 or Q8, or null. */
    public byte[] bytes;
    /** Whether the values are of type Q8: each block has a scale. */
    public boolean blocks;

    /** Of the arena where the values are, or null. */
    public Changes changes;

    /** Points to what the binding has in the slot. */
    public Matrix bind(SlotArrays binding, Slot slot) {
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
    public Matrix set(float[] array, int first, int rowStride) {
        values = array;
        at = first;
        stride = rowStride;
        return this;
    }

    public boolean isNarrow() {
        return values == null;
    }

    /** Where a row's element of this column is. */
    public int at(int row, int column) {
        return at + row * stride + column;
    }

    /** What the bytes of a row of type I8 are multiplied with. */
    public float scale(int row) {
        return NarrowRows.scale(bytes, at(row, columns));
    }

    /** Copies {@code count} elements of each of {@code rows} rows as floats, {@code toStride} apart. */
    public void copy(int row, int column, int rows, int count, float[] to, int toAt, int toStride) {
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

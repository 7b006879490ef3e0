package org.tornadomor.engine.cpu;

import java.util.Objects;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Slot;

/** Where the rows of a slot are during a run: array, offset of the first element, elements from row to row. */
public abstract sealed class Rows permits FloatRows, HalfRows, IntRows {
    final Slot slot;
    int at;
    int stride;

    Rows(Slot slot, ElementType type) {
        if (slot.type() != type) {
            throw new IllegalArgumentException(slot + " holds " + slot.type() + " where the op takes " + type);
        }
        this.slot = slot;
    }

    /** Rows of the slot's own element type. */
    static Rows of(Slot slot) {
        return switch (slot.type()) {
            case F32 -> new FloatRows(slot);
            case BF16 -> new HalfRows(slot);
            case I32 -> new IntRows(slot);
            case I8, Q8 -> throw new IllegalArgumentException(slot + " holds bytes, which only products read");
        };
    }

    /** Points to the tensor that a binding holds in the slot. */
    void bind(CpuBinding binding) {
        at = binding.offset(slot);
        stride = binding.stride(slot);
    }

    /** The place of the first element of row {@code i}. */
    final int row(int i) {
        return at + i * stride;
    }

    /** As {@link #row} for a row number that was read from a tensor: a wrong one must not touch another tensor. */
    final int checkedRow(int i) {
        return at + Objects.checkIndex(i, slot.rows().max()) * stride;
    }

    /** Whether the rows follow one another without gaps. */
    final boolean isContiguous() {
        return stride == slot.columns();
    }

    /** Copies elements from rows of the same type, or of floats, which are rounded where this type is narrow. */
    abstract void copy(int to, Rows source, int from, int count);

    /** Adds elements of rows of the same type. */
    abstract void add(int to, Rows source, int from, int count);

    /** Sets elements to zero. */
    abstract void clear(int to, int count);
}

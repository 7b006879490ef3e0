package org.tornadomor.engine;

import org.tornadomor.PublicApi;

/** What an arena holds: numbers or indices. Everything is computed in F32; the narrow types are for weights that are only read. */
@PublicApi
public enum ElementType {
    /** Single precision. */
    F32(4),
    /** Indices. */
    I32(4),
    /** The upper half of a float, see {@link Bfloat16}. */
    BF16(2),
    /** Signed bytes, and behind each row a float: the scale that they are multiplied with. */
    I8(1),
    /**
     * Signed bytes, and behind each row a float16 for each {@link #BLOCK} of them: the scale that they are multiplied with. Rows are
     * whole blocks.
     */
    Q8(1);

    /** Elements of Q8 that share a scale. */
    public static final int BLOCK = 32;

    /** Bytes of a scale of Q8. */
    public static final int SCALE_BYTES = 2;

    private final int bytes;

    ElementType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of an element. */
    public int bytes() {
        return bytes;
    }

    /** Whether values are rounded when they are uploaded, and only matrix products and embeddings read them. */
    public boolean narrow() {
        return this == BF16 || this == I8 || this == Q8;
    }

    /** Whether rows of so many elements can be kept as this type. */
    public boolean fits(int columns) {
        return this != Q8 || columns % BLOCK == 0;
    }

    /** Elements from one row of a new tensor to the next. */
    public int stride(int columns) {
        if (!fits(columns)) {
            throw new IllegalArgumentException("rows of " + columns + " are no whole blocks of " + this);
        }
        return switch (this) {
            case I8 -> Math.addExact(columns, Float.BYTES);
            case Q8 -> Math.addExact(columns, columns / BLOCK * SCALE_BYTES);
            default -> columns;
        };
    }
}

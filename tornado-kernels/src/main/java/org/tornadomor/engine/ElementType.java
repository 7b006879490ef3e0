package org.tornadomor.engine;

/** What an arena holds: numbers or indices. Everything is computed in F32; the narrow types are for weights that are only read. */
public enum ElementType {
    /** Single precision. */
    F32(4),
    /** Indices. */
    I32(4),
    /** The upper half of a float, see {@link Bfloat16}. */
    BF16(2),
    /** Signed bytes, and behind each row a float: the scale that they are multiplied with. */
    I8(1);

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
        return this == BF16 || this == I8;
    }

    /** Elements from one row of a new tensor to the next. */
    int stride(int columns) {
        return this == I8 ? Math.addExact(columns, Float.BYTES) : columns;
    }
}

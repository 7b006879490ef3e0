package org.tornadomor.files;

/**
 * The element types of the safetensors format, little-endian. Floats and 32/64-bit integers are converted, others only
 * named.
 */
public enum DType {
    F64(8, Kind.FLOAT),
    F32(4, Kind.FLOAT),
    F16(2, Kind.FLOAT),
    BF16(2, Kind.FLOAT),
    I64(8, Kind.INTEGER),
    I32(4, Kind.INTEGER),
    I16(2, Kind.OTHER),
    I8(1, Kind.OTHER),
    U64(8, Kind.OTHER),
    U32(4, Kind.OTHER),
    U16(2, Kind.OTHER),
    U8(1, Kind.OTHER),
    BOOL(1, Kind.OTHER),
    F8_E4M3(1, Kind.OTHER),
    F8_E5M2(1, Kind.OTHER);

    private enum Kind {
        FLOAT,
        INTEGER,
        OTHER
    }

    private final int bytes;
    private final Kind kind;

    DType(int bytes, Kind kind) {
        this.bytes = bytes;
        this.kind = kind;
    }

    /** Bytes of an element. */
    public int bytes() {
        return bytes;
    }

    /** Whether {@link TensorSource#read} converts it to float. */
    public boolean isFloat() {
        return kind == Kind.FLOAT;
    }

    /** Whether {@link TensorSource#readInts} converts it to int. */
    public boolean isInteger() {
        return kind == Kind.INTEGER;
    }
}

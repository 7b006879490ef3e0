package org.tornadomor.engine;

/** The upper 16 bits of a float: its range, and 8 bits of precision. */
public final class Bfloat16 {
    private static final int QUIET = 0x40;

    private Bfloat16() {}

    /** The nearest bfloat16, ties to even; NaN stays NaN, and a value that is too large becomes infinite. */
    public static short of(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            // Rounding could carry a NaN's payload into the sign or clear it to infinity.
            return (short) ((bits >>> 16) | QUIET);
        }
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }

    /** The float whose upper 16 bits these are; its lower bits are zero. */
    public static float value(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }
}

package uk.ac.manchester.tornado.api.types;

/** A 16-bit floating-point number (IEEE 754 binary16). Arithmetic happens in fp32 and is rounded to fp16. */
public class HalfFloat {

    private final short bits;

    /** Rounds to the nearest fp16 number. */
    public HalfFloat(float value) {
        this.bits = Float.floatToFloat16(value);
    }

    /** Takes the bits of an fp16 number. */
    public HalfFloat(short halfFloat) {
        this.bits = halfFloat;
    }

    /** {@return a + b} */
    public static HalfFloat add(HalfFloat a, HalfFloat b) {
        return new HalfFloat(a.getFloat32() + b.getFloat32());
    }

    /** {@return a - b} */
    public static HalfFloat sub(HalfFloat a, HalfFloat b) {
        return new HalfFloat(a.getFloat32() - b.getFloat32());
    }

    /** {@return a * b} */
    public static HalfFloat mult(HalfFloat a, HalfFloat b) {
        return new HalfFloat(a.getFloat32() * b.getFloat32());
    }

    /** {@return a / b} */
    public static HalfFloat div(HalfFloat a, HalfFloat b) {
        return new HalfFloat(a.getFloat32() / b.getFloat32());
    }

    /** {@return the bits of this number} */
    public short getHalfFloatValue() {
        return bits;
    }

    /** {@return this number as a float, exactly} */
    public float getFloat32() {
        return Float.float16ToFloat(bits);
    }

    @Override
    public String toString() {
        return Float.toString(getFloat32());
    }
}

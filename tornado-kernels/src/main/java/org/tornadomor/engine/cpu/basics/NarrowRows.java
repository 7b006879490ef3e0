package org.tornadomor.engine.cpu.basics;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.tornadomor.engine.Bfloat16;

/**
 * Rows of narrow weights to and from floats. Products widen a few rows at a time into scratch memory that stays in the
 * first-level cache and then compute as with floats: what bounds them is reading the narrow weights from memory.
 */
public final class NarrowRows {
    private static final int LENGTH = Lanes.LENGTH;
    private static final VectorSpecies<Short> SHORTS = lanes(short.class, Short.SIZE);
    /** Null where a byte for each float lane is less than the smallest vector. */
    private static final VectorSpecies<Byte> BYTES = LENGTH * Byte.SIZE < 64 ? null : lanes(byte.class, Byte.SIZE);

    private static final VarHandle SCALE = MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.nativeOrder());
    private static final float MOST = Byte.MAX_VALUE;

    private NarrowRows() {}

    private static <E> VectorSpecies<E> lanes(Class<E> type, int bits) {
        return VectorSpecies.of(type, VectorShape.forBitSize(LENGTH * bits));
    }

    /** {@code to = from} rounded, for {@code n} elements. */
    public static void store(float[] from, int at, short[] to, int toAt, int n) {
        for (int i = 0; i < n; i++) {
            to[toAt + i] = Bfloat16.of(from[at + i]);
        }
    }

    /** {@code to = from} rounded to multiples of a scale, which is put behind the {@code n} elements. */
    public static void store(float[] from, int at, byte[] to, int toAt, int n) {
        float most = 0f;
        for (int i = 0; i < n; i++) {
            most = Math.max(most, Math.abs(from[at + i]));
        }
        float scale = most / MOST;
        for (int i = 0; i < n; i++) {
            to[toAt + i] = (byte) (scale == 0f ? 0 : Math.clamp(Math.round(from[at + i] / scale), -MOST, MOST));
        }
        SCALE.set(to, toAt + n, scale);
    }

    /** The scale of a row of bytes, which stands at {@code at}. */
    public static float scale(byte[] from, int at) {
        return (float) SCALE.get(from, at);
    }

    /** {@code to = from} for {@code n} elements. */
    public static void load(short[] from, int at, float[] to, int toAt, int n) {
        int whole = Lanes.whole(n);
        for (int i = 0; i < whole; i += LENGTH) {
            IntVector bits = (IntVector) ShortVector.fromArray(SHORTS, from, at + i)
                    .convertShape(VectorOperators.ZERO_EXTEND_S2I, Lanes.INTS, 0);
            FloatVector values = (FloatVector)
                    bits.lanewise(VectorOperators.LSHL, Short.SIZE).reinterpretShape(Lanes.SPECIES, 0);
            values.intoArray(to, toAt + i);
        }
        for (int i = whole; i < n; i++) {
            to[toAt + i] = Bfloat16.value(from[at + i]);
        }
    }

    /** {@code to = scale from} for {@code n} elements. */
    public static void load(byte[] from, int at, float[] to, int toAt, int n, float scale) {
        int whole = BYTES == null ? 0 : Lanes.whole(n);
        for (int i = 0; i < whole; i += LENGTH) {
            FloatVector values = (FloatVector)
                    ByteVector.fromArray(BYTES, from, at + i).convertShape(VectorOperators.B2F, Lanes.SPECIES, 0);
            values.mul(scale).intoArray(to, toAt + i);
        }
        for (int i = whole; i < n; i++) {
            to[toAt + i] = from[at + i] * scale;
        }
    }
}

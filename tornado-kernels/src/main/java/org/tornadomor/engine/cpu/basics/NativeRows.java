package org.tornadomor.engine.cpu.basics;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.tornadomor.engine.Bfloat16;

/** Rows between Java arrays and memory outside of the heap. */
public final class NativeRows {
    private static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(Lanes.LENGTH * Short.SIZE));
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    private NativeRows() {}

    /** {@code to = from} for {@code n} floats; {@code offset} in bytes. */
    public static void store(float[] from, int at, MemorySegment to, long offset, int n) {
        MemorySegment.copy(from, at, to, FLOAT, offset, n);
    }

    /** {@code to = from} rounded to bfloat16, as {@link Bfloat16#of} does it. */
    public static void storeRounded(float[] from, int at, MemorySegment to, long offset, int n) {
        int whole = Lanes.whole(n);
        for (int i = 0; i < whole; i += Lanes.LENGTH) {
            ShortVector upper = (ShortVector) RoundedRows.bits(FloatVector.fromArray(Lanes.SPECIES, from, at + i))
                    .lanewise(VectorOperators.LSHR, 16)
                    .convertShape(VectorOperators.I2S, SHORTS, 0);
            upper.intoMemorySegment(to, offset + (long) i * Short.BYTES, ORDER);
        }
        for (int i = whole; i < n; i++) {
            to.set(SHORT, offset + (long) i * Short.BYTES, Bfloat16.of(from[at + i]));
        }
    }

    /** {@code to = from} for {@code n} floats. */
    public static void load(MemorySegment from, long offset, float[] to, int at, int n) {
        MemorySegment.copy(from, FLOAT, offset, to, at, n);
    }

    /** {@code to = base + from} for {@code n} floats. */
    public static void add(MemorySegment from, long offset, float[] base, int baseAt, float[] to, int at, int n) {
        int whole = Lanes.whole(n);
        for (int i = 0; i < whole; i += Lanes.LENGTH) {
            FloatVector.fromMemorySegment(Lanes.SPECIES, from, offset + (long) i * Float.BYTES, ORDER)
                    .add(FloatVector.fromArray(Lanes.SPECIES, base, baseAt + i))
                    .intoArray(to, at + i);
        }
        for (int i = whole; i < n; i++) {
            to[at + i] = base[baseAt + i] + from.get(FLOAT, offset + (long) i * Float.BYTES);
        }
    }
}

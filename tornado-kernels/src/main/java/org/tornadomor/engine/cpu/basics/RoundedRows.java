package org.tornadomor.engine.cpu.basics;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.tornadomor.engine.Bfloat16;

/** Floats that are rounded to bfloat16 and stay floats, whose lower half is zero. */
public final class RoundedRows {
    private static final int UPPER_HALF = 0xffff0000;
    private static final int QUIET = 0x400000;

    private RoundedRows() {}

    /** The bits of the floats, whose upper halves are what {@link Bfloat16#of} gives; the lower halves mean nothing. */
    static IntVector bits(FloatVector values) {
        IntVector bits = (IntVector) values.reinterpretShape(Lanes.INTS, 0);
        IntVector odd = bits.lanewise(VectorOperators.LSHR, 16).and(1);
        IntVector rounded = bits.add(0x7fff).add(odd);
        VectorMask<Integer> nan = values.compare(VectorOperators.NE, values).cast(Lanes.INTS);
        return rounded.blend(bits.or(QUIET), nan);
    }

    /** {@code to = from} for {@code n} floats, each rounded. */
    public static void copy(float[] from, int at, float[] to, int toAt, int n) {
        int whole = Lanes.whole(n);
        for (int i = 0; i < whole; i += Lanes.LENGTH) {
            bits(FloatVector.fromArray(Lanes.SPECIES, from, at + i))
                    .and(UPPER_HALF)
                    .reinterpretAsFloats()
                    .intoArray(to, toAt + i);
        }
        for (int i = whole; i < n; i++) {
            to[toAt + i] = Bfloat16.value(Bfloat16.of(from[at + i]));
        }
    }
}

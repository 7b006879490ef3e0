package org.tornadomor.engine.cpu.basics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.Bfloat16;

/** Rounding in vectors against that of single floats. */
class RoundedRowsTest {
    /** Any bits: numbers of all sizes, ties, infinities and NaNs with any payload; in the vectors and in the rest behind them. */
    @Test
    void roundsAsSingleFloatsDo() {
        Random random = new Random(3);
        float[] from = new float[1 << 16 | 5];
        for (int i = 0; i < from.length; i++) {
            int bits = random.nextInt();
            from[i] = Float.intBitsToFloat(
                    switch (i % 4) {
                        case 0 -> bits;
                        case 1 -> bits & 0xffff0000 | 0x8000;
                        case 2 -> bits | 0x7f800000;
                        default -> bits & 0x807fffff;
                    });
        }
        float[] to = new float[from.length + 3];
        RoundedRows.copy(from, 1, to, 2, from.length - 1);
        for (int i = 1; i < from.length; i++) {
            int at = i;
            assertEquals(
                    Bfloat16.of(from[i]) << 16,
                    Float.floatToRawIntBits(to[i + 1]),
                    () -> Integer.toHexString(Float.floatToRawIntBits(from[at])));
        }
        assertEquals(0, to[1]);
        assertEquals(0, to[from.length + 1]);
    }
}

package org.tornadomor.engine.cpu.basics;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.tornadomor.engine.ElementType;

/**
 * Rows of bytes with a float16 scale for each block; the scales stand behind the row. Converts them to and from floats, and
 * from GGUF's order, in which each scale stands before its bytes.
 */
public final class BlockRows {
    private static final int BLOCK = ElementType.BLOCK;
    private static final int SCALE = ElementType.SCALE_BYTES;
    private static final VarHandle HALVES =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final float MOST = Byte.MAX_VALUE;

    private BlockRows() {}

    /** Bytes of a row of so many elements. */
    public static int bytes(int columns) {
        return columns + columns / BLOCK * SCALE;
    }

    /** The scale at a place. */
    public static float scale(byte[] from, int at) {
        return Float.float16ToFloat((short) HALVES.get(from, at));
    }

    /**
     * {@code to = from} rounded to multiples of the scales, which are put behind the {@code n} elements. As in ggml, numbers
     * are divided by a scale before the scale is rounded to float16, and halves are rounded away from zero.
     */
    public static void store(float[] from, int at, byte[] to, int toAt, int n) {
        for (int block = 0; block < n / BLOCK; block++) {
            int first = at + block * BLOCK;
            float most = 0f;
            for (int i = 0; i < BLOCK; i++) {
                most = Math.max(most, Math.abs(from[first + i]));
            }
            float scale = most / MOST;
            float inverse = scale == 0f ? 0f : 1 / scale;
            for (int i = 0; i < BLOCK; i++) {
                float number = from[first + i] * inverse;
                float rounded = (float) Math.floor(Math.abs(number) + 0.5f);
                to[toAt + block * BLOCK + i] = (byte) Math.clamp(number < 0 ? -rounded : rounded, -MOST, MOST);
            }
            HALVES.set(to, toAt + n + block * SCALE, Float.floatToFloat16(scale));
        }
    }

    /** Copies {@code n} elements from GGUF's order into a row with its scales at the end. */
    public static void copy(byte[] from, int at, byte[] to, int toAt, int n) {
        for (int block = 0; block < n / BLOCK; block++) {
            int source = at + block * (BLOCK + SCALE);
            System.arraycopy(from, source, to, toAt + n + block * SCALE, SCALE);
            System.arraycopy(from, source + SCALE, to, toAt + block * BLOCK, BLOCK);
        }
    }

    /**
     * {@code to} = the floats that {@code n} elements from {@code column} on stand for.
     *
     * @param row where the row of {@code columns} elements begins
     */
    public static void load(byte[] from, int row, int columns, int column, float[] to, int toAt, int n) {
        int done = 0;
        while (done < n) {
            int element = column + done;
            int part = Math.min(BLOCK - element % BLOCK, n - done);
            float scale = scale(from, row + columns + element / BLOCK * SCALE);
            NarrowRows.load(from, row + element, to, toAt + done, part, scale);
            done += part;
        }
    }
}

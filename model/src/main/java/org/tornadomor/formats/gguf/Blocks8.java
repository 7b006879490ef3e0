package org.tornadomor.formats.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Blocks of 32 bytes with a scale, from the types that can be read as such: Q8_0 as it is, and Q4_0 and Q5_0, whose smaller
 * numbers become bytes under the same scale.
 */
final class Blocks8 {
    private static final int SCALE = Short.BYTES;
    private static final int HALF = SmallBlocks.SIZE / 2;
    private static final int FIFTHS = Integer.BYTES;

    private Blocks8() {}

    /** Whether a type can be read as such blocks without loss. */
    static boolean takes(GgmlType type) {
        return type == GgmlType.Q8_0 || type == GgmlType.Q4_0 || type == GgmlType.Q5_0;
    }

    /** Reads so many elements, whole blocks. */
    static void read(GgmlType type, MemorySegment data, long at, int elements, byte[] to, int toAt) {
        int target = GgmlType.Q8_0.blockBytes();
        if (type == GgmlType.Q8_0) {
            MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, to, toAt, elements / SmallBlocks.SIZE * target);
            return;
        }
        for (int block = 0; block < elements / SmallBlocks.SIZE; block++) {
            long from = at + (long) block * type.blockBytes();
            int into = toAt + block * target;
            to[into] = data.get(ValueLayout.JAVA_BYTE, from);
            to[into + 1] = data.get(ValueLayout.JAVA_BYTE, from + 1);
            boolean five = type == GgmlType.Q5_0;
            int fifth = five ? data.get(PlainBlocks.I32, from + SCALE) : 0;
            long halves = from + SCALE + (five ? FIFTHS : 0);
            int middle = five ? 16 : 8;
            for (int j = 0; j < HALF; j++) {
                int two = PlainBlocks.unsigned(data, halves + j);
                to[into + SCALE + j] = (byte) ((two & 15 | (fifth >>> j & 1) << 4) - middle);
                to[into + SCALE + j + HALF] = (byte) ((two >> 4 | (fifth >>> j + HALF & 1) << 4) - middle);
            }
        }
    }
}

package org.tornadomor.formats.gguf;

import static org.tornadomor.formats.gguf.PlainBlocks.half;
import static org.tornadomor.formats.gguf.PlainBlocks.unsigned;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Blocks of 32 elements: a scale, for some a minimum, and small whole numbers. Where a byte holds two of them, its lower half is
 * element j and its upper half element j + 16.
 */
final class SmallBlocks {
    /** Elements of a block. */
    static final int SIZE = 32;

    private static final int HALF = SIZE / 2;

    private SmallBlocks() {}

    static void q80(MemorySegment data, long at, int count, float[] to, int toAt) {
        for (int b = 0; b < count; b++) {
            long block = at + 34L * b;
            int target = toAt + SIZE * b;
            float scale = half(data, block);
            for (int j = 0; j < SIZE; j++) {
                to[target + j] = scale * data.get(ValueLayout.JAVA_BYTE, block + 2 + j);
            }
        }
    }

    static void q40(MemorySegment data, long at, int count, float[] to, int toAt) {
        for (int b = 0; b < count; b++) {
            long block = at + 18L * b;
            int target = toAt + SIZE * b;
            float scale = half(data, block);
            for (int j = 0; j < HALF; j++) {
                int two = unsigned(data, block + 2 + j);
                to[target + j] = scale * ((two & 15) - 8);
                to[target + j + HALF] = scale * ((two >> 4) - 8);
            }
        }
    }

    static void q41(MemorySegment data, long at, int count, float[] to, int toAt) {
        for (int b = 0; b < count; b++) {
            long block = at + 20L * b;
            int target = toAt + SIZE * b;
            float scale = half(data, block);
            float least = half(data, block + 2);
            for (int j = 0; j < HALF; j++) {
                int two = unsigned(data, block + 4 + j);
                to[target + j] = scale * (two & 15) + least;
                to[target + j + HALF] = scale * (two >> 4) + least;
            }
        }
    }

    static void q50(MemorySegment data, long at, int count, float[] to, int toAt) {
        for (int b = 0; b < count; b++) {
            long block = at + 22L * b;
            int target = toAt + SIZE * b;
            float scale = half(data, block);
            int fifth = data.get(PlainBlocks.I32, block + 2);
            for (int j = 0; j < HALF; j++) {
                int two = unsigned(data, block + 6 + j);
                to[target + j] = scale * (((two & 15) | (fifth >>> j & 1) << 4) - 16);
                to[target + j + HALF] = scale * (((two >> 4) | (fifth >>> j + HALF & 1) << 4) - 16);
            }
        }
    }

    static void q51(MemorySegment data, long at, int count, float[] to, int toAt) {
        for (int b = 0; b < count; b++) {
            long block = at + 24L * b;
            int target = toAt + SIZE * b;
            float scale = half(data, block);
            float least = half(data, block + 2);
            int fifth = data.get(PlainBlocks.I32, block + 4);
            for (int j = 0; j < HALF; j++) {
                int two = unsigned(data, block + 8 + j);
                to[target + j] = scale * ((two & 15) | (fifth >>> j & 1) << 4) + least;
                to[target + j + HALF] = scale * ((two >> 4) | (fifth >>> j + HALF & 1) << 4) + least;
            }
        }
    }
}

package org.tornadomor.formats.gguf;

import static org.tornadomor.formats.gguf.PlainBlocks.half;
import static org.tornadomor.formats.gguf.PlainBlocks.unsigned;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Blocks of 256 elements, "K-quants": small whole numbers in groups of 16 or 32, each with a small scale (and minimum) of its own,
 * which the block's float16 scale (and minimum) multiplies.
 */
final class LargeBlocks {
    private static final int SIZE = 256;
    private static final int HALF = SIZE / 2;

    private LargeBlocks() {}

    /** 16 bytes of scales (lower four bits) and minima (upper), 64 bytes with four numbers each, scale, minimum. */
    static void q2(MemorySegment data, long at, int count, float[] to, int toAt) {
        for (int b = 0; b < count; b++) {
            long block = at + 84L * b;
            float scale = half(data, block + 80);
            float least = half(data, block + 82);
            for (int group = 0; group < 16; group++) {
                int both = unsigned(data, block + group);
                float groupScale = scale * (both & 15);
                float groupLeast = least * (both >> 4);
                // Groups 0 to 7 share the first 32 bytes: a shift for each pair of groups.
                long numbers = block + 16 + group / 8 * 32 + group % 2 * 16;
                int shift = group % 8 / 2 * 2;
                int target = toAt + SIZE * b + 16 * group;
                for (int j = 0; j < 16; j++) {
                    to[target + j] = groupScale * (unsigned(data, numbers + j) >> shift & 3) - groupLeast;
                }
            }
        }
    }

    /** 32 bytes with the third bits, 64 bytes with four numbers of two bits each, 12 bytes of scales, scale. */
    static void q3(MemorySegment data, long at, int count, float[] to, int toAt) {
        for (int b = 0; b < count; b++) {
            long block = at + 110L * b;
            float scale = half(data, block + 108);
            for (int group = 0; group < 16; group++) {
                int low = unsigned(data, block + 96 + group % 8) >> (group < 8 ? 0 : 4) & 15;
                int high = unsigned(data, block + 96 + 8 + group % 4) >> 2 * (group / 4) & 3;
                float groupScale = scale * ((low | high << 4) - 32);
                int first = group % 2 * 16;
                long numbers = block + 32 + group / 8 * 32 + first;
                int shift = group % 8 / 2 * 2;
                int bit = group / 2;
                int target = toAt + SIZE * b + 16 * group;
                for (int j = 0; j < 16; j++) {
                    int third = unsigned(data, block + first + j) >> bit & 1;
                    to[target + j] = groupScale * ((unsigned(data, numbers + j) >> shift & 3) - (third == 1 ? 0 : 4));
                }
            }
        }
    }

    /** Scale, minimum, 12 bytes of scales and minima, 128 bytes with two numbers each. */
    static void q4(MemorySegment data, long at, int count, float[] to, int toAt) {
        for (int b = 0; b < count; b++) {
            long block = at + 144L * b;
            float scale = half(data, block);
            float least = half(data, block + 2);
            for (int group = 0; group < 8; group++) {
                float groupScale = scale * scale6(data, block + 4, group);
                float groupLeast = least * least6(data, block + 4, group);
                long numbers = block + 16 + group / 2 * 32;
                int shift = group % 2 * 4;
                int target = toAt + SIZE * b + 32 * group;
                for (int j = 0; j < 32; j++) {
                    to[target + j] = groupScale * (unsigned(data, numbers + j) >> shift & 15) - groupLeast;
                }
            }
        }
    }

    /** As {@link #q4}, with 32 bytes of fifth bits before the numbers. */
    static void q5(MemorySegment data, long at, int count, float[] to, int toAt) {
        for (int b = 0; b < count; b++) {
            long block = at + 176L * b;
            float scale = half(data, block);
            float least = half(data, block + 2);
            for (int group = 0; group < 8; group++) {
                float groupScale = scale * scale6(data, block + 4, group);
                float groupLeast = least * least6(data, block + 4, group);
                long numbers = block + 48 + group / 2 * 32;
                int shift = group % 2 * 4;
                int target = toAt + SIZE * b + 32 * group;
                for (int j = 0; j < 32; j++) {
                    int fifth = unsigned(data, block + 16 + j) >> group & 1;
                    int number = unsigned(data, numbers + j) >> shift & 15 | fifth << 4;
                    to[target + j] = groupScale * number - groupLeast;
                }
            }
        }
    }

    /** 128 bytes with two numbers of four bits each, 64 bytes with the upper two bits of four each, 16 signed scales, scale. */
    static void q6(MemorySegment data, long at, int count, float[] to, int toAt) {
        for (int b = 0; b < count; b++) {
            long block = at + 210L * b;
            float scale = half(data, block + 208);
            for (int group = 0; group < 16; group++) {
                float groupScale = scale * data.get(ValueLayout.JAVA_BYTE, block + 192 + group);
                int inHalf = group % 8;
                int first = group % 2 * 16;
                long low = block + group / 8 * 64 + inHalf / 2 % 2 * 32 + first;
                long high = block + HALF + group / 8 * 32 + first;
                int lowShift = inHalf < 4 ? 0 : 4;
                int highShift = inHalf / 2 * 2;
                int target = toAt + SIZE * b + 16 * group;
                for (int j = 0; j < 16; j++) {
                    int number =
                            unsigned(data, low + j) >> lowShift & 15 | (unsigned(data, high + j) >> highShift & 3) << 4;
                    to[target + j] = groupScale * (number - 32);
                }
            }
        }
    }

    /** The scale of six bits of a group of 32; those of groups 4 to 7 are in two parts. */
    private static int scale6(MemorySegment data, long at, int group) {
        return group < 4
                ? unsigned(data, at + group) & 63
                : unsigned(data, at + group + 4) & 15 | unsigned(data, at + group - 4) >> 6 << 4;
    }

    /** The minimum of six bits of a group of 32. */
    private static int least6(MemorySegment data, long at, int group) {
        return group < 4
                ? unsigned(data, at + group + 4) & 63
                : unsigned(data, at + group + 4) >> 4 | unsigned(data, at + group) >> 6 << 4;
    }
}

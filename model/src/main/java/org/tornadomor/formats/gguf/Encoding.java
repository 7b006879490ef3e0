package org.tornadomor.formats.gguf;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.tornadomor.engine.Bfloat16;

/** Writes floats as elements and blocks of a GGUF file. */
final class Encoding {
    private static final float MOST = Byte.MAX_VALUE;

    private Encoding() {}

    /**
     * Puts whole blocks into a buffer.
     *
     * @param type F32, F16, BF16 or Q8_0
     * @param tooLarge is told a value that does not fit, and throws
     */
    static void put(GgmlType type, float[] values, int from, int count, ByteBuffer to, Consumer<Float> tooLarge) {
        switch (type) {
            case F32 -> {
                for (int i = from; i < from + count; i++) {
                    to.putFloat(values[i]);
                }
            }
            case F16 -> {
                for (int i = from; i < from + count; i++) {
                    to.putShort(half(values[i], tooLarge));
                }
            }
            case BF16 -> {
                for (int i = from; i < from + count; i++) {
                    short bits = Bfloat16.of(values[i]);
                    if (Float.isInfinite(Bfloat16.value(bits))) {
                        tooLarge.accept(values[i]);
                    }
                    to.putShort(bits);
                }
            }
            case Q8_0 -> {
                for (int i = from; i < from + count; i += SmallBlocks.SIZE) {
                    q80(values, i, to, tooLarge);
                }
            }
            default -> throw new IllegalArgumentException(type + " is not written");
        }
    }

    private static short half(float value, Consumer<Float> tooLarge) {
        short bits = Float.floatToFloat16(value);
        if (Float.isInfinite(Float.float16ToFloat(bits))) {
            tooLarge.accept(value);
        }
        return bits;
    }

    /**
     * As in ggml: the scale maps the largest magnitude to 127, and numbers are divided by the scale before that is rounded to
     * float16.
     */
    private static void q80(float[] values, int from, ByteBuffer to, Consumer<Float> tooLarge) {
        float most = 0;
        for (int i = from; i < from + SmallBlocks.SIZE; i++) {
            most = Math.max(most, Math.abs(values[i]));
        }
        float scale = most / MOST;
        float inverse = scale == 0 ? 0 : 1 / scale;
        if (Float.isInfinite(Float.float16ToFloat(Float.floatToFloat16(scale)))) {
            tooLarge.accept(most);
        }
        to.putShort(Float.floatToFloat16(scale));
        for (int i = from; i < from + SmallBlocks.SIZE; i++) {
            float number = values[i] * inverse;
            // Rounds halves away from zero.
            float rounded = (float) Math.floor(Math.abs(number) + 0.5f);
            to.put((byte) Math.clamp(number < 0 ? -rounded : rounded, -MOST, MOST));
        }
    }
}

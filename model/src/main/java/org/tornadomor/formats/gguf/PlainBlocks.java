package org.tornadomor.formats.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.tornadomor.engine.Bfloat16;

/** Elements that are numbers of their own, and the parts that blocks are made of. */
final class PlainBlocks {
    static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private PlainBlocks() {}

    static void f32(MemorySegment data, long at, int count, float[] to, int toAt) {
        MemorySegment.copy(data, F32, at, to, toAt, count);
    }

    static void f16(MemorySegment data, long at, int count, float[] to, int toAt) {
        for (int i = 0; i < count; i++) {
            to[toAt + i] = half(data, at + 2L * i);
        }
    }

    static void bf16(MemorySegment data, long at, int count, float[] to, int toAt) {
        for (int i = 0; i < count; i++) {
            to[toAt + i] = Bfloat16.value(data.get(I16, at + 2L * i));
        }
    }

    /** The float16 at a place. */
    static float half(MemorySegment data, long at) {
        return Float.float16ToFloat(data.get(I16, at));
    }

    /** The byte at a place, 0 to 255. */
    static int unsigned(MemorySegment data, long at) {
        return data.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }
}

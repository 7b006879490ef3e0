package org.tornadomor.formats.gguf;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.tornadomor.UserError;

/**
 * How the elements of a tensor lie in a GGUF file: in blocks of so many elements, each of so many bytes, one behind the other along a
 * row. The ids and layouts are ggml's.
 */
public enum GgmlType {
    /** float32. */
    F32(0, 1, 4, PlainBlocks::f32),
    /** float16. */
    F16(1, 1, 2, PlainBlocks::f16),
    /** A float16 scale and 32 numbers of 4 bits, -8 to 7. */
    Q4_0(2, 32, 18, SmallBlocks::q40),
    /** A float16 scale, a float16 minimum and 32 numbers of 4 bits. */
    Q4_1(3, 32, 20, SmallBlocks::q41),
    /** A float16 scale and 32 numbers of 5 bits, -16 to 15. */
    Q5_0(6, 32, 22, SmallBlocks::q50),
    /** A float16 scale, a float16 minimum and 32 numbers of 5 bits. */
    Q5_1(7, 32, 24, SmallBlocks::q51),
    /** A float16 scale and 32 signed bytes. */
    Q8_0(8, 32, 34, SmallBlocks::q80),
    /** 256 numbers of 2 bits, with a scale and a minimum of 4 bits for each 16 of them. */
    Q2_K(10, 256, 84, LargeBlocks::q2),
    /** 256 numbers of 3 bits, with a scale of 6 bits for each 16 of them. */
    Q3_K(11, 256, 110, LargeBlocks::q3),
    /** 256 numbers of 4 bits, with a scale and a minimum of 6 bits for each 32 of them. */
    Q4_K(12, 256, 144, LargeBlocks::q4),
    /** 256 numbers of 5 bits, with a scale and a minimum of 6 bits for each 32 of them. */
    Q5_K(13, 256, 176, LargeBlocks::q5),
    /** 256 numbers of 6 bits, with a scale of 8 bits for each 16 of them. */
    Q6_K(14, 256, 210, LargeBlocks::q6),
    /** bfloat16. */
    BF16(30, 1, 2, PlainBlocks::bf16);

    /** Makes floats of one block. */
    @FunctionalInterface
    interface Decoder {
        /** Decodes {@code count} blocks that begin at byte {@code at}. */
        void decode(MemorySegment data, long at, int count, float[] to, int toAt);
    }

    /** Names of types that are not read, by id, so that a refusal can say which it is. */
    private static final String[] OTHERS = new String[40];

    static {
        String[] names = {
            "Q8_1=9",
            "Q8_K=15",
            "IQ2_XXS=16",
            "IQ2_XS=17",
            "IQ3_XXS=18",
            "IQ1_S=19",
            "IQ4_NL=20",
            "IQ3_S=21",
            "IQ2_S=22",
            "IQ4_XS=23",
            "I8=24",
            "I16=25",
            "I32=26",
            "I64=27",
            "F64=28",
            "IQ1_M=29",
            "TQ1_0=34",
            "TQ2_0=35",
            "MXFP4=39"
        };
        for (String name : names) {
            OTHERS[Integer.parseInt(name.substring(name.indexOf('=') + 1))] = name.substring(0, name.indexOf('='));
        }
    }

    private final int id;
    private final int blockElements;
    private final int blockBytes;
    private final Decoder decoder;

    GgmlType(int id, int blockElements, int blockBytes, Decoder decoder) {
        this.id = id;
        this.blockElements = blockElements;
        this.blockBytes = blockBytes;
        this.decoder = decoder;
    }

    /**
     * The type of an id.
     *
     * @throws UserError if it is none that is read here
     */
    static GgmlType of(int id) {
        for (GgmlType type : values()) {
            if (type.id == id) {
                return type;
            }
        }
        String name = id >= 0 && id < OTHERS.length && OTHERS[id] != null
                ? OTHERS[id]
                : "unknown type " + Integer.toUnsignedString(id);
        throw new UserError("is " + name + ", and what is read is "
                + Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(", "))
                + "; take a file of one of these types, such as Q8_0");
    }

    /** The number that stands in a file for it. */
    int id() {
        return id;
    }

    /** Elements of a block. */
    public int blockElements() {
        return blockElements;
    }

    /** Bytes of a block. */
    public int blockBytes() {
        return blockBytes;
    }

    /** Whether each element is a number of its own, float32, float16 or bfloat16. */
    public boolean plain() {
        return blockElements == 1;
    }

    /**
     * Bytes of so many elements.
     *
     * @throws ArithmeticException if that does not fit 63 bits
     */
    long bytes(long elements) {
        return Math.multiplyExact(elements / blockElements, (long) blockBytes);
    }

    /**
     * Reads elements {@code from .. from + count - 1} of a tensor whose first byte stands at {@code at}.
     *
     * @param from need not begin a block
     */
    void read(MemorySegment data, long at, long from, float[] to, int toAt, int count) {
        long element = from;
        int done = 0;
        while (done < count) {
            int inBlock = (int) (element % blockElements);
            long block = at + element / blockElements * blockBytes;
            int whole = inBlock == 0 ? (count - done) / blockElements : 0;
            if (whole > 0) {
                decoder.decode(data, block, whole, to, toAt + done);
                done += whole * blockElements;
                element += (long) whole * blockElements;
            } else {
                float[] values = new float[blockElements];
                decoder.decode(data, block, 1, values, 0);
                int part = Math.min(blockElements - inBlock, count - done);
                System.arraycopy(values, inBlock, to, toAt + done, part);
                done += part;
                element += part;
            }
        }
    }
}

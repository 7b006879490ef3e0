package org.tornadomor.formats.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.tornadomor.UserError;

/** Reads the values of a file one after the other, and never beyond its end. */
final class GgufReader {
    /** The longest name of a key or tensor; the format sets this limit for keys. */
    static final int LONGEST_NAME = 65_535;

    /** The longest string; no template or token comes near. */
    static final int LONGEST_STRING = 16 << 20;

    private static final int QUOTED = 80;

    static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment data;
    private long at;

    GgufReader(MemorySegment data) {
        this.data = data;
    }

    GgufReader(MemorySegment data, long at) {
        this.data = data;
        this.at = at;
    }

    /** What is read from. */
    MemorySegment segment() {
        return data;
    }

    long at() {
        return at;
    }

    long size() {
        return data.byteSize();
    }

    int i32(String what) {
        return data.get(I32, skip(Integer.BYTES, what));
    }

    long i64(String what) {
        return data.get(I64, skip(Long.BYTES, what));
    }

    /** A number of things, which may be at most {@code most}, since each takes some bytes of the file. */
    long count(String what, long most) {
        long count = i64(what);
        if (count < 0 || count > most) {
            throw new GgufDamage(what + " is " + Long.toUnsignedString(count) + ", and " + most + " is the most");
        }
        return count;
    }

    String string(String what, int longest) {
        long length = i64("the length of " + what);
        if (length < 0 || length > longest) {
            throw new GgufDamage(
                    what + " has " + Long.toUnsignedString(length) + " bytes, and " + longest + " are the most");
        }
        byte[] bytes = data.asSlice(skip(length, what), length).toArray(ValueLayout.JAVA_BYTE);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new UserError(what + " is not valid UTF-8; convert the model anew", e);
        }
    }

    void skipString(String what) {
        long length = i64("the length of " + what);
        if (length < 0 || length > LONGEST_STRING) {
            throw new GgufDamage(
                    what + " has " + Long.toUnsignedString(length) + " bytes, and " + LONGEST_STRING + " are the most");
        }
        skip(length, what);
    }

    /** Passes over so many bytes. @return where they begin */
    long skip(long bytes, String what) {
        if (bytes < 0 || bytes > data.byteSize() - at) {
            throw new GgufDamage("truncated: the file ends within " + what);
        }
        long here = at;
        at += bytes;
        return here;
    }

    /** A name from the file for a message: short, and without control characters. */
    static String quoted(String name) {
        String shown = name.replaceAll("\\p{Cntrl}", "?");
        return shown.length() <= QUOTED ? shown : shown.substring(0, QUOTED) + "...";
    }
}

package org.tornadomor.formats.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.tornadomor.UserError;

/**
 * The keys of a file with their values. Long lists stay in the file until they are asked for. A value of another type than the
 * one that is asked for is reported as an error of the file, with the key's name.
 */
public final class GgufMetadata {
    /** What a value may be; the order is that of the ids in files. */
    enum Kind {
        UINT8(1),
        INT8(1),
        UINT16(2),
        INT16(2),
        UINT32(4),
        INT32(4),
        FLOAT32(4),
        BOOL(1),
        STRING(0),
        ARRAY(0),
        UINT64(8),
        INT64(8),
        FLOAT64(8);

        final int bytes;

        Kind(int bytes) {
            this.bytes = bytes;
        }

        boolean integer() {
            return this != FLOAT32 && this != FLOAT64 && this != BOOL && this != STRING && this != ARRAY;
        }
    }

    /**
     * Where a value stands.
     *
     * @param kind of the value, or of the elements of a list
     * @param count elements of a list, or -1 for a single value
     */
    private record Value(Kind kind, long count, long at) {}

    private final Path path;
    private final MemorySegment data;
    private final Map<String, Value> values = new LinkedHashMap<>();

    private GgufMetadata(Path path, MemorySegment data) {
        this.path = path;
        this.data = data;
    }

    static GgufMetadata read(Path path, GgufReader in, long count) {
        GgufMetadata metadata = new GgufMetadata(path, in.segment());
        for (long i = 0; i < count; i++) {
            String key = in.string("the name of key " + i, GgufReader.LONGEST_NAME);
            if (metadata.values.put(key, value(in, "key " + GgufReader.quoted(key))) != null) {
                throw new GgufDamage("key " + GgufReader.quoted(key) + " comes twice");
            }
        }
        return metadata;
    }

    private static Value value(GgufReader in, String what) {
        Kind kind = kind(in, what);
        if (kind != Kind.ARRAY) {
            long at = in.at();
            skip(in, kind, 1, what);
            return new Value(kind, -1, at);
        }
        Kind element = kind(in, what);
        if (element == Kind.ARRAY) {
            throw new GgufDamage(what + " is a list of lists, which no model has");
        }
        long count = in.count("the length of " + what, Integer.MAX_VALUE);
        long at = in.at();
        skip(in, element, count, what);
        return new Value(element, count, at);
    }

    private static Kind kind(GgufReader in, String what) {
        int id = in.i32("the type of " + what);
        if (id < 0 || id >= Kind.values().length) {
            throw new GgufDamage(what + " has the unknown type " + Integer.toUnsignedString(id));
        }
        return Kind.values()[id];
    }

    private static void skip(GgufReader in, Kind kind, long count, String what) {
        if (kind != Kind.STRING) {
            in.skip(kind.bytes * count, what);
            return;
        }
        for (long i = 0; i < count; i++) {
            in.skipString(what);
        }
    }

    /** The keys, in file order. */
    Set<String> keys() {
        return Collections.unmodifiableSet(values.keySet());
    }

    /** Takes a key out, as if the file had none. @return whether it was there */
    boolean remove(String key) {
        return values.remove(key) != null;
    }

    /** Whether there is such a key. */
    boolean has(String key) {
        return values.containsKey(key);
    }

    /** Whether a key holds a list. */
    boolean isList(String key) {
        return has(key) && values.get(key).count >= 0;
    }

    /**
     * A text.
     *
     * @throws UserError if it is missing or something else
     */
    String string(String key) {
        Value value = single(key);
        if (value.kind != Kind.STRING) {
            throw wrong(key, value, "a text");
        }
        return named(() -> new GgufReader(data, value.at).string("key " + key, GgufReader.LONGEST_STRING));
    }

    /** A text, or what to take where there is none. */
    String string(String key, String otherwise) {
        return has(key) ? string(key) : otherwise;
    }

    /** A whole number of any width. */
    long integer(String key) {
        Value value = single(key);
        if (!value.kind.integer()) {
            throw wrong(key, value, "a whole number");
        }
        return integer(value, 0);
    }

    /** A whole number, or what to take where there is none. */
    long integer(String key, long otherwise) {
        return has(key) ? integer(key) : otherwise;
    }

    /**
     * A number. A 32-bit number becomes the shortest decimal fraction that rounds to it, since that is what was meant: 0.00001,
     * not 0.00000999999974.
     */
    double number(String key) {
        Value value = single(key);
        return switch (value.kind) {
            case FLOAT32 -> Double.parseDouble(Float.toString(data.get(GgufReader.F32, value.at)));
            case FLOAT64 -> data.get(GgufReader.F64, value.at);
            default -> {
                if (!value.kind.integer()) {
                    throw wrong(key, value, "a number");
                }
                yield integer(value, 0);
            }
        };
    }

    /** A number, or what to take where there is none. */
    double number(String key, double otherwise) {
        return has(key) ? number(key) : otherwise;
    }

    /** Yes or no, or what to take where there is neither. */
    boolean flag(String key, boolean otherwise) {
        if (!has(key)) {
            return otherwise;
        }
        Value value = single(key);
        if (value.kind != Kind.BOOL) {
            throw wrong(key, value, "yes or no");
        }
        return data.get(ValueLayout.JAVA_BYTE, value.at) != 0;
    }

    /** A list of texts. */
    List<String> strings(String key) {
        Value value = list(key);
        if (value.kind != Kind.STRING) {
            throw wrong(key, value, "a list of texts");
        }
        GgufReader in = new GgufReader(data, value.at);
        List<String> texts = new ArrayList<>();
        for (long i = 0; i < value.count; i++) {
            String what = "key " + key + ", element " + i + ",";
            texts.add(named(() -> in.string(what, GgufReader.LONGEST_STRING)));
        }
        return texts;
    }

    /** A list of whole numbers, each of at most 32 bits. */
    int[] integers(String key) {
        Value value = list(key);
        if (!value.kind.integer()) {
            throw wrong(key, value, "a list of whole numbers");
        }
        int[] numbers = new int[(int) value.count];
        for (int i = 0; i < numbers.length; i++) {
            long number = integer(value, i);
            if (number != (int) number) {
                throw new UserError(path + ": key " + key + " holds " + number + ", which is too large");
            }
            numbers[i] = (int) number;
        }
        return numbers;
    }

    /** A list of float32. */
    float[] floats(String key) {
        Value value = list(key);
        if (value.kind != Kind.FLOAT32) {
            throw wrong(key, value, "a list of float32");
        }
        float[] numbers = new float[(int) value.count];
        MemorySegment.copy(data, GgufReader.F32, value.at, numbers, 0, numbers.length);
        return numbers;
    }

    private long integer(Value value, int element) {
        long at = value.at + (long) element * value.kind.bytes;
        return switch (value.kind) {
            case UINT8 -> data.get(ValueLayout.JAVA_BYTE, at) & 0xff;
            case INT8 -> data.get(ValueLayout.JAVA_BYTE, at);
            case UINT16 -> data.get(GgufReader.I16, at) & 0xffff;
            case INT16 -> data.get(GgufReader.I16, at);
            case UINT32 -> Integer.toUnsignedLong(data.get(GgufReader.I32, at));
            case INT32 -> data.get(GgufReader.I32, at);
            default -> data.get(GgufReader.I64, at);
        };
    }

    private Value single(String key) {
        Value value = value(key);
        if (value.count >= 0) {
            throw wrong(key, value, "a single value");
        }
        return value;
    }

    private Value list(String key) {
        Value value = value(key);
        if (value.count < 0) {
            throw wrong(key, value, "a list");
        }
        return value;
    }

    private Value value(String key) {
        Value value = values.get(key);
        if (value == null) {
            throw new UserError(path + ": key " + key + " is missing; convert the model anew");
        }
        return value;
    }

    private UserError wrong(String key, Value value, String expected) {
        String list = value.count < 0 ? "" : "a list of ";
        return new UserError(path + ": key " + key + " is " + list + value.kind + " where " + expected
                + " is expected; convert the model anew");
    }

    private <T> T named(Supplier<T> read) {
        try {
            return read.get();
        } catch (GgufDamage | UserError e) {
            throw new UserError(path + ": " + e.getMessage(), e);
        }
    }
}

package org.tornadomor.formats.gguf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.UserError;
import org.tornadomor.files.AsideFile;
import org.tornadomor.formats.gguf.GgufMetadata.Kind;

/**
 * Writes a GGUF file of version 3: first keys, then the names and shapes of tensors, then, from {@link #begin} on, their values in
 * that order. Nothing appears under its name before {@link #commit}.
 */
final class GgufWriter implements AutoCloseable {
    private static final int VERSION = 3;

    /** Writes what stands before the data, little-endian. */
    private static final class Bytes {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Bytes i32(int value) {
            for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
                out.write(value >>> shift);
            }
            return this;
        }

        Bytes i64(long value) {
            return i32((int) value).i32((int) (value >>> Integer.SIZE));
        }

        Bytes string(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            i64(bytes.length);
            out.writeBytes(bytes);
            return this;
        }
    }

    private final Path path;
    private final AsideFile file;
    private final Bytes keys = new Bytes();
    private final Map<String, GgufTensor> tensors = new LinkedHashMap<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    private int keyCount;
    private long dataAt;
    private long dataBytes;
    private long at;

    /** @throws UserError if the disk refuses */
    GgufWriter(Path path) {
        this.path = path;
        this.file = AsideFile.create(path);
    }

    private Bytes key(String key, Kind kind) {
        keyCount++;
        return keys.string(key).i32(kind.ordinal());
    }

    void string(String key, String value) {
        key(key, Kind.STRING).string(value);
    }

    void integer(String key, int value) {
        key(key, Kind.UINT32).i32(value);
    }

    void number(String key, double value) {
        key(key, Kind.FLOAT32).i32(Float.floatToIntBits((float) value));
    }

    void flag(String key, boolean value) {
        key(key, Kind.BOOL).out.write(value ? 1 : 0);
    }

    void strings(String key, List<String> values) {
        list(key, Kind.STRING, values.size());
        values.forEach(keys::string);
    }

    void integers(String key, int[] values) {
        list(key, Kind.INT32, values.length);
        for (int value : values) {
            keys.i32(value);
        }
    }

    void floats(String key, float[] values) {
        list(key, Kind.FLOAT32, values.length);
        for (float value : values) {
            keys.i32(Float.floatToIntBits(value));
        }
    }

    private void list(String key, Kind kind, int size) {
        key(key, Kind.ARRAY).i32(kind.ordinal()).i64(size);
    }

    /** Announces a tensor. @param shape row-major */
    void declare(String name, GgmlType type, long... shape) {
        GgufTensor tensor = new GgufTensor(name, type, shape, dataBytes);
        tensors.put(name, tensor);
        dataBytes = aligned(dataBytes + tensor.bytes());
    }

    private static long aligned(long bytes) {
        return Math.ceilDiv(bytes, (long) GgufFile.DEFAULT_ALIGNMENT) * GgufFile.DEFAULT_ALIGNMENT;
    }

    /** Writes all that was declared; tensors follow in their order. */
    void begin() {
        Bytes head = new Bytes();
        head.i32(GgufFile.MAGIC).i32(VERSION).i64(tensors.size()).i64(keyCount);
        head.out.writeBytes(keys.out.toByteArray());
        for (GgufTensor tensor : tensors.values()) {
            long[] shape = tensor.shape();
            head.string(tensor.name()).i32(shape.length);
            for (int d = shape.length - 1; d >= 0; d--) {
                head.i64(shape[d]);
            }
            head.i32(tensor.type().id()).i64(tensor.at());
        }
        byte[] bytes = head.out.toByteArray();
        file.write(ByteBuffer.wrap(bytes), 0);
        dataAt = aligned(bytes.length);
        zeros(bytes.length, dataAt);
    }

    private void zeros(long from, long to) {
        if (to > from) {
            file.write(ByteBuffer.allocate((int) (to - from)), from);
        }
    }

    /** Begins the values of a tensor. */
    void start(String name) {
        at = dataAt + tensors.get(name).at();
    }

    /**
     * Writes the next values of a tensor, whole blocks.
     *
     * @throws UserError if one does not fit the type
     */
    void append(String name, float[] values, int count) {
        GgmlType type = tensors.get(name).type();
        int most = buffer.capacity() / type.blockBytes() * type.blockElements();
        for (int from = 0; from < count; from += most) {
            int part = Math.min(most, count - from);
            buffer.clear();
            Encoding.put(type, values, from, part, buffer, value -> {
                throw new UserError(path + ": tensor " + name + " holds " + value + ", which is too large for " + type
                        + "; write it as f32");
            });
            buffer.flip();
            int bytes = buffer.remaining();
            file.write(buffer, at);
            at += bytes;
        }
    }

    /** Ends the values of a tensor: fills up to where the next may begin. */
    void end(String name) {
        GgufTensor tensor = tensors.get(name);
        long end = dataAt + tensor.at() + tensor.bytes();
        if (at != end) {
            throw new IllegalStateException(name + " was written up to byte " + at + " instead of " + end);
        }
        zeros(end, dataAt + aligned(tensor.at() + tensor.bytes()));
    }

    /** The tensors that were declared. */
    List<GgufTensor> declared() {
        return new ArrayList<>(tensors.values());
    }

    /** Moves the file into place. @throws UserError if the disk refuses */
    void commit() {
        file.commit();
    }

    @Override
    public void close() {
        file.close();
    }
}

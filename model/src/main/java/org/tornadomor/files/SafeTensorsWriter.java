package org.tornadomor.files;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.tornadomor.UserError;
import org.tornadomor.engine.Bfloat16;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes one safetensors file. The tensors are declared first, in file order, and then written in any order, each in
 * full: nothing but a small buffer is held in memory. The file is written aside and moved into place by {@link
 * #commit}.
 */
public final class SafeTensorsWriter implements TensorSink {
    private static final int BUFFER_BYTES = 1 << 20;
    private static final int ALIGNMENT = 8;

    private final AsideFile file;
    private final Path path;
    private final Map<String, Slot> slots = new LinkedHashMap<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    /** Where a tensor lies in the file, and how many of its elements are written. */
    private static final class Slot {
        final TensorInfo info;
        final long position;
        long written;

        Slot(TensorInfo info, long position) {
            this.info = info;
            this.position = position;
        }
    }

    private SafeTensorsWriter(Path path, AsideFile file) {
        this.path = path;
        this.file = file;
    }

    /**
     * Starts a file.
     *
     * @param tensors what it will hold: F32, F16, BF16, I32 or I64
     * @param metadata free-form strings for the header
     * @throws UserError if the disk refuses
     * @throws IllegalArgumentException if a name appears twice or a type cannot be written
     */
    public static SafeTensorsWriter create(Path file, List<TensorInfo> tensors, Map<String, String> metadata) {
        byte[] header = header(tensors, metadata);
        SafeTensorsWriter writer = new SafeTensorsWriter(file, AsideFile.create(file));
        long position = Long.BYTES + header.length;
        for (TensorInfo info : tensors) {
            writer.slots.put(info.name(), new Slot(info, position));
            position += info.bytes();
        }
        try {
            ByteBuffer start = ByteBuffer.allocate(Long.BYTES + header.length).order(ByteOrder.LITTLE_ENDIAN);
            writer.file.write(start.putLong(header.length).put(header).flip(), 0);
        } catch (UserError e) {
            writer.close();
            throw e;
        }
        return writer;
    }

    private static byte[] header(List<TensorInfo> tensors, Map<String, String> metadata) {
        JsonMapper mapper = JsonMapper.shared();
        ObjectNode json = mapper.createObjectNode();
        if (!metadata.isEmpty()) {
            ObjectNode strings = json.putObject(SafeTensorsHeader.METADATA);
            metadata.forEach(strings::put);
        }
        long offset = 0;
        for (TensorInfo info : tensors) {
            boolean writable = info.dtype().isFloat() && info.dtype() != DType.F64
                    || info.dtype().isInteger();
            if (!writable || json.has(info.name())) {
                throw new IllegalArgumentException("cannot write " + info + ": its type, or its name appears twice");
            }
            ObjectNode entry = json.putObject(info.name());
            entry.put("dtype", info.dtype().name());
            ArrayNode shape = entry.putArray("shape");
            for (long dimension : info.shape()) {
                shape.add(dimension);
            }
            entry.putArray("data_offsets").add(offset).add(offset + info.bytes());
            offset += info.bytes();
        }
        // Spaces behind the JSON align the data, as other writers do; readers ignore them.
        String text = mapper.writeValueAsString(json);
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        return (text + " ".repeat(Math.floorMod(-length, ALIGNMENT))).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void write(String name, float[] src, int srcOffset) {
        append(name, src, srcOffset, Math.toIntExact(slot(name).info.elements()));
    }

    @Override
    public void write(String name, int[] src, int srcOffset) {
        append(name, src, srcOffset, Math.toIntExact(slot(name).info.elements()));
    }

    @Override
    public void append(String name, float[] src, int srcOffset, int count) {
        Slot slot = slot(name, count);
        if (!slot.info.dtype().isFloat()) {
            throw new IllegalArgumentException(slot.info + " does not hold floats");
        }
        Objects.checkFromIndexSize(srcOffset, count, src.length);
        int chunk = BUFFER_BYTES / slot.info.dtype().bytes();
        int done = 0;
        while (done < count) {
            int next = Math.min(chunk, count - done);
            put(slot, src, srcOffset + done, next);
            done += next;
        }
    }

    @Override
    public void append(String name, int[] src, int srcOffset, int count) {
        Slot slot = slot(name, count);
        if (!slot.info.dtype().isInteger()) {
            throw new IllegalArgumentException(slot.info + " does not hold integers");
        }
        Objects.checkFromIndexSize(srcOffset, count, src.length);
        int chunk = BUFFER_BYTES / slot.info.dtype().bytes();
        int done = 0;
        while (done < count) {
            int next = Math.min(chunk, count - done);
            put(slot, src, srcOffset + done, next);
            done += next;
        }
    }

    private void put(Slot slot, int[] src, int offset, int count) {
        if (slot.info.dtype() == DType.I32) {
            buffer.asIntBuffer().put(src, offset, count);
        } else {
            LongBuffer longs = buffer.asLongBuffer();
            for (int i = 0; i < count; i++) {
                longs.put(src[offset + i]);
            }
        }
        flush(slot, count);
    }

    private void put(Slot slot, float[] src, int offset, int count) {
        ShortBuffer halves = buffer.asShortBuffer();
        switch (slot.info.dtype()) {
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    short bits = Float.floatToFloat16(src[offset + i]);
                    checkFits(slot, src[offset + i], Float.float16ToFloat(bits));
                    halves.put(bits);
                }
            }
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    short bits = Bfloat16.of(src[offset + i]);
                    checkFits(slot, src[offset + i], Bfloat16.value(bits));
                    halves.put(bits);
                }
            }
            default -> buffer.asFloatBuffer().put(src, offset, count);
        }
        flush(slot, count);
    }

    private void checkFits(Slot slot, float value, float rounded) {
        if (Float.isInfinite(rounded) && !Float.isInfinite(value)) {
            throw new UserError(path + ": tensor " + slot.info.name() + " holds " + value + ", which is too large for "
                    + slot.info.dtype() + "; save as F32");
        }
    }

    private Slot slot(String name) {
        Slot slot = slots.get(name);
        if (slot == null) {
            throw new IllegalArgumentException("tensor " + name + " was not declared for " + path);
        }
        return slot;
    }

    private Slot slot(String name, int count) {
        Slot slot = slot(name);
        if (count < 0 || count > slot.info.elements() - slot.written) {
            throw new IllegalArgumentException(slot.info + " has " + (slot.info.elements() - slot.written)
                    + " elements left to write, not " + count);
        }
        return slot;
    }

    private void flush(Slot slot, int elements) {
        int bytes = slot.info.dtype().bytes();
        buffer.clear().limit(elements * bytes);
        file.write(buffer, slot.position + slot.written * bytes);
        buffer.clear();
        slot.written += elements;
    }

    @Override
    public void commit() {
        checkComplete();
        file.commit();
    }

    /** @throws IllegalStateException if a tensor was not written whole */
    public void checkComplete() {
        for (Slot slot : slots.values()) {
            if (slot.written != slot.info.elements()) {
                throw new IllegalStateException(slot.info + " was written up to element " + slot.written + " only");
            }
        }
    }

    @Override
    public void close() {
        file.close();
    }
}

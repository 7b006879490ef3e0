package org.tornadomor.files;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.tornadomor.UserError;
import org.tornadomor.files.SafeTensorsHeader.Entry;

/**
 * One safetensors file, mapped into memory: opening reads the header alone, and reading a tensor touches its pages
 * alone.
 */
public final class SafeTensors extends FileTensors<Entry> {
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final String FIX = "; the file is damaged or incomplete, copy or download it again";

    private final Arena arena;
    private final MemorySegment data;
    private final Map<String, String> metadata;

    private SafeTensors(Path path, Arena arena, MemorySegment data, SafeTensorsHeader header) {
        super(path);
        this.arena = arena;
        this.data = data;
        this.metadata = header.metadata();
        header.entries().forEach(entry -> put(entry.info().name(), entry));
    }

    /**
     * Opens a file and checks its header.
     *
     * @throws UserError naming the file, the tensor and what is wrong
     */
    public static SafeTensors open(Path file) {
        InputFile.require(file);
        Arena arena = Arena.ofShared();
        try (FileChannel channel = InputFile.channel(file)) {
            SafeTensors opened = map(file, channel, arena);
            arena = null;
            return opened;
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        } catch (UserError e) {
            throw new UserError(file + ": " + ForeignContent.of(file).orElseGet(() -> e.getMessage() + FIX), e);
        } finally {
            if (arena != null) {
                arena.close();
            }
        }
    }

    private static SafeTensors map(Path file, FileChannel channel, Arena arena) throws IOException {
        long size = channel.size();
        if (size < Long.BYTES) {
            throw new UserError("truncated: " + size + " bytes, too short for the length of the header");
        }
        MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
        long headerBytes = all.get(I64, 0);
        if (headerBytes < 0 || headerBytes > SafeTensorsHeader.MAX_BYTES) {
            throw new UserError("not safetensors: a header of " + Long.toUnsignedString(headerBytes)
                    + " bytes, where at most " + SafeTensorsHeader.MAX_BYTES + " are allowed");
        }
        if (headerBytes > size - Long.BYTES) {
            throw new UserError("truncated: the header has " + headerBytes + " bytes, but the file only "
                    + (size - Long.BYTES) + " behind its length");
        }
        MemorySegment data = all.asSlice(Long.BYTES + headerBytes);
        byte[] json = all.asSlice(Long.BYTES, headerBytes).toArray(ValueLayout.JAVA_BYTE);
        return new SafeTensors(file, arena, data, SafeTensorsHeader.parse(json, data.byteSize()));
    }

    @Override
    protected TensorInfo info(Entry entry) {
        return entry.info();
    }

    @Override
    public Map<String, String> metadata() {
        return metadata;
    }

    @Override
    public void read(String name, long from, float[] dst, int dstOffset, int count) {
        Entry entry = entry(name, from, dst, dstOffset, count);
        DType dtype = entry.info().dtype();
        long at = entry.begin() + from * dtype.bytes();
        if (!dtype.isFloat()) {
            throw wrongType(entry, "F32, F16, BF16 or F64");
        }
        Elements.read(dtype, data, at, dst, dstOffset, count);
    }

    @Override
    public void release(String name) {
        Entry entry = entry(name);
        data.asSlice(entry.begin(), entry.info().bytes()).unload();
    }

    @Override
    public void readInts(String name, int[] dst, int dstOffset) {
        Entry entry = entry(name);
        int count = Math.toIntExact(entry.info().elements());
        Objects.checkFromIndexSize(dstOffset, count, dst.length);
        switch (entry.info().dtype()) {
            case I32 -> MemorySegment.copy(data, I32, entry.begin(), dst, dstOffset, count);
            case I64 -> {
                for (int i = 0; i < count; i++) {
                    dst[dstOffset + i] = narrow(name, data.get(I64, entry.begin() + 8L * i));
                }
            }
            default -> throw wrongType(entry, "I32 or I64");
        }
    }

    private int narrow(String name, long value) {
        if (value != (int) value) {
            throw new UserError(path() + ": tensor " + name + " holds " + value + ", which does not fit 32 bits");
        }
        return (int) value;
    }

    private UserError wrongType(Entry entry, String expected) {
        return new UserError(path() + ": tensor " + entry.info().name() + " is "
                + entry.info().dtype() + "; convert it to " + expected);
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}

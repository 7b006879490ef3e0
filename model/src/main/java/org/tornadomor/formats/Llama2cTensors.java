package org.tornadomor.formats;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.function.IntFunction;
import org.tornadomor.UserError;
import org.tornadomor.files.DType;
import org.tornadomor.files.FileTensors;
import org.tornadomor.files.TensorInfo;
import org.tornadomor.formats.Llama2cModel.Header;
import org.tornadomor.formats.common.HeadRows;
import org.tornadomor.model.ParameterNames;

/**
 * The tensors of a file of llama2.c with Hugging Face's names and order of rows. They stand one behind the other, those of one kind
 * for all layers together; {@link org.tornadomor.model.io.Llama2cExport} has the order of version 0. Versions 1 and 2 begin with the
 * norms; version 2 has matrices of bytes, each with its scales behind it.
 */
final class Llama2cTensors extends FileTensors<Llama2cTensors.Entry> {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Arena arena;
    private final MemorySegment data;
    private final Header header;
    private long at;

    /**
     * Where a tensor stands.
     *
     * @param scales of bytes, or -1 for float32
     * @param headSize rows of a head whose order is llama2.c's, or 0
     */
    record Entry(TensorInfo info, long at, long scales, int headSize) {}

    /** @throws UserError if the file has another size than its header asks for */
    Llama2cTensors(Path path, Arena arena, MemorySegment data, Header header, int headerBytes) {
        super(path);
        this.arena = arena;
        this.data = data;
        this.header = header;
        this.at = headerBytes;
        try {
            if (header.version() == 0) {
                place0();
            } else {
                place();
            }
        } catch (ArithmeticException | IllegalArgumentException e) {
            throw Llama2cModel.damaged(path, "its header asks for more than any file holds");
        }
        if (at != data.byteSize()) {
            throw Llama2cModel.damaged(path, "its header asks for " + at + " bytes, and it has " + data.byteSize());
        }
    }

    private void place0() {
        int d = header.hidden();
        int kv = header.kvHeads() * header.headSize();
        matrix(ParameterNames.EMBEDDING, header.vocabulary(), d, 0);
        layers(l -> vector(ParameterNames.inputNorm(l), d));
        attention(d, kv);
        layers(l -> vector(ParameterNames.postAttentionNorm(l), d));
        feedForward(d);
        vector(ParameterNames.FINAL_NORM, d);
        // Cosines and sines, which follow from the configuration.
        at = Math.addExact(at, 4L * header.positions() * (header.headSize() / 2 * 2));
        head(d);
    }

    private void place() {
        int d = header.hidden();
        int kv = header.kvHeads() * header.headSize();
        layers(l -> vector(ParameterNames.inputNorm(l), d));
        layers(l -> vector(ParameterNames.postAttentionNorm(l), d));
        vector(ParameterNames.FINAL_NORM, d);
        matrix(ParameterNames.EMBEDDING, header.vocabulary(), d, 0);
        attention(d, kv);
        feedForward(d);
        head(d);
    }

    private void attention(int d, int kv) {
        layers(l -> matrix(ParameterNames.query(l), d, d, header.headSize()));
        layers(l -> matrix(ParameterNames.key(l), kv, d, header.headSize()));
        layers(l -> matrix(ParameterNames.value(l), kv, d, 0));
        layers(l -> matrix(ParameterNames.attentionOutput(l), d, d, 0));
    }

    private void feedForward(int d) {
        layers(l -> matrix(ParameterNames.gate(l), header.ffn(), d, 0));
        layers(l -> matrix(ParameterNames.down(l), d, header.ffn(), 0));
        layers(l -> matrix(ParameterNames.up(l), header.ffn(), d, 0));
    }

    private void head(int d) {
        if (!header.tied()) {
            matrix(ParameterNames.HEAD, header.vocabulary(), d, 0);
        }
    }

    private void layers(IntFunction<Void> place) {
        for (int l = 0; l < header.layers(); l++) {
            place.apply(l);
            if (at > data.byteSize()) {
                // No list of a damaged number of layers.
                throw Llama2cModel.damaged(
                        path(), "its header asks for more than the " + data.byteSize() + " bytes that it has");
            }
        }
    }

    private Void vector(String name, int size) {
        put(name, new Entry(TensorInfo.of(name, DType.F32, size), at, -1, 0));
        at += 4L * size;
        return null;
    }

    private Void matrix(String name, int rows, int columns, int headSize) {
        long elements = Math.multiplyExact((long) rows, columns);
        boolean bytes = header.version() == 2;
        if (bytes && columns % header.group() != 0) {
            throw Llama2cModel.damaged(
                    path(), "a scale for " + header.group() + " elements does not fit rows of " + columns);
        }
        long scales = bytes ? Math.addExact(at, elements) : -1;
        put(name, new Entry(TensorInfo.of(name, DType.F32, rows, columns), at, scales, headSize));
        at = bytes
                ? Math.addExact(scales, 4 * (elements / header.group()))
                : Math.addExact(at, Math.multiplyExact(4L, elements));
        return null;
    }

    @Override
    protected TensorInfo info(Entry entry) {
        return entry.info;
    }

    @Override
    public boolean isNarrow(String name) {
        return entry(name).scales >= 0;
    }

    @Override
    public String storedType(String name) {
        return entry(name).scales < 0 ? DType.F32.name() : "I8 in groups of " + header.group();
    }

    @Override
    public void read(String name, long from, float[] dst, int dstOffset, int count) {
        Entry entry = entry(name, from, dst, dstOffset, count);
        long[] shape = entry.info.shape();
        HeadRows.pieces(from, count, shape[shape.length - 1], entry.headSize, (source, done, part) -> {
            if (entry.scales < 0) {
                MemorySegment.copy(data, F32, entry.at + 4 * source, dst, dstOffset + done, part);
                return;
            }
            for (int i = 0; i < part; i++) {
                float scale = data.get(F32, entry.scales + 4 * ((source + i) / header.group()));
                dst[dstOffset + done + i] = data.get(ValueLayout.JAVA_BYTE, entry.at + source + i) * scale;
            }
        });
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}

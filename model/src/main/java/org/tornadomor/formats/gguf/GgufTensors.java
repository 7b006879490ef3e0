package org.tornadomor.formats.gguf;

import java.util.Objects;
import org.tornadomor.UserError;
import org.tornadomor.files.DType;
import org.tornadomor.files.FileTensors;
import org.tornadomor.files.TensorInfo;
import org.tornadomor.formats.common.HeadRows;

/**
 * The tensors of a GGUF file with Hugging Face's names and order of rows ({@link HeadRows}). Blocks become float32 as they are read.
 */
final class GgufTensors extends FileTensors<GgufTensors.Entry> {
    private final GgufFile file;

    /** @param headSize rows of a head whose order is changed, or 0 */
    record Entry(GgufTensor tensor, TensorInfo info, int headSize) {}

    /**
     * @param turned whether rows of queries and keys are in llama.cpp's order
     * @param headSize rows of a head
     */
    GgufTensors(GgufFile file, boolean turned, int headSize) {
        super(file.path());
        this.file = file;
        for (GgufTensor tensor : file.tensors().values()) {
            if (tensor.name().equals(GgufNames.ROTARY_FACTORS)) {
                continue;
            }
            String name = GgufNames.ours(tensor.name());
            int size = turned && GgufNames.turned(tensor.name()) != 0 ? headSize : 0;
            if (size > 0 && (size % 2 != 0 || tensor.shape()[0] % size != 0)) {
                throw new UserError(file.path() + ": tensor " + tensor.name() + " has " + tensor.shape()[0]
                        + " rows, no whole number of heads of " + size + "; convert the model anew");
            }
            put(name, new Entry(tensor, new TensorInfo(name, dtype(tensor.type()), tensor.shape()), size));
        }
    }

    private static DType dtype(GgmlType type) {
        return switch (type) {
            case F16 -> DType.F16;
            case BF16 -> DType.BF16;
            default -> DType.F32;
        };
    }

    @Override
    protected TensorInfo info(Entry entry) {
        return entry.info;
    }

    @Override
    public String storedType(String name) {
        return entry(name).tensor.type().name();
    }

    @Override
    public void read(String name, long from, float[] dst, int dstOffset, int count) {
        Entry entry = entry(name, from, dst, dstOffset, count);
        GgufTensor tensor = entry.tensor;
        long columns = tensor.shape().length == 1 ? 1 : tensor.columns();
        HeadRows.pieces(
                from,
                count,
                columns,
                entry.headSize,
                (source, done, part) ->
                        tensor.type().read(file.data(), tensor.at(), source, dst, dstOffset + done, part));
    }

    @Override
    public boolean isNarrow(String name) {
        GgmlType type = entry(name).tensor.type();
        return type.blockBytes() < DType.F16.bytes() * type.blockElements();
    }

    @Override
    public boolean hasBlocks(String name) {
        return Blocks8.takes(entry(name).tensor.type());
    }

    @Override
    public void readBlocks(String name, int row, int rows, byte[] dst) {
        Entry entry = entry(name);
        GgufTensor tensor = entry.tensor;
        Objects.checkFromIndexSize(row, rows, tensor.shape()[0]);
        int columns = Math.toIntExact(tensor.columns());
        long rowBytes = tensor.type().bytes(columns);
        int target = Math.toIntExact(GgmlType.Q8_0.bytes(columns));
        for (int i = 0; i < rows; i++) {
            long source = entry.headSize == 0 ? row + i : HeadRows.source(row + i, entry.headSize);
            Blocks8.read(tensor.type(), file.data(), tensor.at() + source * rowBytes, columns, dst, i * target);
        }
    }

    @Override
    public void release(String name) {
        GgufTensor tensor = entry(name).tensor;
        file.data().asSlice(tensor.at(), tensor.bytes()).unload();
    }

    @Override
    public void close() {
        file.close();
    }
}

package org.tornadomor.files;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.tornadomor.UserError;
import org.tornadomor.files.Pickle.Storage;
import org.tornadomor.files.Pickle.Tensor;

/**
 * A dictionary of tensors as {@code torch.save} writes it since PyTorch 1.6: a zip file with a {@link Pickle} that names the tensors, and
 * one entry of plain numbers for each storage. Opening reads the pickle alone. Several tensors may be the same part of a storage.
 */
final class PickledTensors implements TensorSource {
    /** The dictionary of a model with some 100,000 tensors. */
    private static final int MOST_PICKLE = 64 << 20;

    private static final String PICKLE = "data.pkl";
    private static final int BUFFER = 1 << 16;

    private final Path path;
    private final ZipFile zip;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** @param begin the first byte of the tensor in the data of its storage */
    private record Entry(TensorInfo info, ZipEntry data, long begin) {}

    private PickledTensors(Path path, ZipFile zip) {
        this.path = path;
        this.zip = zip;
    }

    /**
     * Opens a file.
     *
     * @throws UserError naming the file, the tensor and what is wrong, or what it holds besides tensors
     */
    static PickledTensors open(Path path) {
        ZipFile zip = null;
        try {
            zip = new ZipFile(InputFile.require(path).toFile());
            PickledTensors opened = new PickledTensors(path, zip);
            opened.readNames();
            zip = null;
            return opened;
        } catch (ZipException e) {
            throw new UserError(
                    path + " is no zip file, as torch.save writes since PyTorch 1.6; copy it again, or load it in"
                            + " Python and save it anew",
                    e);
        } catch (IOException e) {
            throw UserError.file("read", path, e);
        } catch (UserError e) {
            throw e.getMessage().startsWith(path.toString()) ? e : new UserError(path + ": " + e.getMessage(), e);
        } finally {
            close(zip);
        }
    }

    private static void close(ZipFile zip) {
        try {
            if (zip != null) {
                zip.close();
            }
        } catch (IOException e) {
            // It was open for reading alone.
        }
    }

    private void readNames() throws IOException {
        ZipEntry pickle = zip.stream()
                .filter(entry -> entry.getName().endsWith("/" + PICKLE))
                .findFirst()
                .orElseThrow(
                        () -> new UserError("it has no " + PICKLE + ", so it is not of torch.save; check the file"));
        String archive = pickle.getName().substring(0, pickle.getName().length() - PICKLE.length());
        requireLittleEndian(zip.getEntry(archive + "byteorder"));
        if (pickle.getSize() > MOST_PICKLE) {
            throw new UserError("its " + PICKLE + " has " + pickle.getSize() + " bytes, and " + MOST_PICKLE
                    + " are the most; save model.state_dict() alone");
        }
        byte[] bytes;
        try (InputStream in = zip.getInputStream(pickle)) {
            bytes = in.readNBytes(MOST_PICKLE);
        }
        Pickle.tensors(bytes).forEach((name, tensor) -> entries.put(name, entry(archive, name, tensor)));
    }

    private void requireLittleEndian(ZipEntry order) throws IOException {
        if (order == null) {
            return;
        }
        try (InputStream in = zip.getInputStream(order)) {
            String text = new String(in.readNBytes(BUFFER), StandardCharsets.US_ASCII).strip();
            if (!text.equals("little")) {
                throw new UserError("its numbers are in the order of another machine; save it on a little-endian one");
            }
        }
    }

    private Entry entry(String archive, String name, Tensor tensor) {
        Storage storage = tensor.storage();
        ZipEntry data = zip.getEntry(archive + "data/" + storage.key());
        TensorInfo info;
        try {
            info = new TensorInfo(name, storage.dtype(), tensor.shape());
        } catch (IllegalArgumentException e) {
            throw new UserError("tensor " + name + ": " + e.getMessage() + "; the file is damaged, copy it again", e);
        }
        if (data == null || data.getMethod() != ZipEntry.STORED || data.getSize() != bytes(storage)) {
            throw new UserError("tensor " + name + ": the numbers are "
                    + (data == null ? "missing" : data.getMethod() != ZipEntry.STORED ? "compressed" : "incomplete")
                    + "; copy the file again, or save it anew");
        }
        long elements = info.elements();
        if (tensor.offset() < 0 || elements > storage.elements() - tensor.offset()) {
            throw new UserError("tensor " + name + " reaches beyond its numbers; the file is damaged, copy it again");
        }
        requireRows(name, tensor);
        return new Entry(info, data, tensor.offset() * storage.dtype().bytes());
    }

    private static long bytes(Storage storage) {
        long most = Long.MAX_VALUE / storage.dtype().bytes();
        return storage.elements() < 0 || storage.elements() > most
                ? -1
                : storage.elements() * storage.dtype().bytes();
    }

    /** Refuses what is not row after row, such as a transposed matrix. */
    private static void requireRows(String name, Tensor tensor) {
        long expected = 1;
        boolean rows = tensor.strides().length == tensor.shape().length;
        for (int i = tensor.shape().length - 1; i >= 0 && rows; i--) {
            rows = tensor.shape()[i] <= 1 || tensor.strides()[i] == expected;
            expected *= tensor.shape()[i];
        }
        if (!rows) {
            throw new UserError("tensor " + name + " does not lie row after row; save it after contiguous()");
        }
    }

    @Override
    public List<String> names() {
        return List.copyOf(entries.keySet());
    }

    @Override
    public boolean contains(String name) {
        return entries.containsKey(name);
    }

    @Override
    public TensorInfo info(String name) {
        return entry(name).info();
    }

    @Override
    public Path file(String name) {
        entry(name);
        return path;
    }

    @Override
    public List<Path> files() {
        return List.of(path);
    }

    @Override
    public Map<String, String> metadata() {
        return Map.of();
    }

    private Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new UserError(path + " has no tensor " + name + "; check that it is the right file");
        }
        return entry;
    }

    @Override
    public void read(String name, long from, float[] dst, int dstOffset, int count) {
        Entry entry = entry(name);
        DType dtype = entry.info().dtype();
        if (!dtype.isFloat()) {
            throw new UserError(path + ": tensor " + name + " is " + dtype + "; convert it to F32, F16, BF16 or F64");
        }
        Objects.checkFromIndexSize(from, count, entry.info().elements());
        Objects.checkFromIndexSize(dstOffset, count, dst.length);
        byte[] buffer = new byte[(int) Math.min(BUFFER, (long) count * dtype.bytes())];
        MemorySegment segment = MemorySegment.ofArray(buffer);
        try (InputStream in = zip.getInputStream(entry.data())) {
            in.skipNBytes(entry.begin() + from * dtype.bytes());
            for (int done = 0; done < count; ) {
                int part = Math.min(count - done, buffer.length / dtype.bytes());
                if (in.readNBytes(buffer, 0, part * dtype.bytes()) < part * dtype.bytes()) {
                    throw new EOFException("it ends within tensor " + name);
                }
                Elements.read(dtype, segment, 0, dst, dstOffset + done, part);
                done += part;
            }
        } catch (IOException e) {
            throw UserError.file("read", path, e);
        }
    }

    @Override
    public void readInts(String name, int[] dst, int dstOffset) {
        throw new UserError(path + ": tensor " + name + " is " + info(name).dtype() + "; whole numbers are read from"
                + " safetensors alone");
    }

    @Override
    public void close() {
        close(zip);
    }
}

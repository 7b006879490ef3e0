package org.tornadomor.files;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.tornadomor.UserError;
import org.tornadomor.files.Pickle.Storage;
import org.tornadomor.files.Pickle.Tensor;

/**
 * A dictionary of tensors as {@code torch.save} writes it since PyTorch 1.6: a zip file with a {@link Pickle} that names the tensors, and
 * one entry of plain numbers for each storage. Opening reads the pickle alone. Several tensors may be the same part of a storage.
 *
 * <p>The zip file has a check sum for each entry, which is compared before the first of its numbers is handed out. PyTorch can be told
 * not to compute any ({@code torch.serialization.set_crc32_options}); the same number stands at every entry then.
 */
final class PickledTensors extends FileTensors<PickledTensors.Entry> {
    /** The dictionary of a model with some 100,000 tensors. */
    private static final int MOST_PICKLE = 64 << 20;

    private static final byte[] ZIP = {'P', 'K'};
    private static final String UNREADABLE = "is not where the list of contents says, or ends too early";
    private static final String PICKLE = "data.pkl";
    private static final int BUFFER = 1 << 16;

    private final ZipFile zip;
    private final boolean summed;
    /** Entries whose check sum was compared. */
    private final Map<String, Boolean> intact = new ConcurrentHashMap<>();

    /** @param begin the first byte of the tensor in the data of its storage */
    record Entry(TensorInfo info, ZipEntry data, long begin) {}

    private PickledTensors(Path path, ZipFile zip) {
        super(path);
        this.zip = zip;
        this.summed = zip.stream().mapToLong(ZipEntry::getCrc).distinct().count() > 1;
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
            throw new UserError(path + ": " + noZip(path), e);
        } catch (IOException e) {
            throw UserError.file("read", path, e);
        } catch (UserError e) {
            throw e.getMessage().startsWith(path.toString()) ? e : new UserError(path + ": " + e.getMessage(), e);
        } finally {
            close(zip);
        }
    }

    private static String noZip(Path path) {
        try (InputStream in = InputFile.open(path)) {
            if (Arrays.equals(in.readNBytes(ZIP.length), ZIP)) {
                return "the end of the zip file is missing or damaged; copy or download it again";
            }
        } catch (IOException e) {
            throw UserError.file("read", path, e);
        }
        return ForeignContent.of(path)
                .orElse(
                        "it is no zip file, as torch.save writes since PyTorch 1.6; copy it again, or load it in Python and"
                                + " save it anew");
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
        Pickle.tensors(bytes(pickle, MOST_PICKLE)).forEach((name, tensor) -> put(name, entry(archive, name, tensor)));
    }

    private byte[] bytes(ZipEntry entry, int most) throws IOException {
        requireIntact(entry);
        try (InputStream in = zip.getInputStream(entry)) {
            return in.readNBytes(most);
        } catch (ZipException | EOFException e) {
            throw damaged(entry, UNREADABLE, e);
        }
    }

    private UserError damaged(ZipEntry entry, String what, IOException cause) {
        return new UserError(
                path() + " is damaged: its entry " + entry.getName() + " " + what + "; copy or download it again",
                cause);
    }

    /**
     * Compares the check sum of an entry with its bytes, once.
     *
     * @throws UserError if they differ
     */
    private void requireIntact(ZipEntry entry) {
        if (summed && entry.getCrc() != 0) {
            intact.computeIfAbsent(entry.getName(), name -> isIntact(entry));
        }
    }

    private boolean isIntact(ZipEntry entry) {
        byte[] buffer = new byte[BUFFER];
        CRC32 sum = new CRC32();
        try (CheckedInputStream in = new CheckedInputStream(zip.getInputStream(entry), sum)) {
            while (in.read(buffer) >= 0) {
                // The stream adds up what is read.
            }
        } catch (ZipException | EOFException e) {
            throw damaged(entry, UNREADABLE, e);
        } catch (IOException e) {
            throw UserError.file("read", path(), e);
        }
        if (sum.getValue() != entry.getCrc()) {
            throw damaged(entry, "has other bytes than those that its check sum (CRC-32) was made of", null);
        }
        return true;
    }

    private void requireLittleEndian(ZipEntry order) throws IOException {
        if (order == null) {
            return;
        }
        String text = new String(bytes(order, BUFFER), StandardCharsets.US_ASCII).strip();
        if (!text.equals("little")) {
            throw new UserError("its numbers are in the order of another machine; save it on a little-endian one");
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
    protected TensorInfo info(Entry entry) {
        return entry.info();
    }

    @Override
    public void read(String name, long from, float[] dst, int dstOffset, int count) {
        Entry entry = entry(name, from, dst, dstOffset, count);
        DType dtype = entry.info().dtype();
        if (!dtype.isFloat()) {
            throw new UserError(path() + ": tensor " + name + " is " + dtype + "; convert it to F32, F16, BF16 or F64");
        }
        requireIntact(entry.data());
        byte[] buffer = new byte[(int) Math.min(BUFFER, (long) count * dtype.bytes())];
        MemorySegment segment = MemorySegment.ofArray(buffer);
        try (InputStream in = zip.getInputStream(entry.data())) {
            in.skipNBytes(entry.begin() + from * dtype.bytes());
            for (int done = 0; done < count; ) {
                int part = Math.min(count - done, buffer.length / dtype.bytes());
                if (in.readNBytes(buffer, 0, part * dtype.bytes()) < part * dtype.bytes()) {
                    throw new EOFException();
                }
                Elements.read(dtype, segment, 0, dst, dstOffset + done, part);
                done += part;
            }
        } catch (ZipException | EOFException e) {
            throw damaged(entry.data(), UNREADABLE, e);
        } catch (IOException e) {
            throw UserError.file("read", path(), e);
        }
    }

    @Override
    public void close() {
        close(zip);
    }
}

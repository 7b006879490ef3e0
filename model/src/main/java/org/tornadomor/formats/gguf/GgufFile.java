package org.tornadomor.formats.gguf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.UserError;
import org.tornadomor.files.ForeignContent;
import org.tornadomor.files.InputFile;

/**
 * A GGUF file of version 2 or 3, mapped into memory: its metadata, and where its tensors lie. Opening reads and checks everything
 * but the tensors' data: every count, length, offset and size lies inside the file, no name comes twice, no two tensors overlap.
 *
 * <p>The layout: "GGUF", version (32 bits), numbers of tensors and of keys (64 bits each); each key with its type and value; each
 * tensor's name, dimensions (innermost first), type and offset; then, aligned, the data. Little-endian.
 */
public final class GgufFile implements AutoCloseable {
    /** The first four bytes, as a little-endian number. */
    static final int MAGIC = 'G' | 'G' << 8 | 'U' << 16 | 'F' << 24;

    static final String ALIGNMENT = "general.alignment";
    static final int DEFAULT_ALIGNMENT = 32;

    private static final int MOST_DIMENSIONS = 4;
    /** Far more than any model has; a damaged file must not ask for a longer list. */
    private static final long MOST_TENSORS = 1 << 20;

    private static final long MOST_KEYS = 1 << 16;
    private static final String DAMAGED = "; the file is damaged or incomplete, copy or download it again";

    private final Path path;
    private final Arena arena;
    private final MemorySegment data;
    private final GgufMetadata metadata;
    private final Map<String, GgufTensor> tensors;

    private GgufFile(
            Path path, Arena arena, MemorySegment data, GgufMetadata metadata, Map<String, GgufTensor> tensors) {
        this.path = path;
        this.arena = arena;
        this.data = data;
        this.metadata = metadata;
        this.tensors = tensors;
    }

    /** Whether a file begins as GGUF does. */
    public static boolean isOne(byte[] head) {
        return head.length >= 4 && head[0] == 'G' && head[1] == 'G' && head[2] == 'U' && head[3] == 'F';
    }

    /**
     * Opens a file and checks what it says of itself.
     *
     * @throws UserError naming the file, the key or tensor, and what is wrong
     */
    public static GgufFile open(Path path) {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = InputFile.channel(path)) {
            MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            GgufFile file = parse(path, arena, all);
            arena = null;
            return file;
        } catch (IOException e) {
            throw UserError.file("read", path, e);
        } catch (GgufDamage e) {
            throw new UserError(path + ": " + e.getMessage() + DAMAGED, e);
        } catch (UserError e) {
            // Errors about values of keys name the file already.
            throw e.getMessage().startsWith(path + ": ") ? e : new UserError(path + ": " + e.getMessage(), e);
        } finally {
            if (arena != null) {
                arena.close();
            }
        }
    }

    private static GgufFile parse(Path path, Arena arena, MemorySegment all) {
        GgufReader in = new GgufReader(all);
        if (in.size() < Integer.BYTES || in.i32("the first bytes") != MAGIC) {
            throw new UserError(
                    ForeignContent.of(path).orElse("it is not GGUF, which begins with these letters; check the path"));
        }
        int version = in.i32("the version");
        if (version != 2 && version != 3) {
            boolean turned = Integer.reverseBytes(version) == 3 || Integer.reverseBytes(version) == 2;
            throw new UserError(
                    turned
                            ? "is a big-endian GGUF; convert it to little-endian (gguf-convert-endian)"
                            : "is GGUF of version " + Integer.toUnsignedString(version)
                                    + ", and versions 2 and 3 are read; convert it anew");
        }
        long tensorCount = in.count("the number of tensors", MOST_TENSORS);
        long keyCount = in.count("the number of keys", MOST_KEYS);
        GgufMetadata metadata = GgufMetadata.read(path, in, keyCount);
        int alignment = alignment(metadata);
        List<GgufTensor> list = new ArrayList<>();
        for (long i = 0; i < tensorCount; i++) {
            list.add(tensor(in, i));
        }
        long begin = Math.ceilDiv(in.at(), (long) alignment) * alignment;
        Map<String, GgufTensor> tensors = new LinkedHashMap<>();
        for (GgufTensor tensor : list) {
            GgufTensor placed = placed(tensor, begin, alignment, all.byteSize());
            if (tensors.put(tensor.name(), placed) != null) {
                throw new GgufDamage("tensor " + GgufReader.quoted(tensor.name()) + " comes twice");
            }
        }
        requireApart(tensors.values());
        return new GgufFile(path, arena, all, metadata, tensors);
    }

    private static int alignment(GgufMetadata metadata) {
        long alignment = metadata.integer(ALIGNMENT, DEFAULT_ALIGNMENT);
        if (alignment < 1 || alignment > 1 << 20 || Long.bitCount(alignment) != 1) {
            throw new GgufDamage(ALIGNMENT + " is " + alignment + ", where a power of two is expected");
        }
        return (int) alignment;
    }

    /** Name, shape, type and the offset from the beginning of the data. */
    private static GgufTensor tensor(GgufReader in, long number) {
        String name = in.string("the name of tensor " + number, GgufReader.LONGEST_NAME);
        String what = "tensor " + GgufReader.quoted(name);
        int dimensions = in.i32("the dimensions of " + what);
        if (dimensions < 1 || dimensions > MOST_DIMENSIONS) {
            throw new GgufDamage(what + " has " + Integer.toUnsignedString(dimensions) + " dimensions, and 1 to "
                    + MOST_DIMENSIONS + " are possible");
        }
        long[] shape = new long[dimensions];
        long elements = 1;
        for (int d = dimensions - 1; d >= 0; d--) {
            shape[d] = in.i64("the shape of " + what);
            if (shape[d] < 1 || shape[d] > Long.MAX_VALUE / 8 / elements) {
                throw new GgufDamage(what + " has a dimension of " + Long.toUnsignedString(shape[d]));
            }
            elements *= shape[d];
        }
        int id = in.i32("the type of " + what);
        long offset = in.i64("the offset of " + what);
        GgmlType type;
        try {
            type = GgmlType.of(id);
        } catch (UserError e) {
            throw new UserError(what + " " + e.getMessage(), e);
        }
        if (shape[dimensions - 1] % type.blockElements() != 0) {
            throw new GgufDamage(what + " is " + type + " and has rows of " + shape[dimensions - 1]
                    + " elements, no whole number of blocks of " + type.blockElements());
        }
        return new GgufTensor(name, type, shape, offset);
    }

    private static GgufTensor placed(GgufTensor tensor, long begin, int alignment, long size) {
        String what = "tensor " + GgufReader.quoted(tensor.name());
        long offset = tensor.at();
        if (offset < 0 || offset % alignment != 0) {
            throw new GgufDamage(what + " begins at byte " + Long.toUnsignedString(offset)
                    + " of the data, which is no multiple of the alignment " + alignment);
        }
        if (begin > size || offset > size - begin || tensor.bytes() > size - begin - offset) {
            throw new GgufDamage(what + " of " + tensor.bytes() + " bytes begins at byte " + offset
                    + " of the data, behind which the file has " + Math.max(0, size - begin - offset));
        }
        return new GgufTensor(tensor.name(), tensor.type(), tensor.shape(), begin + offset);
    }

    private static void requireApart(Iterable<GgufTensor> tensors) {
        List<GgufTensor> sorted = new ArrayList<>();
        tensors.forEach(sorted::add);
        sorted.sort(Comparator.comparingLong(GgufTensor::at));
        for (int i = 1; i < sorted.size(); i++) {
            GgufTensor before = sorted.get(i - 1);
            if (before.at() + before.bytes() > sorted.get(i).at()) {
                throw new GgufDamage("tensors " + GgufReader.quoted(before.name()) + " and "
                        + GgufReader.quoted(sorted.get(i).name()) + " overlap");
            }
        }
    }

    /** The file. */
    public Path path() {
        return path;
    }

    /** What the file says of the model. */
    public GgufMetadata metadata() {
        return metadata;
    }

    /** The tensors by name, in file order. */
    public Map<String, GgufTensor> tensors() {
        return Collections.unmodifiableMap(tensors);
    }

    /** All bytes of the file. */
    MemorySegment data() {
        return data;
    }

    /** Unmaps the file; closing again does nothing. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}

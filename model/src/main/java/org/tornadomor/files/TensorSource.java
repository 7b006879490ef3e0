package org.tornadomor.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.tornadomor.UserError;

/**
 * Named tensors to read: one safetensors file, the shards that an index lists, or a file of {@code torch.save}. Several threads
 * may read at once, until the source is closed.
 */
public interface TensorSource extends AutoCloseable {
    /** The name of an unsharded model file. */
    String MODEL_FILE = "model.safetensors";

    /** The name of the index of a sharded model. */
    String INDEX_FILE = "model.safetensors.index.json";

    /** The name of a model that {@code torch.save} wrote. */
    String PICKLED_FILE = "pytorch_model.bin";
    /** What training keeps beside the weights to go on: no model. */
    String TRAINING_STATE_FILE = "training_state.safetensors";

    /**
     * Opens a safetensors file, an index, or the model in a checkpoint folder: the single file where both exist, and what
     * {@code torch.save} wrote where neither does.
     *
     * @throws UserError naming the file and what is wrong with it
     */
    static TensorSource open(Path path) {
        if (!Files.isDirectory(path)) {
            return path.toString().endsWith(".index.json") ? ShardedTensors.open(path) : SafeTensors.open(path);
        }
        Path single = path.resolve(MODEL_FILE);
        Path index = path.resolve(INDEX_FILE);
        if (Files.exists(single, LinkOption.NOFOLLOW_LINKS)) {
            return SafeTensors.open(single);
        }
        if (Files.exists(index, LinkOption.NOFOLLOW_LINKS)) {
            return ShardedTensors.open(index);
        }
        Path pickled = path.resolve(PICKLED_FILE);
        if (Files.exists(pickled, LinkOption.NOFOLLOW_LINKS)) {
            return PickledTensors.open(pickled);
        }
        throw new UserError(
                path + " has no " + MODEL_FILE + ", " + INDEX_FILE + " or " + PICKLED_FILE + "; " + instead(path));
    }

    /** What to do where a folder has no weights under a name that is known. */
    private static String instead(Path folder) {
        if (Files.exists(folder.resolve(PICKLED_FILE + ".index.json"))) {
            return "convert the shards of its " + PICKLED_FILE + " to safetensors";
        }
        List<String> others;
        try (Stream<Path> files = Files.list(folder)) {
            others = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".safetensors") && !name.equals(TRAINING_STATE_FILE))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw UserError.file("read", folder, e);
        }
        if (others.isEmpty()) {
            return "check that it is a checkpoint folder";
        }
        if (others.stream().anyMatch(name -> name.contains("-of-"))) {
            return "its shards are there, so copy the index as well";
        }
        return "if " + (others.size() == 1 ? others.getFirst() : "one of its " + others.size() + " .safetensors files")
                + " is the model, rename it to " + MODEL_FILE;
    }

    /** The names, in file order. */
    List<String> names();

    /** Whether there is a tensor of that name. */
    boolean contains(String name);

    /**
     * Type and shape.
     *
     * @throws UserError if there is no such tensor
     */
    TensorInfo info(String name);

    /**
     * The name of the type in the file, to be shown: that of {@link #info}, unless reading converts it to another.
     *
     * @throws UserError if there is no such tensor
     */
    default String storedType(String name) {
        return info(name).dtype().name();
    }

    /**
     * The file that holds a tensor.
     *
     * @throws UserError if there is no such tensor
     */
    Path file(String name);

    /** Every file that is read. */
    List<Path> files();

    /** The free-form metadata of the file; of the first shard where there are several. */
    Map<String, String> metadata();

    /**
     * Reads elements {@code from .. from + count - 1} of a tensor as float, converting F64, F16 and BF16.
     *
     * @throws UserError if there is no such tensor or it does not hold floats
     * @throws IndexOutOfBoundsException if the range does not lie in the tensor and in {@code dst}
     */
    void read(String name, long from, float[] dst, int dstOffset, int count);

    /** Reads a whole tensor; see {@link #read(String, long, float[], int, int)}. */
    default void read(String name, float[] dst, int dstOffset) {
        read(name, 0, dst, dstOffset, elements(name));
    }

    /** Reads a whole tensor into a new array; see {@link #read(String, long, float[], int, int)}. */
    default float[] read(String name) {
        float[] values = new float[elements(name)];
        read(name, values, 0);
        return values;
    }

    /** Whether an element takes less than 16 bits in the file, so that it more than doubles as float32. */
    default boolean isNarrow(String name) {
        return info(name).dtype().bytes() < DType.F16.bytes();
    }

    /** Whether a matrix can be read as {@link #readBlocks} gives it, without loss. */
    default boolean hasBlocks(String name) {
        return false;
    }

    /**
     * Reads rows of a matrix as blocks of 32 bytes, each behind its scale: a little-endian float16.
     *
     * @param row the first
     * @throws UnsupportedOperationException if it cannot be read as blocks
     */
    default void readBlocks(String name, int row, int rows, byte[] dst) {
        throw new UnsupportedOperationException(name + " has no blocks");
    }

    /** Says that a tensor is not read again soon, so that the memory in which its file is mapped may be given back. */
    default void release(String name) {}

    /**
     * Reads a whole tensor of I32 or I64 as int.
     *
     * @throws UserError if there is no such tensor, it holds other types, or a value does not fit
     * @throws IndexOutOfBoundsException if it does not fit {@code dst}
     */
    void readInts(String name, int[] dst, int dstOffset);

    /** Reads a whole tensor into a new array; see {@link #readInts(String, int[], int)}. */
    default int[] readInts(String name) {
        int[] values = new int[elements(name)];
        readInts(name, values, 0);
        return values;
    }

    private int elements(String name) {
        long elements = info(name).elements();
        if (elements > Integer.MAX_VALUE) {
            throw new UserError(file(name) + ": " + name + " has " + elements
                    + " elements, more than an array holds; read it in parts");
        }
        return (int) elements;
    }

    /** Unmaps the files. */
    @Override
    void close();
}

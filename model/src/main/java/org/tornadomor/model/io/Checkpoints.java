package org.tornadomor.model.io;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.tornadomor.UserError;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.files.DType;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterNames;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.ParameterSpec;
import org.tornadomor.model.WeightMemory;

/** Moves weights between an engine and where they come from or go to. */
public final class Checkpoints {
    /** Elements that are held at once while loading, unless a row has more. */
    private static final int CHUNK = 1 << 18;

    /** The least magnitude that rounds to an infinite bfloat16; the scale of a row of bytes has trouble there too. */
    private static final float LEAST_TOO_WIDE = 0x1.FFp127f;

    /** Bytes of a block of 8 bits in a file. */
    private static final int BLOCK_BYTES = ElementType.BLOCK + ElementType.SCALE_BYTES;
    /** Bytes of blocks that are held at once while loading. */
    private static final int BLOCK_CHUNK = 1 << 20;
    /** The exponent in the upper byte of a float16: all ones means infinite, or no number. */
    private static final int HALF_EXPONENT = 0x7c;

    private Checkpoints() {}

    /**
     * Random weights: matrices normal with the configuration's {@code initializer_range}, norms 1, biases 0, and of low-rank
     * factors the second 0, so that they add nothing at first. Each tensor has a
     * stream of its own, so that a seed gives a tensor the same values in every model that has one of that name and shape.
     */
    public static void initialise(Engine engine, ParameterSet weights, long seed) {
        for (Map.Entry<String, Tensor> entry : weights.named().entrySet()) {
            Tensor tensor = entry.getValue();
            float[] values = tensor == weights.routerBias()
                    ? new float[tensor.size()]
                    : initial(weights.config(), entry.getKey(), tensor.shape(), seed);
            engine.upload(tensor, values, 0);
        }
    }

    /**
     * What {@link #initialise} gives a tensor: a matrix random values, a vector ones.
     *
     * @param name in a checkpoint
     */
    public static float[] initial(ModelConfig config, String name, int[] shape, long seed) {
        double range = config.initializerRange();
        boolean matrix = shape.length == 2;
        RandomGenerator random =
                RandomGeneratorFactory.of("L64X128MixRandom").create(seed * 0x9E3779B97F4A7C15L + name.hashCode());
        float[] values = new float[Arrays.stream(shape).reduce(1, Math::multiplyExact)];
        if (ParameterNames.isLoraUp(name) || ParameterNames.isBias(name)) {
            return values;
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = matrix ? (float) (range * random.nextGaussian()) : 1;
        }
        return values;
    }

    /**
     * Loads every parameter, some rows at a time: nothing but the engine's own memory holds a whole matrix.
     *
     * @throws UserError naming file and tensor if a value is not finite, in the file or as the engine keeps it
     */
    public static void load(Engine engine, CheckpointFolder folder, ParameterSet weights) {
        float[] values = new float[CHUNK];
        // One buffer for all tensors: discarded ones would stay in memory for a while, beside the weights.
        byte[] blocks = {};
        for (ParameterSpec spec : folder.specs()) {
            Tensor tensor = weights.named().get(spec.name());
            if (tensor.type() == ElementType.Q8 && folder.tensors().hasBlocks(spec.name())) {
                blocks = loadBlocks(engine, folder, spec.name(), tensor, blocks);
                continue;
            }
            int columns = tensor.columns();
            int chunk = Math.max(1, CHUNK / columns);
            values = values.length < columns ? new float[columns] : values;
            for (int row = 0; row < tensor.rows(); row += chunk) {
                int rows = Math.min(chunk, tensor.rows() - row);
                folder.read(spec.name(), (long) row * columns, values, 0, rows * columns);
                if (tensor.type().narrow()) {
                    requireNarrow(folder, spec.name(), values, rows * columns);
                }
                engine.upload(tensor.rows(row, rows), values, 0);
            }
            folder.tensors().release(spec.name());
        }
    }

    /** Loads blocks of 8 bits as they are: nothing but their scales can be infinite. @return the buffer, or a larger one */
    private static byte[] loadBlocks(
            Engine engine, CheckpointFolder folder, String name, Tensor tensor, byte[] buffer) {
        int blocks = tensor.columns() / ElementType.BLOCK;
        int rowBytes = Math.multiplyExact(blocks, BLOCK_BYTES);
        int chunk = Math.clamp(BLOCK_CHUNK / rowBytes, 1, Math.max(1, tensor.rows()));
        int most = Math.multiplyExact(chunk, rowBytes);
        byte[] bytes = buffer.length < most ? new byte[most] : buffer;
        for (int row = 0; row < tensor.rows(); row += chunk) {
            int rows = Math.min(chunk, tensor.rows() - row);
            folder.tensors().readBlocks(name, row, rows, bytes);
            for (int block = 0; block < rows * blocks; block++) {
                int high = bytes[block * BLOCK_BYTES + 1] & HALF_EXPONENT;
                if (high == HALF_EXPONENT) {
                    throw new UserError(folder.tensors().file(name) + ": tensor " + name
                            + " holds a scale that is no finite number, in block " + ((long) row * blocks + block)
                            + "; such a model computes nothing, take another file");
                }
            }
            engine.uploadBlocks(tensor.rows(row, rows), bytes, 0);
        }
        folder.tensors().release(name);
        return bytes;
    }

    /**
     * How to keep the weights of a checkpoint.
     *
     * @param asked null leaves it to the checkpoint: weights of 8 bits in blocks stay what they are where the engine keeps such, all
     *     others become float32
     * @param notes hears in one line what becomes of matrices that take less than 16 bits an element in the file
     * @throws UserError if rows are no whole blocks of what was asked for
     */
    public static ElementType typeOf(
            CheckpointFolder folder, Engine engine, ElementType asked, Consumer<String> notes) {
        if (asked != null) {
            for (ParameterSpec spec : folder.specs()) {
                if (WeightMemory.isNarrowed(folder.config(), spec) && !asked.fits(spec.shape()[1])) {
                    throw new UserError(folder.path() + ": rows of " + spec.name() + " have " + spec.shape()[1]
                            + " elements, no multiple of the " + ElementType.BLOCK
                            + " that share a scale in q8; give another --weights");
                }
            }
            return asked;
        }
        int all = 0;
        int blocks = 0;
        int narrow = 0;
        boolean fit = true;
        for (ParameterSpec spec : folder.specs()) {
            if (WeightMemory.isNarrowed(folder.config(), spec)) {
                all++;
                blocks += folder.tensors().hasBlocks(spec.name()) ? 1 : 0;
                narrow += folder.tensors().isNarrow(spec.name()) ? 1 : 0;
                fit &= ElementType.Q8.fits(spec.shape()[1]);
            }
        }
        boolean keeps = engine.keeps(ElementType.Q8);
        if (blocks == all && keeps) {
            notes.accept("the weights stay in 8 bits, as the file has them");
            return ElementType.Q8;
        }
        if (narrow > 0) {
            notes.accept("weights of 8 bits or less become float32: " + whyWide(all, blocks, keeps, fit));
        }
        return ElementType.F32;
    }

    /** @param fit whether the rows of all matrices are whole blocks */
    private static String whyWide(int all, int blocks, boolean keeps, boolean fit) {
        if (!keeps) {
            return blocks == all ? "only the cpu engine keeps them" : "narrow weights need the cpu engine";
        }
        return (all - blocks) + " of " + all + " matrices are not of Q8_0, Q5_0 or Q4_0"
                + (fit ? " (--weights q8 rounds them)" : "");
    }

    private static void requireNarrow(CheckpointFolder folder, String name, float[] values, int count) {
        for (int i = 0; i < count; i++) {
            if (Math.abs(values[i]) >= LEAST_TOO_WIDE) {
                throw new UserError(folder.tensors().file(name) + ": tensor " + name + " holds " + values[i]
                        + ", which would be infinite in narrow weights; keep them as float32 (--weights float32)");
            }
        }
    }

    /** Writes {@code config.json} and the weights, aside first and then moved into place. */
    public static void save(Engine engine, ParameterSet weights, Path folder, DType dtype) {
        save(engine, weights, folder, dtype, null);
    }

    /**
     * The same, with the tokens that begin and end a text.
     *
     * @param generation null if they are not known
     */
    public static void save(
            Engine engine, ParameterSet weights, Path folder, DType dtype, GenerationConfig generation) {
        try (CheckpointWriter writer = CheckpointWriter.create(folder, weights.config(), dtype)) {
            writer.setGeneration(generation);
            for (Map.Entry<String, Tensor> entry : weights.named().entrySet()) {
                float[] values = new float[entry.getValue().size()];
                engine.download(entry.getValue(), values, 0);
                writer.write(entry.getKey(), values, 0);
            }
            writer.commit();
        }
    }
}

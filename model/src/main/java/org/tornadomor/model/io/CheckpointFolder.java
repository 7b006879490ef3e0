package org.tornadomor.model.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.tornadomor.UserError;
import org.tornadomor.engine.Bfloat16;
import org.tornadomor.files.DType;
import org.tornadomor.files.TensorInfo;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterCount;
import org.tornadomor.model.ParameterNames;
import org.tornadomor.model.ParameterSpec;
import org.tornadomor.model.ParameterSpecs;
import org.tornadomor.model.UnknownKeys;

/**
 * A checkpoint folder in Hugging Face style: {@code config.json} and {@code model.safetensors}, or its shards with an
 * index. Opening it checks that the tensors are exactly those of the configuration, each with its shape.
 */
public final class CheckpointFolder implements AutoCloseable {
    /** The configuration's file name. */
    public static final String CONFIG_FILE = "config.json";

    /** The tokenizer's file name. */
    public static final String TOKENIZER_FILE = "tokenizer.json";

    /** The name of what resuming needs besides the weights. */
    public static final String TRAINING_STATE_FILE = TensorSource.TRAINING_STATE_FILE;

    /** Older exports store the rotary frequencies, which follow from the configuration. */
    private static final String ROTARY_FREQUENCIES = ".rotary_emb.inv_freq";

    /** Elements of two tensors that are compared at a time. */
    private static final int COMPARED = 1 << 16;

    private final Path path;
    private final Path folder;
    private final ModelConfig config;
    private final TensorSource tensors;
    private final List<ParameterSpec> specs;

    private CheckpointFolder(Path path, Path folder, ModelConfig config, TensorSource tensors) {
        this.path = path;
        this.folder = folder;
        this.config = config;
        this.tensors = tensors;
        this.specs = ParameterSpecs.of(config);
    }

    /**
     * Opens a checkpoint.
     *
     * @throws UserError naming the file, the tensor and what is missing, misshapen or damaged
     */
    public static CheckpointFolder open(Path folder) {
        return open(folder, UnknownKeys.REFUSED);
    }

    /** As {@link #open(Path)}, passing over keys of {@code config.json} that somebody knows to be harmless. */
    public static CheckpointFolder open(Path folder, UnknownKeys unknown) {
        if (!Files.isDirectory(folder)) {
            throw new UserError(folder + " is not a folder; give the folder of a checkpoint, with " + CONFIG_FILE
                    + " and " + TensorSource.MODEL_FILE);
        }
        // A refusal is a single line, so notes wait until nothing is refused any more.
        List<String> notes = new ArrayList<>();
        ModelConfig config = ModelConfig.read(folder.resolve(CONFIG_FILE), unknown.withNotes(notes::add));
        CheckpointFolder opened = of(folder, folder, config, TensorSource.open(folder));
        notes.forEach(unknown.notes());
        return opened;
    }

    /**
     * A checkpoint whose tensors come from elsewhere.
     *
     * @param path what the user calls it
     * @param folder with {@code config.json} and the tokenizer's files
     * @param tensors closed with the result, or at once if they are not those of the configuration
     * @throws UserError naming the file, the tensor and what is missing, misshapen or damaged
     */
    public static CheckpointFolder of(Path path, Path folder, ModelConfig config, TensorSource tensors) {
        try {
            CheckpointFolder opened = new CheckpointFolder(path, folder, config, tensors);
            opened.checkTensors();
            return opened;
        } catch (RuntimeException | Error e) {
            tensors.close();
            throw e;
        }
    }

    private void checkTensors() {
        List<String> missing = specs.stream()
                .map(ParameterSpec::name)
                .filter(name -> !tensors.contains(name))
                .toList();
        if (!missing.isEmpty()) {
            throw new UserError(path + ": tensor " + some(missing) + " missing; " + hint(missing));
        }
        for (ParameterSpec spec : specs) {
            checkTensor(spec, tensors.info(spec.name()));
        }
        Set<String> expected = specs.stream().map(ParameterSpec::name).collect(Collectors.toSet());
        List<String> unexpected = tensors.names().stream()
                .filter(name -> !expected.contains(name) && !tolerated(name))
                .toList();
        if (!unexpected.isEmpty()) {
            throw new UserError(path + ": tensor " + some(unexpected) + " not part of the model that " + CONFIG_FILE
                    + " describes; use the configuration that belongs to the weights");
        }
        checkTiedHead();
    }

    /**
     * Some programs write a head even where it is tied to the embedding. A head that differs belongs to another configuration.
     */
    private void checkTiedHead() {
        if (config.tieEmbeddings() && tensors.contains(ParameterNames.HEAD) && !isEmbedding(ParameterNames.HEAD)) {
            throw new UserError(tensors.file(ParameterNames.HEAD) + ": tensor " + ParameterNames.HEAD + " differs from "
                    + ParameterNames.EMBEDDING + ", which tie_word_embeddings in " + CONFIG_FILE
                    + " makes the head; set that to false, or use the weights that belong to it");
        }
    }

    private boolean isEmbedding(String name) {
        long elements = tensors.info(name).elements();
        boolean same = Arrays.equals(
                tensors.info(name).shape(),
                tensors.info(ParameterNames.EMBEDDING).shape());
        float[] one = new float[(int) Math.min(elements, COMPARED)];
        float[] other = new float[one.length];
        for (long from = 0; same && from < elements; from += COMPARED) {
            int count = (int) Math.min(COMPARED, elements - from);
            tensors.read(name, from, one, 0, count);
            tensors.read(ParameterNames.EMBEDDING, from, other, 0, count);
            same = Arrays.equals(one, 0, count, other, 0, count);
        }
        return same;
    }

    private void checkTensor(ParameterSpec spec, TensorInfo info) {
        String tensor = tensors.file(spec.name()) + ": tensor " + spec.name();
        if (!info.hasShape(spec.shape())) {
            throw new UserError(tensor + " has shape " + Arrays.toString(info.shape()) + " where " + CONFIG_FILE
                    + " asks for " + Arrays.toString(spec.shape())
                    + "; use the configuration that belongs to the weights");
        }
        if (!info.dtype().isFloat()) {
            throw new UserError(tensor + " is " + info.dtype() + "; convert the checkpoint to F32, F16 or BF16");
        }
    }

    private static String some(List<String> names) {
        int more = names.size() - 1;
        return names.getFirst() + (more == 0 ? " is" : " (and " + more + " more) are");
    }

    private static String hint(List<String> missing) {
        return missing.equals(List.of(ParameterNames.HEAD))
                ? "if the head is the embedding, set tie_word_embeddings to true in " + CONFIG_FILE
                : "use weights and a " + CONFIG_FILE + " that belong together, and copy every shard";
    }

    private boolean tolerated(String name) {
        return name.endsWith(ROTARY_FREQUENCIES) || config.tieEmbeddings() && name.equals(ParameterNames.HEAD);
    }

    /** What the user calls the checkpoint: the folder, or a file of another format. */
    public Path path() {
        return path;
    }

    /** The folder with {@code config.json} and the tokenizer's files; of a file of another format, a temporary one. */
    public Path folder() {
        return folder;
    }

    /** The configuration. */
    public ModelConfig config() {
        return config;
    }

    /** The model's tensors, in the order to load them. */
    public List<ParameterSpec> specs() {
        return specs;
    }

    /** The tensors as they lie in the files, unchecked values included. */
    public TensorSource tensors() {
        return tensors;
    }

    /**
     * Reads elements {@code from .. from + count - 1} of a parameter as float.
     *
     * @throws UserError naming file and tensor if a value is not finite
     */
    public void read(String name, long from, float[] dst, int dstOffset, int count) {
        tensors.read(name, from, dst, dstOffset, count);
        for (int i = 0; i < count; i++) {
            if (!Float.isFinite(dst[dstOffset + i])) {
                throw notFinite(name, from + i, dst[dstOffset + i]);
            }
        }
    }

    private UserError notFinite(String name, long element, float value) {
        String tensor = tensors.file(name) + ": tensor " + name + " holds ";
        boolean wide = tensors.info(name).dtype() == DType.F64 && Float.isInfinite(value);
        return new UserError(tensor
                + (wide ? "a value that is infinite as float32, in which models are computed," : Float.toString(value))
                + " at element " + element + "; "
                + (wide
                        ? "scale the weights, or use another checkpoint"
                        : "such a model computes nothing, use an earlier checkpoint"));
    }

    /** Reads a whole parameter; see {@link #read(String, long, float[], int, int)}. */
    public void read(String name, float[] dst, int dstOffset) {
        read(name, 0, dst, dstOffset, Math.toIntExact(tensors.info(name).elements()));
    }

    /**
     * The type that holds every tensor without loss: that of the matrices, if vectors of another type, which files of other
     * programs have, lose nothing in it; else F32.
     */
    public DType dtype() {
        DType common = null;
        for (ParameterSpec spec : specs) {
            DType dtype = tensors.info(spec.name()).dtype();
            if (spec.shape().length == 2) {
                if (common != null && dtype != common || dtype == DType.F64) {
                    return DType.F32;
                }
                common = dtype;
            }
        }
        for (ParameterSpec spec : specs) {
            if (spec.shape().length == 1 && !isExact(spec, common)) {
                return DType.F32;
            }
        }
        return common;
    }

    private boolean isExact(ParameterSpec spec, DType dtype) {
        if (tensors.info(spec.name()).dtype() == dtype) {
            return true;
        }
        for (float value : tensors.read(spec.name())) {
            float kept = switch (dtype) {
                case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
                case BF16 -> Bfloat16.value(Bfloat16.of(value));
                default -> value;
            };
            if (kept != value) {
                return false;
            }
        }
        return true;
    }

    /**
     * What the checkpoint is.
     *
     * @throws UserError if a file cannot be looked at
     */
    public CheckpointDescription describe() {
        Map<String, Long> elements = new TreeMap<>();
        for (ParameterSpec spec : specs) {
            elements.merge(
                    tensors.storedType(spec.name()), tensors.info(spec.name()).elements(), Long::sum);
        }
        long bytes = 0;
        for (Path file : tensors.files()) {
            try {
                bytes += Files.size(file);
            } catch (IOException e) {
                throw UserError.file("read", file, e);
            }
        }
        return new CheckpointDescription(
                path,
                config,
                ParameterCount.of(config),
                specs.size(),
                Collections.unmodifiableMap(elements),
                tensors.files(),
                bytes,
                tensors.metadata(),
                Files.exists(folder.resolve(TOKENIZER_FILE)),
                Files.exists(folder.resolve(TRAINING_STATE_FILE)));
    }

    /** Closes the files. */
    @Override
    public void close() {
        tensors.close();
    }
}

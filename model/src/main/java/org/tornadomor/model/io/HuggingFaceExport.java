package org.tornadomor.model.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.tornadomor.UserError;
import org.tornadomor.files.AsideFile;
import org.tornadomor.files.DType;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSpec;
import org.tornadomor.model.ParameterSpecs;

/**
 * Writes folders in Hugging Face style: a plain model as one that the transformers library loads, or a checkpoint as it is,
 * recursions and routers included, which this program loads. Of the classes of that library, the first that computes the model
 * is named.
 */
public final class HuggingFaceExport {
    /** The page that explains the format of models that no other program knows. */
    public static final String README = "README.md";

    /** Elements that are held at once. */
    private static final int CHUNK = 1 << 20;

    private static final String README_RESOURCE = "mor-format.md";

    private HuggingFaceExport() {}

    /** Reads elements of a tensor. */
    @FunctionalInterface
    private interface Values {
        void read(String name, long from, float[] dst, int count);
    }

    /**
     * Writes {@code config.json}, {@code generation_config.json}, the weights and the tokenizer's files of a plain model.
     *
     * @param source the folder that the tokenizer is copied from
     * @param folder new or empty
     * @param dtype F32, F16 or BF16
     * @param generation the tokens that begin and end a text
     * @throws UserError if no class there computes the model, the folder holds something, or the disk refuses
     */
    public static void write(PlainLlama model, Path source, Path folder, DType dtype, GenerationConfig generation) {
        model.config().architecture().requireClass();
        write(model.config(), model::read, source, folder, dtype, generation);
    }

    /**
     * Writes the same files for a checkpoint as it is.
     *
     * @throws UserError as {@link #write}
     */
    public static void copy(CheckpointFolder checkpoint, Path folder, DType dtype, GenerationConfig generation) {
        Values values = (name, from, dst, count) -> checkpoint.read(name, from, dst, 0, count);
        write(checkpoint.config(), values, checkpoint.folder(), folder, dtype, generation);
    }

    /** Puts a page beside a checkpoint that says how it is to be read. */
    public static void explain(Path folder) {
        try (InputStream in = HuggingFaceExport.class.getResourceAsStream(README_RESOURCE)) {
            AsideFile.writeText(folder.resolve(README), new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(
            ModelConfig config, Values tensors, Path source, Path folder, DType dtype, GenerationConfig generation) {
        CheckpointWriter.requireEmpty(folder);
        float[] values = new float[CHUNK];
        try (CheckpointWriter writer = CheckpointWriter.create(folder, config, dtype)) {
            writer.setGeneration(generation);
            for (ParameterSpec spec : ParameterSpecs.of(config)) {
                for (int from = 0; from < spec.elements(); from += CHUNK) {
                    int count = Math.min(CHUNK, spec.elements() - from);
                    tensors.read(spec.name(), from, values, count);
                    writer.append(spec.name(), values, 0, count);
                }
            }
            TokenizerFiles.read(source).write(folder);
            writer.commit();
        }
    }
}

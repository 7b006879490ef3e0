package org.tornadomor.model.io;

import java.nio.file.Path;
import org.tornadomor.UserError;

/** Writes a plain model as a folder that Hugging Face's library loads: the first class that computes it is named there. */
public final class HuggingFaceExport {
    /** Elements that are held at once. */
    private static final int CHUNK = 1 << 20;

    private HuggingFaceExport() {}

    /**
     * Writes {@code config.json}, {@code generation_config.json}, the weights and the tokenizer's files.
     *
     * @param source the folder that the tokenizer is copied from
     * @param folder new or empty
     * @param dtype F32, F16 or BF16
     * @param generation the tokens that begin and end a text
     * @throws UserError if no class there computes the model, the folder holds something, or the disk refuses
     */
    public static void write(PlainLlama model, Path source, Path folder, DType dtype, GenerationConfig generation) {
        model.config().architecture().requireClass();
        CheckpointWriter.requireEmpty(folder);
        float[] values = new float[CHUNK];
        try (CheckpointWriter writer = CheckpointWriter.create(folder, model.config(), dtype)) {
            writer.setGeneration(generation);
            for (ParameterSpec spec : ParameterSpecs.of(model.config())) {
                for (int from = 0; from < spec.elements(); from += CHUNK) {
                    int count = Math.min(CHUNK, spec.elements() - from);
                    model.read(spec.name(), from, values, count);
                    writer.append(spec.name(), values, 0, count);
                }
            }
            TokenizerFiles.read(source).write(folder);
            writer.commit();
        }
    }
}

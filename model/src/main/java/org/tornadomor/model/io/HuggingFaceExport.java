package org.tornadomor.model.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.tornadomor.UserError;

/** Writes a plain Llama as a folder that Hugging Face's {@code LlamaForCausalLM} loads. */
public final class HuggingFaceExport {
    /** Elements that are held at once. */
    private static final int CHUNK = 1 << 20;

    /** What belongs to a tokenizer, where it is there. */
    private static final List<String> TOKENIZER_FILES = List.of(
            CheckpointFolder.TOKENIZER_FILE, "tokenizer_config.json", "special_tokens_map.json", "tokenizer.model");

    private HuggingFaceExport() {}

    /**
     * Writes {@code config.json}, the weights and the tokenizer's files.
     *
     * @param source the folder that the tokenizer is copied from
     * @param folder new or empty
     * @param dtype F32, F16 or BF16
     * @throws UserError if the folder holds something, or the disk refuses
     */
    public static void write(PlainLlama model, Path source, Path folder, DType dtype) {
        requireEmpty(folder);
        float[] values = new float[CHUNK];
        try (CheckpointWriter writer = CheckpointWriter.create(folder, model.config(), dtype)) {
            for (ParameterSpec spec : ParameterSpecs.of(model.config())) {
                for (int from = 0; from < spec.elements(); from += CHUNK) {
                    int count = Math.min(CHUNK, spec.elements() - from);
                    model.read(spec.name(), from, values, count);
                    writer.append(spec.name(), values, 0, count);
                }
            }
            TOKENIZER_FILES.forEach(name -> copy(source.resolve(name), folder.resolve(name)));
            writer.commit();
        }
    }

    /** A folder that mixes the files of two models would load as neither. */
    private static void requireEmpty(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        if (!Files.isDirectory(folder)) {
            throw new UserError(folder + " is a file; give a new folder");
        }
        try (Stream<Path> entries = Files.list(folder)) {
            if (entries.findAny().isPresent()) {
                throw new UserError(folder + " is not empty; give a new folder");
            }
        } catch (IOException e) {
            throw UserError.file("read", folder, e);
        }
    }

    private static void copy(Path from, Path to) {
        if (!Files.isRegularFile(from)) {
            return;
        }
        try (AsideFile file = AsideFile.create(to)) {
            file.write(ByteBuffer.wrap(Files.readAllBytes(from)), 0);
            file.commit();
        } catch (IOException e) {
            throw UserError.file("read", from, e);
        }
    }
}

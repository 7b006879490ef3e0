package org.tornadomor.cli.evaluation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;
import org.tornadomor.files.JsonFault;
import org.tornadomor.files.SafeTensors;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.ModelConfig;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Equally long sequences of token ids from a file.
 *
 * @param ids [sequences, length]
 */
record TokenBatch(Path file, int sequences, int length, int[] ids) {
    private static final String TENSOR = "inputs";
    private static final String FORMS =
            "give a JSON array of equally long arrays of ids, or a safetensors file with '" + TENSOR + "' [B, T]";

    /**
     * Reads a JSON array of equally long arrays, or {@code inputs} [B, T] of a safetensors file: whichever it is, by its
     * first character.
     *
     * @throws UserError naming the file and what is wrong with it
     */
    static TokenBatch read(Path file) {
        try {
            return startsLikeJson(file) ? json(file, InputFile.text(file)) : safetensors(file);
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
    }

    private static boolean startsLikeJson(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new UserError(file + " is a folder; " + FORMS);
        }
        try (var in = InputFile.open(file)) {
            int next = in.read();
            while (next >= 0 && Character.isWhitespace(next)) {
                next = in.read();
            }
            // A safetensors file starts with the length of its header in eight bytes, of which the last are zero.
            return next < 0 || (next == '[' || next == '{' || next == '"') && !hasZero(in.readNBytes(Long.BYTES - 1));
        }
    }

    private static boolean hasZero(byte[] bytes) {
        for (byte b : bytes) {
            if (b == 0) {
                return true;
            }
        }
        return false;
    }

    private static TokenBatch json(Path file, String text) {
        JsonNode root;
        try {
            root = JsonMapper.shared().readTree(text);
        } catch (JacksonException e) {
            throw new UserError(file + " is not valid JSON (" + JsonFault.of(e) + "); " + FORMS, e);
        }
        if (!root.isArray() || root.isEmpty() || !root.get(0).isArray()) {
            throw new UserError(file + " holds no array of arrays; " + FORMS);
        }
        int length = root.get(0).size();
        int[] ids = new int[Math.multiplyExact(root.size(), length)];
        for (int i = 0; i < root.size(); i++) {
            JsonNode row = root.get(i);
            if (!row.isArray() || row.size() != length) {
                throw new UserError(file + ": sequence " + i + " is not an array of " + Counts.of(length, "id")
                        + " like the first; " + FORMS);
            }
            for (int t = 0; t < length; t++) {
                if (!row.get(t).isInt()) {
                    throw new UserError(
                            file + ": sequence " + i + " has " + row.get(t) + " at place " + t + "; " + FORMS);
                }
                ids[i * length + t] = row.get(t).intValue();
            }
        }
        return new TokenBatch(file, root.size(), length, ids);
    }

    private static TokenBatch safetensors(Path file) {
        try (TensorSource source = SafeTensors.open(file)) {
            if (!source.contains(TENSOR)) {
                throw new UserError(file + " has no tensor '" + TENSOR + "' among " + source.names() + "; " + FORMS);
            }
            long[] shape = source.info(TENSOR).shape();
            if (shape.length != 2) {
                throw new UserError(file + ": '" + TENSOR + "' has shape " + Arrays.toString(shape) + "; " + FORMS);
            }
            int[] ids = source.readInts(TENSOR);
            return new TokenBatch(file, (int) shape[0], (int) shape[1], ids);
        }
    }

    /**
     * Refuses what a model cannot take.
     *
     * @throws UserError if there is nothing, the sequences are too long, or an id is not in the vocabulary
     */
    void requireFits(ModelConfig config) {
        if (ids.length == 0) {
            throw new UserError(file + " holds no tokens; " + FORMS);
        }
        if (length > config.longestSequence()) {
            throw new UserError(file + ": sequences of " + Counts.of(length, "token") + " are longer than the "
                    + Counts.of(config.longestSequence(), "position") + " of the model; cut them");
        }
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0 || ids[i] >= config.vocabSize()) {
                throw new UserError(file + ": sequence " + i / length + " has id " + ids[i] + " at place " + i % length
                        + ", but the model's ids are 0 to " + (config.vocabSize() - 1)
                        + "; encode with the tokenizer of the model");
            }
        }
    }
}

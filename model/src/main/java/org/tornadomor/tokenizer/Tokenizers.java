package org.tornadomor.tokenizer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.tornadomor.UserError;

/** Finds the tokenizer that a name, a path or a checkpoint asks for. */
public final class Tokenizers {
    static final String FILE = "tokenizer.json";

    private Tokenizers() {}

    /**
     * The tokenizer of a name or path.
     *
     * @param nameOrPath {@code bytes}, a {@code tokenizer.json}, or a folder that holds one
     * @throws UserError if there is none, or it cannot be read
     */
    public static Tokenizer load(String nameOrPath) {
        return load(nameOrPath, null);
    }

    /**
     * The same with the beginning token before each text, or without.
     *
     * @param bos null leaves it to the tokenizer's files
     * @throws UserError as {@link #load(String)}, and if the beginning token is wanted and there is none
     */
    public static Tokenizer load(String nameOrPath, Boolean bos) {
        if (nameOrPath.equals("bytes")) {
            if (bos != null && bos) {
                throw new UserError("--bos asks for a token that begins a text, and bytes have none; leave it away");
            }
            return new ByteTokenizer();
        }
        Path path = Path.of(nameOrPath);
        if (Files.isDirectory(path)) {
            path = path.resolve(FILE);
        }
        if (!Files.isRegularFile(path)) {
            throw new UserError("no tokenizer at " + path
                    + ": give 'bytes', the path of a tokenizer.json, or a folder that holds one, as"
                    + " 'tornado-mor tokenizer train' makes it");
        }
        return HuggingFaceTokenizerAdapter.read(path, bos);
    }

    /**
     * The tokenizer that belongs to a checkpoint: its {@code tokenizer.json}, or bytes where there is no such file and the
     * model has the 257 ids of bytes. Empty if the checkpoint is one of bare ids.
     *
     * @throws UserError if the file cannot be read, or has more ids than the model
     */
    public static Optional<Tokenizer> forCheckpoint(Path folder, int vocabSize) {
        return forCheckpoint(folder, vocabSize, null);
    }

    /** As {@link #forCheckpoint(Path, int)}, with the beginning token before each text, or without; null leaves it to the files. */
    public static Optional<Tokenizer> forCheckpoint(Path folder, int vocabSize, Boolean bos) {
        Path file = folder.resolve(FILE);
        if (Files.exists(file)) {
            Tokenizer tokenizer = load(file.toString(), bos);
            requireFits(tokenizer, vocabSize);
            return Optional.of(tokenizer);
        }
        return vocabSize == ByteTokenizer.VOCAB_SIZE ? Optional.of(load("bytes", bos)) : Optional.empty();
    }

    /**
     * Refuses a tokenizer that can give ids which the model does not have. A model may well have more ids: vocabularies
     * are often padded.
     *
     * @throws UserError if it does not fit
     */
    public static void requireFits(Tokenizer tokenizer, int vocabSize) {
        if (tokenizer.vocabSize() > vocabSize) {
            throw new UserError("tokenizer " + tokenizer.name() + " has " + tokenizer.vocabSize()
                    + " ids, but the model's vocabulary has " + vocabSize
                    + ": use the tokenizer that the model was trained with, or set vocab_size");
        }
    }
}

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
        if (nameOrPath.equals("bytes")) {
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
        return HuggingFaceTokenizerAdapter.read(path);
    }

    /**
     * The tokenizer that belongs to a checkpoint: its {@code tokenizer.json}, or bytes where there is no such file and the
     * model has the 257 ids of bytes. Empty if the checkpoint is one of bare ids.
     *
     * @throws UserError if the file cannot be read, or has more ids than the model
     */
    public static Optional<Tokenizer> forCheckpoint(Path folder, int vocabSize) {
        Path file = folder.resolve(FILE);
        if (Files.exists(file)) {
            Tokenizer tokenizer = load(file.toString());
            requireFits(tokenizer, vocabSize);
            return Optional.of(tokenizer);
        }
        return vocabSize == ByteTokenizer.VOCAB_SIZE ? Optional.of(new ByteTokenizer()) : Optional.empty();
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

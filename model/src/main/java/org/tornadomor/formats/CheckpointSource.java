package org.tornadomor.formats;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;
import org.tornadomor.files.TensorSource;
import org.tornadomor.formats.gguf.GgufFile;
import org.tornadomor.formats.gguf.GgufModel;
import org.tornadomor.formats.official.OfficialModel;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.CheckpointFolder;

/**
 * Where a checkpoint comes from: a folder in Hugging Face style, a folder of the official code of Mixture-of-Recursions, or a file of
 * another format; the latter two are presented as the first. For that, what such a folder holds besides the weights
 * ({@code config.json}, the tokenizer) is written into a temporary folder; the weights stay where they are.
 */
public final class CheckpointSource {
    private CheckpointSource() {}

    /** Whether a path is a file of a format that is read, by its first bytes and its name. */
    public static boolean isFile(Path path) {
        return Files.isRegularFile(path) && Format.of(path) != null;
    }

    /**
     * Opens a checkpoint.
     *
     * @param unknown keys to pass over
     * @throws UserError naming the file, the key or tensor, and what is missing, misshapen, damaged or not supported
     */
    public static CheckpointFolder open(Path path, UnknownKeys unknown) {
        return open(path, null, unknown);
    }

    /**
     * The same, with a tokenizer for a file that has none.
     *
     * @param tokenizer a {@code tokenizer.bin} of llama2.c; null is the one beside the file, if there is one
     * @throws UserError as {@link #open(Path, UnknownKeys)}
     */
    public static CheckpointFolder open(Path path, Path tokenizer, UnknownKeys unknown) {
        Format format = Files.isRegularFile(path) ? Format.of(path) : null;
        if (format == null) {
            requireNone(path, tokenizer);
            OfficialModel official = OfficialModel.find(path);
            return official == null ? CheckpointFolder.open(path, unknown) : official(official, path, unknown);
        }
        List<String> notes = new ArrayList<>();
        UnknownKeys listening = unknown.withNotes(notes::add);
        CheckpointFolder opened = switch (format) {
            case GGUF -> gguf(path, tokenizer, listening);
            case LLAMA2C -> Llama2cModel.open(path, tokenizer);
        };
        notes.forEach(unknown.notes());
        return opened;
    }

    private static CheckpointFolder gguf(Path path, Path tokenizer, UnknownKeys unknown) {
        requireNone(path, tokenizer);
        GgufModel model = GgufModel.open(path, unknown);
        try {
            Path folder = SmallFiles.folder(path, null, unknown.passedOver(), model::smallFiles);
            ModelConfig config = ModelConfig.read(folder.resolve(CheckpointFolder.CONFIG_FILE), unknown);
            return CheckpointFolder.of(path, folder, config, model.tensors());
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    private static CheckpointFolder official(OfficialModel model, Path path, UnknownKeys unknown) {
        List<String> notes = new ArrayList<>();
        TensorSource stored = TensorSource.open(path);
        CheckpointFolder opened;
        try {
            Map<String, byte[]> files = model.smallFiles(stored, unknown);
            Path folder = SmallFiles.folder(path, files);
            ModelConfig config = model.config(files.get(CheckpointFolder.CONFIG_FILE), unknown.withNotes(notes::add));
            TensorSource tensors = model.tensors(config, stored);
            stored = null;
            opened = CheckpointFolder.of(path, folder, config, tensors);
        } finally {
            if (stored != null) {
                stored.close();
            }
        }
        notes.forEach(unknown.notes());
        return opened;
    }

    private static void requireNone(Path path, Path tokenizer) {
        if (tokenizer != null) {
            throw new UserError(
                    path + " has a tokenizer of its own, and --tokenizer is for files of llama2.c; leave it" + " away");
        }
    }

    /**
     * The folder with {@code config.json} and the tokenizer's files of a checkpoint: the checkpoint itself, or a temporary
     * folder where the checkpoint is in another format.
     *
     * @throws UserError as {@link #open(Path, UnknownKeys)}
     */
    public static Path folder(Path path, UnknownKeys unknown) {
        if (!isFile(path)) {
            OfficialModel official = OfficialModel.find(path);
            if (official == null) {
                return path;
            }
            try (TensorSource stored = TensorSource.open(path)) {
                return SmallFiles.folder(path, official.smallFiles(stored, unknown));
            }
        }
        try (CheckpointFolder opened = open(path, unknown)) {
            return opened.folder();
        }
    }

    /**
     * What to read a tokenizer from: the temporary folder of a file of another format, else what was given.
     *
     * @param name a name, or a path
     * @throws UserError as {@link #open(Path, UnknownKeys)}
     */
    public static String tokenizer(String name) {
        Path path;
        try {
            path = Path.of(name);
        } catch (InvalidPathException e) {
            return name;
        }
        Format format = Files.isRegularFile(path) ? Format.of(path) : null;
        if (format == null) {
            return name;
        }
        // From GGUF only the tokenizer is read: what is not understood of the model does not matter here.
        Path folder = format == Format.GGUF
                ? SmallFiles.folder(path, null, "tokenizer", () -> GgufModel.tokenizerFiles(path))
                : folder(path, UnknownKeys.REFUSED);
        return folder.toString();
    }

    /** What to do where a checkpoint has no tokenizer, as the end of a message. */
    public static String tokenizerFix(Path path) {
        return switch (Files.isRegularFile(path) ? Format.of(path) : null) {
            case null -> "put its tokenizer.json into the folder";
            case LLAMA2C -> "put its tokenizer.bin beside the file";
            case GGUF -> "convert the model anew, with its tokenizer";
        };
    }

    /**
     * The path to remember a checkpoint by: for one into a temporary folder the checkpoint that it was made from, else the path
     * itself.
     */
    public static Path origin(Path path) {
        return SmallFiles.origin(path);
    }

    /** A message that names the checkpoint where it names the temporary folder of its small files. */
    public static String shown(String message) {
        return SmallFiles.shown(message);
    }

    /** The formats of single files. */
    private enum Format {
        GGUF,
        LLAMA2C;

        /** The format of a file, or null. */
        static Format of(Path path) {
            byte[] head;
            try (InputStream in = InputFile.open(path)) {
                head = in.readNBytes(Integer.BYTES);
            } catch (IOException e) {
                throw UserError.file("read", path, e);
            }
            String name = path.getFileName().toString();
            if (GgufFile.isOne(head) || name.endsWith(".gguf")) {
                return GGUF;
            }
            return Llama2cModel.isOne(head) || name.endsWith(".bin") ? LLAMA2C : null;
        }
    }
}

package org.tornadomor.cli.options;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.tornadomor.UserError;
import org.tornadomor.formats.CheckpointSource;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;
import org.tornadomor.trainer.RunFolder;

/** What the commands below {@code tokenizer} take. */
public final class TokenizerArgument {
    public static final String DESCRIPTION =
            "bytes, a tokenizer.json, the folder of a tokenizer, a checkpoint or a run, or a file of GGUF.";

    private TokenizerArgument() {}

    /**
     * Finds a tokenizer.
     *
     * @throws UserError if there is none
     */
    public static Tokenizer load(String name) {
        if (!name.equals("bytes") && CheckpointSource.isFile(Path.of(name))) {
            return Tokenizers.load(CheckpointSource.tokenizer(name));
        }
        Path path = Path.of(name);
        if (name.equals("bytes") || !Files.isDirectory(path)) {
            return Tokenizers.load(name);
        }
        Path folder = RunFolder.latest(path);
        Path config = folder.resolve(CheckpointFolder.CONFIG_FILE);
        if (!Files.isRegularFile(config)) {
            return Tokenizers.load(folder.toString());
        }
        return Tokenizers.forCheckpoint(folder, ModelConfig.read(config).vocabSize())
                .orElseThrow(() -> new UserError(folder + " is a model of bare ids: it has no tokenizer.json"));
    }

    /**
     * All of standard input.
     *
     * @throws UserError if it is not UTF-8
     */
    public static String standardInput() {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(System.in.readAllBytes()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new UserError("standard input is not valid UTF-8: convert it", e);
        } catch (IOException e) {
            throw new UserError("cannot read standard input (" + e.getMessage() + "): give the text as arguments", e);
        }
    }
}

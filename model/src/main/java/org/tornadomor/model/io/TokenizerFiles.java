package org.tornadomor.model.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.tornadomor.UserError;
import org.tornadomor.files.AsideFile;
import org.tornadomor.files.InputFile;

/**
 * The files that belong to a tokenizer, so that they can be written into the folders of further models. Held in memory: they
 * are small, and a run may outlive the folder that they come from.
 *
 * @param contents by name; a file in a folder of its own has a {@code /} in its name
 */
public record TokenizerFiles(Map<String, byte[]> contents) {
    /** What a tokenizer says about its special tokens, and more. */
    public static final String CONFIG = "tokenizer_config.json";

    /** What older libraries say about special tokens. */
    public static final String SPECIAL_TOKENS = "special_tokens_map.json";

    private static final String TEMPLATES = "additional_chat_templates";

    /** Published files have 35 MB at most. */
    private static final long MOST_BYTES = 512L << 20;

    /** All but the {@code tokenizer.json} itself. */
    private static final List<String> NAMES = List.of(
            CONFIG,
            SPECIAL_TOKENS,
            "added_tokens.json",
            "chat_template.jinja",
            "chat_template.json",
            "tokenizer.model");

    /**
     * Reads those of the files that are in a folder.
     *
     * @throws UserError if one cannot be read
     */
    public static TokenizerFiles read(Path folder) {
        Path json = folder.resolve(CheckpointFolder.TOKENIZER_FILE);
        return Files.exists(json) ? of(json) : new TokenizerFiles(beside(folder));
    }

    /**
     * Reads a {@code tokenizer.json}, whatever its name, and those of the others that are beside it.
     *
     * @throws UserError if one cannot be read, or is larger than any tokenizer
     */
    public static TokenizerFiles of(Path json) {
        byte[] content = content(json);
        return new TokenizerFiles(beside(json.toAbsolutePath().getParent()))
                .with(CheckpointFolder.TOKENIZER_FILE, content);
    }

    private static Map<String, byte[]> beside(Path folder) {
        List<String> names = new ArrayList<>(NAMES);
        names.addAll(templates(folder));
        Map<String, byte[]> contents = new LinkedHashMap<>();
        for (String name : names) {
            Path file = folder.resolve(name);
            if (Files.exists(file)) {
                contents.put(name, content(file));
            }
        }
        return contents;
    }

    private static byte[] content(Path file) {
        try {
            InputFile.require(file);
            if (Files.size(file) > MOST_BYTES) {
                throw new UserError(file + " has " + (Files.size(file) >> 20)
                        + " MiB, and no file of a tokenizer is that large: give the path of a tokenizer.json");
            }
            return InputFile.bytes(file);
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
    }

    /** Chat templates beside the default one have a folder of their own. */
    private static List<String> templates(Path folder) {
        Path templates = folder.resolve(TEMPLATES);
        if (!Files.isDirectory(templates)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(templates)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".jinja"))
                    .sorted()
                    .map(name -> TEMPLATES + "/" + name)
                    .toList();
        } catch (IOException e) {
            throw UserError.file("read", templates, e);
        }
    }

    /** The bytes of a file, or null. */
    public byte[] get(String name) {
        return contents.get(name);
    }

    /**
     * A copy with one file changed.
     *
     * @param content null takes it away
     */
    public TokenizerFiles with(String name, byte[] content) {
        Map<String, byte[]> changed = new LinkedHashMap<>(contents);
        if (content == null) {
            changed.remove(name);
        } else {
            changed.put(name, content);
        }
        return new TokenizerFiles(changed);
    }

    /**
     * Writes them into a folder.
     *
     * @throws UserError if the disk refuses
     */
    public void write(Path folder) {
        contents.forEach((name, content) -> {
            try (AsideFile file = AsideFile.create(folder.resolve(name))) {
                file.write(ByteBuffer.wrap(content), 0);
                file.commit();
            }
        });
    }
}

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

/**
 * The files that belong to a tokenizer, for the folders of models that carry it on. Held in memory: they are small, and a run
 * may outlive the folder that they come from.
 *
 * @param contents by name; a file in a folder of its own has a {@code /} in its name
 */
public record TokenizerFiles(Map<String, byte[]> contents) {
    /** What a tokenizer says about its special tokens, and more. */
    public static final String CONFIG = "tokenizer_config.json";

    /** What older libraries say about special tokens. */
    public static final String SPECIAL_TOKENS = "special_tokens_map.json";

    private static final String TEMPLATES = "additional_chat_templates";

    private static final List<String> NAMES = List.of(
            CheckpointFolder.TOKENIZER_FILE,
            CONFIG,
            SPECIAL_TOKENS,
            "added_tokens.json",
            "chat_template.jinja",
            "chat_template.json",
            "tokenizer.model");

    /**
     * Reads those that are there.
     *
     * @throws UserError if one cannot be read
     */
    public static TokenizerFiles read(Path folder) {
        List<String> names = new ArrayList<>(NAMES);
        names.addAll(templates(folder));
        Map<String, byte[]> contents = new LinkedHashMap<>();
        for (String name : names) {
            Path file = folder.resolve(name);
            try {
                if (Files.isRegularFile(file)) {
                    contents.put(name, Files.readAllBytes(file));
                }
            } catch (IOException e) {
                throw UserError.file("read", file, e);
            }
        }
        return new TokenizerFiles(contents);
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

package org.tornadomor.formats.gguf;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tornadomor.UserError;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.GenerationConfig;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A GGUF file as what a Hugging Face folder holds: the small files, and the tensors. */
public final class GgufModel implements AutoCloseable {
    private final GgufFile file;
    private final ObjectNode config;
    private final TensorSource tensors;

    private GgufModel(GgufFile file, UnknownKeys unknown) {
        this.file = file;
        this.config = GgufConfig.read(file, unknown);
        this.tensors = new GgufTensors(
                file, GgufConfig.turned(file), config.get("head_dim").intValue());
    }

    /**
     * Opens a file.
     *
     * @param unknown keys of the file to pass over
     * @throws UserError naming the file, the key or tensor, and what is wrong or not supported
     */
    public static GgufModel open(Path path, UnknownKeys unknown) {
        GgufFile file = GgufFile.open(path);
        try {
            return new GgufModel(file, unknown);
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    /** {@code config.json}, {@code generation_config.json} and the tokenizer's files, by name. */
    public Map<String, byte[]> smallFiles() {
        JsonMapper mapper = JsonMapper.shared();
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("config.json", mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(config));
        files.putAll(tokenizerFiles(file));
        return files;
    }

    /**
     * {@code generation_config.json} and the tokenizer's files, by name, whatever the model is; none if there is no tokenizer.
     *
     * @throws UserError naming the file, the key and what is wrong or not supported
     */
    public static Map<String, byte[]> tokenizerFiles(Path path) {
        try (GgufFile file = GgufFile.open(path)) {
            return tokenizerFiles(file);
        }
    }

    private static Map<String, byte[]> tokenizerFiles(GgufFile file) {
        GgufTokenizer tokenizer = GgufTokenizer.read(file);
        Map<String, byte[]> files = new LinkedHashMap<>(tokenizer.files().contents());
        if (!files.isEmpty()) {
            GenerationConfig generation = tokenizer.generation();
            files.put(GenerationConfig.FILE, generation.toJson().getBytes(StandardCharsets.UTF_8));
        }
        return files;
    }

    /** The tensors, with Hugging Face's names. Closing them closes the file. */
    public TensorSource tensors() {
        return tensors;
    }

    /** Unmaps the file; closing again does nothing. */
    @Override
    public void close() {
        file.close();
    }
}

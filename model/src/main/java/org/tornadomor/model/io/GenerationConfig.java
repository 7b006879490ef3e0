package org.tornadomor.model.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;
import org.tornadomor.files.JsonFault;
import org.tornadomor.files.StrictJson;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The ids that begin and end a text, as {@code generation_config.json} and {@code config.json} of a checkpoint have them. Without
 * them the transformers library takes 1 and 2 for a Llama.
 *
 * @param bos the id that begins a text, or -1
 * @param eos the ids that end a text, those of {@code generation_config.json} first
 * @param settings the text of {@code generation_config.json}, or null if there is none; what else it says is kept
 */
public record GenerationConfig(int bos, List<Integer> eos, String settings) {
    /** The file's name. */
    public static final String FILE = "generation_config.json";

    /** Nothing is known. */
    public static final GenerationConfig NONE = new GenerationConfig(-1, List.of(), null);

    private static final String BOS = "bos_token_id";
    private static final String EOS = "eos_token_id";

    public GenerationConfig {
        eos = List.copyOf(eos);
    }

    /**
     * Reads both files of a folder, whichever is there.
     *
     * @throws UserError naming the file and the key that is no id
     */
    public static GenerationConfig read(Path folder) {
        Path settingsFile = folder.resolve(FILE);
        Path configFile = folder.resolve(CheckpointFolder.CONFIG_FILE);
        String settings = text(settingsFile);
        int bos = -1;
        List<Integer> eos = new ArrayList<>();
        for (Path file : List.of(settingsFile, configFile)) {
            String json = file.equals(settingsFile) ? settings : text(file);
            if (json == null) {
                continue;
            }
            ObjectNode root = object(file, json);
            List<Integer> begins = ids(file, root, BOS);
            bos = bos < 0 && !begins.isEmpty() ? begins.getFirst() : bos;
            ids(file, root, EOS).stream().filter(id -> !eos.contains(id)).forEach(eos::add);
        }
        return new GenerationConfig(bos, eos, settings);
    }

    private static String text(Path file) {
        try {
            return Files.exists(file) ? InputFile.text(file) : null;
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
    }

    private static ObjectNode object(Path file, String json) {
        try {
            if (StrictJson.parse(json) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw new UserError(file + ": not valid JSON (" + JsonFault.of(e) + "); restore the file", e);
        }
        throw new UserError(file + " is not a JSON object; restore the file");
    }

    private static List<Integer> ids(Path file, ObjectNode root, String key) {
        JsonNode value = root.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return List.of();
        }
        List<Integer> ids = new ArrayList<>();
        for (JsonNode id : value instanceof ArrayNode list ? list : List.of(value)) {
            if (!id.isIntegralNumber() || !id.canConvertToInt()) {
                throw new UserError(file + ": " + key + " is " + value + "; it must be a token id or a list of them");
            }
            // Some files say -1 for none.
            if (id.intValue() >= 0) {
                ids.add(id.intValue());
            }
        }
        return ids;
    }

    /** The same settings for other ids. */
    public GenerationConfig with(int newBos, List<Integer> newEos) {
        return new GenerationConfig(newBos, newEos, settings);
    }

    /** The text of a {@code generation_config.json}: the settings, with the ids where they have none. */
    public String toJson() {
        ObjectNode root = settings == null ? JsonMapper.shared().createObjectNode() : object(Path.of(FILE), settings);
        boolean complete = has(root, BOS) && has(root, EOS);
        if (settings != null && complete) {
            return settings;
        }
        put(root, !has(root, BOS), !has(root, EOS));
        return print(root);
    }

    /** The text of a {@code config.json} with the ids in it, or null for them where there are none. */
    String addTo(String config) {
        ObjectNode root = (ObjectNode) StrictJson.parse(config);
        put(root, true, true);
        return print(root);
    }

    private static boolean has(ObjectNode root, String key) {
        return !root.path(key).isMissingNode() && !root.path(key).isNull();
    }

    private void put(ObjectNode root, boolean begins, boolean ends) {
        if (begins && bos >= 0) {
            root.put(BOS, bos);
        } else if (begins) {
            root.putNull(BOS);
        }
        if (ends && eos.size() > 1) {
            ArrayNode list = root.putArray(EOS);
            eos.forEach(list::add);
        } else if (ends && eos.size() == 1) {
            root.put(EOS, eos.getFirst());
        } else if (ends) {
            root.putNull(EOS);
        }
    }

    private static String print(ObjectNode root) {
        return JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    }
}

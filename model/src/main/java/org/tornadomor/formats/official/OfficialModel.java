package org.tornadomor.formats.official;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;
import org.tornadomor.files.StrictJson;
import org.tornadomor.files.TensorSource;
import org.tornadomor.formats.official.OfficialSettings.Wrapping;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.UnknownKeys;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.GenerationConfig;
import org.tornadomor.model.io.TokenizerFiles;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A checkpoint folder of the official code of Mixture-of-Recursions as what a folder of this program holds: {@code config.json} with a
 * {@code mor} object, and the tensors. A checkpoint without recursion is a Llama, and needs none of this.
 */
public final class OfficialModel {
    /** The class that the code names where tokens are routed. */
    private static final String ROUTED_CLASS = "MoRLlamaForCausalLM";

    private static final String ARCHITECTURES = "architectures";

    private final Path folder;
    private final ObjectNode json;
    private final OfficialSettings settings;

    private OfficialModel(Path folder, ObjectNode json, OfficialSettings settings) {
        this.folder = folder;
        this.json = json;
        this.settings = settings;
    }

    /**
     * Looks whether a folder is such a checkpoint: its {@code config.json} names the class of routed models, or settings of the code that
     * belong to it switch recursion on.
     *
     * @return null if it is none
     * @throws UserError if it is one whose settings are missing or damaged
     */
    public static OfficialModel find(Path folder) {
        Path file = folder.resolve(CheckpointFolder.CONFIG_FILE);
        if (!Files.isRegularFile(file)) {
            return null;
        }
        ObjectNode json = object(file);
        if (json == null || json.has("mor")) {
            return null;
        }
        boolean routed = false;
        for (JsonNode name : json.path(ARCHITECTURES)) {
            routed |= name.isString() && name.stringValue().equals(ROUTED_CLASS);
        }
        OfficialSettings settings = OfficialSettings.find(folder);
        if (settings == null) {
            if (routed) {
                throw new UserError(folder + " is a checkpoint of the official Mixture-of-Recursions code without the"
                        + " settings of its run; copy conf/pretrain/NAME.yaml of the run into it as config.yaml"
                        + OfficialSettings.whyNone(folder));
            }
            return null;
        }
        String type = json.path("model_type").asString("llama");
        if (settings.recurs() && !type.equals("llama")) {
            throw new UserError(
                    settings.file() + " has settings of the official Mixture-of-Recursions code, whose models are"
                            + " of model_type llama, and " + file + " says " + type
                            + "; move away the one that does not belong here");
        }
        if (routed != settings.routes() && (routed || settings.recurs())) {
            throw new UserError(folder + ": " + CheckpointFolder.CONFIG_FILE + " names "
                    + (routed ? ROUTED_CLASS : "no " + ROUTED_CLASS) + ", but mor.enable is " + settings.routes()
                    + " in " + settings.file() + "; use the settings that the model was trained with");
        }
        return settings.recurs() ? new OfficialModel(folder, json, settings) : null;
    }

    private static ObjectNode object(Path file) {
        try {
            return StrictJson.parse(InputFile.text(file)) instanceof ObjectNode root ? root : null;
        } catch (IOException | JacksonException e) {
            // The reader of config.json says what is wrong.
            return null;
        }
    }

    /**
     * {@code config.json}, and the files that are the same here, by name.
     *
     * @param tensors tells how wide routers are
     * @throws UserError naming a setting or a key of {@code config.json} that is wrong or not supported
     */
    public Map<String, byte[]> smallFiles(TensorSource tensors, UnknownKeys unknown) {
        ObjectNode mor = settings.mor(unknown);
        ObjectNode config = json.deepCopy();
        config.putArray(ARCHITECTURES).add("LlamaForCausalLM");
        settings.requireSameKeys(config);
        config.remove(OfficialSettings.KEY_SHARING);
        if (mor != null) {
            config.set("mor", mor);
            if (settings.wide() && isWide(tensors)) {
                mor.put("router_arch", "wide_mlp");
            }
        }
        byte[] text = JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsBytes(config);
        config(text, unknown.withNotes(note -> {}));
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put(CheckpointFolder.CONFIG_FILE, text);
        files.putAll(TokenizerFiles.read(folder).contents());
        String generation = GenerationConfig.read(folder).settings();
        if (generation != null) {
            files.put(GenerationConfig.FILE, generation.getBytes(StandardCharsets.UTF_8));
        }
        return files;
    }

    /**
     * Reads the {@code config.json} that {@link #smallFiles} makes.
     *
     * @throws UserError naming the file of the checkpoint and its key
     */
    public ModelConfig config(byte[] text, UnknownKeys unknown) {
        Path file = folder.resolve(CheckpointFolder.CONFIG_FILE);
        try {
            return ModelConfig.parse(new String(text, StandardCharsets.UTF_8), file.toString(), unknown);
        } catch (UserError e) {
            throw settings.told(e, file);
        }
    }

    /** Whether a router is four times as wide as the model: the code of the time made twice of it, and may have been mended. */
    private boolean isWide(TensorSource tensors) {
        return tensors.names().stream()
                .filter(name -> name.endsWith("mor_router.router.0.weight"))
                .map(name -> tensors.info(name).shape())
                .anyMatch(shape -> shape.length == 2 && shape[0] == 4 * shape[1]);
    }

    /**
     * The tensors with the names of this program.
     *
     * @param config the model that {@link #smallFiles} describes
     * @param from closed with the result
     * @throws UserError naming tensors that should be the same and are not
     */
    public TensorSource tensors(ModelConfig config, TensorSource from) {
        Wrapping wrapping = config.mor() == null ? Wrapping.NONE : settings.wrapping();
        double alpha = config.mor() == null ? 1 : config.mor().routerAlpha();
        return OfficialTensors.of(folder, OfficialNames.of(config, wrapping), alpha, from);
    }
}

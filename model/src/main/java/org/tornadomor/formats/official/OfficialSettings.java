package org.tornadomor.formats.official;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;
import org.tornadomor.files.StrictYaml;
import org.tornadomor.formats.official.Section.Kind;
import org.tornadomor.model.UnknownKeys;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The settings of a run of the official code, a YAML file: {@code conf/pretrain/NAME.yaml}, which Hydra copies to
 * {@code .hydra/config.yaml}. The sections {@code recursive}, {@code kv_sharing}, {@code relaxation} and {@code mor} say what the model
 * is; what a {@link org.tornadomor.model.MorConfig} cannot express is refused by name.
 *
 * @param file where they stand
 */
record OfficialSettings(Path file, Section root) {
    /** The section about keys and values that recursions share, in the settings and in {@code config.json}. */
    static final String KEY_SHARING = "kv_sharing";

    private static final String CONFIG = "config.yaml";
    private static final Pattern CHECKPOINT = Pattern.compile("checkpoint-\\d+");
    private static final int FOLDERS_ABOVE = 4;

    private static final Map<String, Kind> RECURSIVE = Map.of(
            "enable", Kind.FLAG,
            "base_depth", Kind.COUNT,
            "num_recursion", Kind.COUNT,
            "sharing", Kind.TEXT,
            "ln_share", Kind.FLAG,
            "initialization", Kind.TEXT);
    private static final Map<String, Kind> KEYS = Map.of(
            "enable", Kind.FLAG,
            "base_depth", Kind.COUNT,
            "num_recursion", Kind.COUNT,
            "sharing", Kind.TEXT,
            "update_cache", Kind.FLAG);
    private static final Map<String, Kind> MOR = Map.of(
            "enable", Kind.FLAG,
            "type", Kind.TEXT,
            "capacity", Kind.OTHER,
            "rand_router", Kind.FLAG,
            "router_type", Kind.TEXT,
            "z_loss", Kind.FLAG,
            "z_coeff", Kind.COEFFICIENT,
            "temp", Kind.NUMBER,
            "expert", Kind.OTHER,
            "token", Kind.OTHER);
    private static final Map<String, Kind> EXPERT = Map.of(
            "cap_warmup_step", Kind.STEPS,
            "router_func", Kind.TEXT,
            "alpha", Kind.NUMBER,
            "sampling", Kind.TEXT,
            "include_first", Kind.FLAG,
            "coeff", Kind.COEFFICIENT,
            "gating", Kind.TEXT);
    private static final Map<String, Kind> TOKEN = Map.of(
            "bal_warmup_step", Kind.STEPS,
            "router_func", Kind.TEXT,
            "alpha", Kind.NUMBER,
            "balancing", Kind.TEXT,
            "coeff", Kind.COEFFICIENT,
            "u", Kind.COEFFICIENT,
            "gating", Kind.TEXT);

    /** What the reader of {@code config.json} calls keys and values, and what they are called here. */
    private static final Map<String, String> OURS = Map.ofEntries(
            Map.entry("mor.num_recursions", "recursive.num_recursion"),
            Map.entry("mor.sharing", "recursive.sharing"),
            Map.entry("mor.router_activation", "router_func"),
            Map.entry("mor.router_alpha", "alpha"),
            Map.entry("mor.router_arch", "mor.router_type"),
            Map.entry("mor.router", "mor.type"),
            Map.entry("mor.kv hybrid", "kv_sharing.update_cache true"),
            Map.entry("mor.kv", "kv_sharing"),
            Map.entry("mor.aux_loss_coef", "mor.expert.coeff"),
            Map.entry("mor.balance_loss_coef", "mor.token.coeff"),
            Map.entry("mor.z_loss_coef", "mor.z_coeff"),
            Map.entry("mor.bias_update_rate", "mor.token.u"),
            Map.entry("expert_choice", "expert"),
            Map.entry("token_choice", "token"),
            Map.entry("num_hidden_layers", "config.json's num_hidden_layers"));

    private static final Pattern OUR_NAMES = Pattern.compile(OURS.keySet().stream()
            .sorted(Comparator.comparing(String::length).reversed())
            .map(Pattern::quote)
            .collect(Collectors.joining("|", "(?<![\\w.])(?:", ")(?!\\w)")));

    /** How the layers of a block lie in the model. */
    enum Wrapping {
        /** Unrolled, as in a Llama. */
        NONE,
        /** One wrapper for each recursion, with a router. */
        EXPERT,
        /** One wrapper for all recursions. */
        TOKEN
    }

    /**
     * Looks for the settings of a checkpoint: in its folder, in that of its run, and among the settings of the project that the
     * run's folder lies in.
     *
     * @return null if there are none
     * @throws UserError if there are, but damaged ones
     */
    static OfficialSettings find(Path folder) {
        for (Path file : places(folder.toAbsolutePath().normalize())) {
            if (!Files.isRegularFile(file)) {
                continue;
            }
            String text;
            try {
                text = InputFile.text(file);
            } catch (IOException e) {
                throw UserError.file("read", file, e);
            }
            if (!text.contains("recursive:")) {
                continue;
            }
            try {
                JsonNode yaml = StrictYaml.parse(text);
                // Other programs have a config.yaml too.
                if (yaml.path("recursive") instanceof ObjectNode) {
                    OfficialSettings found = new OfficialSettings(file, new Section(yaml, ""));
                    // Which fails where another section is none, or a flag.
                    found.recurs();
                    return found;
                }
            } catch (UserError e) {
                throw new UserError(file + ": " + e.getMessage(), e);
            }
        }
        return null;
    }

    /** Why there are none, as a part of a message: what lies there instead, if anything does. */
    static String whyNone(Path folder) {
        List<Path> places = places(folder.toAbsolutePath().normalize());
        for (Path file : places) {
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                return "; " + file + " " + fault(file);
            }
        }
        for (Path run : places.stream().map(Path::getParent).distinct().toList()) {
            if (!run.endsWith("conf/pretrain")) {
                for (Path file : yamlFiles(run)) {
                    return "; if " + file + " has them, rename it to " + CONFIG;
                }
            }
        }
        return "";
    }

    private static String fault(Path file) {
        if (!Files.isRegularFile(file)) {
            return Files.isDirectory(file) ? "is a folder" : "is no file, or a link to none";
        }
        JsonNode yaml;
        try {
            yaml = StrictYaml.parse(InputFile.text(file));
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        } catch (UserError e) {
            return "is " + e.getMessage();
        }
        if (yaml.isMissingNode() || yaml.isNull() || yaml.isObject() && yaml.isEmpty()) {
            return "is empty";
        }
        if (yaml.has("recursive")) {
            return "says " + new Section(yaml, "").shown("recursive")
                    + " for recursive, which must be a section with keys";
        }
        return yaml instanceof ObjectNode object
                ? "has no section recursive, but " + Section.shortened(String.join(", ", object.propertyNames()))
                        + ": check the spelling"
                : "is no list of keys and sections, such as recursive: with its keys below";
    }

    private static List<Path> yamlFiles(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file ->
                            file.toString().endsWith(".yaml") || file.toString().endsWith(".yml"))
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        } catch (IOException e) {
            // What cannot be looked at is not mentioned.
            return List.of();
        }
    }

    private static List<Path> places(Path folder) {
        List<Path> runs = new ArrayList<>(List.of(folder));
        Path above = folder.getParent();
        if (above != null && CHECKPOINT.matcher(folder.getFileName().toString()).matches()) {
            runs.add(above);
        }
        List<Path> places = new ArrayList<>();
        for (Path run : runs) {
            places.add(run.resolve(CONFIG));
            places.add(run.resolve(".hydra").resolve(CONFIG));
            if (run.getFileName() != null) {
                places.add(run.resolve(run.getFileName() + ".yaml"));
            }
        }
        Path run = runs.getLast();
        Path project = run.getParent();
        for (int i = 0; i < FOLDERS_ABOVE && project != null; i++) {
            places.add(project.resolve("conf/pretrain").resolve(run.getFileName() + ".yaml"));
            project = project.getParent();
        }
        return places;
    }

    /** Whether layers share weights or tokens are routed, so that the model is more than a Llama. */
    boolean recurs() {
        boolean shared = root.enabled("recursive");
        boolean sharedKeys = root.enabled(KEY_SHARING);
        return routes() || shared || sharedKeys;
    }

    /**
     * Compares what {@code config.json} says of shared keys with the settings, where it says something.
     *
     * @throws UserError naming what differs
     */
    void requireSameKeys(JsonNode config) {
        Section theirs = new Section(config, "").section(KEY_SHARING);
        Section ours = root.section(KEY_SHARING);
        for (String key : List.of("enable", "update_cache")) {
            if (theirs.has(key) && theirs.flag(key) != ours.flag(key)) {
                throw otherKeys(KEY_SHARING + "." + key, "" + ours.flag(key), "" + theirs.flag(key));
            }
        }
        Section recursive = root.section("recursive");
        for (String key : List.of("num_recursion", "sharing")) {
            if (ours.flag("enable") && theirs.has(key) && !theirs.text(key, "").equals(recursive.text(key, ""))) {
                throw otherKeys("recursive." + key, recursive.shown(key), theirs.shown(key));
            }
        }
    }

    private UserError otherKeys(String key, String here, String there) {
        return new UserError(file + ": " + key + " is " + here + ", and " + KEY_SHARING + " of config.json says "
                + there + "; use the settings that the model was trained with");
    }

    /** Whether tokens are routed. */
    boolean routes() {
        return root.enabled("mor");
    }

    /** How layers are named. */
    Wrapping wrapping() {
        return !routes()
                ? Wrapping.NONE
                : root.section("mor").text("type", "").equals("token") ? Wrapping.TOKEN : Wrapping.EXPERT;
    }

    /** Whether the shape of routers is {@code wide_mlp}, which the official code makes as wide as {@code mlp}. */
    boolean wide() {
        return root.section("mor").text("router_type", "").equals("wide_mlp");
    }

    /**
     * What {@code config.json} says about recursion here.
     *
     * @param unknown keys to pass over
     * @return null for one recursion, which is a Llama
     * @throws UserError naming the file and the key that is missing, wrong or not supported
     */
    ObjectNode mor(UnknownKeys unknown) {
        try {
            return made(unknown);
        } catch (UserError e) {
            throw new UserError(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * What the reader of {@code config.json} says, in the names that stand in the files of the checkpoint.
     *
     * @param config the file that was read besides
     */
    UserError told(UserError refusal, Path config) {
        String message = refusal.getMessage();
        String words = message.startsWith(config + ": ")
                ? message.substring(config.toString().length() + 2)
                : message;
        if (!words.contains("mor.")) {
            return refusal;
        }
        return new UserError(
                file + ": " + OUR_NAMES.matcher(words).replaceAll(found -> OURS.get(found.group())), refusal);
    }

    private ObjectNode made(UnknownKeys unknown) {
        Section recursive = root.section("recursive");
        Section mor = root.section("mor");
        Section relaxation = root.section("relaxation");
        recursive.check(RECURSIVE, unknown);
        if (relaxation.flag("enable")) {
            throw new UserError("relaxation.enable is true (" + relaxation.text("method", "no method")
                    + "), and relaxed models of the official code are not read; use a run without it");
        }
        if (!recursive.flag("enable")) {
            throw new UserError("recursive.enable is false where " + (mor.flag("enable") ? "mor" : "kv_sharing")
                    + ".enable is true: layers have weights of their own, which no recursive model here has; use a run"
                    + " whose layers are shared");
        }
        int recursions = recursive.integer("num_recursion", 1);
        if (recursions == 1 && !routes()) {
            return null;
        }
        if (recursive.has("ln_share") && !recursive.flag("ln_share")) {
            throw new UserError("recursive.ln_share is false: each recursion has norms of its own, which no recursive"
                    + " model here has; use a run whose norms are shared");
        }
        String sharing = choice(recursive, "sharing", null, "cycle", "sequence", "middle_cycle", "middle_sequence");
        ObjectNode made = JsonNodeFactory.instance.objectNode();
        made.put("num_recursions", recursions);
        made.put("sharing", sharing);
        made.put("kv", keys(sharing, unknown));
        made.put("router", "none");
        if (routes()) {
            mor.check(MOR, unknown);
            router(mor, sharing, unknown, made);
        }
        return made;
    }

    private String keys(String sharing, UnknownKeys unknown) {
        Section keys = root.section(KEY_SHARING);
        if (!keys.flag("enable")) {
            return "recursion_wise";
        }
        keys.check(KEYS, unknown);
        Section recursive = root.section("recursive");
        for (String key : List.of("num_recursion", "sharing")) {
            if (keys.has(key) && !keys.text(key, "").equals(recursive.text(key, ""))) {
                throw new UserError(KEY_SHARING + "." + key + " is " + keys.shown(key) + " where recursive." + key
                        + " is "
                        + recursive.shown(key) + ": keys are shared as layers are in the models that are read here; use"
                        + " a run where both are the same");
            }
        }
        if (sharing.equals("middle_sequence")) {
            throw new UserError(
                    "kv_sharing.enable is true with recursive.sharing middle_sequence, for which the official"
                            + " code has no cache; check that the settings are those of this run");
        }
        return keys.flag("update_cache") ? "hybrid" : "shared";
    }

    private static void router(Section mor, String sharing, UnknownKeys unknown, ObjectNode made) {
        if (mor.flag("rand_router")) {
            throw new UserError("mor.rand_router is true: depths are drawn by chance, which is no model that is read"
                    + " here; use a run with routers");
        }
        if (mor.number("temp", 1.0) != 1) {
            throw new UserError("mor.temp is " + mor.shown("temp")
                    + ", and routers here take hidden states as they are; use a run with 1.0");
        }
        String arch = choice(mor, "router_type", null, "linear", "mlp", "wide_mlp");
        made.put("router_arch", arch.equals("wide_mlp") ? "mlp" : arch);
        made.put("z_loss_coef", mor.flag("z_loss") ? mor.coefficient("z_coeff") : 0);
        if (choice(mor, "type", null, "expert", "token").equals("expert")) {
            Section expert = mor.section("expert");
            expert.check(EXPERT, unknown);
            expert(mor, expert, made);
        } else {
            if (!sharing.equals("middle_cycle")) {
                throw new UserError("mor.type is token with recursive.sharing " + sharing
                        + ", which the official code cannot run; check that the settings are those of this run");
            }
            Section token = mor.section("token");
            token.check(TOKEN, unknown);
            token(token, made);
        }
    }

    private static void expert(Section mor, Section expert, ObjectNode made) {
        made.put("router", "expert_choice");
        if (!expert.has("router_func")) {
            throw new UserError("mor.expert.router_func is missing or null, which makes bare logits of gates; use a run"
                    + " with sigmoid or tanh");
        }
        made.put("router_activation", choice(expert, "router_func", null, "sigmoid", "tanh"));
        made.put("router_alpha", expert.number("alpha", null));
        made.put("gating", choice(expert, "gating", "weighted", "weighted", "additive"));
        boolean auxiliary =
                choice(expert, "sampling", null, "aux_loss", "aux_router").equals("aux_router");
        made.put("aux_router", auxiliary);
        // Without the loss on it, the sign of the main router's logit means nothing.
        made.put("causal_router", auxiliary ? "aux" : "main");
        made.put("aux_loss_coef", expert.coefficient("coeff"));
        if (mor.has("capacity")) {
            ArrayNode capacity = made.putArray("capacity");
            String shares = mor.node().path("capacity").isContainer() ? "" : mor.text("capacity", "");
            for (String share : shares.split(",", -1)) {
                Double value = Section.number(share.strip());
                if (value == null) {
                    throw mor.wrong("capacity", "a text of shares with commas between them, such as 1.0,0.5");
                }
                capacity.add(value);
            }
        }
    }

    private static void token(Section token, ObjectNode made) {
        made.put("router", "token_choice");
        String activation = choice(token, "router_func", "softmax", "softmax", "sigmoid");
        double alpha = token.number("alpha", activation.equals("softmax") ? 1.0 : 0.1);
        made.put("router_activation", activation);
        made.put("router_alpha", alpha);
        made.put("gating", choice(token, "gating", "weighted", "weighted", "additive"));
        String balancing = choice(token, "balancing", "none", "loss", "loss_free", "none");
        made.put("balancing", balancing);
        if (balancing.equals("loss")) {
            made.put("balance_loss_coef", token.coefficient("coeff"));
        } else if (balancing.equals("loss_free")) {
            if (!(alpha > 0)) {
                throw token.wrong("alpha", "more than 0 with loss_free balancing");
            }
            made.put("bias_update_rate", token.coefficient("u") / alpha);
        }
    }

    /** One of some words. @param otherwise what a missing key means, or null where it must be there */
    private static String choice(Section section, String key, String otherwise, String... words) {
        String word = section.text(key, otherwise);
        if (!List.of(words).contains(word)) {
            throw section.wrong(key, "one of " + String.join(", ", words) + " to be read here");
        }
        return word;
    }
}

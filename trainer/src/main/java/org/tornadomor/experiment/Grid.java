package org.tornadomor.experiment;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadomor.Nearest;
import org.tornadomor.UserError;
import org.tornadomor.files.InputFile;
import org.tornadomor.files.StrictYaml;
import org.tornadomor.trainer.TrainingConfig;
import tools.jackson.databind.json.JsonMapper;

/**
 * What an experiment compares: every model in every size, at every budget, from every seed. Read from YAML; the keys of a size,
 * and then those of a model, override those of {@code base}. All are keys of a {@link TrainingConfig}, but for {@code convert},
 * {@code budgets}, {@code tokens} and {@code seeds}.
 *
 * @param name a title
 * @param base what all runs have in common
 * @param sizes by name, without their budgets and seeds
 * @param models by name
 * @param converts the {@code convert} keys of the base, the sizes and the models, by the paths of those that have some
 * @param unit what budgets are counted in
 * @param budgets of each size, ascending
 * @param seeds of weights and order, of each size, and of the models that have their own
 * @param claims what is expected, to be compared with what comes out
 * @param warmup share of the steps of the smallest budget in which the learning rate rises
 * @param decay share of the steps of each budget in which it falls to zero
 */
public record Grid(
        String name,
        TrainingConfig base,
        Map<String, Map<String, Object>> sizes,
        Map<String, Map<String, Object>> models,
        Map<String, Map<String, Object>> converts,
        Unit unit,
        Map<String, List<Double>> budgets,
        Map<String, List<Long>> seeds,
        List<Claim> claims,
        double warmup,
        double decay) {
    private static final List<String> KEYS =
            List.of("name", "base", "sizes", "models", "budgets", "tokens", "seeds", "claims", "warmup", "decay");

    private static final String TOKENS = "tokens";

    /** What budgets are counted in. */
    public enum Unit {
        /** Forward FLOPs: equal compute. */
        FLOPS("budgets", "forward FLOPs", "budget", "1e12, 3e12", "2e12 or 2T"),
        /** Tokens that are trained on. */
        TOKENS("tokens", "tokens", "tokens", "1e6, 3e6", "2e6 or 2M");

        private final String key;
        private final String words;
        private final String folder;
        private final String list;
        private final String example;

        Unit(String key, String words, String folder, String list, String example) {
            this.key = key;
            this.words = words;
            this.folder = folder;
            this.list = list;
            this.example = example;
        }

        /** In words. */
        String words() {
            return words;
        }

        /** What folders of runs begin with. */
        String folder() {
            return folder;
        }
    }

    /** Keys of a run that follow from the grid. */
    private static final List<String> DECIDED =
            List.of("steps", TOKENS, "minutes", "epochs", "schedule", "warmup", "lr_decay", "seed");

    private static final String BUDGETS = "budgets";
    private static final String SEEDS = "seeds";
    private static final String BASE = "base";
    private static final String SIZES = "sizes.";
    private static final String MODELS = "models.";
    private static final double WARMUP = 0.05;
    private static final double DECAY = 0.2;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
    private static final Pattern AMOUNT = Pattern.compile("(.*\\d\\.?)([kMGTP]?)");
    private static final Map<String, Double> FACTORS =
            Map.of("", 1.0, "k", 1e3, "M", 1e6, "G", 1e9, "T", 1e12, "P", 1e15);

    private static final JsonMapper JSON = JsonMapper.shared();

    /**
     * Reads a file.
     *
     * @throws UserError naming the file, the key, the cause and the fix
     */
    public static Grid read(Path file) {
        try {
            return parse(InputFile.textOrPipe(file), file.toString());
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
    }

    /**
     * Reads YAML.
     *
     * @param source names the text in errors
     * @throws UserError as {@link #read}
     */
    public static Grid parse(String yaml, String source) {
        try {
            return of(object("the file", JSON.treeToValue(StrictYaml.parse(yaml), Object.class)));
        } catch (UserError e) {
            throw new UserError(source + ": " + e.getMessage(), e);
        }
    }

    private static Grid of(Map<String, Object> root) {
        for (String key : root.keySet()) {
            if (!KEYS.contains(key)) {
                throw new UserError("there is no key '" + key + "'; the nearest are "
                        + String.join(", ", Nearest.of(key, KEYS, 3)));
            }
        }
        requireValues("", root);
        Map<String, Map<String, Object>> sizes = variants("sizes", root);
        Map<String, Map<String, Object>> models = variants("models", root);
        Unit unit = unit(root, sizes);
        Map<String, List<Double>> budgets = new LinkedHashMap<>();
        Map<String, List<Long>> seeds = new LinkedHashMap<>();
        Map<String, Map<String, Object>> converts = new LinkedHashMap<>();
        sizes.forEach((size, keys) -> {
            Object own = keys.remove(unit.key);
            budgets.put(size, budgets(unit, own == null ? root.get(unit.key) : own));
            Object ownSeeds = keys.remove(SEEDS);
            seeds.put(SIZES + size, seeds(ownSeeds == null ? root.get(SEEDS) : ownSeeds));
            takeConvert(SIZES + size, keys, converts);
        });
        models.forEach((model, keys) -> {
            if (keys.containsKey(SEEDS)) {
                seeds.put(MODELS + model, seeds(keys.remove(SEEDS)));
            }
            takeConvert(MODELS + model, keys, converts);
        });
        Map<String, Object> base = root.containsKey(BASE) ? object(BASE, root.get(BASE)) : new LinkedHashMap<>();
        takeConvert(BASE, base, converts);
        requireUndecided(BASE, base);
        // An experiment compares final losses; the curve of a run is in its metrics.
        TrainingConfig config = TrainingConfig.DEFAULT.with("eval_every", "0").with("keep", "1");
        return new Grid(
                name(root),
                over(BASE, config, base),
                sizes,
                models,
                converts,
                unit,
                budgets,
                seeds,
                Claim.of(root.get("claims"), models.keySet()),
                share("warmup", root.get("warmup"), WARMUP),
                share("decay", root.get("decay"), DECAY));
    }

    /** The seeds of a model in a size. */
    public List<Long> seeds(String size, String model) {
        return seeds.getOrDefault(MODELS + model, seeds.get(SIZES + size));
    }

    /**
     * How a model is converted: its own {@code convert} keys over those of the size and of the base.
     *
     * @return null for a model that has none of its own, which is not converted
     * @throws UserError if a key does not exist
     */
    ConvertKeys convert(String size, String model) {
        if (!converts.containsKey(MODELS + model)) {
            return null;
        }
        Map<String, Object> keys = new LinkedHashMap<>();
        for (String path : List.of(BASE, SIZES + size, MODELS + model)) {
            keys.putAll(converts.getOrDefault(path, Map.of()));
        }
        return new ConvertKeys(keys);
    }

    private static void takeConvert(String path, Map<String, Object> keys, Map<String, Map<String, Object>> converts) {
        if (keys.containsKey(ConvertKeys.CONVERT)) {
            String own = path + "." + ConvertKeys.CONVERT;
            converts.put(path, object(own, keys.remove(ConvertKeys.CONVERT)));
            if (keys.containsKey("init")) {
                throw new UserError(
                        own + " says what the model begins with, and so does " + path + ".init; keep one of them");
            }
        }
    }

    private static Unit unit(Map<String, Object> root, Map<String, Map<String, Object>> sizes) {
        boolean flops =
                root.containsKey(BUDGETS) || sizes.values().stream().anyMatch(keys -> keys.containsKey(BUDGETS));
        boolean tokens = root.containsKey(TOKENS) || sizes.values().stream().anyMatch(keys -> keys.containsKey(TOKENS));
        if (flops && tokens) {
            throw new UserError(BUDGETS + " (forward FLOPs) and " + TOKENS + " are both given; keep one of them");
        }
        return tokens ? Unit.TOKENS : Unit.FLOPS;
    }

    private static String name(Map<String, Object> root) {
        Object name = root.containsKey("name") ? root.get("name") : "Comparison";
        if (name == null || name instanceof Map || name instanceof List) {
            throw new UserError("name is " + name + "; give a title in words, or leave it away");
        }
        return name.toString();
    }

    private static TrainingConfig over(String path, TrainingConfig config, Map<String, Object> keys) {
        try {
            return config.over(keys);
        } catch (UserError e) {
            throw new UserError(path + ": " + e.getMessage(), e);
        }
    }

    private static Map<String, Map<String, Object>> variants(String key, Map<String, Object> root) {
        Map<String, Map<String, Object>> variants = new LinkedHashMap<>();
        object(key, root.get(key)).forEach((name, keys) -> {
            String path = key + "." + name;
            if (!NAME.matcher(name).matches()) {
                throw new UserError(path + " names a folder: write it with letters, digits, dots and dashes");
            }
            Map<String, Object> own = keys == null ? new LinkedHashMap<>() : new LinkedHashMap<>(object(path, keys));
            Map<String, Object> decided = new LinkedHashMap<>(own);
            if (key.equals("sizes")) {
                decided.remove(TOKENS);
            }
            requireUndecided(path, decided);
            requireValues(path + ".", own);
            variants.put(name, own);
        });
        if (variants.isEmpty()) {
            throw new UserError(key + " is empty; name at least one");
        }
        return variants;
    }

    /** Refuses keys with null, which is not the default: whoever writes a key means something by it. */
    private static void requireValues(String path, Map<String, Object> keys) {
        for (String key : List.of("name", BUDGETS, TOKENS, SEEDS, "claims", "warmup", "decay")) {
            if (keys.containsKey(key) && keys.get(key) == null) {
                throw new UserError(path + key + " is null; give it a value, or leave the key away");
            }
        }
    }

    private static void requireUndecided(String path, Map<String, Object> keys) {
        for (String key : DECIDED) {
            if (keys.containsKey(key)) {
                throw new UserError(path + "." + key
                        + " follows from the grid (budgets, tokens, seeds, warmup, decay): leave it away");
            }
        }
    }

    private static Map<String, Object> object(String path, Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            throw new UserError(
                    value == null ? path + " is missing" : path + " is " + value + "; it has keys of its own");
        }
        Map<String, Object> object = new LinkedHashMap<>();
        map.forEach((key, member) -> object.put(String.valueOf(key), member));
        return object;
    }

    private static List<Double> budgets(Unit unit, Object value) {
        if (!(value instanceof List<?> list) || list.isEmpty()) {
            throw new UserError(
                    unit.key + " is " + value + "; give a list of " + unit.words + ", such as [" + unit.list + "]");
        }
        List<Double> budgets = new ArrayList<>();
        for (Object entry : list) {
            double budget = amount(String.valueOf(entry));
            if (!(budget > 0) || Double.isInfinite(budget)) {
                throw new UserError(
                        "budget " + entry + " is no number of " + unit.words + "; write it like " + unit.example);
            }
            if (!budgets.isEmpty() && budget <= budgets.getLast()) {
                throw new UserError(
                        "budget " + entry + " is not above the one before it; write them in ascending order");
            }
            budgets.add(budget);
        }
        return List.copyOf(budgets);
    }

    private static double amount(String text) {
        Matcher matcher = AMOUNT.matcher(text.strip());
        try {
            return matcher.matches()
                    ? Double.parseDouble(matcher.group(1)) * FACTORS.get(matcher.group(2))
                    : Double.NaN;
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    private static List<Long> seeds(Object value) {
        if (value == null) {
            return List.of(1L);
        }
        List<Long> seeds = new ArrayList<>();
        for (Object entry : value instanceof List<?> list ? list : List.of(value)) {
            if (!(entry instanceof Integer || entry instanceof Long)) {
                throw new UserError("seed " + entry + " is no whole number; write them like [1, 2, 3]");
            }
            long seed = ((Number) entry).longValue();
            if (seeds.contains(seed)) {
                throw new UserError("seed " + seed + " is there twice; a run of the same seed is the same run");
            }
            seeds.add(seed);
        }
        if (seeds.isEmpty()) {
            throw new UserError("seeds is empty; name at least one");
        }
        return List.copyOf(seeds);
    }

    private static double share(String key, Object value, double otherwise) {
        if (value == null) {
            return otherwise;
        }
        if (!(value instanceof Number number) || !(number.doubleValue() > 0 && number.doubleValue() < 1)) {
            throw new UserError(key + " is " + value + "; it must be a share between 0 and 1");
        }
        return number.doubleValue();
    }
}

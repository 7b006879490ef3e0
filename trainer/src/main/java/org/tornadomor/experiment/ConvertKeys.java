package org.tornadomor.experiment;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.tornadomor.Nearest;
import org.tornadomor.UserError;
import org.tornadomor.convert.Initialisation;
import org.tornadomor.convert.LayerSelection;
import org.tornadomor.convert.LoraInit;
import org.tornadomor.convert.Recipe;
import org.tornadomor.model.LoraConfig;
import org.tornadomor.model.LoraTarget;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.MorConfigBuilder;
import org.tornadomor.model.RouterKind;
import org.tornadomor.model.Sharing;
import org.tornadomor.model.Spelled;

/**
 * The {@code convert} keys of a model of a grid, which mean what the options of {@code convert} mean.
 *
 * @param keys as they were written
 */
record ConvertKeys(Map<String, Object> keys) {
    /** The key that holds these keys. */
    static final String CONVERT = "convert";

    private static final String MODEL = "model";
    private static final String RECURSIONS = "recursions";
    private static final String RANK = "lora_rank";
    private static final String TARGETS = "lora_targets";
    private static final String INIT = "lora_init";
    private static final String KEEP = "keep_layers";
    private static final String DROP = "drop_layers";
    private static final List<String> ALL =
            List.of(MODEL, RECURSIONS, "sharing", "init", "router", RANK, TARGETS, INIT, KEEP, DROP);

    ConvertKeys {
        for (Map.Entry<String, Object> entry : keys.entrySet()) {
            if (!ALL.contains(entry.getKey())) {
                throw new UserError("there is no key '" + named(entry.getKey()) + "'; the nearest are "
                        + String.join(", ", Nearest.of(entry.getKey(), ALL, 3)));
            }
            if (entry.getValue() == null) {
                throw new UserError(named(entry.getKey()) + " is null; give it a value, or leave the key away");
            }
        }
    }

    /** The path of the plain model. */
    Path model() {
        String path = text(MODEL, null);
        try {
            return Path.of(path);
        } catch (InvalidPathException e) {
            throw new UserError(named(MODEL) + " is '" + path + "', which is no path on this system", e);
        }
    }

    /**
     * The conversion that the keys ask for.
     *
     * @throws UserError naming the key, the cause and the fix
     */
    Recipe recipe(long seed) {
        int rank = whole(RANK, 0);
        if (rank < 0) {
            throw new UserError(named(RANK) + " is " + rank + "; give 1 or more, or 0 for no low-rank factors");
        }
        if (rank == 0 && (keys.containsKey(INIT) || keys.containsKey(TARGETS))) {
            throw new UserError(named(keys.containsKey(INIT) ? INIT : TARGETS)
                    + " changes nothing without low-rank factors; leave it away, or set " + named(RANK));
        }
        Initialisation initialisation = choice(Initialisation.class, "init", null);
        LoraInit factors = choice(LoraInit.class, INIT, LoraInit.SVD);
        return new Recipe(mor(rank), initialisation, factors, selection(), seed);
    }

    private MorConfig mor(int rank) {
        int recursions = whole(RECURSIONS, null);
        if (recursions < 1) {
            throw new UserError(named(RECURSIONS) + " is " + recursions + "; give 1 or more");
        }
        RouterKind router = RouterKind.parse(named("router"), spelling(text("router", "none")));
        return new MorConfigBuilder(recursions, router)
                .sharing(choice(Sharing.class, "sharing", null))
                .lora(rank == 0 ? null : new LoraConfig(rank, targets()))
                .build();
    }

    private List<LoraTarget> targets() {
        if (!keys.containsKey(TARGETS)) {
            return LoraConfig.ALL;
        }
        if (!(keys.get(TARGETS) instanceof List<?> list)) {
            throw new UserError(named(TARGETS) + " is " + keys.get(TARGETS) + "; give a list, such as [q, v]");
        }
        return list.stream()
                .map(name -> Spelled.parse(LoraTarget.class, named(TARGETS), spelling(String.valueOf(name))))
                .toList();
    }

    private LayerSelection selection() {
        if (keys.containsKey(KEEP) && keys.containsKey(DROP)) {
            throw new UserError(named(KEEP) + " and " + named(DROP) + " say the same in two ways; give one of them");
        }
        if (keys.containsKey(KEEP)) {
            return new LayerSelection(named(KEEP), text(KEEP, null), true);
        }
        return keys.containsKey(DROP) ? new LayerSelection(named(DROP), text(DROP, null), false) : LayerSelection.ALL;
    }

    private <E extends Enum<E> & Spelled> E choice(Class<E> type, String key, E otherwise) {
        return otherwise != null && !keys.containsKey(key)
                ? otherwise
                : Spelled.parse(type, named(key), spelling(text(key, null)));
    }

    /** Words may be joined as on a command line. */
    private static String spelling(String value) {
        return value.strip().toLowerCase(Locale.ROOT).replace('-', '_');
    }

    private int whole(String key, Integer otherwise) {
        Object value = value(key, otherwise);
        if (!(value instanceof Integer number)) {
            throw new UserError(named(key) + " is " + value + "; it must be a whole number of a sensible size");
        }
        return number;
    }

    private String text(String key, String otherwise) {
        Object value = value(key, otherwise);
        if (value instanceof Map || value instanceof List) {
            throw new UserError(named(key) + " is " + value + "; it must be a text");
        }
        return value.toString();
    }

    private Object value(String key, Object otherwise) {
        Object value = keys.getOrDefault(key, otherwise);
        if (value == null) {
            throw new UserError(named(key) + " is missing; add it");
        }
        return value;
    }

    private static String named(String key) {
        return CONVERT + "." + key;
    }
}

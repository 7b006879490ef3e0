package org.tornadomor.model;

import java.util.Collection;
import java.util.Set;
import java.util.function.Consumer;
import org.tornadomor.UserError;

/**
 * What becomes of keys of a {@code config.json} that are not understood. Such keys are refused, since each may change what the
 * model computes, unless a person asks for them to be passed over.
 *
 * @param passedOver keys to read as if they were not there, with dots between the levels: {@code rope_scaling.factor}
 * @param notes hears in one line what was passed over
 */
public record UnknownKeys(Set<String> passedOver, Consumer<String> notes) {
    /** How the command line calls {@link #passedOver}. */
    public static final String OPTION = "--ignore-key";

    /** Passes over no key that could matter, and has no listener. */
    public static final UnknownKeys REFUSED = new UnknownKeys(Set.of(), note -> {});

    /** @throws UserError if a key is one that every model is computed from */
    public UnknownKeys {
        passedOver = Set.copyOf(passedOver);
        for (String key : passedOver) {
            if (ConfigKeys.isNeeded(key)) {
                throw new UserError(OPTION + " " + key + " makes no sense: " + key
                        + " is understood, and the model is computed from it; name a key that is not");
            }
        }
    }

    /** Passes over those keys, without a listener. */
    public static UnknownKeys passingOver(Collection<String> keys) {
        return new UnknownKeys(Set.copyOf(keys), note -> {});
    }

    /** The same keys with another listener. */
    public UnknownKeys withNotes(Consumer<String> listener) {
        return new UnknownKeys(passedOver, listener);
    }
}

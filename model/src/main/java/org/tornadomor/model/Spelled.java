package org.tornadomor.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.tornadomor.UserError;

/** A choice with a spelling in {@code config.json}: the constant's name in lower case, words joined by underscores. */
public interface Spelled {
    /** The constant's name, as {@link Enum#name()}. */
    String name();

    /** How this choice is written in {@code config.json} and on the command line. */
    default String spelling() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The constant of {@code type} that is spelled {@code value}.
     *
     * @param key the setting's name, for the error
     * @throws UserError naming the key, the value and the values that exist
     */
    static <E extends Enum<E> & Spelled> E parse(Class<E> type, String key, String value) {
        for (E choice : type.getEnumConstants()) {
            if (choice.spelling().equals(value)) {
                return choice;
            }
        }
        throw new UserError(key + " is '" + value + "', which does not exist; use one of " + spellings(type));
    }

    /** Every spelling of a choice, separated by commas. */
    static <E extends Enum<E> & Spelled> String spellings(Class<E> type) {
        return Arrays.stream(type.getEnumConstants()).map(Spelled::spelling).collect(Collectors.joining(", "));
    }
}

package org.tornadomor.cli.options;

import java.util.Locale;
import org.tornadomor.model.Spelled;

/** Values of options that are choices of a model: written with hyphens on a command line, or as {@code config.json} has them. */
public final class ChoiceOption {
    private ChoiceOption() {}

    /**
     * The choice that a value means.
     *
     * @throws org.tornadomor.UserError naming the option and the values that exist
     */
    public static <E extends Enum<E> & Spelled> E parse(Class<E> type, String option, String value) {
        return Spelled.parse(type, option, spelling(value));
    }

    /** A value as {@code config.json} has it. */
    public static String spelling(String value) {
        return value.strip().toLowerCase(Locale.ROOT).replace('-', '_');
    }
}
